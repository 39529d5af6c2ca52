import Foundation
import Index
import Retrieval
import Testing

/// A search over three small articles.
@Suite final class SearcherTests {
    private let folder = NSTemporaryDirectory() + "radphi-search-" + UUID().uuidString
    private let searcher: Searcher

    init() throws {
        for (slug, front, body) in Self.articles {
            let path = "\(folder)/corpus/articles/chest"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let text = "---\nslug: \(slug)\n\(front)\nlicence: CC BY 4.0\nrevised: 2026-11-23\nreview: Not reviewed by a radiologist.\n---\n\n\(body)\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(slug).md"))
        }
        let embedder = HashingEmbedder()
        _ = try IndexBuilder(corpus: "\(folder)/corpus", index: "\(folder)/index", embedder: embedder).build()
        searcher = try Searcher(store: IndexStore.open("\(folder)/index", embedder: embedder), embedder: embedder, weights: FusionWeights())
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static let articles = [
        (
            "acute-appendicitis", "title: Acute appendicitis\nkind: pathology\nsystems: Gastrointestinal\nsynonyms: appendicitis",
            """
            Acute appendicitis is inflammation of the appendix.

            ## Radiographic features

            ### CT

            CT of acute appendicitis shows a dilated appendix with fat stranding. Extraluminal gas on CT indicates perforated appendicitis.

            ### Ultrasound

            Ultrasound of acute appendicitis shows a non-compressible tubular structure.

            ## Treatment and prognosis

            Acute appendicitis is treated by appendicectomy.
            """
        ),
        (
            "croup", "title: Croup\nkind: pathology\nsystems: Paediatrics, Chest\nsynonyms: laryngotracheitis",
            """
            Croup is a viral infection of the upper airway in children.

            ## Treatment and prognosis

            Croup is treated with corticosteroids and nebulised adrenaline.
            """
        ),
        (
            "developmental-dysplasia-of-the-hip", "title: Developmental dysplasia of the hip\nkind: pathology\nsystems: Musculoskeletal\nsynonyms: DDH",
            """
            Developmental dysplasia of the hip is abnormal development of the acetabulum.

            ## Radiographic features

            ### Ultrasound

            Ultrasound measures the alpha angle in developmental dysplasia of the hip.
            """
        ),
    ]

    private func first(_ question: String, filter: PassageFilter = .none, legs: SearchLegs = .all) throws -> String {
        let hit = try #require(try searcher.search(SearchRequest(question: question, filter: filter, legs: legs)).hits.first)
        return ([hit.passage.article] + hit.passage.sectionPath).joined(separator: " > ")
    }

    @Test func findsTheSectionByItsModality() throws {
        #expect(try first("What does appendicitis look like on ultrasound?") == "acute-appendicitis > Radiographic features > Ultrasound")
        #expect(try first("What does appendicitis look like on CT?") == "acute-appendicitis > Radiographic features > CT")
    }

    @Test func findsWhatIsSaidInOtherWords() throws {
        #expect(try first("What on a scan tells that an appendix has burst?") == "acute-appendicitis > Radiographic features > CT")
    }

    @Test func findsAnArticleByAbbreviationAndDespiteATypingError() throws {
        #expect(try first("How is DDH measured sonographically?").hasPrefix("developmental-dysplasia-of-the-hip > Radiographic"))
        let result = try searcher.search(SearchRequest(question: "How is apendicitis treated?"))
        #expect(result.query.corrected == "How is appendicitis treated?")
        #expect(result.hits.first?.passage.sectionPath == ["Treatment and prognosis"])
    }

    @Test func filtersHoldForEveryCandidate() throws {
        let hits = try searcher.search(SearchRequest(question: "How is acute appendicitis treated?", filter: PassageFilter(systems: ["Paediatrics"]))).hits
        #expect(!hits.isEmpty && hits.allSatisfy { $0.passage.article == "croup" })
    }

    @Test func eachLegAloneLeavesTheOthersOut() throws {
        let lexical = try #require(try searcher.search(SearchRequest(question: "croup corticosteroids", legs: .lexical)).hits.first)
        #expect(lexical.dense == nil && lexical.lexical != nil && lexical.signals.coverage == 0 && lexical.passage.sectionPath == ["Treatment and prognosis"])
        let dense = try #require(try searcher.search(SearchRequest(question: "croup is treated with corticosteroids", legs: .dense)).hits.first)
        #expect(dense.lexical == nil && dense.dense != nil && dense.passage.article == "croup")
    }

    @Test func onlyThePassagesNamedAreFound() throws {
        let croup = try searcher.store.passages(of: "croup")
        let hits = try searcher.search(SearchRequest(question: "How is appendicitis treated?", among: Set(croup.map(\.id)))).hits
        #expect(Set(hits.map(\.passage.id)) == Set(croup.map(\.id)))
    }

    @Test func readingPutsAQuestionWithAndWithoutThePassageThatAnswers() throws {
        let question = try JSONDecoder().decode(
            EvaluationQuestion.self,
            from: Data(
                #"""
                {"id": "1", "question": "How is croup treated?", "answerable": true, "article": "croup", "section": "Treatment and prognosis", "split": "dev", "kind": "treatment",
                "evidence": ["Croup is treated with corticosteroids and nebulised adrenaline."], "answer": "", "system": "Chest", "variation": "plain"}
                """#.utf8))
        let cases = try ReadingEvaluation.cases(question, searcher: searcher)
        let right = try #require(cases.first?.right)
        let passage = try #require(try searcher.store.passages([right]).first)
        #expect(cases.count == 2 && passage.text.contains("nebulised adrenaline"))
        #expect(cases[0].passages.count == 4 && cases[0].passages.contains(right))
        #expect(cases[1].right == nil && cases[1].passages.count == 4 && !cases[1].passages.contains(right))

        let copied = ReadingEvaluation.Outcome(cases[0], sentences: [("Croup is treated with corticosteroids and nebulised adrenaline.", passage)])
        let invented = ReadingEvaluation.Outcome(cases[0], sentences: [("Croup is treated with ice.", passage)])
        let silent = ReadingEvaluation.Outcome(cases[1], sentences: [])
        let row = ReadingEvaluation.row("test", [copied, invented, silent])
        #expect(row.copied == 0.5 && row.fromRightPassage == 1 && row.numberRight == 0.5 && row.falseRefusals == 0 && row.declined == 1)
    }

    @Test func aQuestionOfStopWordsOrSyntaxFindsNothingOrSomethingButNeverFails() throws {
        for question in ["what is the", "NEAR(\"a\" OR *)", "'; DROP TABLE passage; --", "🙂", String(repeating: "appendix ", count: 400)] {
            #expect(try searcher.search(SearchRequest(question: question, legs: .lexical)).hits.count <= 5)
        }
    }
}
