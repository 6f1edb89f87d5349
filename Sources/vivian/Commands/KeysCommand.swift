import ArgumentParser
import Codec
import Cryptography
import Foundation

/// `vivian keys`.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make, list and show signing keys.",
        subcommands: [New.self, List.self, Show.self, RecordIDs.self])

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key in keys/.")
        @OptionGroup var data: DataOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "ed25519, p256 or secp256k1.") var algorithm = "ed25519"

        func run() throws {
            let algorithms: [String: COSEAlgorithm] = ["ed25519": .edDSA, "p256": .es256, "secp256k1": .es256K]
            guard let chosen = algorithms[algorithm] else {
                throw ValidationError("--algorithm is ed25519, p256 or secp256k1")
            }
            guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
                throw ValidationError("a key's name has letters, digits and dashes")
            }
            let key = try SigningKey.generate(chosen)
            try FileManager.default.createDirectory(at: data.folder.keys, withIntermediateDirectories: true)
            try DataFolder.writeSecret(key.encodedSecret(), to: data.folder.keys.appending(path: "\(name).key"))
            KeysCommand.show(name, key, json: data.json)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys in keys/.")
        @OptionGroup var data: DataOptions

        func run() throws {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: data.folder.keys.path)) ?? []
            for file in files.sorted() where file.hasSuffix(".key") {
                let name = String(file.dropLast(4))
                guard let key = try? data.folder.key(name) else {
                    Output.note("keys/\(file) is no signing key that can be read")
                    continue
                }
                KeysCommand.show(name, key, json: data.json)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one key's public part.")
        @OptionGroup var data: DataOptions
        @Argument(help: "Its name.") var name: String

        func run() throws { KeysCommand.show(name, try data.folder.key(name), json: data.json) }
    }

    /// Prints the public part only.
    static func show(_ name: String, _ key: SigningKey, json: Bool) {
        let thumbprint = Hex.encode(key.publicKey.thumbprint.bytes)
        if json {
            Output.json([
                "name": .string(name), "thumbprint": .string(thumbprint),
                "coseKey": .string(Base64.encode(key.publicKey.encoded)),
            ])
        } else {
            Output.line("\(thumbprint)  \(name)")
        }
    }
}
