import ArgumentParser
import Codec
import Cryptography
import Foundation
import LedgerModel
import LedgerRuntime
import Records

/// `vivian init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a data folder: keys, a new ledger of one validator, a certificate.")
    @OptionGroup var data: DataOptions
    @Option(help: "The ledger's name; a random suffix makes it unique.") var name = "vivian"
    @Option(help: "Who operates this validator, as the verifier will show it.") var operatorName = "solo"

    func run() throws {
        let folder = data.folder
        guard !folder.exists else { throw CommandFailure("\(data.path) holds a ledger already; nothing was changed") }
        for url in [folder.ledger, folder.gateway, folder.keys, folder.keys.appending(path: "tls")] {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        let consensus = try SigningKey.generate(.edDSA)
        let receipt = try SigningKey.generate(.edDSA)
        let account = try SigningKey.generate(.edDSA)
        for (name, key) in [("consensus", consensus), ("receipt", receipt), ("account", account)] {
            try DataFolder.writeSecret(key.encodedSecret(), to: folder.keys.appending(path: "\(name).key"))
        }
        try GroupKeyFile.create(at: folder.recordKeysFile, now: UInt64(Date().timeIntervalSince1970 * 1e9))
        try AdminKey.make(in: folder, book: try AccessBook(folder: folder.gateway))
        let genesis = try Self.genesis(
            name: name, operatorName: operatorName, consensus: consensus, receipt: receipt, account: account)
        try Self.writeCertificates(to: folder, name: genesis.chainID.text)
        // The genesis is written last: a folder with one is whole.
        try Data(genesis.encoded()).write(to: folder.genesisFile, options: .atomic)
        let set = try genesis.validatorSet()
        if data.json {
            return Output.json([
                "data": .string(data.path), "chainId": .string(genesis.chainID.text),
                "genesisHash": .string(genesis.hash.hex), "validatorsHash": .string(set.hash.hex),
                "account": .string(Hex.encode(account.publicKey.thumbprint.bytes)),
            ])
        }
        Output.line(
            """
            made \(data.path)
            chain            \(genesis.chainID.text)
            genesis hash     \(genesis.hash.hex)
            validators hash  \(set.hash.hex)
            account          \(Hex.encode(account.publicKey.thumbprint.bytes))

            Back up keys/ now, apart from the rest. Then: vivian start --data \(data.path)
            """)
    }

    /// A genesis of one validator and one account; the name becomes `name-XXXXXXXX-1` (D1).
    static func genesis(
        name: String, operatorName: String, consensus: SigningKey, receipt: SigningKey, account: SigningKey
    ) throws -> Genesis {
        let suffix = Hex.encode(SecureRandom.bytes(4))
        let text = "\(name)-\(suffix)-1"
        guard let chainID = try? ChainID(text) else {
            throw CommandFailure("\(name) does not make a chain id; use up to 30 letters and digits")
        }
        guard case .ed25519(let consensusKey) = consensus.publicKey else {
            throw CommandFailure("the consensus key is not Ed25519")
        }
        return Genesis(
            chainID: chainID, time: UInt64(Date().timeIntervalSince1970 * 1e9),
            rulesVersion: ProtocolRules.newest.version,
            validators: [
                Genesis.Validator(
                    consensusKey: consensusKey, power: 10, operatorName: operatorName, receiptKey: receipt.publicKey)
            ],
            accounts: [
                Genesis.Account(id: AccountID(account.publicKey.thumbprint), keys: [account.publicKey])
            ])
    }

    /// A certificate authority of this folder's own, and a server certificate for loopback.
    static func writeCertificates(to folder: DataFolder, name: String) throws {
        let now = Int64(Date().timeIntervalSince1970)
        let tenYears: Int64 = 3_652 * 86_400
        let authority = try LocalCertificateAuthority.make(
            name: "VIVIAN \(name)", notBefore: now - 300, notAfter: now + tenYears)
        let server = try authority.issueServer(
            names: ["localhost", "127.0.0.1", "::1"], notBefore: now - 300, notAfter: now + tenYears)
        try Data(authority.certificatePEM).write(to: folder.authority)
        try DataFolder.writeSecret(authority.privateKeyPEM, to: folder.keys.appending(path: "tls/ca.key"))
        try Data(server.certificatePEM).write(to: folder.certificate)
        try DataFolder.writeSecret(server.privateKeyPEM, to: folder.certificateKey)
    }
}
