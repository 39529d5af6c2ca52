import Foundation

/// Which headings of an article a question asks for: "ddx of …" wants the differential diagnosis, "… on MRI" the MRI section.
///
/// Radiology articles have a fixed set of headings, so a small lexicon says more than any learned similarity.
public enum SectionIntent: String, Sendable, CaseIterable {
    /// The text before the first heading, which says what the subject is.
    case introduction = ""
    case plainRadiograph = "Plain radiograph", mammography = "Mammography", fluoroscopy = "Fluoroscopy", ultrasound = "Ultrasound", ct = "CT"
    case angiography = "Angiography (DSA)", mri = "MRI", nuclearMedicine = "Nuclear medicine"
    case radiographicFeatures = "Radiographic features"
    case clinicalPresentation = "Clinical presentation", epidemiology = "Epidemiology", aetiology = "Aetiology", pathology = "Pathology", location = "Location"
    case classification = "Classification", macroscopic = "Macroscopic appearance", microscopic = "Microscopic appearance", genetics = "Genetics", markers = "Markers"
    case treatment = "Treatment and prognosis", complications = "Complications", differential = "Differential diagnosis", history = "History and etymology"
    case terminology = "Terminology", practicalPoints = "Practical points", indications = "Indications", contraindications = "Contraindications", procedure = "Procedure"
    case technique = "Technique", interpretation = "Interpretation", outcomes = "Outcomes", limitations = "Limitations", usage = "Usage"
    case grossAnatomy = "Gross anatomy", arterialSupply = "Arterial supply", venousDrainage = "Venous drainage", lymphaticDrainage = "Lymphatic drainage"
    case innervation = "Innervation", histology = "Histology", variantAnatomy = "Variant anatomy", development = "Development", clinicalImportance = "Clinical importance"

    /// The intents that `question` names, possibly none.
    public static func detect(_ question: String) -> Set<SectionIntent> {
        let text = " " + Words.split(question).joined(separator: " ") + " "
        var found: Set<SectionIntent> = []
        for (intent, cues) in lexicon where cues.contains(where: { text.contains(" \($0) ") }) { found.insert(intent) }
        // "X-ray findings" asks for the radiograph, not for every modality.
        if !found.isDisjoint(with: modalities) { found.remove(.radiographicFeatures) }
        return found
    }

    /// The content words of `question` that are not part of naming a section: what is left of "and the treatment of it?" is nothing.
    static func residue(_ question: String) -> [String] {
        var text = " " + Words.split(question).joined(separator: " ") + " "
        for cue in lexicon.flatMap(\.1).sorted(by: { $0.count > $1.count }) {
            while let range = text.range(of: " \(cue) ") { text.replaceSubrange(range, with: "  ") }
        }
        return text.split(separator: " ").map(String.init).filter { !Words.stopWords.contains($0) }
    }

    static let modalities: Set<SectionIntent> = [.plainRadiograph, .mammography, .fluoroscopy, .ultrasound, .ct, .angiography, .mri, .nuclearMedicine]

    /// How well a heading path meets the intents, 0…1.
    public static func match(_ intents: Set<SectionIntent>, path: [String]) -> Double {
        guard !intents.isEmpty else { return 0 }
        if path.isEmpty { return intents.contains(.introduction) ? 1 : 0 }
        if path.contains(where: { heading in intents.contains { $0.rawValue == heading } }) { return 1 }
        // Without a section of its own, a modality is described in the general one.
        if path == [Self.radiographicFeatures.rawValue], !intents.isDisjoint(with: modalities) { return 0.5 }
        if path.first == Self.radiographicFeatures.rawValue, intents.contains(.radiographicFeatures) { return 1 }
        if path.first == Self.pathology.rawValue, intents.contains(.aetiology) { return 0.6 }
        return 0
    }

    private static let lexicon: [(SectionIntent, [String])] = [
        (.plainRadiograph, ["x ray", "xray", "x rays", "xrays", "radiograph", "radiographs", "radiography", "cxr", "axr", "plain film", "plain films", "film", "films", "babygram"]),
        (.mammography, ["mammogram", "mammograms", "mammography", "mammo", "mammographic", "tomosynthesis"]),
        (.fluoroscopy, ["fluoroscopy", "barium", "contrast swallow", "enema", "upper gi series", "swallow", "fluoroscopic", "contrast study"]),
        (.ultrasound, ["us", "ultrasound", "sonography", "sonographic", "sonographically", "ultrasonography", "doppler", "uss", "echo", "echocardiography", "echocardiogram", "sonogram", "scan sonographic", "tvus"]),
        (.ct, ["ct", "computed tomography", "hrct", "cect", "ncct", "cta", "ct scan", "ctpa", "cat scan"]),
        (.angiography, ["dsa", "angiography", "angiogram", "angiographic", "catheter angiography"]),
        (.mri, ["mri", "mr", "magnetic resonance", "t1", "t2", "flair", "dwi", "swi", "stir", "mrcp", "t1w", "t2w", "cmr", "mra", "mrv"]),
        (.nuclearMedicine, ["pet", "pet ct", "scintigraphy", "bone scan", "spect", "nuclear", "nuclear medicine", "fdg", "scintigraphic", "radionuclide", "isotope"]),
        (.radiographicFeatures, ["imaging", "findings", "radiological", "radiologic", "radiographic", "look like", "appearance", "appear", "imaging features", "scan", "scans", "image", "images"]),
        (.clinicalPresentation, ["present", "presents", "presentation", "presenting", "symptoms", "symptom", "clinical", "clinically", "complain", "complaint", "complaints", "patients feel", "signs and symptoms"]),
        (.epidemiology, ["common", "prevalence", "incidence", "epidemiology", "age", "ages", "sex", "gender", "who gets", "affected", "demographic", "demographics", "how often", "frequent", "population", "women", "men"]),
        (.aetiology, ["cause", "causes", "caused", "causing", "aetiology", "etiology", "why", "risk factor", "risk factors", "pathogenesis", "mechanism", "predisposes", "predispose", "leads to", "origin", "arise", "arises", "associated", "associations", "triggers", "organism", "organisms", "pathophysiology"]),
        (.pathology, ["pathology", "pathological", "pathologically", "pathogenesis", "pathophysiology", "mechanism", "cells", "cell", "associated", "associations"]),
        (.location, ["where", "location", "located", "site", "sites", "locations"]),
        (.classification, ["classification", "classified", "types", "type", "subtypes", "grade", "grades", "grading", "stage", "stages", "staging", "category", "categories", "score", "class"]),
        (.macroscopic, ["gross", "macroscopic", "grossly", "macroscopically"]),
        (.microscopic, ["histology", "histological", "histologically", "microscopic", "microscopy", "microscopically", "histopathology"]),
        (.genetics, ["gene", "genes", "genetic", "genetics", "mutation", "mutations", "chromosome", "inherited", "inheritance", "hereditary", "syndrome", "syndromes"]),
        (.markers, ["marker", "markers", "blood test", "serum", "laboratory", "tumour marker", "tumor marker"]),
        (.treatment, ["treat", "treated", "treatment", "treatments", "therapy", "management", "manage", "managed", "prognosis", "survival", "outcome", "surgery", "tx", "rx", "outlook", "cure", "cured", "fixed", "follow up", "mortality"]),
        (.complications, ["complication", "complications", "complicated", "sequelae", "sequela", "go wrong", "risk", "risks", "consequence", "consequences", "untreated"]),
        (.differential, ["differential", "differentials", "ddx", "mimic", "mimics", "mimicked", "differentiate", "distinguish", "distinguished", "versus", "vs", "confused", "mistaken", "difference", "look similar", "alternative diagnoses", "tell apart"]),
        (.history, ["named", "eponym", "history", "etymology", "first described", "name come"]),
        (.terminology, ["terminology", "called", "synonym", "synonyms", "term", "definition", "defined", "also known"]),
        (.practicalPoints, ["pitfall", "pitfalls", "tip", "tips", "practical", "remember", "pearl", "pearls", "checklist", "report", "reported", "mention"]),
        (.indications, ["indication", "indications", "indicated", "when used", "why done"]),
        (.contraindications, ["contraindication", "contraindications", "contraindicated", "not be done", "avoid"]),
        (.procedure, ["procedure", "performed", "steps", "done", "step", "how is it performed"]),
        (.technique, ["technique", "protocol", "sequence", "sequences", "acquired", "views", "view", "projection", "acquisition"]),
        (.interpretation, ["interpret", "interpretation", "interpreted", "mean", "meaning", "means", "positive", "read"]),
        (.outcomes, ["outcome", "outcomes", "success", "effective", "results"]),
        (.limitations, ["limitation", "limitations", "drawback", "drawbacks", "weakness"]),
        (.usage, ["used for", "purpose", "usage", "use"]),
        (.grossAnatomy, ["anatomy", "parts", "relations", "border", "borders", "structure", "components", "divided"]),
        (.arterialSupply, ["arterial", "artery", "arteries", "blood supply", "supplied"]),
        (.venousDrainage, ["venous", "vein", "veins", "drain", "drains", "drainage"]),
        (.lymphaticDrainage, ["lymphatic", "lymphatics", "lymph", "lymph nodes"]),
        (.innervation, ["nerve", "nerves", "innervation", "innervated", "innervates"]),
        (.histology, ["histology", "histological", "epithelium"]),
        (.variantAnatomy, ["variant", "variants", "variation", "variations", "anomaly", "anomalies"]),
        (.development, ["embryology", "development", "develops", "develop", "embryological"]),
        (.clinicalImportance, ["clinical importance", "important", "matter", "significance", "relevance", "why does"]),
    ]
}
