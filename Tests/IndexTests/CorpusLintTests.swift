import Foundation
import Index
import Testing

@Suite struct CorpusLintTests {
    static let article = """
        ---
        slug: pneumothorax
        title: Pneumothorax
        kind: pathology
        systems: Chest, Trauma
        synonyms: PTX, collapsed lung
        licence: CC BY 4.0
        revised: 2026-11-23
        review: Not reviewed by a radiologist.
        ---

        Pneumothorax is gas in the pleural space. \(filler)

        ## Radiographic features

        ### CT

        CT is the most sensitive modality for pneumothorax.

        """
    private static var filler: String {
        (0..<60).map { "Sentence number \($0) on pneumothorax says\($0) more." }.joined(separator: " ")
    }
    static let question = """
        {"id": "pneumothorax-q1", "question": "Which modality is the most sensitive?", "answerable": true, "article": "pneumothorax", "section": "Radiographic features > CT", \
        "evidence": ["CT is the most sensitive modality for pneumothorax."], "answer": "CT", "system": "Chest", "kind": "imaging", "variation": "plain", "split": "train"}
        """

    private func rules(_ article: String = article, _ questions: String = question, name: String = "pneumothorax") throws -> [String] {
        let folder = try TemporaryFolder()
        try folder.write("articles/chest/\(name).md", article)
        try folder.write("questions/chest.jsonl", questions + "\n")
        return try Corpus(folder.path).lint().map { "\($0.rule):\($0.line)" }
    }

    @Test func aGoodCorpusIsClean() throws {
        #expect(try rules() == [])
    }

    @Test(arguments: [
        ("slug: pneumothorax", "slug: Pneumo", "slug:2"),
        ("kind: pathology", "kind: disease", "kind:4"),
        ("systems: Chest, Trauma", "systems: Chest, Lung", "systems:5"),
        ("systems: Chest, Trauma", "systems: Trauma", "systems:5"),
        ("synonyms: PTX", "synonyms: PTX, PTX", "synonyms:6"),
        ("licence: CC BY 4.0\n", "", "front-matter:1"),
        ("revised: 2026-11-23", "revised: 23 Nov 2026", "revised:8"),
        ("review:", "stray line\nreview:", "front-matter:9"),
        ("## Radiographic features", "## Radiology", "heading:14"),
        ("### CT", "### CT scan", "heading:16"),
        ("## Radiographic features", "## Treatment and prognosis\n\nRest helps.\n\n## Epidemiology\n\nIt is common.\n\n## Radiographic features", "heading-order:18"),
        ("### CT", "### MRI\n\nMRI is rarely used.\n\n### CT", "heading-order:20"),
        ("for pneumothorax.", "for pneumothorax", "full-stop:18"),
        ("for pneumothorax.", "for pneumothorax.\nA second line.", "paragraph:19"),
        ("for pneumothorax.", "for pneumothorax, see https://example.org for more.", "markup:18"),
        ("for pneumothorax.", "for <b>pneumothorax</b>.", "markup:18"),
        ("for pneumothorax.", "for pneumothorax.\n\n## See also\n\n- Haemothorax", "see-also:22"),
        ("CT is the most sensitive modality for pneumothorax.\n", "", "heading:16"),
    ])
    func namesRuleAndLine(part: String, replacement: String, finding: String) throws {
        let broken = Self.article.replacingOccurrences(of: part, with: replacement)
        #expect(broken != Self.article)
        #expect(try rules(broken).contains(finding))
    }

    @Test func lengthIsChecked() throws {
        let short = Self.article.replacingOccurrences(of: "Sentence number", with: "").split(separator: "says9 more.").joined()
        #expect(try rules(String(short.prefix(600))).contains { $0.hasPrefix("length") })
    }

    @Test(arguments: [
        ("\"CT is the most sensitive modality for pneumothorax.\"", "\"CT is sensitive.\"", "evidence:1"),
        ("\"CT is the most sensitive modality for pneumothorax.\"", "\"CT is the most sensitive modality\"", "evidence:1"),
        ("Radiographic features > CT", "Radiographic features > MRI", "evidence:1"),
        ("\"split\": \"train\"", "\"split\": \"test\"", "split:1"),
        ("\"article\": \"pneumothorax\"", "\"article\": \"haemothorax\"", "question-id:1"),
        ("\"system\": \"Chest\"", "\"system\": \"Trauma\"", "systems:1"),
        ("\"kind\": \"imaging\"", "\"kind\": \"picture\"", "question:1"),
        ("\"answerable\": true", "\"answerable\": false", "question-id:1"),
        ("\"answer\": \"CT\"", "\"answer\": 3", "question:1"),
        ("{\"id\"", "{{\"id\"", "question:1"),
    ])
    func questionsAreChecked(part: String, replacement: String, finding: String) throws {
        let broken = Self.question.replacingOccurrences(of: part, with: replacement)
        #expect(broken != Self.question)
        #expect(try rules(Self.article, broken).contains(finding))
    }

    @Test func duplicatesAreFound() throws {
        let twice = Self.question + "\n" + Self.question.replacingOccurrences(of: "-q1", with: "-q2")
        #expect(try rules(Self.article, twice).contains("duplicate:2"))
        let folder = try TemporaryFolder()
        try folder.write("articles/chest/pneumothorax.md", Self.article)
        try folder.write("articles/chest/copy.md", Self.article.replacingOccurrences(of: "slug: pneumothorax", with: "slug: copy"))
        let rules = try Corpus(folder.path).lint().map(\.rule)
        #expect(rules.filter { $0 == "duplicate" }.count == 2)
    }
}
