import Foundation

/// A folder that goes when the test is over.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "radphi-index-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))) }

    /// Writes `count` small articles in the corpus format.
    func writeArticles(_ count: Int, folder: String = "corpus/articles/chest") throws {
        for number in 0..<count {
            try write("\(folder)/entity-\(number).md", Self.article(number))
        }
    }

    static func article(_ number: Int, extra: String = "") -> String {
        """
        ---
        slug: entity-\(number)
        title: Entity \(number)
        kind: pathology
        systems: Chest, Trauma
        synonyms: E\(number), ent\(number)
        licence: CC BY 4.0
        revised: 2026-11-23
        review: Not reviewed by a radiologist.
        ---

        Entity \(number) is a disease of number\(number) with 3.5 cm nodules, e.g. in the apex. \(extra)

        ## Radiographic features

        ### CT

        On CT, entity \(number) shows sign\(number % 7) and a halo of 4 mm.

        - Entity \(number) spares the pleura.
        - Entity \(number) calcifies in \(number) per cent.

        ## See also

        - Entity \(number + 1)

        """
    }
}
