import Codec
import Foundation
import GatewayClient
import LedgerModel
import Verification

/// Where a command reads the registry from.
protocol RegistrySource: Sendable {
    /// What stands under a key of the store `registry`; nil where nothing does.
    func value(_ key: [UInt8]) async throws -> [UInt8]?
}

extension RegistrySource {
    func entry(_ version: RegistryVersion) async throws -> RegistryEntry? {
        try await value(RegistryKeys.entry(version)).map { try RegistryEntry(decoding: $0) }
    }

    /// A subject's newest version, 0 where there is none, and what the registry has of it.
    func newest(of subject: VectorSubject) async throws -> (version: RegistryVersion, entry: RegistryEntry?) {
        let number = RegistryKeys.number(try await value(RegistryKeys.newest(subject)))
        let version = RegistryVersion(subject: subject, number: number)
        return (version, try await entry(version))
    }
}

/// A gateway, taken at its word.
struct LiveRegistry: RegistrySource {
    let gateway: GatewayConnection

    func value(_ key: [UInt8]) async throws -> [UInt8]? {
        try await gateway.state(store: StoreName.registry.rawValue, key: key).value
    }
}

/// A gateway of which a proof of each value is kept.
struct ProvenRegistry: RegistrySource {
    let gateway: GatewayConnection
    let folder: URL
    let trusted: String?

    func value(_ key: [UInt8]) async throws -> [UInt8]? {
        let bytes = try await gateway.stateProof(store: StoreName.registry.rawValue, key: key, trusted: trusted)
        let file = try StateProofFile(decoding: bytes)
        guard file.entry.store == StoreName.registry.rawValue, file.entry.key == key else {
            throw CommandFailure("the gateway's proof is of another entry than was asked for")
        }
        try Data(bytes).write(to: folder.appending(path: Base64.encodeURL(key) + ".proof.json"), options: .atomic)
        return file.entry.value
    }
}

/// A folder of proofs, each of which was verified; no network.
struct VerifiedRegistry: RegistrySource {
    private let values: [[UInt8]: [UInt8]?]
    let count: Int

    init(folder: URL, trust: TrustOptions) throws {
        guard let all = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw CommandFailure(
                "\(folder.path) is no folder that can be read; `--prove -o FOLDER` makes one"
            )
        }
        let names = all.filter { $0.hasSuffix(".proof.json") }.sorted()
        var values: [[UInt8]: [UInt8]?] = [:]
        var ledger: LedgerIdentity?
        for name in names {
            let bytes = try FileInput.bytes(folder.appending(path: name).path)
            if let reason = try trust.check(bytes).reason { throw CommandFailure("\(name): \(reason)") }
            let file = try StateProofFile(decoding: bytes)
            guard file.entry.store == StoreName.registry.rawValue else {
                throw CommandFailure("\(name) is a proof of the store \(file.entry.store), not of the registry")
            }
            guard ledger == nil || ledger == file.ledger else {
                throw CommandFailure("\(name) is a proof of another ledger than the files before it")
            }
            ledger = file.ledger
            values[file.entry.key] = .some(file.entry.value)
        }
        self.values = values
        count = names.count
    }

    func value(_ key: [UInt8]) async throws -> [UInt8]? {
        guard let value = values[key] else {
            throw CommandFailure("the folder lacks \(Base64.encodeURL(key)).proof.json, which this answer rests on")
        }
        return value
    }
}
