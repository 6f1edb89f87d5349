import Codec
import Cryptography
import Foundation
import GatewayAPI
import LedgerModel
import LedgerRuntime
import NodeEngine
import Records

/// The keys of one installation, as a new data folder gets them.
struct InstallationKeys {
    /// The public half: the key itself may be a signer's.
    var consensus: COSEKey
    var receipt: SigningKey
    var account: SigningKey
    var node: SigningKey

    /// Makes a data folder's keys; the folder is whole once it has a genesis (``DataFolder/settle(on:)``).
    ///
    /// With a signer's address the consensus key is the signer's, and `vivian.json` names it.
    static func make(in folder: DataFolder, signer: String? = nil) throws -> InstallationKeys {
        guard !folder.exists, !FileManager.default.fileExists(atPath: folder.recordKeysFile.path) else {
            throw CommandFailure("\(folder.url.path) holds keys or a ledger already; nothing was changed")
        }
        let address = try signer.map { text in
            guard let address = SignerAddress(text, in: folder.url.path) else {
                throw CommandFailure(Configuration.signerAddressText)
            }
            guard !FileManager.default.fileExists(atPath: folder.configurationFile.path) else {
                throw CommandFailure("\(folder.configurationFile.path) is there already; add \"signer\" to it by hand")
            }
            return address
        }
        let elsewhere = try address.map { try folder.consensusPublicKey(signer: $0) }
        for url in [folder.ledger, folder.gateway, folder.keys, folder.keys.appending(path: "tls")] {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        if elsewhere == nil {
            try DataFolder.writeSecret(
                SigningKey.generate(.edDSA).encodedSecret(), to: folder.consensusKeyFile)
        } else if let signer {
            try Data((["signer": .string(signer)] as JSON).serialized() + [0x0a]).write(to: folder.configurationFile)
        }
        let keys = InstallationKeys(
            consensus: try elsewhere ?? folder.key("consensus").publicKey, receipt: try SigningKey.generate(.edDSA),
            account: try SigningKey.generate(.edDSA), node: try SigningKey.generate(.edDSA))
        for (name, key) in [
            ("receipt", keys.receipt), ("account", keys.account), ("node", keys.node),
        ] { try DataFolder.writeSecret(key.encodedSecret(), to: folder.keys.appending(path: "\(name).key")) }
        try GroupKeyFile.create(at: folder.recordKeysFile, now: UInt64(Date().timeIntervalSince1970 * 1e9))
        try AdminKey.make(in: folder, book: try AccessBook(folder: folder.gateway))
        return keys
    }

    /// The keys of a folder that waits for its genesis.
    static func read(from folder: DataFolder) throws -> InstallationKeys {
        InstallationKeys(
            consensus: try folder.consensusPublicKey(signer: try Configuration.read(folder).signer),
            receipt: try folder.key("receipt"),
            account: try folder.key("account"), node: try folder.key("node"))
    }

    func validator(operatorName: String) -> Genesis.Validator {
        guard case .ed25519(let key) = consensus else { preconditionFailure("consensus keys are Ed25519") }
        return Genesis.Validator(
            consensusKey: key, power: 10, operatorName: operatorName, receiptKey: receipt.publicKey)
    }

    var genesisAccount: Genesis.Account {
        Genesis.Account(id: AccountID(account.publicKey.thumbprint), keys: [account.publicKey])
    }
}

extension DataFolder {
    /// Gives a folder with keys its ledger: certificates, then the genesis, last, since a folder with one is whole.
    func settle(on genesis: Genesis) throws {
        try writeCertificates(name: genesis.chainID.text)
        try Data(genesis.encoded()).write(to: genesisFile, options: .atomic)
    }

    /// A certificate authority of this folder's own, and a server certificate for loopback.
    private func writeCertificates(name: String) throws {
        let now = Int64(Date().timeIntervalSince1970)
        let tenYears: Int64 = 3_652 * 86_400
        let made = try LocalCertificateAuthority.make(
            name: "VIVIAN \(name)", notBefore: now - 300, notAfter: now + tenYears)
        let server = try made.issueServer(
            names: ["localhost", "127.0.0.1", "::1"], notBefore: now - 300, notAfter: now + tenYears)
        try Data(made.certificatePEM).write(to: authority)
        try DataFolder.writeSecret(made.privateKeyPEM, to: keys.appending(path: "tls/ca.key"))
        try Data(server.certificatePEM).write(to: certificate)
        try DataFolder.writeSecret(server.privateKeyPEM, to: certificateKey)
    }
}
