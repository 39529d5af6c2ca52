import CKernels
import Foundation

/// The processor instructions that the matrix kernels use.
public enum InstructionLevel: String, Sendable, CaseIterable {
    case scalar, avx2, avx512

    /// The best level of this processor, or a lower one that the environment variable `RADPHI_INSTRUCTIONS` names.
    public static let best: InstructionLevel = {
        let available = InstructionLevel.available
        if let name = ProcessInfo.processInfo.environment["RADPHI_INSTRUCTIONS"], let wanted = InstructionLevel(rawValue: name), available.contains(wanted) { return wanted }
        return available.last ?? .scalar
    }()

    /// What this processor can run, lowest first.
    public static let available: [InstructionLevel] = {
        let best = radphi_best_level()
        return [.scalar, .avx2, .avx512].filter { $0.kernel.rawValue <= best.rawValue }
    }()

    package var kernel: radphi_level {
        switch self {
        case .scalar: RADPHI_SCALAR
        case .avx2: RADPHI_AVX2
        case .avx512: RADPHI_AVX512
        }
    }
}
