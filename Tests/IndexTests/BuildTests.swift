import Foundation
import Index
import Testing

@Suite struct BuildTests {
    private func build(_ folder: TemporaryFolder, _ embedder: HashingEmbedder = HashingEmbedder(), _ options: IndexBuilder.Options = .init(), index: String = "index") throws -> BuildReport {
        try IndexBuilder(corpus: folder.path + "/corpus", index: folder.path + "/" + index, embedder: embedder, options: options).build()
    }

    @Test func buildsAndSearches() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(40)
        let embedder = HashingEmbedder()
        let report = try build(folder, embedder)
        #expect(report.articles == 40 && report.embedded == report.passages && report.passages == 80 && report.skipped.isEmpty)

        let store = try IndexStore.open(folder.path + "/index", expecting: embedder.fingerprint)
        let lexical = try store.lexicalSearch(terms: ["number17"], limit: 3)
        let hit = try #require(lexical.first)
        let passage = try #require(try store.passage(hit.id))
        #expect(passage.article == "entity-17" && passage.sectionPath.isEmpty && passage.systems == ["Chest", "Trauma"])
        let article = try #require(try store.article(passage.article))
        #expect(article.review == "Not reviewed by a radiologist." && article.synonyms == ["E17", "ent17"])

        let vector = try store.vectorSearch(try embedder.embed([passage.embeddedText])[0], limit: 3)
        #expect(vector.first?.id == hit.id && abs((vector.first?.score ?? 0) - 1) < 1e-4)
        #expect(try store.vocabulary()["ent17"] == 1)
        #expect(try store.documentFrequency(of: "number17") == 1)
    }

    @Test func offsetsAreByteExactAndStayInTheirSection() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(3)
        try folder.write("corpus/articles/chest/accents.md", "---\nslug: accents\ntitle: Ménière\n---\n\nÀ propos de Ménière — α‑fetoprotein. Zweiter Satz.\n\n## Größe\n\nEs misst 5 µm.\n")
        _ = try build(folder)
        let store = try IndexStore.open(folder.path + "/index")
        var seen = 0
        try store.forEachPassage { passage in
            let article = try #require(try store.article(passage.article))
            let utf8 = Array(article.text.utf8)
            #expect(String(decoding: utf8[passage.start..<passage.end], as: UTF8.self) == passage.text)
            let section = try #require(article.sections.first { $0.path == passage.sectionPath && $0.start <= passage.start && passage.end <= $0.end })
            #expect(section.path != ["See also"])
            seen += 1
            return true
        }
        #expect(seen == store.manifest.counts.passages)
        let article = try #require(try store.article("accents"))
        let file = String(decoding: try folder.read("corpus/articles/chest/accents.md"), as: UTF8.self)
        #expect(file.hasSuffix(article.text))
    }

    @Test func unchangedRebuildEmbedsNothingAndAnEditOnlyItsPassages() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(10)
        let first = try build(folder)
        let second = HashingEmbedder()
        let report = try build(folder, second)
        #expect(report.embedded == 0 && report.generation == first.generation && second.embedded.isEmpty)

        try folder.write("corpus/articles/chest/entity-4.md", TemporaryFolder.article(4, extra: "A new sentence."))
        let third = HashingEmbedder()
        let edited = try build(folder, third)
        #expect(edited.embedded == 1 && third.embedded.allSatisfy { $0.contains("A new sentence.") } && edited.generation != first.generation)
        #expect(edited.reused == edited.passages - 1)
    }

    @Test func resumedBuildEqualsCleanBuild() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(200)
        let calls = Calls(limit: 2)
        let stopped = IndexBuilder(corpus: folder.path + "/corpus", index: folder.path + "/index", embedder: HashingEmbedder(), isCancelled: { calls.reached })
        #expect(throws: IndexError.interrupted) { try stopped.build() }
        #expect(throws: (any Error).self) { try IndexStore.open(folder.path + "/index") }
        let resumed = try build(folder)
        #expect(resumed.reused > 0 && resumed.embedded > 0)
        _ = try build(folder, index: "clean")
        let a = try IndexStore.open(folder.path + "/index").manifest
        let b = try IndexStore.open(folder.path + "/clean").manifest
        #expect(a.files == b.files && a.corpus == b.corpus && a.counts == b.counts && a.vectors == b.vectors)
    }

    @Test func keepsTwoGenerationsAndReadersKeepTheirs() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(5)
        _ = try build(folder)
        let old = try IndexStore.open(folder.path + "/index")
        for round in 0..<3 {
            try folder.write("corpus/articles/chest/entity-1.md", TemporaryFolder.article(1, extra: "Round \(round)."))
            _ = try build(folder)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/index/generations").count == 2)
        #expect(try old.article("entity-1")?.text.contains("Round") == false)
        #expect(try IndexStore.open(folder.path + "/index").article("entity-1")?.text.contains("Round 2.") == true)
    }

    @Test func filesArePrivate() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(2)
        _ = try build(folder)
        let walker = try #require(FileManager.default.enumerator(atPath: folder.path + "/index"))
        for case let name as String in walker {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/index/" + name)
            let mode = try #require(attributes[.posixPermissions] as? Int)
            #expect(mode & 0o077 == 0, "\(name) has mode \(String(mode, radix: 8))")
        }
    }

    @Test func aFlippedBitAnywhereIsRefused() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(3)
        let name = try build(folder).generation
        for file in ["generations/\(name)/passages.sqlite", "generations/\(name)/vectors.faiss", "generations/\(name)/manifest.json", "CURRENT"] {
            let whole = try folder.read("index/" + file)
            for _ in 0..<20 {
                var bytes = whole
                bytes[Int.random(in: 0..<(file == "CURRENT" ? 6 : bytes.count))] ^= 1 << Int.random(in: 0..<8)
                try folder.write("index/" + file, bytes)
                let error = #expect(throws: IndexError.self) { try IndexStore.open(folder.path + "/index") }
                #expect(error?.message.contains("radphi-rag index build") == true)
                #expect(error?.exitStatus == .badData)
            }
            try folder.write("index/" + file, whole)
        }
        _ = try IndexStore.open(folder.path + "/index")
    }

    @Test func anotherModelIsRefusedWithTheCommandThatMends() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(2)
        _ = try build(folder)
        let error = #expect(throws: IndexError.self) { try IndexStore.open(folder.path + "/index", expecting: "another") }
        #expect(error?.exitStatus == .badData)
        #expect(error?.message.contains("radphi-rag index build --corpus \(folder.path)/corpus --index \(folder.path)/index") == true)
    }

    @Test func aSecondBuilderIsBusy() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(2)
        let inner = Nested(folder.path)
        _ = try IndexBuilder(corpus: folder.path + "/corpus", index: folder.path + "/index", embedder: HashingEmbedder(), isCancelled: { inner.tryBuild(); return false }).build()
        #expect(inner.error?.exitStatus == .busy)
    }

    @Test func nonFiniteVectorsAreNeverStored() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(2)
        let builder = IndexBuilder(corpus: folder.path + "/corpus", index: folder.path + "/index", embedder: BrokenEmbedder())
        let error = #expect(throws: IndexError.self) { try builder.build() }
        #expect(error?.kind == "non-finite-vector")
    }

    @Test func ftsSyntaxIsOnlyText() throws {
        let folder = try TemporaryFolder()
        try folder.writeArticles(3)
        _ = try build(folder)
        let store = try IndexStore.open(folder.path + "/index")
        for term in ["\"", "*", "-", "col:", "NEAR(", "AND", "", "title:halo", "halo\" OR \"x", "a\0b", "^halo", "(", "{a b}:c", "+"] {
            #expect(throws: Never.self) { try store.lexicalSearch(terms: [term], limit: 5) }
        }
        #expect(try store.lexicalSearch(terms: ["AND", "halo"], limit: 5).count == 3)
        #expect(try store.lexicalSearch(terms: ["halo"], filter: PassageFilter(systems: ["trauma"]), limit: 5).count == 3)
        #expect(try store.lexicalSearch(terms: ["halo"], filter: PassageFilter(systems: ["Breast"]), limit: 5).isEmpty)
        #expect(try store.lexicalSearch(terms: ["halo"], filter: PassageFilter(kinds: ["pathology"], sources: ["articles/"]), limit: 5).count == 3)
        let query = try HashingEmbedder().embed(["halo"])[0]
        #expect(try store.vectorSearch(query, filter: PassageFilter(kinds: ["sign"]), limit: 5).isEmpty)
        #expect(try store.vectorSearch(query, filter: PassageFilter(kinds: ["pathology"]), limit: 5).count == 5)
    }
}

/// Becomes true after some calls.
final class Calls: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    private let limit: Int
    init(limit: Int) { self.limit = limit }
    /// A build asks once a document and once a batch; the limit is in hundreds.
    var reached: Bool { lock.withLock { count += 1; return count > limit * 75 } }
}

final class Nested: @unchecked Sendable {
    private let path: String
    private(set) var error: IndexError?
    init(_ path: String) { self.path = path }
    func tryBuild() {
        guard error == nil else { return }
        do { _ = try IndexBuilder(corpus: path + "/corpus", index: path + "/index", embedder: HashingEmbedder()).build() } catch { self.error = error as? IndexError }
    }
}

struct BrokenEmbedder: PassageEmbedder {
    let fingerprint = "broken"
    let dimension = 4
    func tokenCount(_ text: String) -> Int { text.utf8.count / 4 }
    func embed(_ texts: [String]) throws -> [[Float]] { texts.map { _ in [0, .nan, 0, 1] } }
}
