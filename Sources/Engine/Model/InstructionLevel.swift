import CKernels
import Foundation

/// The processor instructions that the kernels use. All give the same bits.
public enum InstructionLevel: String, Sendable, CaseIterable {
    case scalar, avx2, avx2VNNI = "avx2-vnni", avx512, neon

    /// The best level of this processor, or a lower one that the environment variable `RADPHI_INSTRUCTIONS` names.
    public static let best: InstructionLevel = {
        let available = InstructionLevel.available
        if let name = ProcessInfo.processInfo.environment["RADPHI_INSTRUCTIONS"], let wanted = InstructionLevel(rawValue: name), available.contains(wanted) { return wanted }
        return available.last ?? .scalar
    }()

    /// What this processor can run, lowest first.
    public static let available = allCases.filter { radphi_has_instructions($0.kernels) }

    private var kernels: radphi_instructions {
        switch self {
        case .scalar: RADPHI_SCALAR
        case .avx2: RADPHI_AVX2
        case .avx2VNNI: RADPHI_AVX2_VNNI
        case .avx512: RADPHI_AVX512
        case .neon: RADPHI_NEON
        }
    }

    /// As the kernels take it.
    var number: Int32 { Int32(kernels.rawValue) }
}
