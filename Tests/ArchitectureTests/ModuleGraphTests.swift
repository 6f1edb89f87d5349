import Foundation
import Testing

/// The house's table (which module may import which) held against every import line under Sources.
struct ModuleGraphTests {
    /// Modules of ours that each module may import, as in Package.swift and ARCHITECTURE.md.
    static let mayImport: [String: Set<String>] = [
        "Codec": [],
        "Cryptography": ["Codec", "CSodium", "COpenSSL", "CSecp256k1"],
        "Proofs": ["Codec", "Cryptography"],
        "LedgerModel": ["Codec", "Cryptography", "Proofs"],
        "StateTree": ["Codec", "Cryptography", "Proofs"],
        "VectorIndex": ["Codec", "Cryptography", "CVectorKernels"],
        "Embedding": ["Cryptography"],
        "Consensus": ["Codec", "Cryptography", "Proofs", "LedgerModel"],
        "Interchain": ["Codec", "Cryptography", "Proofs", "LedgerModel"],
        "SchemaValidation": ["Codec", "CLibXML2", "CSchemas"],
        "SupplyChain": ["Codec", "Cryptography", "SchemaValidation", "Embedding"],
        "LedgerRuntime": [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "VectorIndex", "Embedding",
        ],
        "Verification": ["Codec", "Cryptography", "Proofs", "LedgerModel", "SupplyChain", "VectorIndex"],
        "LedgerAccess": ["Codec", "Cryptography", "Proofs", "LedgerModel", "VectorIndex"],
        "LedgerStore": ["Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "CLMDB"],
        "NodeEngine": [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "StateTree", "Consensus", "LedgerRuntime", "LedgerStore",
            "LedgerAccess", "PeerNetwork", "VectorIndex", "CAllocator",
        ],
        "Compression": ["CZlib", "CZstd"],
        "PeerNetwork": ["Codec", "Cryptography"],
        "HTTPClientKit": [],
        "GatewayClient": ["Codec", "HTTPClientKit", "Verification"],
        "LightProxy": ["Codec", "GatewayClient", "Verification"],
        "GatewayStore": ["Codec", "Cryptography"],
        "Records": [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "LedgerAccess", "GatewayStore", "SupplyChain",
            "SchemaValidation", "VectorIndex", "CSchemas", "HTTPClientKit",
        ],
        "GatewayAPI": [
            "Codec", "Cryptography", "Proofs", "LedgerModel", "LedgerAccess", "Records", "SchemaValidation",
            "SupplyChain", "VectorIndex", "Verification", "Compression", "CSchemas", "HTTPClientKit",
        ],
    ]

    /// Modules that no clock, file, thread or locale may reach.
    static let pureCore: Set<String> = [
        "Codec", "Proofs", "LedgerModel", "StateTree", "Consensus", "Interchain", "SchemaValidation", "SupplyChain",
        "LedgerRuntime", "Verification", "Compression", "VectorIndex", "Embedding",
    ]

    /// What comes from outside, and who alone may import it.
    static let onlyIn: [String: Set<String>] = [
        "Foundation": [
            "HTTPClientKit", "GatewayStore", "Records", "GatewayAPI", "LightProxy", "vivian", "NodeEngine",
            "LedgerStore", "vivian-verify",
        ],
        "Dispatch": ["LedgerStore", "NodeEngine", "GatewayAPI", "Records", "HTTPClientKit", "vivian"],
        "GRDB": ["GatewayStore"], "GRDBSQLite": ["GatewayStore"],
        "Hummingbird": ["GatewayAPI", "LightProxy"], "HummingbirdCore": ["GatewayAPI"],
        "HummingbirdTLS": ["GatewayAPI"],
        "HummingbirdHTTP2": ["GatewayAPI"],
        "NIOHTTPTypes": ["GatewayAPI"], "NIOTLS": ["GatewayAPI", "PeerNetwork"],
        "NIOCore": ["GatewayAPI", "HTTPClientKit", "LightProxy", "PeerNetwork"],
        "NIOSSL": ["GatewayAPI", "HTTPClientKit", "PeerNetwork"], "NIOPosix": ["HTTPClientKit", "PeerNetwork"],
        "AsyncHTTPClient": ["HTTPClientKit"],
        "ArgumentParser": ["vivian", "vivian-verify"],
        "CSodium": ["Cryptography"], "COpenSSL": ["Cryptography"], "CSecp256k1": ["Cryptography"],
        "CAllocator": ["NodeEngine", "vivian"], "CLMDB": ["LedgerStore"], "CLibXML2": ["SchemaValidation"],
        "CZlib": ["Compression"], "CZstd": ["Compression"],
        "CVectorKernels": ["VectorIndex"],
    ]

    static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")

    /// Every Swift file under Sources: its module, path and imports.
    static func files() throws -> [(module: String, path: String, imports: [String], text: String)] {
        let found = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        return try (found?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }.map { url in
            let path = url.path.replacingOccurrences(of: sources.path + "/", with: "")
            let text = try String(contentsOf: url, encoding: .utf8)
            let imports = text.split(separator: "\n").compactMap { line -> String? in
                let words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
                guard let index = words.firstIndex(of: "import"), index <= 1 else { return nil }
                guard index == 0 || ["public", "package", "internal", "private"].contains(words[0]) else { return nil }
                let module = words.dropFirst(index + 1).first { !["struct", "class", "enum", "func"].contains($0) }
                return module?.split(separator: ".").first.map(String.init)
            }
            return (String(path.split(separator: "/")[0]), path, imports, text)
        }
    }

    @Test func `every import stands in the table`() throws {
        let files = try Self.files()
        #expect(files.count > 20)
        let ours = Set(Self.mayImport.keys)
        for file in files {
            for name in file.imports {
                if let allowed = Self.mayImport[file.module], ours.contains(name) || name.hasPrefix("C") {
                    let isOurs = ours.contains(name) || Self.onlyIn[name] != nil || name == "CSchemas"
                    if isOurs { #expect(allowed.contains(name), "\(file.path) imports \(name)") }
                }
                if let places = Self.onlyIn[name] {
                    #expect(places.contains(file.module), "\(file.path) imports \(name)")
                }
            }
        }
    }

    @Test func `strings that separate domains stand in one file of their module, each once`() throws {
        var places: [String: [String]] = [:]
        for file in try Self.files() {
            let code = file.text.split(separator: "\n").filter {
                !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//")
            }.joined(separator: "\n")
            for match in code.matches(of: /"(vivian\/[a-z-]+\/[a-z-]+\/v[0-9]+\/?)"/) {
                places[String(match.1), default: []].append(file.path)
            }
        }
        #expect(places.count >= 9)
        for (text, paths) in places {
            #expect(paths.count == 1 && paths[0].hasSuffix("/DomainSeparation.swift"), "\(text): \(paths)")
        }
    }

    @Test func `nobody imports the command line or a module above it`() throws {
        for file in try Self.files() where file.module != "vivian" {
            #expect(!file.imports.contains("vivian"), "\(file.path)")
        }
    }

    @Test func `the consensus path holds no floating point, clock or hash order`() throws {
        let path: Set<String> = [
            "Consensus", "LedgerRuntime", "StateTree", "LedgerModel", "Proofs", "VectorIndex", "Embedding",
        ]
        let forbidden = [
            "Double", "Float", ".hashValue", "ContinuousClock", "SuspendingClock", "Date()", "UUID()", "Locale",
            "SystemRandomNumberGenerator", "Task {", "DispatchQueue",
        ]
        for file in try Self.files() where path.contains(file.module) {
            let code = file.text.split(separator: "\n", omittingEmptySubsequences: false).filter {
                !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//")
            }.joined(separator: "\n")
            for word in forbidden {
                let isThere = code.contains(word)
                #expect(!isThere, "\(file.path) mentions \(word)")
            }
        }
    }

    @Test func `the table is the manifest's`() throws {
        let manifest = try String(
            contentsOf: Self.sources.deletingLastPathComponent().appending(path: "Package.swift"), encoding: .utf8)
        for (module, allowed) in Self.mayImport {
            guard let start = manifest.range(of: "name: \"\(module)\""),
                let end = manifest.range(of: "Module(", range: start.upperBound..<manifest.endIndex)
                    ?? manifest.range(of: "]\n\n", range: start.upperBound..<manifest.endIndex)
            else {
                Issue.record("\(module) is not in Package.swift")
                continue
            }
            let line = manifest[start.upperBound..<end.lowerBound]
            let declared = line.range(of: "dependsOn: [").map { opening in
                let rest = line[opening.upperBound...]
                return rest[..<(rest.firstIndex(of: "]") ?? rest.endIndex)]
            }
            let names = Set((declared ?? "").split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map(String.init))
            #expect(names == allowed, "\(module)")
        }
    }
}
