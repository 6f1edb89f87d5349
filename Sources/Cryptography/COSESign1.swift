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
        let header = try message.header(as: profile)
        try refuseSharedLabels(header, items[1])
        return message
    }

    /// The protected header as a map.
    package func header(as profile: CBOR.Profile = .deterministic) throws(COSEFailure) -> CBOR {
        try Self.header(protected, as: profile)
    }

    /// RFC 9052 §3: a label stands in one of the two maps only.
    static func refuseSharedLabels(_ header: CBOR, _ unprotected: CBOR) throws(COSEFailure) {
        for entry in header.map ?? [] where unprotected[entry.key] != nil {
            throw .header("a label is in both maps")
        }
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
        CBOR.array(["Signature1", .bytes(signedForm(protected)), .bytes(externalAAD), .bytes(payload)]).encoded()
    }

    /// RFC 9052 §4.4: an empty map is signed as no bytes, however it was sent.
    static func signedForm(_ protected: [UInt8]) -> [UInt8] { protected == [0xa0] ? [] : protected }

    /// Makes a message with a key.
    package static func sign(
        protected: [UInt8], unprotected: CBOR = .map([]), payload: [UInt8], externalAAD: [UInt8] = [], key: SigningKey
    ) -> COSESign1 {
        COSESign1(
            protected: protected, unprotected: unprotected, payload: payload,
            signature: key.sign(toBeSigned(protected: protected, externalAAD: externalAAD, payload: payload)))
    }

    /// Whether the signature over the message, or over a detached payload, is the key's.
    ///
    /// The header must name the key's algorithm and no critical parameter, which nobody here would understand. A payload
    /// given besides the message's own is a no. `lowS` is false for messages of other systems, whose ECDSA signatures
    /// may carry a high s.
    package func isSigned(
        by key: COSEKey, externalAAD: [UInt8] = [], detached: [UInt8]? = nil, lowS: Bool = true
    ) -> Bool {
        guard (payload == nil) != (detached == nil), let content = payload ?? detached,
            let header = try? header(as: .general),
            COSEHeader.names(key.algorithm, protected: header, unprotected: unprotected)
        else { return false }
        return key.isValid(
            signature: signature,
            for: Self.toBeSigned(protected: protected, externalAAD: externalAAD, payload: content), lowS: lowS)
    }
}

/// The header parameters that a signature's check looks at (RFC 9052 §3.1).
enum COSEHeader {
    static let algorithm: CBOR = 1
    static let critical: CBOR = 2

    /// Whether the headers name an algorithm, and nothing in them is critical.
    static func names(_ expected: COSEAlgorithm, protected: CBOR, unprotected: CBOR) -> Bool {
        protected[critical] == nil && unprotected[critical] == nil
            && (protected[algorithm] ?? unprotected[algorithm]) == expected.cbor
    }
}
