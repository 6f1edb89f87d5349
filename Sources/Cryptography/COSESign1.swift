package import Codec

/// COSE_Sign1 (RFC 9052 §4.2): tag 18, [protected bstr, unprotected map, payload bstr / nil, signature bstr].
package struct COSESign1: Hashable, Sendable {
    package static let tag: UInt64 = 18

    /// The protected header as it is signed: an encoded map, or nothing for an empty one.
    package var protected: [UInt8]
    package var unprotected: CBOR
    /// Nil where it is detached.
    package var payload: [UInt8]?
    package var signature: [UInt8]

    package init(protected: [UInt8], unprotected: CBOR = .map([]), payload: [UInt8]?, signature: [UInt8]) {
        self.protected = protected
        self.unprotected = unprotected
        self.payload = payload
        self.signature = signature
    }

    /// Reads a tagged message in deterministic CBOR.
    package static func decode(_ bytes: [UInt8], as profile: CBOR.Profile = .deterministic) throws(COSEFailure)
        -> COSESign1
    {
        let cbor: CBOR
        do { cbor = try CBOR.decode(bytes, as: profile) } catch { throw .cbor(error) }
        guard case .tagged(Self.tag, let content) = cbor else { throw .structure("tag 18 is missing") }
        guard let items = content.array, items.count == 4 else { throw .structure("not a list of four") }
        guard let protected = items[0].bytes else { throw .structure("protected header is no bstr") }
        guard items[1].map != nil else { throw .structure("unprotected header is no map") }
        guard let signature = items[3].bytes else { throw .structure("signature is no bstr") }
        guard items[2] == .null || items[2].bytes != nil else { throw .structure("payload is neither bstr nor nil") }
        let message = COSESign1(
            protected: protected, unprotected: items[1], payload: items[2].bytes, signature: signature)
        _ = try message.header(as: profile)
        return message
    }

    /// The protected header as a map.
    package func header(as profile: CBOR.Profile = .deterministic) throws(COSEFailure) -> CBOR {
        try Self.header(protected, as: profile)
    }

    static func header(_ protected: [UInt8], as profile: CBOR.Profile) throws(COSEFailure) -> CBOR {
        if protected.isEmpty { return .map([]) }
        let cbor: CBOR
        do { cbor = try CBOR.decode(protected, as: profile) } catch { throw .cbor(error) }
        guard let entries = cbor.map else { throw .header("protected header is no map") }
        // RFC 9052 §3: an empty map is encoded as an empty bstr.
        guard profile.isDeterministic == false || !entries.isEmpty else {
            throw .header("an empty protected header is an empty bstr")
        }
        return cbor
    }

    package func encoded() -> [UInt8] {
        CBOR.tagged(
            Self.tag,
            .array([.bytes(protected), unprotected, payload.map { .bytes($0) } ?? .null, .bytes(signature)])
        ).encoded()
    }

    /// What is signed (RFC 9052 §4.4): ["Signature1", protected, external_aad, payload].
    package static func toBeSigned(protected: [UInt8], externalAAD: [UInt8] = [], payload: [UInt8]) -> [UInt8] {
        CBOR.array(["Signature1", .bytes(protected), .bytes(externalAAD), .bytes(payload)]).encoded()
    }

    /// Makes a message with a key.
    package static func sign(
        protected: [UInt8], unprotected: CBOR = .map([]), payload: [UInt8], externalAAD: [UInt8] = [], key: SigningKey
    ) -> COSESign1 {
        COSESign1(
            protected: protected, unprotected: unprotected, payload: payload,
            signature: key.sign(toBeSigned(protected: protected, externalAAD: externalAAD, payload: payload)))
    }

    /// Whether the signature over the message, or over a detached payload, is the key's.
    package func isSigned(by key: COSEKey, externalAAD: [UInt8] = [], detached: [UInt8]? = nil) -> Bool {
        guard let content = payload ?? detached else { return false }
        return key.isValid(
            signature: signature,
            for: Self.toBeSigned(protected: protected, externalAAD: externalAAD, payload: content))
    }
}

/// COSE_Sign (RFC 9052 §4.1): tag 98, [protected, unprotected, payload, [[protected, unprotected, signature]...]].
package struct COSESign: Hashable, Sendable {
    package static let tag: UInt64 = 98

    /// One signer's part.
    package struct Signature: Hashable, Sendable {
        package var protected: [UInt8]
        package var unprotected: CBOR
        package var signature: [UInt8]

        package init(protected: [UInt8], unprotected: CBOR = .map([]), signature: [UInt8]) {
            self.protected = protected
            self.unprotected = unprotected
            self.signature = signature
        }
    }

    package var protected: [UInt8]
    package var unprotected: CBOR
    package var payload: [UInt8]?
    package var signatures: [Signature]

    package init(protected: [UInt8], unprotected: CBOR = .map([]), payload: [UInt8]?, signatures: [Signature]) {
        self.protected = protected
        self.unprotected = unprotected
        self.payload = payload
        self.signatures = signatures
    }

    package static func decode(_ bytes: [UInt8], as profile: CBOR.Profile = .deterministic(tags: [tag]))
        throws(COSEFailure) -> COSESign
    {
        let cbor: CBOR
        do { cbor = try CBOR.decode(bytes, as: profile) } catch { throw .cbor(error) }
        guard case .tagged(Self.tag, let content) = cbor else { throw .structure("tag 98 is missing") }
        guard let items = content.array, items.count == 4, let protected = items[0].bytes, items[1].map != nil,
            items[2] == .null || items[2].bytes != nil, let rows = items[3].array, !rows.isEmpty
        else { throw .structure("not a COSE_Sign") }
        var signatures: [Signature] = []
        for row in rows {
            guard let parts = row.array, parts.count == 3, let inner = parts[0].bytes, parts[1].map != nil,
                let signature = parts[2].bytes
            else { throw .structure("a signature is not a list of three") }
            _ = try COSESign1.header(inner, as: profile)
            signatures.append(Signature(protected: inner, unprotected: parts[1], signature: signature))
        }
        _ = try COSESign1.header(protected, as: profile)
        return COSESign(
            protected: protected, unprotected: items[1], payload: items[2].bytes, signatures: signatures)
    }

    /// A protected header as a map.
    package static func header(_ protected: [UInt8], as profile: CBOR.Profile = .deterministic) throws(COSEFailure)
        -> CBOR
    { try COSESign1.header(protected, as: profile) }

    package func encoded() -> [UInt8] {
        let rows = signatures.map { row in
            CBOR.array([.bytes(row.protected), row.unprotected, .bytes(row.signature)])
        }
        return CBOR.tagged(
            Self.tag, .array([.bytes(protected), unprotected, payload.map { .bytes($0) } ?? .null, .array(rows)])
        ).encoded()
    }

    /// What one signer signs (RFC 9052 §4.4): ["Signature", body protected, sign protected, external_aad, payload].
    package static func toBeSigned(
        protected: [UInt8], signerProtected: [UInt8], externalAAD: [UInt8], payload: [UInt8]
    ) -> [UInt8] {
        CBOR.array([
            "Signature", .bytes(protected), .bytes(signerProtected), .bytes(externalAAD), .bytes(payload),
        ]).encoded()
    }
}
