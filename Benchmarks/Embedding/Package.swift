// swift-tools-version: 6.2
import PackageDescription

// The embedder's figures. A package of its own: `Sources` is a link to the house's modules, which keeps their `package`
// access and the release flags.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let modules: [(name: String, dependsOn: [Target.Dependency])] = [
    ("Codec", []),
    ("Cryptography", ["Codec", "CSodium", "COpenSSL", "CSecp256k1"]),
    ("VectorIndex", ["Codec", "Cryptography", "CVectorKernels"]),
    ("Embedding", ["Cryptography"]),
]

let package = Package(
    name: "vivian-embedding-benchmarks",
    targets: [("CSodium", "libsodium"), ("COpenSSL", "libcrypto"), ("CSecp256k1", "libsecp256k1")].map {
        .systemLibrary(name: $0.0, path: "Sources/\($0.0)", pkgConfig: $0.1)
    } + [.target(name: "CVectorKernels", path: "Sources/CVectorKernels")]
        + modules.map {
            .target(name: $0.name, dependencies: $0.dependsOn, path: "Sources/\($0.name)", swiftSettings: settings)
        } + [
            .executableTarget(
                name: "embedding-benchmarks", dependencies: ["Cryptography", "Embedding", "VectorIndex"],
                path: "Program", swiftSettings: settings)
        ],
    swiftLanguageModes: [.v6]
)
