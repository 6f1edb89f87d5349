import Codec
import Cryptography
import Foundation
import LedgerModel
import LedgerRuntime
import Records

/// The folder that holds all of one installation.
///
/// | path | content | back it up |
/// |---|---|---|
/// | `ledger/` | what consensus writes, and `genesis.json` | optional: it can be fetched or replayed |
/// | `gateway/` | payloads and outbox | yes |
/// | `keys/` | `account.key`, `consensus.key` unless a signer has it, `receipt.key`, `node.key`, `records.keys`, `admin-api-key`, `tls/` | apart from the rest (erasure!) |
/// | `vivian.json` | configuration, if there is one | yes |
/// | `run.json` | where the running gateway listens | no |
struct DataFolder {
    static let standardPath = "data"
    let url: URL

    init(_ path: String) { url = URL(fileURLWithPath: path) }

    var ledger: URL { url.appending(path: "ledger") }
    var gateway: URL { url.appending(path: "gateway") }
    var keys: URL { url.appending(path: "keys") }
    var genesisFile: URL { ledger.appending(path: "genesis.json") }
    var recordKeysFile: URL { keys.appending(path: "records.keys") }
    var certificate: URL { keys.appending(path: "tls/server.pem") }
    var certificateKey: URL { keys.appending(path: "tls/server.key") }
    var authority: URL { keys.appending(path: "tls/ca.pem") }
    var adminKeyFile: URL { keys.appending(path: "admin-api-key") }
    var configurationFile: URL { url.appending(path: "vivian.json") }
    var runFile: URL { url.appending(path: "run.json") }

    var exists: Bool { FileManager.default.fileExists(atPath: genesisFile.path) }

    /// The ledger's genesis.
    func genesis() throws -> Genesis {
        guard let data = try? Data(contentsOf: genesisFile) else {
            throw CommandFailure("\(url.path) is no data folder yet; run `vivian init --data \(url.path)` first")
        }
        return try Genesis(decoding: Array(data))
    }

    /// One of the signing keys by its file's name.
    func key(_ name: String) throws -> SigningKey {
        let file = keys.appending(path: "\(name).key")
        guard let data = try? Data(contentsOf: file) else {
            throw CommandFailure("the key file keys/\(name).key cannot be read; restore it from its backup")
        }
        guard let key = try? SigningKey(encoded: Array(data)) else {
            throw CommandFailure("the file keys/\(name).key holds no key; restore it from its backup")
        }
        return key
    }

    /// One of the three keys that the ledger's genesis knows: a restored `keys/` may be another ledger's.
    func key(_ name: String, of genesis: Genesis) throws -> SigningKey {
        let key = try self.key(name)
        let isKnown =
            switch name {
            case "consensus": genesis.validators.contains { key.publicKey == .ed25519(x: $0.consensusKey) }
            case "receipt": genesis.validators.contains { $0.receiptKey == key.publicKey }
            default: genesis.accounts.contains { $0.id == AccountID(key.publicKey.thumbprint) }
            }
        guard isKnown else {
            throw CommandFailure(
                "keys/\(name).key is another ledger's; restore keys/ from the backup that belongs to ledger/")
        }
        return key
    }

    /// The key of this node's links, made now where an older folder has none.
    func nodeKey() throws -> SigningKey {
        let file = keys.appending(path: "node.key")
        if FileManager.default.fileExists(atPath: file.path) { return try key("node") }
        let made = try SigningKey.generate(.edDSA)
        try Self.writeSecret(made.encodedSecret(), to: file)
        return made
    }

    /// Writes a file that only its owner may read; never over another one.
    static func writeSecret(_ bytes: [UInt8], to url: URL) throws {
        guard !FileManager.default.fileExists(atPath: url.path) else {
            throw CommandFailure("\(url.path) exists already; it is never overwritten")
        }
        guard
            FileManager.default.createFile(
                atPath: url.path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw CommandFailure("\(url.path) cannot be written") }
    }

    /// The administrator's API key, or nil.
    func adminKey() -> String? { Self.secretLine(adminKeyFile) }

    /// The one line of a file that holds a secret.
    static func secretLine(_ file: URL) -> String? {
        guard let data = try? Data(contentsOf: file), data.count <= 1 << 16 else { return nil }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return text.isEmpty ? nil : text
    }

    /// Where the running gateway listens, as `start` noted it.
    func runningGateway() -> String? {
        guard let data = try? Data(contentsOf: runFile), let root = try? JSONDocument(parsing: Array(data)).root else {
            return nil
        }
        return root["gateway"]?.string
    }
}

/// Why a command stops: a sentence that says what to do.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
