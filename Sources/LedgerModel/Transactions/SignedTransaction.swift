import Codec
package import Cryptography

/// What a transaction says: the signed payload, a deterministic CBOR map.
///
/// | label | member |
/// |---|---|
/// | 1 | signers: account ids, in the order of the signatures; at least one, none twice |
/// | 2 | fee payer: one of the signers |
/// | 3 | validUntil: ns since 1970 |
/// | 4 | sequence, left out for an unordered transaction |
/// | 5 | messages, at least one |
/// | 6 | fee: 32 bytes, above 0, in the native denom; left out where it is 0 (from version 2 of the rules on) |
package struct TransactionBody: Hashable, Sendable {
    package static let signersMax = 16
    package var signers: [AccountID]
    package var feePayer: AccountID
    package var validUntil: UInt64
    package var sequence: UInt64?
    package var messages: [Message]
    /// What the fee payer offers for the whole transaction.
    package var fee: Amount

    package init(
        signers: [AccountID], feePayer: AccountID, validUntil: UInt64, sequence: UInt64?, messages: [Message],
        fee: Amount = .zero
    ) {
        self.signers = signers
        self.feePayer = feePayer
        self.validUntil = validUntil
        self.sequence = sequence
        self.messages = messages
        self.fee = fee
    }

    /// The first version of the rules that knows all that stands in it.
    package var rulesVersionMin: UInt64 {
        max(fee == .zero ? 1 : 2, messages.lazy.map(\.rulesVersionMin).max() ?? 1)
    }

    package func encoded() -> [UInt8] {
        var entries: [CBOR.Entry] = [
            .init(1, .array(signers.map { .bytes($0.bytes) })), .init(2, .bytes(feePayer.bytes)),
            .init(3, .unsigned(validUntil)),
        ]
        if let sequence { entries.append(.init(4, .unsigned(sequence))) }
        entries.append(.init(5, .array(messages.map(\.cbor))))
        if fee != .zero { entries.append(.init(6, .bytes(fee.bytes))) }
        return CBOR.map(entries).encoded()
    }

    /// The vectors of its messages, as they are attached.
    var attachedVectors: [[UInt8]] {
        messages.compactMap { message in
            guard case .putVectors(let put) = message else { return nil }
            return put.attached
        }
    }

    /// `vectors`: what is attached to the transaction.
    package init(decoding bytes: [UInt8], vectors: [[UInt8]] = []) throws(LedgerModelFailure) {
        let cbor: CBOR
        do { cbor = try CBOR.decode(bytes) } catch { throw .cbor(error) }
        sequence = cbor[4]?.unsigned
        fee = cbor[6]?.bytes.flatMap { Amount($0) } ?? .zero
        guard let entries = cbor.map, entries.count == 4 + (cbor[4] == nil ? 0 : 1) + (cbor[6] == nil ? 0 : 1),
            cbor[4] == nil || sequence != nil, cbor[6] == nil || fee != .zero,
            let rows = cbor[1]?.array, 1...Self.signersMax ~= rows.count,
            let payer = cbor[2]?.bytes.flatMap({ AccountID($0) }), let validUntil = cbor[3]?.unsigned,
            let list = cbor[5]?.array, !list.isEmpty
        else { throw .invalid("transaction payload") }
        signers = rows.compactMap { $0.bytes.flatMap { AccountID($0) } }
        guard signers.count == rows.count, Set(signers).count == signers.count else {
            throw .invalid("transaction signers")
        }
        guard signers.contains(payer) else { throw .invalid("the fee payer is not a signer") }
        feePayer = payer
        self.validUntil = validUntil
        messages = []
        var rest = vectors[...]
        for item in list { messages.append(try Message(cbor: item, vectors: &rest)) }
        guard rest.isEmpty else { throw .invalid("vectors are attached that no message asks for") }
    }
}

/// A transaction as it travels (D5): COSE_Sign1, or COSE_Sign for several signers, over deterministic CBOR.
///
/// Protected header of the message (one signer) or of each signature (several): exactly 1 (alg), 4 (kid: the key's
/// thumbprint), 16 (typ). With several signers the body's protected header holds 16 alone. external_aad is
/// ["vivian/transaction/1", chain id, genesis hash]. Every unprotected map is empty, but for ``AttachedVectors``.
package struct SignedTransaction: Hashable, Sendable {
    /// One signer's part.
    package struct Signature: Hashable, Sendable {
        package var thumbprint: Digest
        package var algorithm: COSEAlgorithm
        package var bytes: [UInt8]
        /// What was signed.
        var message: [UInt8]
    }

    package let body: TransactionBody
    package let signatures: [Signature]
    /// The bytes that stand in a block; `data_hash` is over the SHA-256 of these without attached vectors.
    package let encoded: [UInt8]
    package let id: TransactionID

    /// The ledger's external_aad.
    static func externalAAD(_ ledger: LedgerIdentity) -> [UInt8] {
        CBOR.array([
            .text(DomainSeparation.transaction), .text(ledger.chainID.text), .bytes(ledger.genesisHash.bytes),
        ]).encoded()
    }

    /// SHA-256 over [protected header, payload, external_aad].
    static func id(protected: [UInt8], payload: [UInt8], externalAAD: [UInt8]) -> TransactionID {
        TransactionID(SHA256.hash(CBOR.array([.bytes(protected), .bytes(payload), .bytes(externalAAD)]).encoded()))
    }

    /// Reads a transaction strictly (D5).
    ///
    /// Nothing is said about its signatures yet.
    package init(decoding bytes: [UInt8], on ledger: LedgerIdentity) throws(LedgerModelFailure) {
        let aad = Self.externalAAD(ledger)
        encoded = bytes
        // Tag 98 begins with d8 62, tag 18 is one byte.
        if bytes.first == 0xd2 {
            let message: COSESign1
            do { message = try COSESign1.decode(bytes) } catch { throw .cose(error) }
            let vectors = try AttachedVectors.list(in: message.unprotected)
            guard let payload = message.payload else { throw .invalid("the payload is detached") }
            let signature = try Self.signature(
                header: message.protected, labels: [COSELabel.algorithm, COSELabel.keyID, COSELabel.type],
                bytes: message.signature,
                message: COSESign1.toBeSigned(protected: message.protected, externalAAD: aad, payload: payload))
            body = try TransactionBody(decoding: payload, vectors: vectors)
            signatures = [signature]
            id = Self.id(protected: message.protected, payload: payload, externalAAD: aad)
        } else {
            let message: COSESign
            do { message = try COSESign.decode(bytes) } catch { throw .cose(error) }
            let vectors = try AttachedVectors.list(in: message.unprotected)
            guard let payload = message.payload else { throw .invalid("the payload is detached") }
            let outer: CBOR
            do { outer = try COSESign.header(message.protected) } catch { throw .cose(error) }
            let header = try ExactHeader(outer, labels: [COSELabel.type], of: "transaction")
            _ = try header.text(COSELabel.type, is: DomainSeparation.transactionType)
            body = try TransactionBody(decoding: payload, vectors: vectors)
            var list: [Signature] = []
            for row in message.signatures {
                guard row.unprotected == .map([]) else { throw .invalid("an unprotected header is not empty") }
                list.append(
                    try Self.signature(
                        header: row.protected, labels: [COSELabel.algorithm, COSELabel.keyID], bytes: row.signature,
                        message: COSESign.toBeSigned(
                            protected: message.protected, signerProtected: row.protected, externalAAD: aad,
                            payload: payload)))
            }
            guard list.count > 1 else { throw .invalid("one signer signs as COSE_Sign1") }
            signatures = list
            id = Self.id(protected: message.protected, payload: payload, externalAAD: aad)
        }
        guard signatures.count == body.signers.count else { throw .invalid("signatures and signers differ in number") }
    }

    private static func signature(
        header bytes: [UInt8], labels: [CBOR], bytes signature: [UInt8], message: [UInt8]
    ) throws(LedgerModelFailure) -> Signature {
        let map: CBOR
        do { map = try COSESign.header(bytes) } catch { throw .cose(error) }
        let header = try ExactHeader(map, labels: labels, of: "transaction")
        if labels.contains(COSELabel.type) { _ = try header.text(COSELabel.type, is: DomainSeparation.transactionType) }
        guard signature.count == 64 else { throw .invalid("a signature is not 64 bytes") }
        return Signature(
            thumbprint: try header.digest(COSELabel.keyID), algorithm: try header.algorithm(), bytes: signature,
            message: message)
    }

    /// Whether the signature at that index is that key's, under the strict predicate (D6).
    package func isSigned(at index: Int, by key: COSEKey) -> Bool {
        let signature = signatures[index]
        return signature.thumbprint == key.thumbprint && signature.algorithm == key.algorithm
            && key.isValid(signature: signature.bytes, for: signature.message)
    }

    /// Signs a body; keys in the order of its signers.
    package static func sign(_ body: TransactionBody, on ledger: LedgerIdentity, keys: [SigningKey])
        throws(LedgerModelFailure) -> SignedTransaction
    {
        precondition(keys.count == body.signers.count, "one key a signer")
        let aad = externalAAD(ledger)
        let payload = body.encoded()
        let unprotected = AttachedVectors.header(body.attachedVectors)
        let bytes: [UInt8]
        if keys.count == 1 {
            let protected = header(of: keys[0], withType: true)
            bytes = COSESign1.sign(
                protected: protected, unprotected: unprotected, payload: payload, externalAAD: aad, key: keys[0]
            ).encoded()
        } else {
            let protected = CBOR.map([.init(COSELabel.type, .text(DomainSeparation.transactionType))]).encoded()
            let rows = keys.map { key in
                let inner = header(of: key, withType: false)
                return COSESign.Signature(
                    protected: inner,
                    signature: key.sign(
                        COSESign.toBeSigned(
                            protected: protected, signerProtected: inner, externalAAD: aad, payload: payload)))
            }
            bytes = COSESign(
                protected: protected, unprotected: unprotected, payload: payload, signatures: rows
            ).encoded()
        }
        return try SignedTransaction(decoding: bytes, on: ledger)
    }

    private static func header(of key: SigningKey, withType: Bool) -> [UInt8] {
        var entries: [CBOR.Entry] = [
            .init(COSELabel.algorithm, key.publicKey.algorithm.cbor),
            .init(COSELabel.keyID, .bytes(key.publicKey.thumbprint.bytes)),
        ]
        if withType { entries.append(.init(COSELabel.type, .text(DomainSeparation.transactionType))) }
        return CBOR.map(entries).encoded()
    }
}
