import CKernels
import Foundation

/// The threads of a model: a fixed set that shares out the pieces of each step.
///
/// `@unchecked Sendable`: the C pool takes callers side by side and has no state of its own that is read outside.
public final class ThreadPool: @unchecked Sendable {
    let handle: OpaquePointer
    public let threads: Int

    /// - Parameter threads: the calling thread counted in; nil for the processor's cores.
    /// - Throws: `OutOfMemory` when threads are not to be had.
    public init(threads: Int? = nil) throws(OutOfMemory) {
        let wanted = max(1, min(256, threads ?? ProcessInfo.processInfo.activeProcessorCount))
        guard let handle = radphi_pool_create(Int32(wanted)) else { throw OutOfMemory(bytes: wanted << 20) }
        self.handle = handle
        self.threads = wanted
    }

    deinit { radphi_pool_destroy(handle) }

    /// Calls `work` once for every index below `count`, on whichever threads are free, and returns when all are done.
    func run(_ count: Int, _ work: (Int) -> Void) {
        withoutActuallyEscaping(work) { work in
            withUnsafePointer(to: work) { pointer in
                // Without scratch memory there is nothing that could fail.
                _ = radphi_pool_run(
                    handle, { context, index, _ in context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(index)) }, pointer, Int32(count), 0)
            }
        }
    }
}
