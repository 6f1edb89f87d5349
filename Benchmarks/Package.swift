// swift-tools-version: 6.2
import PackageDescription

// The core's figures. A package of its own, so that a normal build never sees it; `Sources` is a link to the house's
// modules, which keeps their `package` access and the release flags.

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
    ("Proofs", ["Codec", "Cryptography"]),
    ("LedgerModel", ["Codec", "Cryptography", "Proofs"]),
    ("StateTree", ["Codec", "Cryptography", "Proofs"]),
    ("SchemaValidation", ["Codec", "CLibXML2", "CSchemas"]),
    ("SupplyChain", ["Codec", "Cryptography", "SchemaValidation"]),
    ("LedgerStore", ["Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "CLMDB"]),
]

let libraries: [(name: String, pkgConfig: String)] = [
    ("CSodium", "libsodium"), ("COpenSSL", "libcrypto"), ("CSecp256k1", "libsecp256k1"), ("CLMDB", "lmdb"),
    ("CLibXML2", "libxml-2.0"),
]

let package = Package(
    name: "vivian-benchmarks",
    targets: libraries.map {
        .systemLibrary(name: $0.name, path: "Sources/\($0.name)", pkgConfig: $0.pkgConfig)
    } + [.target(name: "CSchemas", path: "Sources/CSchemas", cSettings: [.unsafeFlags(["-std=c23"])])]
        + modules.map {
            .target(name: $0.name, dependencies: $0.dependsOn, path: "Sources/\($0.name)", swiftSettings: settings)
        } + [
            .executableTarget(
                name: "core-benchmarks",
                dependencies: modules.map { .target(name: $0.name) }, path: "Core", swiftSettings: settings),
            // Counts allocations by standing before the C library's allocator; in this program alone.
            .target(name: "AllocationCount", path: "AllocationCount"),
            .executableTarget(
                name: "schema-benchmarks", dependencies: ["Codec", "SchemaValidation", "AllocationCount"],
                path: "Schemas", swiftSettings: settings),
        ],
    swiftLanguageModes: [.v6]
)
