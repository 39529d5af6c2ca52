import CKernels
import Foundation

/// The threads of a model: a fixed set that shares out the pieces of each step.
///
/// `@unchecked Sendable`: the C pool takes callers one at a time and has no state of its own that is read outside.
public final class ThreadPool: @unchecked Sendable {
    private let handle: OpaquePointer?
    public let threads: Int

    /// - Parameter threads: the calling thread counted in; nil for the processor's cores.
    public init(threads: Int? = nil) {
        let wanted = max(1, min(256, threads ?? ProcessInfo.processInfo.activeProcessorCount))
        handle = radphi_pool_create(Int32(wanted))
        self.threads = handle.map { Int(radphi_pool_threads($0)) } ?? 1
    }

    deinit { radphi_pool_destroy(handle) }

    /// Calls `work` once for every index below `count`, on whichever threads are free, and returns when all are done.
    func run(_ count: Int, _ work: (Int) -> Void) {
        guard let handle, threads > 1, count > 1 else {
            for index in 0..<count { work(index) }
            return
        }
        withoutActuallyEscaping(work) { work in
            var call = work
            withUnsafeMutablePointer(to: &call) { pointer in
                radphi_pool_run(
                    handle, Int32(count),
                    { context, index in
                        guard let context else { return }
                        context.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int(index))
                    }, pointer)
            }
        }
    }
}
