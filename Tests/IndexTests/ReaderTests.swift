import Foundation
import Index
import Testing

/// Readers are tried through a build: what is stored is what was read.
@Suite struct ReaderTests {
    private func store(_ files: [(String, [UInt8])], strict: Bool = false) throws -> (IndexStore, BuildReport) {
        let folder = try TemporaryFolder()
        for (name, bytes) in files { try folder.write("corpus/" + name, bytes) }
        return try store(folder, strict: strict)
    }

    private func store(_ folder: TemporaryFolder, strict: Bool = false) throws -> (IndexStore, BuildReport) {
        var options = IndexBuilder.Options()
        options.strict = strict
        let report = try IndexBuilder(corpus: folder.path + "/corpus", index: folder.path + "/index", embedder: HashingEmbedder(), options: options).build()
        return (try IndexStore.open(folder.path + "/index"), report)
    }

    private func store(_ name: String, _ text: String) throws -> (IndexStore, BuildReport) { try store([(name, Array(text.utf8))]) }

    @Test func readsASavedPage() throws {
        let page = """
            <!DOCTYPE html><html><head><title>Pneumothorax | Reference article | Site.org</title><link rel="canonical" href="https://example.org/articles/pneumothorax"></head>
            <body><nav><p>Home</p><p>Articles, a long list of navigation words that is not part of any article whatsoever.</p></nav>
            <h1 class="header-title">Pneumothorax</h1><div class="author-info">Last revised by A. Author on 12 Nov 2024</div>
            <div class="meta-item-systems">Systems: <a>Chest</a>, <a>Trauma</a></div>
            <div class="body user-generated-content"><p>Pneumothorax is <b>gas</b> in the pleural&nbsp;space&nbsp;&mdash; 5&nbsp;&lt;&nbsp;6.<sup><a href="#1">1</a></sup></p><script>bad()</script>
            <h4>Radiographic features</h4><h5>CT</h5><p>CT is sensitive.<br>Very.</p><ul><li>Item one.<ul><li>Inner item.</li></ul></li><li><p>Item two.</p></li></ul>
            <table><caption>A caption</caption><tr><th>Grade</th><th>Size</th></tr><tr><td>Small</td><td>2 cm</td></tr></table>
            <figure><figcaption>Figure 1: nothing</figcaption></figure><h4>References</h4><p>1. Someone.</p></div><footer><p>Footer</p></footer></body></html>
            """
        let (store, _) = try store("saved/Pneumothorax.html", page)
        let article = try #require(try store.article("saved-pneumothorax"))
        #expect(article.title == "Pneumothorax" && article.systems == ["Chest", "Trauma"] && article.revised == "12 Nov 2024")
        #expect(article.url == "https://example.org/articles/pneumothorax" && article.source == "saved/Pneumothorax.html")
        #expect(article.sections.map(\.path) == [[], ["Radiographic features", "CT"]])
        let expected = """
            Pneumothorax is gas in the pleural space — 5 < 6.


            ## Radiographic features


            ### CT

            CT is sensitive. Very.

            - Item one.
            - Inner item.
            - Item two.

            | Grade | Size |
            | Small | 2 cm |
            """
        #expect(article.text.split(separator: "\n") == expected.split(separator: "\n"))
    }

    @Test func readsAPageOfAnotherMake() throws {
        let page = "<html><body><div id=menu><ul><li>a</li><li>b</li></ul></div><div><div id=text><h2>Intro</h2><p>\(String(repeating: "Long prose of the page. ", count: 30))</p><h3>Deeper</h3><p>More prose.</p></div></div></body></html>"
        let (store, _) = try store("page.htm", page)
        let article = try #require(try store.article("page"))
        #expect(article.sections.map(\.path) == [["Intro"], ["Intro", "Deeper"]])
        #expect(!article.text.contains("- a"))
    }

    @Test func readsRecordsOfEveryLayout() throws {
        let lines = """
            {"slug":"own","title":"Own","text":"Intro here.\\n\\n## Part\\n\\nText of the part.","systems":["Chest"],"synonyms":"a, b","kind":"sign","licence":"X","revised":"2020-01-01","review":"R","url":"https://example.org/own"}
            {"_id":"beir1","title":"Beir title","text":"Beir text.","metadata":{"url":"https://example.org/b"}}
            {"id":"0001-1","question":"What is it?","focus":"Thing","synonyms":[],"answer":"It is a thing.","source":"Collection","url":"ftp://nope"}
            {"id":7,"sections":[{"heading":"","text":"First."},{"path":["A","B"],"text":"Second."}]}
            """
        let (store, report) = try store("all.jsonl", "\u{FEFF}" + lines.replacingOccurrences(of: "\n", with: "\r\n"))
        #expect(report.articles == 4 && report.skipped.isEmpty)
        let own = try #require(try store.article("own"))
        #expect(own.systems == ["Chest"] && own.synonyms == ["a", "b"] && own.url == "https://example.org/own" && own.sections.map(\.path) == [[], ["Part"]] && own.licence == "X")
        #expect(try store.article("beir1")?.url == "https://example.org/b")
        let pair = try #require(try store.article("0001-1"))
        #expect(pair.title == "What is it?" && pair.synonyms == ["Thing"] && pair.source == "Collection" && pair.url == nil)
        #expect(try store.article("7")?.sections.map(\.path) == [[], ["B"]])
    }

    @Test func badLinesAreReportedAndTheRestIsTaken() throws {
        var bytes = Array("{\"id\":\"a\",\"text\":\"One.\"}\nnot json\n{\"id\":\"b\",\"text\":\"Tw\u{0}o.\"}\n\n[1]\n{\"id\":\"a\",\"text\":\"Again.\"}\n".utf8)
        bytes += [0x7B, 0xFF, 0x7D, 0x0A]
        bytes += Array(String(repeating: "[", count: 100_000).utf8) + [0x0A]
        bytes += Array("{\"id\":\"long\",\"text\":\"".utf8) + [UInt8](repeating: 0x78, count: 17 << 20) + Array("\"}\n".utf8)
        bytes += Array("{\"id\":\"last\",\"text\":\"No line end.\"}".utf8)
        let (store, report) = try store([("x.jsonl", bytes)])
        #expect(report.articles == 3)
        #expect(try store.article("last")?.text == "No line end.")
        #expect(try store.article("a-2")?.text == "Again.")
        #expect(report.skipped.map(\.line) == [2, 3, 5, 7, 8, 9])
        let error = #expect(throws: IndexError.self) { try self.store([("x.jsonl", bytes)], strict: true) }
        #expect(error?.exitStatus == .badData)
    }

    @Test func readsJSONMarkdownAndText() throws {
        let (store, report) = try store([
            ("list.json", Array("{\"documents\":[{\"id\":\"j1\",\"text\":\"One.\"},{\"id\":\"j2\"}]}".utf8)),
            ("notes/My note.md", Array("# The title\n\nIntro.\n\n## First\n\nText with `# no heading`.\n\n```\n# code\n```\n".utf8)),
            ("plain.txt", Array("A short title\n\nThe text begins here.\r\nAnd ends.\n".utf8)),
            ("empty.md", []),
            ("image.png", [1, 2]),
        ])
        #expect(report.articles == 3 && Set(report.skipped.map(\.file)) == ["list.json", "empty.md", "image.png"])
        let note = try #require(try store.article("notes-my-note"))
        #expect(note.title == "The title" && note.sections.map(\.path) == [[], ["First"]])
        #expect(try store.article("plain")?.title == "A short title")
    }

    @Test func hostileFilesAreSkippedAndNeverBlock() throws {
        let folder = try TemporaryFolder()
        try folder.write("corpus/good.md", "Good text.\n")
        try folder.write("corpus/deep.html", String(repeating: "<div>", count: 100_000) + "<p>text</p>")
        try folder.write("corpus/huge.html", "<p>" + String(repeating: "x", count: 11 << 20) + "</p>")
        try folder.write("corpus/entity.html", "<!DOCTYPE html [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY y \"&x;&x;\">]><html><body><p>Before &x; &y; after.</p></body></html>")
        try folder.write("corpus/bad.md", [0x41, 0xC3, 0x28])
        try folder.write("corpus/new\nline.md", "Text.\n")
        try folder.write("outside.md", "Secret.\n")
        #expect(symlink("/dev/zero", folder.path + "/corpus/zero.txt") == 0)
        #expect(symlink("../outside.md", folder.path + "/corpus/link.md") == 0)
        #expect(mkfifo(folder.path + "/corpus/pipe.txt", 0o600) == 0)
        let started = Date()
        let (store, report) = try store(folder)
        #expect(Date().timeIntervalSince(started) < 20)
        #expect(try store.article("good") != nil)
        #expect(Set(report.skipped.map(\.file)).isSuperset(of: ["deep.html", "huge.html", "bad.md", "new\\nline.md", "zero.txt", "link.md", "pipe.txt"]))
        try store.forEachArticle { article in
            #expect(!article.text.contains("Secret") && !article.text.contains("root:"))
            return true
        }
        // Skipped files are tried again and reported again.
        #expect(try self.store(folder).1.skipped.count == report.skipped.count)
    }

    @Test func filesWithOneSlugAreReported() throws {
        let text = Array("---\nslug: same\ntitle: Same\n---\n\nText.\n".utf8)
        let (_, report) = try store([("a.md", text), ("b.md", text)])
        #expect(report.articles == 1 && report.skipped.first?.file == "b.md")
    }

    @Test func longSectionsAreCutNearTheTarget() throws {
        let sentences = (0..<200).map { "Sentence \($0) has exactly nine words in it." }.joined(separator: " ")
        let (store, _) = try store("long.md", "Intro.\n\n## Body\n\n\(sentences)\n\n\(String(repeating: "word ", count: 3000))\n")
        var prose: [Int] = []
        try store.forEachPassage { passage in
            #expect(passage.tokenCount <= 256)
            if passage.text.hasPrefix("Sentence"), !passage.text.contains("word word") { prose.append(passage.tokenCount) }
            return true
        }
        #expect(prose.count > 10 && prose.allSatisfy { (120...160).contains($0) })
        let second = try #require(try store.passages(of: "long").dropFirst(3).first)
        #expect(try store.neighbours(of: second.id).map(\.id) == [second.id - 1, second.id + 1])
    }
}
