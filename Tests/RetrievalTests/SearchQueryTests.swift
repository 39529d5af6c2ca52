import Retrieval
import Testing

@Suite struct SearchQueryTests {
    static let lexicon = EntityLexicon(articles: [
        ("acute-appendicitis", ["Acute appendicitis", "appendicitis"]),
        ("oesophageal-carcinoma", ["Oesophageal carcinoma", "esophageal cancer"]),
        ("developmental-dysplasia-of-the-hip", ["Developmental dysplasia of the hip", "DDH"]),
        ("sarcoidosis-thoracic-manifestations", ["Sarcoidosis (thoracic manifestations)", "Boeck disease"]),
    ])

    private func query(_ question: String) -> SearchQuery {
        let known: Set<String> = ["show", "ct", "treated", "mri", "findings"]
        let titles = ["developmental-dysplasia-of-the-hip": "Developmental dysplasia of the hip"]
        return SearchQuery(question, lexicon: Self.lexicon, isKnown: known.contains, title: { titles[$0] })
    }

    /// Sets come in another order in every process: of names met equally well none may be taken by chance.
    @Test func ofNamesMetEquallyWellTheFirstCounts() {
        let lexicon = EntityLexicon(articles: (0..<40).map { ("mole-\($0)", ["Mole number\($0)", "number\($0) mole", "Number\($0) mole"]) })
        for number in 0..<40 {
            let stems = ["mole", "number\(number)"].map(Words.stem)
            #expect(lexicon.match(stems)["mole-\(number)"]?.name == "Mole number\(number)")
        }
    }

    @Test(arguments: [
        ("appendicits", "appendicitis"), ("apendicitis", "appendicitis"), ("appendictiis", "appendicitis"), ("sarciodosis", "sarcoidosis"),
    ])
    func mendsTypingErrorsInNames(_ typed: String, _ meant: String) {
        #expect(Self.lexicon.correction(of: typed) == meant)
        let query = query("What does CT show in \(typed)?")
        #expect(query.corrected == "What does CT show in \(meant)?")
        #expect(query.corrections.map(\.to) == [meant])
    }

    @Test(arguments: ["appendicitis", "hip", "xyzzyplugh", "pneumonoconiosis"])
    func leavesOtherWordsAlone(_ word: String) {
        #expect(Self.lexicon.correction(of: word) == nil)
    }

    @Test func aWholeNameBeatsAPartOfOne() throws {
        let match = Self.lexicon.match(["acut", "appendiciti", "appendicitis"])
        #expect(try #require(match["acute-appendicitis"]).score >= 1)
        let query = query("How is acute appendicitis treated?")
        #expect(query.entities.max { $0.value.score < $1.value.score }?.key == "acute-appendicitis")
    }

    @Test(arguments: ["What is acute appendicitis?", "appendicitis", "Define DDH", "What does DDH mean?"]) func aBareNameAsksForTheIntroduction(_ question: String) {
        #expect(query(question).intents.contains(.introduction))
    }

    @Test(arguments: ["What causes acute appendicitis?", "What are the CT findings of DDH?", "What is a hip?", ""]) func otherQuestionsDoNot(_ question: String) {
        #expect(!query(question).intents.contains(.introduction))
    }

    @Test func anAbbreviationBringsTheTitleAlong() {
        #expect(query("How is DDH treated?").terms.contains("dysplasia"))
    }

    @Test func americanAndBritishSpellingsMeet() {
        #expect(query("What are the findings of esophageal carcinoma?").entities["oesophageal-carcinoma"]?.score ?? 0 >= 1)
        #expect(Words.stem("tumours") == Words.stem("tumor"))
        #expect(Words.stem("haemorrhages") == Words.stem("hemorrhage"))
    }

    @Test func wordsOfPlainAndFoldedTextsAreTheSame() {
        #expect(Words.split("T2-weighted MRI, 5 mm") == ["t2", "weighted", "mri", "5", "mm"])
        #expect(Words.split("Ménière’s T2\u{2011}weighted") == ["ménière", "s", "t2", "weighted"])
    }

    @Test func namesAndYesNoQuestionsAreSeen() {
        #expect(query("How are the Alvarado points counted?").names == [["alvarado"]])
        #expect(query("Does heliox help?").asksYesOrNo)
        #expect(!query("What does CT show?").asksYesOrNo)
    }
}

@Suite struct SectionIntentTests {
    @Test(arguments: [
        ("What does appendicitis look like on an x-ray?", SectionIntent.plainRadiograph), ("ddx of a thin-walled cyst", .differential),
        ("How is it treated?", .treatment), ("MRI findings of glioma", .mri), ("Who gets croup, and at what age?", .epidemiology),
    ])
    func findsTheHeading(_ question: String, _ intent: SectionIntent) {
        #expect(SectionIntent.detect(question).contains(intent))
    }

    @Test func aModalityIsNotEveryModality() {
        let intents = SectionIntent.detect("What are the CT findings?")
        #expect(!intents.contains(.radiographicFeatures))
        #expect(SectionIntent.match(intents, path: ["Radiographic features", "CT"]) == 1)
        #expect(SectionIntent.match(intents, path: ["Radiographic features", "MRI"]) == 0)
        // Without a section of its own, CT is described in the general one.
        #expect(SectionIntent.match(intents, path: ["Radiographic features"]) == 0.5)
        #expect(SectionIntent.match([], path: ["Epidemiology"]) == 0)
    }
}

@Suite struct AskedQuantityTests {
    @Test(arguments: [
        ("How many weeks should antibiotics be given?", AskedQuantity.duration), ("What percentage of women develop it?", .share), ("What radiation dose is used?", .dose),
        ("What air pressure is used?", .pressure), ("At what volume should it be drained?", .volume), ("How thick is the normal wall?", .size), ("Which gene is altered?", .gene),
        ("Which white cell count is high risk?", .number), ("What is the recurrence rate?", .share),
    ])
    func isDetected(_ question: String, _ quantity: AskedQuantity) {
        #expect(AskedQuantity.detect(question).contains(quantity))
    }

    @Test(arguments: ["What does CT show in appendicitis?", "How is it treated?", "What causes acute pancreatitis?", "Which organs are involved?"])
    func isNotSeenWhereNoneIsAsked(_ question: String) {
        #expect(AskedQuantity.detect(question).isEmpty)
    }

    @Test func onlyASentenceWithTheMeasureGivesIt() {
        #expect(AskedQuantity.given([.duration], in: "The drain stays for 3 to 6 weeks."))
        #expect(!AskedQuantity.given([.duration], in: "The drain has a diameter of 8 mm."))
        #expect(AskedQuantity.given([.size], in: "The wall is up to 3mm thick."))
        #expect(!AskedQuantity.given([.size], in: "The wall is thickened."))
        #expect(AskedQuantity.given([.share], in: "It is found in about 10% of patients."))
        #expect(AskedQuantity.given([.gene], in: "It is caused by mutation of BRCA1."))
        #expect(!AskedQuantity.given([.gene], in: "It is best seen on MRI."))
        #expect(!AskedQuantity.given([], in: "5 mm"))
    }
}

@Suite struct QuestionWordsTests {
    private func coverage(_ question: [String], by text: String) -> Double {
        QuestionWords(question.map(Words.stem), rarity: [:]).coverage(by: Set(Words.content(text)))
    }

    @Test func wholeWordsCountInFullOthersInPart() {
        #expect(coverage(["appendix", "lumen"], by: "The appendix lumen is dilated.") == 1)
        #expect(coverage(["perforated"], by: "Perforation is seen.") == 0.8)
        #expect(coverage(["burst"], by: "Rupture of the appendix.") == 0.6)
        for film in [["x", "ray"], ["cxr"], ["axr"], ["xray"]] { #expect(coverage(film, by: "The radiograph is normal.") == 0.6) }
        #expect(coverage(["kidney"], by: "Hepatic lesions.") == 0)
        #expect(coverage([], by: "anything") == 0)
    }

    @Test func rareWordsCountMoreAndTheSubjectCanBeLeftOut() {
        let question = QuestionWords(["croup", "steroid"], rarity: ["croup": 3, "steroid": 1])
        #expect(question.coverage(by: ["croup"]) == 0.75)
        #expect(question.coverage(by: ["croup"], leavingOut: ["croup"]) == 0)
        // Nothing is asked of it but its name.
        #expect(question.coverage(by: ["croup"], leavingOut: ["croup", "steroid"]) == 1)
        #expect(question.coverage(by: ["croup"], ["steroid"]) == 1)
        #expect(question.coverage(by: ["steroids"], exactly: true) == 0)
    }
}
