/// Words that readers and articles use for the same thing: "burst" and "perforated", "secondaries" and "metastases".
///
/// A reader's words are rarely the article's. The groups are written by hand from general radiological language and hold for any corpus of the
/// field; they only add partial credit where a question's own word is missing, and never stand for a fact.
enum Thesaurus {
    /// The stems that stand beside a stem; empty for most.
    static func related(to stem: String) -> Set<String> { links[stem] ?? [] }

    /// Both directions of each link between a group's head and its other words.
    private static let links: [String: Set<String>] = {
        var links: [String: Set<String>] = [:]
        for group in groups.split(whereSeparator: { $0 == "/" || $0 == "\n" }) {
            let words = group.split { $0 == " " || $0 == ":" }.map { Words.stem(String($0)) }
            guard let head = words.first else { continue }
            for word in words.dropFirst() where word != head {
                links[head, default: []].insert(word)
                links[word, default: []].insert(head)
            }
        }
        return links
    }()

    /// Head: related words / next group.
    private static let groups = """
        kidney: renal nephro pyelo / liver: hepatic hepato hepatocellular / lung: pulmonary bronchopulmonary chest thorax thoracic
        heart: cardiac myocardial myocardium cardio / brain: cerebral intracranial cerebrum cranial / head: skull cranial scalp / stomach: gastric
        bowel: gut intestine intestinal enteric / colon: colonic large bowel colorectal / womb: uterus uterine endometrial / belly: abdomen abdominal tummy
        breast: mammary / bone: osseous skeletal bony skeleton / spine: spinal vertebral vertebra backbone / neck: cervical / skin: cutaneous dermal
        eye: ocular orbital orbit / ear: otic auditory aural / nose: nasal / throat: pharynx pharyngeal larynx laryngeal / windpipe: airway trachea tracheal
        gullet: oesophagus oesophageal / bladder: vesical / gallbladder: biliary cholecystic / bile: biliary / spleen: splenic / pancreas: pancreatic
        adrenal: suprarenal / thyroid: thyroidal / ovary: ovarian egg / testis: testicular testicle scrotal / prostate: prostatic
        lymph: nodal node gland lymphadenopathy adenopathy lymphatic / nerve: neural neuro neurological / muscle: muscular / joint: articular articulation
        cartilage: chondral / tendon: tendinous / ligament: ligamentous / marrow: medullary / vessel: vascular artery vein arterial venous
        artery: arterial inflow / vein: venous outflow / blood: haemorrhage haemorrhagic haematoma bleeding bleed haemo
        clot: thrombus thrombosis thrombotic thrombi / stone: calculus calculi lithiasis / water: fluid oedema oedematous liquid effusion
        swelling: oedema enlarged enlargement swollen / pus: abscess purulent suppurative empyema / scar: fibrosis fibrotic fibrous scarring
        hole: perforation defect / burst: rupture ruptured perforated perforation perforate / torn: tear rupture laceration disrupted disruption
        break: fracture broken crack fractured / cancer: carcinoma malignant malignancy tumour neoplasm neoplastic cancerous / tumour: neoplasm mass lesion
        growth: mass tumour lesion / benign: harmless innocent / malignant: cancerous dangerous sinister
        secondary: metastasis metastatic metastases metastasise deposit mets spread disseminate
        spread: metastasis metastasise extend extension disseminate invade / invade: infiltrate invasion infiltration / lump: mass nodule nodular
        dye: contrast medium gadolinium / contrast: enhancement enhance uptake gadolinium iodinated / uptake: avid enhancement
        enhance: enhancing enhancement / bright: hyperintense hyperechoic hyperdense echogenic high hyperattenuating
        dark: hypointense hypoechoic hypodense low hypoattenuating black / white: bright sclerotic hyperdense / dense: hyperdense attenuation sclerotic opaque
        lucent: lucency radiolucent lytic dark / grey: greyscale / baby: infant neonate newborn neonatal infantile fetus fetal
        child: paediatric children infant adolescent young / old: elderly older age / mother: maternal
        pregnancy: pregnant gestation gestational trimester antenatal / fetus: fetal unborn / afterbirth: placenta placental
        birth: delivery labour perinatal / woman: female women lady girl / man: male men boy / young: child adolescent younger
        period: menstruation menstrual / menopause: postmenopausal menopausal / drug: medication medicine pharmacological medical / steroid: corticosteroid
        antibiotic: antimicrobial / operation: surgery surgical resection operative excision / surgery: surgical operation resection operative
        surgeon: surgery surgical / remove: resection excision removal excise ectomy resected / cut: excise resection / repair: reconstruction fixation
        drain: drainage aspiration catheter / needle: biopsy puncture aspiration / biopsy: sampling histological histology / stent: stenting
        plug: embolise embolisation occlude / block: obstruct obstruction occlusion occluded blockage / narrow: stenosis stricture narrowing narrowed tight
        wide: dilated dilatation widening widened distended broad / widen: dilated dilatation widening / big: large enlarged size / large: enlarged big size
        small: tiny little reduced / shrink: reduce decrease shrinkage volume reduction atrophy / grow: growth enlarge increase / thick: thickening thickened
        thin: thinning thinned / gas: air pneumo emphysematous / fat: fatty lipid adipose lipoma / burn: burned charred fire heat thermal
        hit: blow impact trauma / injury: trauma traumatic injured damage / accident: trauma traumatic / fall: trauma minor
        death: die fatal mortality dead kill lethal / kill: death fatal cause / corpse: body cadaver dead / stop: cease / pain: painful ache tender tenderness
        headache: pain / fever: pyrexia febrile temperature / cough: coughing / breath: respiratory breathing dyspnoea breathless ventilation breathlessness
        breathless: dyspnoea breathlessness / weak: weakness paresis / palsy: paralysis paresis / jaundice: icterus jaundiced yellow
        swallow: swallowing dysphagia / vomit: vomiting emesis / faint: syncope / fit: seizure epilepsy epileptic / stroke: infarct infarction
        infarct: infarction necrosis ischaemic / dead: necrosis necrotic / faeces: stool faecal / urine: urinary / pee: urinary voiding urine
        infection: infectious infective infected sepsis bacterial microbe / bug: organism bacterium pathogen bacteria virus
        germ: organism bacterium pathogen bacteria / organism: bacterium pathogen bacteria virus / inflammation: inflamed inflammatory
        immune: autoimmune immunological / antibody: autoimmune anti / allergy: anaphylaxis hypersensitivity anaphylactic reaction / reaction: anaphylaxis
        gene: genetic mutation chromosome inherited hereditary / inherited: hereditary familial autosomal genetic / run: family familial hereditary inherited
        chromosome: trisomy genetic / congenital: inborn developmental birth anomaly / embryo: embryological development develop derive arise
        smoke: smoking tobacco cigarette smoker / alcohol: drinking / cause: caused result aetiology lead produce responsible / result: outcome
        frequent: common often / often: common frequent percent incidence proportion / common: frequent / rare: uncommon infrequent / seldom: rare uncommon
        third: percent proportion / half: percent proportion / proportion: percent share fraction / share: percent proportion
        chance: risk probability likelihood percent / risk: likelihood predispose increased factor complication / prone: risk predispose
        predispose: risk associated / associate: associated association accompany related / accompany: associated association
        treat: treatment therapy managed management treated / therapy: treatment treated / manage: treatment management treated / cure: curative treatment
        fix: treatment fixation treated / offer: treatment option / help: treatment relieve / option: treatment / choice: preferred best
        best: preferred choice optimal superior / prefer: preferred choice / gold: reference standard / test: investigation examination assessment imaging
        investigation: imaging test examination / scan: ct mri imaging examination / film: radiograph radiography radiographic
        radiograph: radiography radiographic x ray xray cxr axr / cxr: chest / axr: abdominal abdomen
        picture: image appearance / look: appear appearance / appear: appearance shows seen / see: seen visible shown
        feature: finding sign appearance characteristic / find: finding found / sign: finding feature / clue: suggest sign hint / hint: suggest sign indicate
        suggest: indicate hint raise / point: suggest / indicate: suggest mean / mean: indicate suggest represent reflect signify
        signify: indicate mean represent / distinguish: differentiate distinction separate unlike whereas discriminate
        differ: difference distinguish unlike whereas contrast / different: differ unlike whereas contrast / separate: distinguish differentiate unlike
        mimic: resemble imitate simulate mistaken confused differential / resemble: mimic like similar imitate / imitate: mimic resemble
        lookalike: mimic resemble / confuse: mistaken mimic / mistake: mistaken confused misinterpreted / miss: missed overlooked insensitive
        spare: spared sparing normal / normal: unaffected spared unremarkable / unremarkable: normal / clear: normal / stay: remain / escape: spared
        affect: involve affected involvement / involve: affect involvement involved / site: location located arise occur / location: site located
        part: region segment / side: lateral left right unilateral bilateral / joined: fused fusion / twist: torsion volvulus twisted
        slip: displacement slipped subluxation / displaced: displacement dislocated / dislocate: dislocation / wear: degenerative degeneration
        worn: degenerative / crush: compression collapse / squeeze: compression compress / press: compression compress / pressure: compression hypertension
        collapse: atelectasis collapsed / wet: oedema fluid / leak: leakage extravasation / open: patent / close: closure closed / hidden: occult
        silent: asymptomatic occult / early: acute first initial / late: delayed chronic / fresh: acute recent / recent: acute / sudden: acute
        long: chronic prolonged / last: duration / soon: early urgent / urgent: emergency immediate / delay: late / again: recurrent recurrence
        return: recur recurrence recurrent relapse / recur: recurrence recurrent / relapse: recurrence / danger: risk complication / dangerous: serious risk
        serious: severe complication / severe: serious massive / massive: severe / trouble: complication problem / problem: complication
        complication: sequela complicated / surveillance: monitoring / watch: surveillance observation monitored conservative
        wait: surveillance conservative / check: assess exclude / rule: exclude excluded / exclude: rule / suspect: suspicion suspected / prompt: suspicion
        alarm: suspicion / certain: diagnostic pathognomonic definite / diagnose: diagnosis diagnostic / diagnosis: diagnosed diagnostic
        outlook: prognosis survival / prognosis: survival outcome / survive: survival / live: survival / weight: loss / overactive: hyper / underactive: hypo
        hormone: endocrine hormonal / sugar: glucose diabetes / salt: sodium / count: number / grade: grading classification classified stage
        stage: staging classification / type: subtype classification form / group: category type class / class: classification category
        score: scoring classification / named: eponym called / called: term named / component: consist comprise part / consist: comprise composed
        made: composed consist / supply: supplied artery / border: boundary margin edge / edge: margin border rim / rim: margin edge / wall: mural
        lining: mucosa mucosal epithelium / tube: tubular catheter / duct: ductal / sac: cystic / cyst: cystic / pocket: collection / collection: abscess
        round: rounded circumscribed / smooth: circumscribed / irregular: spiculated / spiky: spiculated / shape: shaped configuration / colour: signal
        signal: intensity / fast: rapid rapidly / rapid: fast / slow: indolent / quick: rapid / straightaway: immediate / lying: supine
        standing: upright erect / upright: erect / limb: extremity arm leg / arm: upper limb / leg: lower limb / thigh: femoral femur / knee: popliteal
        shin: tibia tibial / hip: femoral acetabular / ankle: talar / heel: calcaneal / wrist: carpal radial / hand: finger / shoulder: humeral glenohumeral
        collarbone: clavicle / rib: costal / tailbone: coccyx sacral / jaw: mandible mandibular / tooth: dental teeth / face: facial / cheek: zygomatic
        tongue: lingual / mouth: oral / salivary: parotid / implant: prosthesis arthroplasty replacement / replacement: arthroplasty prosthesis
        scope: endoscopy endoscopic / radiation: radiotherapy irradiation dose / rays: radiotherapy radiation / chemo: chemotherapy / dose: radiation
        radioactive: tracer radionuclide / tracer: scintigraphy uptake
        """
}
