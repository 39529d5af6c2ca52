import Engine
import Foundation

/// What libFuzzer calls for the readers of documents. `RADPHI_FUZZ` selects `html` or `jsonl`. Whatever the bytes, a reader gives documents or reasons;
/// what it gives is cut into passages, and every offset must lie in its text.
private let reader = ProcessInfo.processInfo.environment["RADPHI_FUZZ"] ?? "html"
private let path = "/dev/shm/radphi-fuzz-\(getpid())"
private let chunker = PassageChunker(settings: ChunkerSettings(), tokenCount: { $0.utf8.count / 4 })

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    if reader == "jsonl" {
        _ = FileManager.default.createFile(atPath: path, contents: Data(input))
        guard let file = try? InputFile(path) else { return 0 }
        var hash = SHA256()
        var lines = JSONLinesReader(CorpusFile(name: "fuzz.jsonl", path: path, form: .jsonLines, size: count), file)
        while let outcome = lines.next(&hash) { check(outcome) }
    } else {
        check(HTMLReader.read(CorpusFile(name: "fuzz.html", path: path, form: .html, size: count), input))
    }
    return 0
}

private func check(_ outcome: ReadOutcome) {
    guard case .article(let article) = outcome else { return }
    let length = article.text.utf8.count
    for section in article.sections { precondition(section.start < section.end && section.end <= length, "a section outside the text") }
    var last = 0
    for draft in chunker.passages(of: article) {
        precondition(draft.start >= last && draft.start < draft.end && draft.end <= length, "a passage outside the text")
        last = draft.end
    }
}
