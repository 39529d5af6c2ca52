import Foundation

/// The few file operations that an index's safety rests on, each checked, synchronised and private (files 0600, folders 0700).
enum Storage {
    static func failure(_ call: String, _ path: String) -> IndexError { .system(call: call, file: path, errno: errno) }

    static func createFolder(_ path: String) throws(IndexError) {
        if mkdir(path, 0o700) == 0 { return }
        if errno == EEXIST { return }
        guard errno == ENOENT else { throw failure("mkdir", path) }
        let parent = (path as NSString).deletingLastPathComponent
        guard !parent.isEmpty, parent != path else { throw failure("mkdir", path) }
        try createFolder(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    /// Makes an empty private file where there is none.
    static func createPrivate(_ path: String) throws(IndexError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", path) }
        close(descriptor)
    }

    /// Writes the whole file and waits until the disk has it.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try OutputFile(path)
        try file.append(bytes)
        try file.finish()
    }

    static func synchronize(_ path: String, folder: Bool = false) throws(IndexError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (folder ? O_DIRECTORY : 0))
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    static func rename(_ old: String, to new: String) throws(IndexError) {
        guard Foundation.rename(old, new) == 0 else { throw failure("rename", new) }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// A folder with all that is in it; nothing where there is none.
    static func removeFolder(_ path: String) throws(IndexError) {
        for name in try names(in: path) {
            let entry = "\(path)/\(name)"
            var status = stat()
            guard lstat(entry, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                try removeFolder(entry)
            } else {
                guard unlink(entry) == 0 || errno == ENOENT else { throw failure("unlink", entry) }
            }
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure("rmdir", path) }
    }

    /// Names in a folder in byte order; empty where there is no folder.
    static func names(in path: String) throws(IndexError) -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw failure("opendir", path)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                if errno != 0 { throw failure("readdir", path) }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The whole of a small file.
    static func read(_ path: String, limit: Int) throws(IndexError) -> [UInt8] {
        let file = try InputFile(path)
        guard file.size <= limit else { throw .damaged(file: path, reason: "it has \(file.size) bytes, at most \(limit) are expected", mend: "radphi-rag index build") }
        return try file.read(at: 0, count: file.size)
    }
}

/// A file being written from front to end through a buffer, counting its bytes.
final class OutputFile {
    private let descriptor: Int32
    let path: String
    private(set) var size = 0
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 18

    init(_ path: String) throws(IndexError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Storage.failure("open", path) }
        buffer.reserveCapacity(Self.bufferSize)
    }

    deinit { close(descriptor) }

    func append(_ bytes: [UInt8]) throws(IndexError) {
        var failed: IndexError?
        bytes.withUnsafeBytes { raw in
            do throws(IndexError) { try append(raw) } catch { failed = error }
        }
        if let failed { throw failed }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(IndexError) {
        size += bytes.count
        if buffer.count + bytes.count > Self.bufferSize {
            try flush()
            if bytes.count >= Self.bufferSize { return try write(bytes) }
        }
        buffer.append(contentsOf: bytes)
    }

    func flush() throws(IndexError) {
        var failed: IndexError?
        buffer.withUnsafeBytes { raw in
            do throws(IndexError) { try write(raw) } catch { failed = error }
        }
        buffer.removeAll(keepingCapacity: true)
        if let failed { throw failed }
    }

    /// Flushes and waits for the disk.
    func finish() throws(IndexError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw Storage.failure("fsync", path) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(IndexError) {
        var done = 0
        while done < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                throw Storage.failure("write", path)
            }
            done += count
        }
    }
}

/// A file read by position. Its size is what `fstat` said when it was opened; a shorter read is an error.
final class InputFile {
    private let descriptor: Int32
    let path: String
    let size: Int

    init(_ path: String) throws(IndexError) {
        self.path = path
        // O_NONBLOCK: a pipe or a device must never hang; what is not a regular file is refused below.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Storage.failure("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = Storage.failure("fstat", path)
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .system(call: "open", file: path, errno: EINVAL)
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Fills `buffer` from `offset` on.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(IndexError) {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw Storage.failure("read", path)
            }
            guard count > 0 else { throw .system(call: "read", file: path, errno: EIO) }
            done += count
        }
    }

    func read(at offset: Int, count: Int) throws(IndexError) -> [UInt8] {
        guard count > 0 else { return [] }
        var failed: IndexError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(IndexError) {
                try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
                filled = count
            } catch {
                failed = error
                filled = 0
            }
        }
        if let failed { throw failed }
        return bytes
    }
}
