// swift-tools-version: 6.2
import PackageDescription

// The house, in layer order: a module may import only what stands in its own line. Tests/ArchitectureTests holds the
// same table and what each module must never see. `VIVIAN_TARGETS=Codec,Proofs swift test` builds a part of the house
// (the named modules, what they stand on, and their tests) without fetching the packages that only the rest needs.

/// One target.
///
/// `uses` names products of other packages, `c` the C libraries that this module alone wraps.
struct Module {
    var name: String
    var dependsOn: [String] = []
    var uses: [String] = []
    var parsesBytes = false
    var path: String?
    var isExecutable = false
}

let modules: [Module] = [
    // Pure core: no clock, no file, no socket.
    Module(name: "Codec", parsesBytes: true),
    Module(
        name: "Cryptography", dependsOn: ["Codec", "CSodium", "COpenSSL", "CSecp256k1"], parsesBytes: true),
    Module(name: "Proofs", dependsOn: ["Codec", "Cryptography"]),
    Module(name: "LedgerModel", dependsOn: ["Codec", "Cryptography", "Proofs"]),
    Module(name: "StateTree", dependsOn: ["Codec", "Cryptography", "Proofs"]),
    Module(name: "VectorIndex", dependsOn: ["Codec", "Cryptography", "CVectorKernels"], parsesBytes: true),
    Module(name: "Embedding", dependsOn: ["Cryptography"], parsesBytes: true),
    Module(name: "Consensus", dependsOn: ["Codec", "Cryptography", "Proofs", "LedgerModel"]),
    Module(name: "Interchain", dependsOn: ["Codec", "Cryptography", "Proofs", "LedgerModel"]),
    Module(name: "SchemaValidation", dependsOn: ["Codec", "CLibXML2", "CSchemas"], parsesBytes: true),
    Module(name: "SupplyChain", dependsOn: ["Codec", "Cryptography", "SchemaValidation", "Embedding"]),
    Module(
        name: "LedgerRuntime",
        dependsOn: ["Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "VectorIndex", "Embedding"]),
    Module(
        name: "Verification",
        dependsOn: ["Codec", "Cryptography", "Proofs", "LedgerModel", "SupplyChain", "VectorIndex"]),
    Module(name: "LedgerAccess", dependsOn: ["Codec", "Cryptography", "Proofs", "LedgerModel", "VectorIndex"]),
    // Engines: files, threads and SQL, and what wraps a library for the edges.
    Module(name: "Compression", dependsOn: ["CZlib", "CZstd"], parsesBytes: true),
    Module(
        name: "LedgerStore",
        dependsOn: ["Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "CLMDB"]),
    Module(
        name: "NodeEngine",
        dependsOn: [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "Consensus", "LedgerRuntime", "LedgerStore",
            "LedgerAccess", "PeerNetwork", "VectorIndex", "CAllocator",
        ],
        uses: ["Logging", "ServiceLifecycle"]),
    Module(
        name: "PeerNetwork", dependsOn: ["Codec", "Cryptography"],
        uses: ["NIOCore", "NIOPosix", "NIOSSL", "NIOTLS", "Logging", "ServiceLifecycle"], parsesBytes: true),
    Module(name: "HTTPClientKit", uses: ["AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL"]),
    Module(name: "GatewayStore", dependsOn: ["Codec", "Cryptography"], uses: ["GRDB", "GRDBSQLite"]),
    // Services.
    Module(
        name: "Records",
        dependsOn: [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "LedgerAccess", "GatewayStore", "SupplyChain",
            "SchemaValidation", "VectorIndex", "CSchemas", "HTTPClientKit",
        ],
        uses: ["Logging", "ServiceLifecycle"]),
    // Clients: what others build on.
    Module(name: "GatewayClient", dependsOn: ["Codec", "HTTPClientKit", "Verification"]),
    Module(
        name: "LightProxy", dependsOn: ["Codec", "GatewayClient", "Verification"],
        uses: ["Hummingbird", "HTTPTypes", "NIOCore", "Logging", "ServiceLifecycle"]),
    // Edges.
    Module(
        name: "GatewayAPI",
        dependsOn: [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "LedgerAccess", "Records", "SchemaValidation",
            "SupplyChain", "VectorIndex", "Verification", "Compression", "CSchemas", "HTTPClientKit",
        ],
        uses: [
            "Hummingbird", "HummingbirdCore", "HummingbirdHTTP2", "HummingbirdTLS", "HTTPTypes", "NIOCore",
            "NIOHTTPTypes", "NIOSSL", "NIOTLS", "Logging", "ServiceLifecycle",
        ]),
    Module(
        name: "vivian",
        dependsOn: [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "LedgerRuntime", "LedgerStore",
            "LedgerAccess", "NodeEngine", "PeerNetwork", "GatewayStore", "Records", "GatewayAPI", "GatewayClient",
            "LightProxy", "Verification", "HTTPClientKit", "SupplyChain", "SchemaValidation", "Consensus",
            "VectorIndex", "Embedding", "CAllocator",
        ],
        uses: ["ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"], isExecutable: true),
    Module(
        name: "vivian-verify", dependsOn: ["Verification"], uses: ["ArgumentParser"], isExecutable: true),
]

/// C libraries, each wrapped by one module; the second name is pkg-config's, the third Debian's.
let systemLibraries: [(name: String, pkgConfig: String, package: String)] = [
    ("CSodium", "libsodium", "libsodium-dev"),
    ("COpenSSL", "libcrypto", "libssl-dev"),
    ("CSecp256k1", "libsecp256k1", "libsecp256k1-dev"),
    ("CLMDB", "lmdb", "liblmdb-dev"),
    ("CLibXML2", "libxml-2.0", "libxml2-dev"),
    ("CZlib", "zlib", "zlib1g-dev"),
    ("CZstd", "libzstd", "libzstd-dev"),
]

/// Product: package, address, version, and what it is for.
let products: [String: (package: String, url: String, version: Version)] = [
    // HTTPS server (D19).
    "Hummingbird": ("hummingbird", "https://github.com/hummingbird-project/hummingbird", "2.28.1"),
    "HummingbirdCore": ("hummingbird", "https://github.com/hummingbird-project/hummingbird", "2.28.1"),
    "HummingbirdHTTP2": ("hummingbird", "https://github.com/hummingbird-project/hummingbird", "2.28.1"),
    "HummingbirdTLS": ("hummingbird", "https://github.com/hummingbird-project/hummingbird", "2.28.1"),
    // Header names and methods as types.
    "HTTPTypes": ("swift-http-types", "https://github.com/apple/swift-http-types", "1.8.0"),
    // Buffers and event loops under the two HTTP libraries.
    "NIOCore": ("swift-nio", "https://github.com/apple/swift-nio", "2.101.2"),
    "NIOPosix": ("swift-nio", "https://github.com/apple/swift-nio", "2.101.2"),
    "NIOTLS": ("swift-nio", "https://github.com/apple/swift-nio", "2.101.2"),
    "NIOHTTP1": ("swift-nio", "https://github.com/apple/swift-nio", "2.101.2"),
    "NIOSSL": ("swift-nio-ssl", "https://github.com/apple/swift-nio-ssl", "2.37.6"),
    // The parts of a request as the server's pipeline has them.
    "NIOHTTPTypes": ("swift-nio-extras", "https://github.com/apple/swift-nio-extras", "1.35.2"),
    // Outbound HTTPS.
    "AsyncHTTPClient": ("async-http-client", "https://github.com/swift-server/async-http-client", "1.37.0"),
    // Services that start and stop in order.
    "ServiceLifecycle": (
        "swift-service-lifecycle", "https://github.com/swift-server/swift-service-lifecycle", "2.13.0"
    ),
    "UnixSignals": ("swift-service-lifecycle", "https://github.com/swift-server/swift-service-lifecycle", "2.13.0"),
    // Structured logs.
    "Logging": ("swift-log", "https://github.com/apple/swift-log", "1.16.2"),
    // The command line.
    "ArgumentParser": ("swift-argument-parser", "https://github.com/apple/swift-argument-parser", "1.8.2"),
    // SQLite for the gateway's own data (D17).
    "GRDB": ("GRDB.swift", "https://github.com/groue/GRDB.swift", "7.10.0"),
    // SQLite's own functions, as GRDB links them, for the one statement that runs for every record.
    "GRDBSQLite": ("GRDB.swift", "https://github.com/groue/GRDB.swift", "7.10.0"),
]

let coreSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

/// What a simulated network is made of.
let network = ["Consensus", "Interchain", "LedgerRuntime", "LedgerStore"]

/// The named modules and all that they stand on; everything without `VIVIAN_TARGETS`.
func selection() -> [Module] {
    guard let names = Context.environment["VIVIAN_TARGETS"], !names.isEmpty else { return modules }
    var wanted = Set(names.split(separator: ",").map(String.init))
    if wanted.contains("SimulationTests") { wanted.formUnion(network) }
    var grown = true
    while grown {
        let more = modules.filter { wanted.contains($0.name) }.flatMap(\.dependsOn)
        grown = !wanted.isSuperset(of: more)
        wanted.formUnion(more)
    }
    return modules.filter { wanted.contains($0.name) }
}

let selected = selection()
let isWhole = selected.count == modules.count
let linked = Set(selected.flatMap(\.dependsOn))

func dependencies(of module: Module) -> [Target.Dependency] {
    module.dependsOn.map { .target(name: $0) }
        + module.uses.map { .product(name: $0, package: products[$0]!.package) }
}

func settings(for module: Module) -> [SwiftSetting] {
    coreSettings + (module.parsesBytes ? [.strictMemorySafety()] : [])
}

/// Whether the simulation alone is asked for, without the tests of what it stands on.
let isSimulation = Context.environment["VIVIAN_TARGETS"] == "SimulationTests"

/// Modules with a test target of their own; a test may import all that its module may.
let tested = Set(
    modules.filter { !$0.isExecutable && $0.name != "LedgerAccess" && !isSimulation }.map(\.name))

var targets: [Target] = systemLibraries.filter { linked.contains($0.name) }.map {
    .systemLibrary(
        name: $0.name, path: "Sources/\($0.name)", pkgConfig: $0.pkgConfig, providers: [.apt([$0.package])])
}
if linked.contains("CSchemas") {
    // The published schemas, built in with #embed.
    targets.append(.target(name: "CSchemas", cSettings: [.unsafeFlags(["-std=c23"])]))
}
if linked.contains("CAllocator") {
    // The settings of the C allocator.
    targets.append(.target(name: "CAllocator"))
}
if linked.contains("CVectorKernels") {
    // Integer arithmetic on vectors; each function names the processor it is for, so that no flag is needed.
    targets.append(.target(name: "CVectorKernels"))
}
targets.append(.target(name: "TestSupport", dependencies: [], path: "Tests/TestSupport", swiftSettings: coreSettings))
// Tests of these run on a disk in memory whose power fails.
let simulated: Set = ["LedgerStore"]
if selected.contains(where: { $0.name == "LedgerStore" }) {
    targets.append(
        .target(
            name: "SimulatedDisk", dependencies: ["LedgerStore", "TestSupport"], path: "Tests/SimulatedDisk",
            swiftSettings: coreSettings))
}
for module in selected {
    let inner = dependencies(of: module)
    targets.append(
        module.isExecutable
            ? .executableTarget(name: module.name, dependencies: inner, swiftSettings: settings(for: module))
            : .target(name: module.name, dependencies: inner, swiftSettings: settings(for: module)))
    if tested.contains(module.name) {
        targets.append(
            .testTarget(
                name: "\(module.name)Tests",
                dependencies: [.target(name: module.name), "TestSupport"] + inner
                    + (simulated.contains(module.name) ? ["SimulatedDisk"] : []),
                swiftSettings: coreSettings))
    }
}

if isWhole || selected.isEmpty {
    targets.append(.testTarget(name: "ArchitectureTests", swiftSettings: coreSettings))
}
// Decoders and verifiers as functions of bytes: fuzzed by Fuzz/run, and what it found is replayed by the suite.
let fuzzed = [
    "Codec", "Compression", "Consensus", "Cryptography", "Embedding", "LedgerModel", "LedgerRuntime", "LedgerStore",
    "PeerNetwork", "Proofs", "SchemaValidation", "StateTree", "SupplyChain", "VectorIndex", "Verification",
]
if Set(selected.map(\.name)).isSuperset(of: fuzzed) {
    targets.append(
        .target(
            name: "FuzzTargets", dependencies: fuzzed.map { .target(name: $0) }, path: "Tests/FuzzTargets",
            swiftSettings: coreSettings))
    targets.append(.testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], swiftSettings: coreSettings))
}
if Set(selected.map(\.name)).isSuperset(of: network) {
    // A whole network in one process: its tests, and a program that runs seeds, in a part of the house alone.
    let parts =
        network + ["Codec", "Cryptography", "LedgerModel", "Proofs", "SimulatedDisk", "StateTree", "TestSupport"]
    targets.append(
        .target(
            name: "NetworkSimulation", dependencies: parts.map { .target(name: $0) }, path: "Tests/NetworkSimulation",
            swiftSettings: coreSettings))
    targets.append(
        .testTarget(
            name: "SimulationTests", dependencies: ["Consensus", "Cryptography", "NetworkSimulation"],
            exclude: ["Mutants"], swiftSettings: coreSettings))
    if !isWhole {
        targets.append(
            .executableTarget(
                name: "simulate", dependencies: ["NetworkSimulation"], path: "Tests/simulate",
                swiftSettings: coreSettings))
    }
}
if isWhole || (Context.environment["VIVIAN_TARGETS"] ?? "").contains("EndToEndTests") {
    // The real binary with peers that are not ours: curl, and the Python programs in `Peers`.
    targets.append(
        .testTarget(
            name: "EndToEndTests", dependencies: ["Codec", "TestSupport"], exclude: ["Peers"],
            swiftSettings: coreSettings))
}

var packages: [String: Package.Dependency] = [:]
for product in selected.flatMap(\.uses) {
    let source = products[product]!
    packages[source.package] = .package(url: source.url, exact: source.version)
}

let package = Package(
    name: "vivian",
    products: isWhole
        ? [
            .executable(name: "vivian", targets: ["vivian"]),
            .executable(name: "vivian-verify", targets: ["vivian-verify"]),
            .library(name: "Verification", targets: ["Verification"]),
            .library(name: "GatewayClient", targets: ["GatewayClient"]),
        ] : [],
    dependencies: packages.keys.sorted().map { packages[$0]! },
    targets: targets,
    swiftLanguageModes: [.v6]
)
