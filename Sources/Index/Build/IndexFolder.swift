import Engine
import Foundation

/// The folder of an index: which generation is live, and the steps that make another one live without a moment in between.
public struct IndexFolder: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// Whether a generation has been published here.
    public var exists: Bool { Storage.exists(currentFile) }

    var generations: String { "\(path)/generations" }
    /// What a builder works in; never read by anyone else.
    var workshop: String { "\(generations)/.new" }
    private var currentFile: String { "\(path)/CURRENT" }
    private var lockFile: String { "\(path)/lock" }

    func folder(_ generation: String) -> String { "\(generations)/\(generation)" }

    /// What CURRENT says: the live generation's name and its manifest's SHA-256, separated by a space.
    struct Pointer: Equatable {
        let generation: String
        let manifestDigest: String
    }

    /// Nil where there is no index yet.
    func current() throws(IndexError) -> Pointer? {
        guard Storage.exists(currentFile) else { return nil }
        let bytes = try Storage.read(currentFile, limit: 256)
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == 2, Self.number(words[0]) != nil, words[1].utf8.count == 64 else {
            throw .damaged(file: currentFile, reason: "it does not name a generation", mend: RebuildCommand(index: path).text)
        }
        return Pointer(generation: words[0], manifestDigest: words[1])
    }

    /// Numbered generations, oldest first.
    func published() throws(IndexError) -> [String] {
        try Storage.names(in: generations).filter { Self.number($0) != nil }.sorted { (Self.number($0) ?? 0) < (Self.number($1) ?? 0) }
    }

    static func number(_ name: String) -> Int? {
        guard name.utf8.count >= 6, name.utf8.count <= 12, name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(name)
    }

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }

    /// The builder's lock, held as long as the returned object lives. Makes the folders.
    func lock() throws(IndexError) -> BuildLock {
        try Storage.createFolder(generations)
        return try BuildLock(lockFile, index: path)
    }

    /// Makes the finished workshop the live generation. Whatever moment the machine dies at, CURRENT names a whole generation: the old or the new one.
    func publish(_ manifest: Manifest) throws -> String {
        let bytes = try manifest.encoded()
        try Storage.write(bytes, to: "\(workshop)/\(Manifest.fileName)")
        try Storage.synchronize(workshop, folder: true)
        var hash = SHA256()
        hash.update(bytes)
        let digest = hash.hexadecimal()

        let last = try published().last.flatMap(Self.number) ?? 0
        let name = Self.name(last + 1)
        try Storage.rename(workshop, to: folder(name))
        try Storage.synchronize(generations, folder: true)
        try Storage.write(Array("\(name) \(digest)\n".utf8), to: currentFile + ".new")
        try Storage.rename(currentFile + ".new", to: currentFile)
        try Storage.synchronize(path, folder: true)
        return name
    }

    /// Removes a dead builder's leavings: its workshop, and generations that CURRENT never came to name. Only under the lock.
    func removeLeavings() throws(IndexError) {
        try Storage.removeFolder(workshop)
        try Storage.removeFile(currentFile + ".new")
        let live: Int
        do throws(IndexError) { live = try current().flatMap { Self.number($0.generation) } ?? 0 } catch { return }
        for name in try published() where (Self.number(name) ?? 0) > live { try Storage.removeFolder(folder(name)) }
    }

    /// Removes all but the newest `kept` generations; the live one always stays. Returns what was removed. Only under the lock.
    @discardableResult
    func removeOld(keeping kept: Int) throws(IndexError) -> [String] {
        guard let live = try current()?.generation else { return [] }
        let old = try published().filter { $0 != live }.dropLast(max(0, kept - 1))
        for name in old { try Storage.removeFolder(folder(name)) }
        return Array(old)
    }
}

/// An exclusive `flock` on a file; the system releases it when its holder dies.
final class BuildLock {
    private let descriptor: Int32

    init(_ path: String, index: String) throws(IndexError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Storage.failure("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno == EWOULDBLOCK ? IndexError.locked(index) : Storage.failure("flock", path)
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }
}
