"""Synthetic questions: from a section's heading, and from one sentence, in the many ways that readers ask."""
import re

STOP = set("""the a an of in and or to is are was were be by for with on at from as that this these those it its which may can not
such other more most some than also has have had into their they who when where how what why if but because between within during
about often usually typically commonly either both one two very only each any all no there then them so do does did will would
should could being been used use like after before over under above below""".split())

# How a section is asked for. {x} is the entity; the key is the last name of the heading's path, lower case.
BY_HEADING = {
    "": ["What is {x}?", "Define {x}.", "{x}", "What does {x} mean?", "what is meant by {x}", "{x} definition", "Can you explain {x}?", "Tell me about {x}."],
    "terminology": ["What other names are used for {x}?", "What does the term {x} refer to?", "{x} terminology", "What is {x} also called?"],
    "epidemiology": ["How common is {x}?", "Who gets {x}?", "At what age does {x} occur?", "{x} epidemiology", "Which patients are affected by {x}?",
                     "Is {x} more common in men or women?", "How frequent is {x}?", "What is the incidence of {x}?", "How many people are affected by {x}?"],
    "diagnosis": ["How is {x} diagnosed?", "What tests confirm {x}?", "{x} diagnosis", "What are the diagnostic criteria of {x}?", "How do you make the diagnosis of {x}?"],
    "clinical presentation": ["How does {x} present?", "What are the symptoms of {x}?", "Clinical features of {x}?", "How do patients with {x} present?", "{x} symptoms",
                              "What would a patient with {x} complain of?", "Which signs does {x} cause?", "What brings people with {x} to the doctor?"],
    "complications": ["What are the complications of {x}?", "What can go wrong with {x}?", "{x} complications", "What problems can {x} lead to?", "What may {x} result in?"],
    "pathology": ["What is the pathology of {x}?", "What happens in {x}?", "How does {x} develop?", "{x} pathophysiology", "What underlies {x}?", "What is the mechanism of {x}?"],
    "aetiology": ["What causes {x}?", "Why does {x} happen?", "What is the aetiology of {x}?", "What are the risk factors for {x}?", "causes of {x}", "What leads to {x}?",
                  "etiology of {x}", "What is associated with {x}?", "Which conditions predispose to {x}?"],
    "location": ["Where does {x} occur?", "What is the typical site of {x}?", "Which part of the body does {x} favour?", "{x} location", "Where is {x} usually found?"],
    "classification": ["How is {x} classified?", "What are the types of {x}?", "{x} grades", "What are the stages of {x}?", "{x} classification", "How is {x} graded?", "What subtypes of {x} exist?"],
    "macroscopic appearance": ["What does {x} look like to the naked eye?", "Gross pathology of {x}?", "{x} macroscopic appearance"],
    "microscopic appearance": ["What is the histology of {x}?", "What does {x} look like under the microscope?", "{x} microscopic appearance", "What cells are seen in {x}?"],
    "markers": ["Which markers are raised in {x}?", "Laboratory markers of {x}?", "{x} tumour markers", "What blood test is abnormal in {x}?"],
    "genetics": ["What is the genetics of {x}?", "Which genes are involved in {x}?", "{x} mutation", "What genetic changes are related to {x}?", "Which syndromes are linked with {x}?"],
    "inheritance": ["How is {x} inherited?", "Is {x} inherited?", "{x} inheritance", "What is the inheritance pattern of {x}?"],
    "radiographic features": ["What are the imaging features of {x}?", "What does {x} look like on imaging?", "How does {x} appear on imaging?", "{x} radiographic features",
                              "Which imaging is best for {x}?", "imaging findings in {x}", "How is {x} imaged?"],
    "plain radiograph": ["What does {x} look like on a radiograph?", "What are the X-ray findings of {x}?", "{x} x-ray", "How does {x} appear on plain film?", "{x} on plain radiograph",
                         "What would you see on an X-ray in {x}?", "Radiographic signs of {x}?", "chest film appearance of {x}"],
    "mammography": ["What are the mammographic features of {x}?", "{x} mammogram", "How does {x} look on mammography?", "What does {x} look like on a mammogram?"],
    "fluoroscopy": ["What does fluoroscopy show in {x}?", "Barium study findings in {x}?", "{x} fluoroscopy", "How does {x} look on a contrast study?", "What does a contrast swallow show in {x}?"],
    "ultrasound": ["What are the ultrasound findings of {x}?", "How does {x} look on ultrasound?", "{x} US", "sonographic features of {x}", "{x} on sonography", "What does sonography show in {x}?",
                   "What does {x} look like on ultrasound?", "echo findings in {x}", "{x} doppler"],
    "ct": ["What are the CT findings of {x}?", "How does {x} look on CT?", "{x} CT", "{x} on computed tomography", "What does CT show in {x}?", "CT appearance of {x}?",
           "What is the attenuation of {x} on CT?", "What would a CT scan show in {x}?", "How is {x} recognised on CT?"],
    "angiography (dsa)": ["What does angiography show in {x}?", "{x} DSA", "Angiographic appearance of {x}?", "catheter angiography in {x}"],
    "mri": ["What are the MRI findings of {x}?", "How does {x} look on MRI?", "{x} MR", "{x} on MRI", "{x} magnetic resonance", "What is the signal of {x} on T1 and T2?", "What does MRI show in {x}?",
            "MR appearance of {x}?", "How does {x} behave after gadolinium?", "{x} T2 signal", "Does {x} enhance?", "Does {x} restrict diffusion?"],
    "nuclear medicine": ["What does PET show in {x}?", "Is {x} FDG avid?", "What does scintigraphy show in {x}?", "{x} PET", "{x} nuclear medicine", "bone scan in {x}", "tracer uptake of {x}"],
    "radiology report": ["What should the report of {x} include?", "What should be mentioned when reporting {x}?", "{x} reporting", "What does the surgeon need to know about {x}?"],
    "treatment and prognosis": ["How is {x} treated?", "What is the treatment of {x}?", "{x} treatment", "{x} management", "How do you manage {x}?", "What is the prognosis of {x}?", "therapy for {x}",
                                "What is the outlook for {x}?", "Does {x} need surgery?", "What is done about {x}?"],
    "prognosis": ["What is the prognosis of {x}?", "What is the outlook for {x}?", "{x} survival", "How long do people with {x} live?"],
    "history and etymology": ["Who first described {x}?", "After whom is {x} named?", "{x} history", "Where does the name {x} come from?"],
    "differential diagnosis": ["What is the differential diagnosis of {x}?", "ddx of {x}", "What mimics {x}?", "What can be mistaken for {x}?", "{x} differential", "What else could look like {x}?",
                               "{x} vs", "How is {x} told apart from its mimics?"],
    "practical points": ["What are the pitfalls in {x}?", "Tips for {x}?", "{x} practical points", "What should one watch out for in {x}?", "What is easily missed in {x}?"],
    "gross anatomy": ["What is the anatomy of {x}?", "Describe the gross anatomy of {x}.", "{x} anatomy", "What are the parts of {x}?", "What are the relations of {x}?"],
    "arterial supply": ["What supplies {x} with blood?", "Which arteries supply {x}?", "{x} arterial supply", "blood supply of {x}"],
    "venous drainage": ["How does {x} drain its venous blood?", "Which veins drain {x}?", "{x} venous drainage"],
    "lymphatic drainage": ["Where does lymph from {x} drain?", "{x} lymph nodes", "lymphatic drainage of {x}"],
    "innervation": ["Which nerves supply {x}?", "{x} innervation", "What is the nerve supply of {x}?"],
    "histology": ["What is the histology of {x}?", "{x} histology", "Which tissue lines {x}?"],
    "variant anatomy": ["What variants of {x} exist?", "{x} anatomical variants", "Which variants of {x} matter?"],
    "development": ["How does {x} develop?", "{x} embryology", "From what does {x} develop?"],
    "clinical importance": ["Why does {x} matter clinically?", "{x} clinical importance", "What is the clinical relevance of {x}?"],
    "related pathology": ["Which diseases affect {x}?", "{x} pathology", "What can go wrong in {x}?"],
    "summary": ["What is {x}?", "Summarise {x}.", "{x} summary", "key facts about {x}"],
    "usage": ["When is {x} used?", "What is {x} used for?", "{x} use"],
    "interpretation": ["How is {x} interpreted?", "What does {x} mean for the patient?", "{x} interpretation", "What does a positive {x} mean?"],
    "limitations": ["What are the limitations of {x}?", "{x} limitations", "What are the weaknesses of {x}?"],
    "indications": ["When is {x} indicated?", "What are the indications for {x}?", "{x} indications", "Who should have {x}?"],
    "contraindications": ["When should {x} be avoided?", "{x} contraindications", "Who must not have {x}?", "What are the contraindications to {x}?"],
    "procedure": ["How is {x} done?", "What are the steps of {x}?", "{x} procedure", "How is {x} performed?"],
    "technique": ["How is {x} performed?", "{x} technique", "What is the protocol for {x}?", "Which parameters are used for {x}?"],
    "outcomes": ["How successful is {x}?", "{x} outcome", "What are the results of {x}?"],
    "assessment": ["How is {x} assessed?", "{x} assessment", "What should be checked in {x}?"],
    "risk factors": ["Who is at risk for {x}?", "What are the risk factors for {x}?", "{x} risk factors"],
    "prevention": ["How can {x} be prevented?", "{x} prevention"],
    "research": ["What research is being done on {x}?", "{x} research"],
    "support": ["Where is support for {x}?"],
}

# Ways of saying the same; one is put for another in questions, never in passages.
SAME = [
    ["CT", "computed tomography", "CT scan", "CAT scan"], ["MRI", "MR", "magnetic resonance imaging", "MR imaging"],
    ["ultrasound", "sonography", "US", "ultrasonography", "sonogram"], ["radiograph", "X-ray", "plain film", "xray", "film"],
    ["radiographs", "X-rays", "plain films"], ["chest radiograph", "chest X-ray", "CXR", "chest film"], ["echocardiography", "echo", "cardiac ultrasound"],
    ["PET", "positron emission tomography"], ["hyperintense", "bright", "high signal"], ["hypointense", "dark", "low signal"],
    ["T2-weighted", "T2"], ["T1-weighted", "T1"], ["hypoechoic", "echo-poor"], ["hyperechoic", "echogenic", "bright"], ["anechoic", "echo-free", "black"],
    ["attenuation", "density"], ["hypoattenuating", "low-density", "hypodense"], ["hyperattenuating", "dense", "hyperdense"],
    ["tumour", "tumor", "neoplasm", "growth"], ["tumours", "tumors"], ["malignant", "cancerous"], ["carcinoma", "cancer"], ["metastases", "mets", "spread", "secondaries"],
    ["haemorrhage", "bleeding", "hemorrhage"], ["haematoma", "hematoma"], ["oedema", "edema", "swelling"], ["oesophagus", "esophagus", "gullet"], ["oesophageal", "esophageal"],
    ["anaemia", "anemia"], ["paediatric", "pediatric"], ["children", "kids", "young patients"], ["infants", "babies"], ["neonates", "newborns"], ["elderly", "older", "old"],
    ["women", "females"], ["men", "males"], ["treatment", "therapy", "management"], ["treated", "managed"], ["surgery", "operation"], ["resection", "removal", "excision"],
    ["fracture", "break"], ["enlarged", "big", "large"], ["enlargement", "increase in size"], ["common", "frequent"], ["typical", "characteristic", "classic"], ["shows", "demonstrates", "reveals"],
    ["cause", "reason"], ["causes", "leads to", "produces"], ["diameter", "size", "width"], ["thickening", "thick wall"], ["calcification", "calcium", "calcified area"], ["calcifications", "calcium deposits"],
    ["stenosis", "narrowing"], ["dilatation", "dilation", "widening"], ["dilated", "widened"], ["rupture", "tear"], ["perforation", "hole", "leak"], ["obstruction", "blockage"], ["thrombosis", "clot"], ["thrombus", "clot"],
    ["infarction", "infarct"], ["ischaemia", "ischemia", "poor blood flow"], ["fever", "temperature"], ["pain", "ache"], ["abdominal", "belly"], ["renal", "kidney"], ["hepatic", "liver"], ["pulmonary", "lung"],
    ["cardiac", "heart"], ["cerebral", "brain"], ["gastric", "stomach"], ["splenic", "spleen"], ["vertebral", "spinal"], ["osseous", "bony"], ["cutaneous", "skin"], ["centre", "center"], ["grey", "gray"],
    ["fibre", "fiber"], ["litre", "liter"], ["leukaemia", "leukemia"], ["colour", "color"], ["ischaemic", "ischemic"], ["haemorrhagic", "hemorrhagic", "bleeding"], ["aetiology", "etiology", "cause"],
    ["foetal", "fetal"], ["diarrhoea", "diarrhea"], ["gynaecological", "gynecologic"], ["orthopaedic", "orthopedic"], ["contrast", "dye", "contrast medium"], ["gadolinium", "contrast", "gad"],
    ["enhancement", "contrast uptake"], ["enhances", "takes up contrast"], ["uptake", "tracer uptake"], ["effusion", "fluid"], ["mass", "lump", "lesion"], ["nodule", "small lump"], ["cyst", "fluid-filled lesion"],
    ["margin", "edge", "border"], ["margins", "edges", "borders"], ["spiculated", "spiky"], ["lucency", "dark area"], ["opacity", "white area", "shadow"], ["differential diagnosis", "ddx", "differential", "differentials"],
    ["diagnosis", "dx"], ["asymptomatic", "without symptoms"], ["symptoms", "complaints"], ["usually", "mostly"], ["appearance", "look"], ["artery", "arterial"], ["bilateral", "both-sided", "on both sides"],
    ["unilateral", "one-sided", "on one side"], ["biopsy", "tissue sampling"], ["recurrence", "relapse", "coming back"], ["survival", "life expectancy"], ["embolism", "clot"], ["abscess", "pus collection"], ["HU", "Hounsfield units"],
]
ALTERNATIVE = {}
for group in SAME:
    for word in group:
        ALTERNATIVE.setdefault(word.lower(), []).extend(w for w in group if w != word)

VERB = re.compile(
    r" (is|are|was|were|shows?|causes?|may|can|should|must|occurs?|appears?|includes?|results?|arises?|presents?|affects?|suggests?|indicates?|"
    r"supports?|requires?|contains?|favou?rs?|predisposes?|accounts?|produces?|helps?|has|have|demonstrates?|carries|allows?|distinguishes|"
    r"leads?|lacks?|involves?|develops?|tends?|mimics?|enhances?|confirms?|depends?|increases?|reduces?|follows?|begins?|remains?|lies|runs|arises|drains|supplies|forms|divides|refers|describes|denotes|means|consists|represents|extends?|typically|usually|often|commonly) ")

LEFT = {  # what is asked when the sentence's subject is kept
    "is": ["What is {l}?", "What {v} {l}?", "{l}?", "What is known about {l}?"], "are": ["What are {l}?", "What {v} {l}?", "{l}?"],
    "may": ["What may {l} do?", "What can happen with {l}?"], "can": ["What can {l} do?", "What can happen with {l}?"],
    "should": ["What should be done about {l}?", "What should {l} be?"], "must": ["What must be done about {l}?"],
    "occur": ["Where does {l} occur?", "When does {l} occur?", "In whom does {l} occur?"],
    "cause": ["What does {l} cause?"], "show": ["What does {l} show?", "What is seen on {l}?"], "appear": ["How does {l} appear?", "What does {l} look like?"],
}
RIGHT = ["What {v} {r}?", "Which finding {v} {r}?", "What {v} {r}", "Which {v} {r}?", "{r}?", "Name what {v} {r}.", "Which condition {v} {r}?"]
ABOUT = ["{k}?", "{k}", "What about {k}?", "Which statement concerns {k}?", "What is known about {k}?", "How do {k} relate?", "{k} in {x}?", "{x} {k}", "{x}: {k}?", "In {x}, what about {k}?",
         "{k} {x}", "What is the role of {k} in {x}?", "When is {k} seen in {x}?", "Why {k} in {x}?", "How is {k} related to {x}?", "Which {k} in {x}?", "Does {x} have {k}?", "What does {k} tell about {x}?"]
MODALITY = {"ct": "CT", "mri": "MRI", "ultrasound": "ultrasound", "plain radiograph": "radiographs", "mammography": "mammography", "fluoroscopy": "fluoroscopy", "nuclear medicine": "nuclear medicine",
            "angiography (dsa)": "angiography"}
WORD = re.compile(r"[A-Za-zÀ-ÿ0-9][\w'’\-]*")


def lower_first(text):
    """`Fibroadenoma` → `fibroadenoma`; `CT` and `T2` stay as they are."""
    return text[:1].lower() + text[1:] if len(text) > 1 and text[1:2].islower() or text[1:2] == " " else text


def entity_names(article):
    return [article.title] * 3 + list(article.synonyms)


def pick_entity(article, rng):
    name = rng.choice(entity_names(article))
    name = re.sub(r"\s*\([^)]*\)$", "", name) if rng.random() < 0.7 else name
    return lower_first(name) if rng.random() < 0.85 else name


def typo(word, rng):
    if len(word) < 5:
        return word
    i = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1:]
    if kind == 1:
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    if kind == 2:
        return word[:i] + word[i] + word[i:]
    return word[:i] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[i + 1:]


def reword(text, rng, rate):
    """Puts synonyms for some words and word pairs, each with probability `rate`."""
    words = text.split(" ")
    out, i = [], 0
    while i < len(words):
        done = False
        for width in (2, 1):
            piece = " ".join(words[i:i + width])
            core = piece.strip("?.,;:()")
            options = ALTERNATIVE.get(core.lower())
            if options and len(words) >= i + width and rng.random() < rate:
                out.append(piece.replace(core, rng.choice(options)))
                i += width
                done = True
                break
        if not done:
            out.append(words[i])
            i += 1
    return " ".join(out)


def roughen(question, rng):
    """Synonyms, typos, dropped capitals and marks, as typed questions have them."""
    if rng.random() < 0.5:
        question = reword(question, rng, 0.5)
    if rng.random() < 0.15:
        words = question.split(" ")
        long = [i for i, w in enumerate(words) if len(w) > 5 and w.isalpha()]
        if long:
            i = rng.choice(long)
            words[i] = typo(words[i], rng)
            question = " ".join(words)
    if rng.random() < 0.12:
        question = question.lower()
    if rng.random() < 0.1:
        question = question.rstrip("?.")
    return question


def about_section(article, path, rng):
    """A question that a whole section answers, or None where its heading is not known."""
    key = path[-1].lower() if path else ""
    forms = BY_HEADING.get(key)
    if not forms:
        forms = [f"What is the {key} of {{x}}?", f"{{x}} {key}"]
    return rng.choice(forms).format(x=pick_entity(article, rng))


def content_words(sentence):
    return [w for w in WORD.findall(sentence) if w.lower() not in STOP and len(w) > 1]


def about_sentence(article, path, sentence, rng, rarity):
    """A question that this sentence answers: one side of its verb, or a few of its words. None if it has too little to ask."""
    body = sentence.rstrip(".:?! ")
    x = pick_entity(article, rng)
    roll = rng.random()
    match = None
    for candidate in VERB.finditer(body):
        if match is None or rng.random() < 0.3:
            match = candidate
    question = None
    if match and roll < 0.6:
        left, verb, right = body[:match.start()], match.group(1), body[match.end():]
        if roll < 0.27 and len(content_words(left)) >= 2:
            stem = verb.rstrip("s") if verb not in ("is", "was", "has") else verb
            question = rng.choice(LEFT.get(verb, LEFT.get(stem, ["What {v} {l}?", "What does {l} " + stem + "?", "What about {l}?", "{l}?", "How does {l} behave?"])))
            question = question.format(l=lower_first(left), v=verb)
        elif len(content_words(right)) >= 2:
            words = right.split(" ")
            if len(words) > 10:
                words = words[:rng.randrange(6, len(words))]
            question = rng.choice(RIGHT).format(v=verb, r=" ".join(words))
    if question is None:
        words = content_words(body)
        if len(words) < 3:
            return None
        order = sorted(range(len(words)), key=lambda i: -rarity(words[i]) * rng.uniform(0.4, 1.0))
        kept = sorted(order[:rng.choice([1, 2, 2, 3, 3, 4, 5])])
        question = rng.choice(ABOUT).format(k=" ".join(lower_first(words[i]) for i in kept), x=x)
        if path and path[-1].lower() in MODALITY and rng.random() < 0.4:
            question = f"{question.rstrip('?')} on {MODALITY[path[-1].lower()]}?"
    if x.lower() not in question.lower() and rng.random() < 0.45:
        question = question.rstrip("?.") + rng.choice([" in {x}?", " in {x}?", " of {x}?", " with {x}?", " - {x}"]).format(x=x)
    # A question that repeats the sentence teaches nothing: drop words until at most some two thirds remain.
    words = question.split(" ")
    limit = max(5, int(len(body.split()) * rng.uniform(0.4, 0.9)))
    while len(words) > limit:
        i = rng.randrange(len(words))
        words.pop(i)
    question = " ".join(words)
    return question if len(content_words(question)) >= 1 else None
