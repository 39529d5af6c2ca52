import CKernels
import Foundation

/// A regular file mapped read-only into memory.
///
/// The mapping follows the inode: a file that is replaced by rename keeps serving its old bytes. A file that is truncated or
/// rewritten in place does not end the process: missing pages read as zero and `checkIntact()` throws.
///
/// `@unchecked Sendable`: every stored property is immutable and the mapped memory is never written to.
public final class MappedFile: @unchecked Sendable {
    /// What tells one state of a file from another.
    public struct Identity: Sendable, Equatable {
        public let size: Int
        public let inode: UInt64
        public let device: UInt64
        public let modificationNanoseconds: Int64
    }

    public let path: String
    public let identity: Identity
    private let base: UnsafeMutableRawPointer?
    private let descriptor: Int32
    private let guardSlot: Int32

    /// Bytes in the file when it was opened.
    public var count: Int { identity.size }

    /// Maps the file at `path`. Throws `FileError` when it is missing, not a regular file, or cannot be mapped; never blocks on a pipe.
    public init(path: String) throws(FileError) {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT || errno == ENOTDIR ? .missing(path, "check the path") : .failed(path, "opened", errno: errno)
        }
        guard let identity = MappedFile.identify(descriptor), let size = identity.regular else {
            close(descriptor)
            throw .malformed("file", path, field: "type", "a regular file is expected")
        }
        var base: UnsafeMutableRawPointer?
        var slot: Int32 = -1
        if size > 0 {
            guard let mapped = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
                let code = errno
                close(descriptor)
                throw .failed(path, "mapped", errno: code)
            }
            slot = radphi_mapping_guard(mapped, size)
            guard slot >= 0 else {
                munmap(mapped, size)
                close(descriptor)
                throw .failed(path, "mapped", errno: EMFILE)
            }
            base = mapped
        }
        self.path = path
        self.identity = identity.value
        self.base = base
        self.descriptor = descriptor
        guardSlot = slot
    }

    deinit {
        if let base {
            radphi_mapping_release(guardSlot)
            munmap(base, count)
        }
        close(descriptor)
    }

    /// Gives the whole file's bytes to `body`; the pointer is valid only inside.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: base, count: base == nil ? 0 : count))
    }

    /// Throws `FileError.changed` when the file has been truncated or written to since it was opened: what was read is not to be used.
    public func checkIntact() throws(FileError) {
        if radphi_mapping_faulted(guardSlot) { throw .changed(path) }
        guard let now = MappedFile.identify(descriptor)?.value, now.size == identity.size,
            now.modificationNanoseconds == identity.modificationNanoseconds
        else { throw .changed(path) }
    }

    /// Lets the kernel drop the whole pages inside `range`; they are read from the file again when touched.
    public func releasePages(_ range: Range<Int>) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound == count ? (count + page - 1) / page * page : range.upperBound / page * page
        guard let base, start < end, !radphi_mapping_faulted(guardSlot) else { return }
        madvise(base + start, end - start, MADV_DONTNEED)
    }

    private static func identify(_ descriptor: Int32) -> (value: Identity, regular: Int?)? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        let identity = Identity(
            size: Int(status.st_size), inode: UInt64(status.st_ino), device: UInt64(status.st_dev), modificationNanoseconds: modified)
        return (identity, status.st_mode & S_IFMT == S_IFREG ? identity.size : nil)
    }
}
