// swift-tools-version: 6.2
import PackageDescription

// One place sets the rules of every Swift target: warnings are errors; language mode 6 brings strict concurrency.
let swiftRules: [SwiftSetting] = [.treatAllWarnings(as: .error)]
// Kernels are optimised in every build: unoptimised SIMD would make debug builds and their tests useless.
let kernelRules: [CSetting] = [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]
let shimRules: [CXXSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

let package = Package(
    name: "radphi-rag",
    products: [.executable(name: "radphi-rag", targets: ["radphi-rag"])],
    targets: [
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(name: "CKernels", cSettings: kernelRules),
        .target(name: "CFaiss", cxxSettings: shimRules, linkerSettings: [.linkedLibrary("faiss"), .linkedLibrary("openblas"), .linkedLibrary("gomp")]),
        .target(name: "Engine", dependencies: ["CKernels", "COpenBLAS"], swiftSettings: swiftRules),
        .target(name: "Index", dependencies: ["Engine", "CFaiss", "CSQLite", "CLibXML2"], swiftSettings: swiftRules),
        .target(name: "Retrieval", dependencies: ["Engine", "Index"], swiftSettings: swiftRules),
        .executableTarget(name: "radphi-rag", dependencies: ["Retrieval", "Index", "Engine"], swiftSettings: swiftRules),
        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: swiftRules),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "CKernels"], swiftSettings: swiftRules),
        .testTarget(name: "IndexTests", dependencies: ["Index", "CFaiss", "TestSupport"], swiftSettings: swiftRules),
        .testTarget(name: "RetrievalTests", dependencies: ["Retrieval", "TestSupport"], swiftSettings: swiftRules),
        .testTarget(name: "CommandTests", dependencies: ["radphi-rag", "Engine"], swiftSettings: swiftRules),
    ],
    cxxLanguageStandard: .cxx17
)
