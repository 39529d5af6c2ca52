import Index
import Retrieval
import Testing

@Suite struct ComparisonTests {
    private static let articles = [
        ("subdural-haematoma", ["Subdural haematoma", "SDH"]), ("extradural-haematoma", ["Extradural haematoma", "epidural haematoma"]), ("acute-pancreatitis", ["Acute pancreatitis"]),
        ("chronic-pancreatitis", ["Chronic pancreatitis"]), ("hepatic-haemangioma", ["Hepatic haemangioma", "liver hemangioma"]), ("hepatic-adenoma", ["Hepatic adenoma"]),
        ("glioblastoma", ["Glioblastoma", "GBM"]), ("brain-metastases", ["Brain metastases", "brain metastasis"]), ("meningioma", ["Meningioma"]),
        ("vestibular-schwannoma", ["Vestibular schwannoma", "acoustic neuroma"]),
    ]

    private func comparison(_ question: String) -> Comparison? {
        Comparison(question, lexicon: EntityLexicon(articles: Self.articles.map { (slug: $0.0, names: $0.1) })) { slug in Self.articles.first { $0.0 == slug }?.1.first }
    }

    @Test(arguments: [
        ("Glioblastoma versus brain metastasis", "glioblastoma", "brain-metastases"), ("GBM vs. brain metastases on MRI", "glioblastoma", "brain-metastases"),
        ("How does glioblastoma differ from meningioma?", "glioblastoma", "meningioma"), ("How can a meningioma be distinguished from glioblastoma?", "meningioma", "glioblastoma"),
        ("What MRI features distinguish acoustic neuroma from meningioma?", "vestibular-schwannoma", "meningioma"),
        ("On CT, how do I tell a subdural haematoma from an epidural hematoma?", "subdural-haematoma", "extradural-haematoma"),
        ("What is the difference in shape between subdural haematoma and extradural haematoma?", "subdural-haematoma", "extradural-haematoma"),
        ("Compare glioblastoma with meningioma", "glioblastoma", "meningioma"), ("How is glioblastoma treated compared to meningioma?", "glioblastoma", "meningioma"),
        ("Tell glioblastoma and meningioma apart", "glioblastoma", "meningioma"), ("How do glioblastoma and meningioma differ?", "glioblastoma", "meningioma"),
    ])
    func isKnownByItsWording(_ question: String, _ first: String, _ second: String) throws {
        #expect(try #require(comparison(question)).sides.map(\.article) == [first, second])
    }

    @Test func aWordOfOneNameStandsForBoth() throws {
        let haematomas = try #require(comparison("What is the difference between a subdural and an epidural haematoma on CT?"))
        #expect(haematomas.sides.map(\.article) == ["subdural-haematoma", "extradural-haematoma"])
        #expect(try #require(comparison("What separates acute from chronic pancreatitis?")).sides.map(\.article) == ["acute-pancreatitis", "chronic-pancreatitis"])
        #expect(try #require(comparison("Hepatic adenoma versus haemangioma")).sides.map(\.article) == ["hepatic-adenoma", "hepatic-haemangioma"])
        // Only a name that has the word itself: there is no "pyelitis of pancreatitis".
        #expect(comparison("How does ductal ectasia differ from acute pancreatitis?") == nil)
    }

    @Test func eachSideIsAskedWithoutTheOther() throws {
        let sides = try #require(comparison("How do I tell a subdural haematoma from an epidural haematoma on CT?")).sides
        #expect(sides.map { $0.question.lowercased() } == ["subdural haematoma ct", "epidural haematoma ct"])
        // An abbreviation is spelt out, and words that ask for the appearance altogether are the heading's business.
        #expect(try #require(comparison("GBM vs meningioma: imaging findings")).sides.map(\.question) == ["Glioblastoma", "Meningioma"])
    }

    @Test(arguments: [
        "What are the CT findings of glioblastoma?", "Does meningioma arise from glioblastoma?", "glioblastoma and meningioma", "How does glioblastoma differ from lymphoma?",
        "What is the difference between T1 and T2?", "How does epidural haematoma differ from extradural haematoma?", "versus", "from versus and", "",
    ])
    func otherQuestionsAreNone(_ question: String) { #expect(comparison(question) == nil) }

    /// A true sentence about something else must not stand for one of the two.
    @Test func aSentenceSpeaksOfWhatItNames() {
        let lexicon = EntityLexicon(articles: [
            ("pneumothorax", ["Pneumothorax", "collapsed lung"]), ("pleural-effusion", ["Pleural effusion"]), ("acute-pancreatitis", ["Acute pancreatitis"]),
            ("chronic-pancreatitis", ["Chronic pancreatitis"]), ("uterine-leiomyoma", ["Uterine leiomyoma"]), ("endometrial-polyp", ["Endometrial polyp"]),
        ])
        func speaks(of subject: String, _ sentence: String, in article: String, _ title: String, _ section: String = "Differential diagnosis") -> Bool {
            let passage = Passage(
                id: 1, article: article, title: title, sectionPath: [section], text: sentence, start: 0, end: sentence.utf8.count, systems: [], kind: "pathology", tokenCount: 10)
            return ComparedSubject(article: subject, isAskedSomething: false, lexicon: lexicon).isSubject(of: sentence, in: passage)
        }
        #expect(speaks(of: "pleural-effusion", "Pleural effusion forms a meniscus.", in: "pneumothorax", "Pneumothorax"))
        #expect(speaks(of: "uterine-leiomyoma", "Submucosal leiomyoma is hypoechoic.", in: "endometrial-polyp", "Endometrial polyp"))
        #expect(!speaks(of: "pleural-effusion", "The scapula can imitate the pleural line of a pneumothorax.", in: "pneumothorax", "Pneumothorax"))
        #expect(!speaks(of: "pneumothorax", "Lower lobe collapse shows volume loss.", in: "pleural-effusion", "Pleural effusion"))
        #expect(!speaks(of: "chronic-pancreatitis", "Autoimmune pancreatitis shows a hypodense rim.", in: "acute-pancreatitis", "Acute pancreatitis"))
        // In its own article it speaks of itself, but for the differential diagnosis; the other article's further sections do not count.
        #expect(speaks(of: "pneumothorax", "Gas separates the pleural layers.", in: "pneumothorax", "Pneumothorax", "Pathology"))
        #expect(!speaks(of: "pneumothorax", "A skin fold is an edge.", in: "pneumothorax", "Pneumothorax"))
        #expect(!speaks(of: "pneumothorax", "Pneumothorax may follow drainage.", in: "pleural-effusion", "Pleural effusion", "Complications"))
    }

    @Test func aLongTextIsNone() {
        #expect(comparison(String(repeating: "versus glioblastoma from meningioma and ", count: 500)) == nil)
    }
}
