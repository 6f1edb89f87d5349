import Codec
import Consensus
import Cryptography
import LedgerModel
import LedgerRuntime
import Proofs
import SupplyChain

extension FuzzTarget {
    /// The registry: every decoder and verifier that reads bytes of others.
    package static let all: [FuzzTarget] =
        codec + cryptography + ledger + bundles + documents + files + network
        + vectors

    private static let codec: [FuzzTarget] = [
        canonical("cbor-deterministic") { try CBOR.decode($0).encoded() },
        FuzzTarget("cbor-general") { bytes in
            guard let item = try? CBOR.decode(bytes, as: .general) else { return nil }
            let spelling = item.encoded()
            guard let again = try? CBOR.decode(spelling, as: .general) else { return "does not read what it wrote" }
            return again.encoded() == spelling ? nil : "the deterministic form is not stable"
        },
        FuzzTarget("protobuf-reader") { bytes in
            var reader = ProtobufReader(bytes)
            while let field = try? reader.next() {
                guard case .bytes(let inner) = field.value else { continue }
                var nested = ProtobufReader(inner)
                while (try? nested.next()) != nil {}
            }
            return nil
        },
        FuzzTarget("json", byteCountMax: 1 << 14) { bytes in
            guard let document = try? JSONDocument(parsing: bytes) else { return nil }
            let text = JSON(document.root).serialized()
            guard let again = try? JSONDocument(parsing: text) else { return "does not read what it wrote" }
            return JSON(again.root).serialized() == text ? nil : "the written form is not stable"
        },
        FuzzTarget("jcs", byteCountMax: 1 << 14) { bytes in
            guard let document = try? JSONDocument(parsing: bytes) else { return nil }
            guard let text = try? JCS.canonicalize(document.root) else { return nil }
            guard let again = try? JSONDocument(parsing: text) else { return "does not read what it wrote" }
            guard (try? JCS.canonicalize(again.root)) == text else { return "the canonical form is not stable" }
            return (try? JCS.canonicalize(JSON(document.root))) == text ? nil : "node and value differ"
        },
        FuzzTarget("json-pointer") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let pointer = JSONPointer(parsing: text) else { return nil }
            return pointer.description.utf8.elementsEqual(text.utf8) ? nil : "written otherwise"
        },
        FuzzTarget("base64") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let plain = Base64.decode(text), Base64.encode(plain) != text { return "two spellings" }
            if let plain = Base64.decodeURL(text), Base64.encodeURL(plain) != text { return "two spellings (URL)" }
            return Base64.decode(Base64.encode(bytes)) == bytes && Base64.decodeURL(Base64.encodeURL(bytes)) == bytes
                ? nil : "does not read what it wrote"
        },
        FuzzTarget("hex") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let plain = Hex.decode(text), Hex.encode(plain) != text { return "two spellings" }
            return Hex.decode(Hex.encode(bytes)) == bytes ? nil : "does not read what it wrote"
        },
    ]

    private static let cryptography: [FuzzTarget] = [
        canonical("cose-sign1") { try COSESign1.decode($0).encoded() },
        canonical("cose-sign") { try COSESign.decode($0).encoded() },
        canonical("cose-key", byteCountMax: 256) { bytes in
            let key = try COSEKey(decoding: bytes)
            _ = key.thumbprint
            _ = key.isValid(signature: [UInt8](repeating: 1, count: 64), for: bytes)
            return key.encoded
        },
        FuzzTarget("cose-general") { bytes in
            _ = try? COSESign1.decode(bytes, as: .general).encoded()
            _ = try? COSESign.decode(bytes, as: .general).encoded()
            return nil
        },
        // A token; what decodes must not be believed by keys that have not signed it.
        FuzzTarget("jwt", byteCountMax: 1 << 12) { bytes in
            guard let token = try? UnverifiedToken(decoding: String(decoding: bytes, as: UTF8.self)) else { return nil }
            return token.verified(by: sampleKeys) == nil ? nil : "a forged token is believed"
        },
        FuzzTarget("jwks", byteCountMax: 1 << 13) { bytes in
            guard let set = try? JSONWebKeySet(parsing: bytes) else { return nil }
            let token = try? UnverifiedToken(decoding: "eyJhbGciOiJFZERTQSJ9.e30.AAAA")
            return token?.verified(by: set.keys) == nil ? nil : "a forged token is believed"
        },
        // 32 bytes of key, 64 of signature, and the message: both predicates agree where both must.
        FuzzTarget("ed25519", byteCountMax: 512) { bytes in
            guard bytes.count >= 96 else { return nil }
            let key = Array(bytes[..<32])
            let signature = Array(bytes[32..<96])
            let message = Array(bytes[96...])
            let isStrict = Ed25519.isValidStrict(signature: signature, message: message, publicKey: key)
            let isLenient = Ed25519.isValidZIP215(signature: signature, message: message, publicKey: key)
            return isStrict && !isLenient ? "strict accepts what ZIP-215 refuses" : nil
        },
    ]

    /// One public key of each kind that nobody has the private part of at hand.
    private static let sampleKeys: [JSONWebKey] = {
        let text = """
            {"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
            """
        guard let set = try? JSONWebKeySet(parsing: Array(text.utf8)), set.keys.count == 2 else {
            preconditionFailure("RFC 8037 and RFC 7515 publish these keys")
        }
        return set.keys
    }()

    private static let ledger: [FuzzTarget] = [
        canonical("merkle-proof") { bytes in
            let proof = try MerkleProof(decoding: bytes)
            verify(proof)
            return proof.encoded()
        },
        canonical("commitment-proof") { bytes in
            let proof = try CommitmentProof(decoding: bytes)
            verify(MerkleProof(proofs: [proof]))
            return proof.encoded()
        },
        canonical("transaction-body") { try TransactionBody(decoding: $0).encoded() },
        FuzzTarget("transaction") { bytes in
            let stripped = SignedTransaction.stripped(bytes)
            guard SignedTransaction.stripped(stripped) == stripped else { return "stripped twice is another one" }
            guard let transaction = try? SignedTransaction(decoding: bytes, on: sampleLedger) else { return nil }
            guard transaction.encoded == bytes else { return "another encoding" }
            guard SignedTransaction.isWhole(bytes), stripped == bytes || !SignedTransaction.isWhole(stripped) else {
                return "whole and stripped are mistaken for each other"
            }
            let ids = [bytes, stripped].map { SignedTransaction.id(reading: $0, on: sampleLedger) }
            return ids == [transaction.id, transaction.id] ? nil : "another id"
        },
        canonical("block-header") { bytes in
            let header = try BlockHeader(decoding: bytes)
            _ = header.hash
            return header.encoded
        },
        canonical("commit") { bytes in
            let commit = try Commit(decoding: bytes)
            _ = commit.hash
            try? commit.validate()
            return commit.encoded
        },
        canonical("signed-header") { bytes in try SignedHeader(decoding: bytes).encoded },
        canonical("validator-set") { bytes in
            let set = try ValidatorSet(decoding: bytes)
            _ = set.hash
            return bytes
        },
        canonical("block") { try Block(decoding: $0).encoded },
        canonical("vote") { try Vote(decoding: $0).encoded },
        canonical("block-proposal") { try BlockProposal(decoding: $0).encoded },
        canonical("duplicate-vote-evidence") { try DuplicateVoteEvidence(decoding: $0).encoded },
        canonical("evidence") { bytes in
            let evidence = try Evidence(decoding: bytes)
            judge(evidence)
            return evidence.encoded
        },
        canonical("transaction-batch") { try TransactionBatch(decoding: $0).encoded },
        canonical("receipt-message", byteCountMax: 512) { try ReceiptMessage(decoding: $0).encoded },
        canonical("snapshot-message") { try SnapshotMessage(decoding: $0).encoded },
        canonical("consensus-message") { try ConsensusMessage(decoding: $0).encoded },
        canonical("locked-block") { try LockedBlock(decoding: $0).encoded },
        canonical("sign-state") { try SignState(decoding: $0).encoded },
        canonical("lock-record", byteCountMax: 1 << 14) { try LockRecord(decoding: $0).encoded },
        canonical("round-certificate") { try RoundCertificate(decoding: $0).encoded },
        canonical("proposer-rotation") { try ProposerRotation(decoding: $0).encoded },
        stable("account-entry", read: { try AccountEntry(decoding: $0) }, write: { $0.encoded() }),
        stable("validator-entry", read: { try ValidatorEntry(decoding: $0) }, write: { $0.encoded() }),
        canonical("chain-message") { try PeerMessage(decoding: $0).encoded },
        canonical("validator-schedule") { try ValidatorSchedule(decoding: $0).encoded },
        canonical("past-validator-set") { try PastValidatorSet(decoding: $0).encoded() },
        canonical("validator-set-since") { try ValidatorSetSince(decoding: $0).encoded() },
        canonical("misbehaviour-entry") { try MisbehaviourEntry(decoding: $0).encoded() },
        canonical("revision-entry") { try RevisionEntry(decoding: $0).encoded() },
        canonical("log-state") { try LogState(decoding: $0).encoded() },
        canonical("collection-listing") { try CollectionListing(decoding: $0).encoded() },
        canonical("registry-entry") { try RegistryEntry(decoding: $0).encoded() },
        canonical("registered-schema") { try RegisteredSchema(decoding: $0).encoded() },
        canonical("anchored-record") { try AnchoredRecord(decoding: $0).encoded() },
        FuzzTarget("genesis", byteCountMax: 1 << 14) { bytes in
            guard let genesis = try? Genesis(decoding: bytes) else { return nil }
            return genesis.encoded() == bytes ? nil : "accepted, but spelt otherwise when written"
        },
        FuzzTarget("identifiers", byteCountMax: 512) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let chain = try? ChainID(text), !chain.text.utf8.elementsEqual(text.utf8) { return "chain id" }
            if let identifier = GS1Identifier.canonicalDigitalLink(bytes),
                GS1Identifier.canonicalDigitalLink(identifier).map({ $0 == identifier }) == false
            {
                return "the canonical identifier is not stable"
            }
            return nil
        },
    ]

    private static let sampleChain: ChainID = {
        guard let chain = try? ChainID("grove-1") else { preconditionFailure("grove-1 is a chain id") }
        return chain
    }()

    static let sampleLedger = LedgerIdentity(chainID: sampleChain, genesisHash: .zero)

    /// Holds evidence against the set and the headers that it brings along itself.
    private static func judge(_ evidence: Evidence) {
        _ = evidence.hash
        let check = EvidenceCheck(chainID: "grove-1", lastHeight: .max, lastTime: Timestamp())
        switch evidence {
        case .duplicateVote(let evidence):
            let set = ValidatorSet()
            _ = try? check.verify(evidence, validators: set, blockTime: evidence.timestamp)
        case .lightClientAttack(let evidence):
            _ = try? check.verify(
                evidence, common: (evidence.timestamp, evidence.conflictingValidators), trusted: evidence.conflicting)
        case .wrongReceipt(let evidence):
            _ = try? check.verify(evidence, on: sampleLedger, validators: ValidatorSet(), receiptKeys: [])
        }
    }

    /// Holds a proof against what it says of itself, under every kind of tree.
    private static func verify(_ proof: MerkleProof) {
        let specs: [ProofSpec] = [.jmt, .tendermint, .iavl, .smt]
        for first in specs {
            for second in specs.prefix(proof.proofs.count > 1 ? 2 : 1) {
                let chosen = Array([first, second].prefix(proof.proofs.count))
                let path = Array([[UInt8]("bank".utf8), key(of: proof)].suffix(chosen.count))
                let root = [UInt8](repeating: 0, count: 32)
                for value in [value(of: proof), nil] {
                    try? ICS23.verifyPath(root: root, specs: chosen, path: path, value: value, proof: proof)
                }
            }
        }
    }

    private static func key(of proof: MerkleProof) -> [UInt8] {
        switch proof.proofs.first {
        case .exist(let existence): existence.key
        case .nonexist(let absence): absence.key
        case nil: []
        }
    }

    private static func value(of proof: MerkleProof) -> [UInt8] {
        if case .exist(let existence) = proof.proofs.first { existence.value } else { [] }
    }
}
