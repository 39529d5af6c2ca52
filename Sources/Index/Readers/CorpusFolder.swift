import Foundation

/// The files of a corpus: everything readable below a folder, or one file.
///
/// A folder that has a folder `articles` is read from there (the project's own layout, with questions and documents beside the articles).
/// Links are not followed; hidden files, and the picture folders that browsers save beside a page (`X_files` beside `X.html`), are passed over.
struct CorpusFolder {
    let files: [CorpusFile]
    let skipped: [SkippedDocument]
    var totalBytes: Int { files.reduce(0) { $0 + $1.size } }

    init(_ root: String) throws(IndexError) {
        var status = stat()
        guard stat(root, &status) == 0 else { throw .noCorpus(root) }
        if status.st_mode & S_IFMT == S_IFREG {
            let name = (root as NSString).lastPathComponent
            guard let form = CorpusFile.form(name) else { throw .emptyCorpus(root, first: nil) }
            files = [CorpusFile(name: name, path: root, form: form, size: Int(status.st_size))]
            skipped = []
            return
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .noCorpus(root) }
        var walk = Walk()
        var articles = stat()
        let hasArticles = lstat("\(root)/articles", &articles) == 0 && articles.st_mode & S_IFMT == S_IFDIR
        try walk.visit(hasArticles ? "\(root)/articles" : root, prefix: hasArticles ? "articles/" : "", depth: 0)
        files = walk.files
        skipped = walk.skipped
    }

    private struct Walk {
        var files: [CorpusFile] = []
        var skipped: [SkippedDocument] = []

        mutating func visit(_ folder: String, prefix: String, depth: Int) throws(IndexError) {
            let names: [String]
            do throws(IndexError) {
                names = try Storage.names(in: folder)
            } catch {
                if depth == 0 { throw error }
                skip(prefix, "the folder could not be read")
                return
            }
            let all = Set(names)
            for name in names where !name.hasPrefix(".") {
                let shown = prefix + name
                let path = "\(folder)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0 else { skip(shown, "it could not be examined: \(String(cString: strerror(errno)))"); continue }
                if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) || name.unicodeScalars.contains("\u{FFFD}") {
                    skip(shown.replacing("\n", with: "\\n"), "its name has a control character or is not UTF-8")
                    continue
                }
                switch status.st_mode & S_IFMT {
                case S_IFLNK: skip(shown, "a symbolic link; links are not followed")
                case S_IFDIR:
                    if name.hasSuffix("_files"), ["html", "htm"].contains(where: { all.contains("\(name.dropLast(6)).\($0)") }) { continue }
                    guard depth < 32 else { skip(shown, "more than 32 folders deep"); continue }
                    try visit(path, prefix: shown + "/", depth: depth + 1)
                case S_IFREG:
                    guard let form = CorpusFile.form(name) else { skip(shown, "not a .md, .txt, .html, .json or .jsonl file"); continue }
                    files.append(CorpusFile(name: shown, path: path, form: form, size: Int(status.st_size)))
                default: skip(shown, "not a regular file")
                }
            }
        }

        mutating func skip(_ file: String, _ reason: String) {
            skipped.append(SkippedDocument(file: file, line: nil, reason: reason))
        }
    }
}
