// swift-tools-version: 6.2
import PackageDescription

// The network's figures. A package of its own because it alone needs SwiftNIO: `Sources` is a link to the house's modules.
// `network-benchmarks` measures links, `network-load` is the load of deploy/bench-network.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "vivian-network-benchmarks",
    dependencies: [
        // Pinned to what the product is built with.
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium"),
        .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CSecp256k1", path: "Sources/CSecp256k1", pkgConfig: "libsecp256k1"),
        .target(name: "Codec", path: "Sources/Codec", swiftSettings: settings),
        .target(
            name: "Cryptography", dependencies: ["Codec", "CSodium", "COpenSSL", "CSecp256k1"],
            path: "Sources/Cryptography", swiftSettings: settings),
        .target(
            name: "PeerNetwork",
            dependencies: [
                "Codec", "Cryptography", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Sources/PeerNetwork", swiftSettings: settings),
        .target(
            name: "Proofs", dependencies: ["Codec", "Cryptography"], path: "Sources/Proofs", swiftSettings: settings),
        .target(
            name: "LedgerModel", dependencies: ["Codec", "Cryptography", "Proofs"], path: "Sources/LedgerModel",
            swiftSettings: settings),
        .target(
            name: "StateTree", dependencies: ["Codec", "Cryptography", "Proofs"], path: "Sources/StateTree",
            swiftSettings: settings),
        .target(
            name: "Consensus", dependencies: ["Codec", "Cryptography", "Proofs", "LedgerModel"],
            path: "Sources/Consensus", swiftSettings: settings),
        .target(name: "CVectorKernels", path: "Sources/CVectorKernels"),
        .target(
            name: "VectorIndex", dependencies: ["Codec", "Cryptography", "CVectorKernels"], path: "Sources/VectorIndex",
            swiftSettings: settings),
        .target(
            name: "Embedding", dependencies: ["Cryptography"], path: "Sources/Embedding", swiftSettings: settings),
        .target(
            name: "LedgerRuntime",
            dependencies: [
                "Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "VectorIndex", "Embedding",
            ], path: "Sources/LedgerRuntime", swiftSettings: settings),
        .executableTarget(
            name: "network-load",
            dependencies: [
                "Codec", "Cryptography", "LedgerModel", "LedgerRuntime", "Consensus", "PeerNetwork",
                .product(name: "Logging", package: "swift-log"),
            ], path: "Load", swiftSettings: settings),
        .executableTarget(
            name: "network-benchmarks",
            dependencies: ["Cryptography", "PeerNetwork", .product(name: "Logging", package: "swift-log")],
            path: "Program", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
