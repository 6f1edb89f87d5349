package import Codec

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
            try COSESign1.refuseSharedLabels(COSESign1.header(inner, as: profile), parts[1])
            signatures.append(Signature(protected: inner, unprotected: parts[1], signature: signature))
        }
        try COSESign1.refuseSharedLabels(COSESign1.header(protected, as: profile), items[1])
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
            "Signature", .bytes(COSESign1.signedForm(protected)), .bytes(COSESign1.signedForm(signerProtected)),
            .bytes(externalAAD), .bytes(payload),
        ]).encoded()
    }

    /// Whether the signature at an index is a key's, by the algorithm that its header names; see ``COSESign1``.
    package func isSigned(
        at index: Int, by key: COSEKey, externalAAD: [UInt8] = [], detached: [UInt8]? = nil, lowS: Bool = true
    ) -> Bool {
        guard signatures.indices.contains(index), (payload == nil) != (detached == nil),
            let content = payload ?? detached
        else { return false }
        let row = signatures[index]
        guard let body = try? COSESign1.header(protected, as: .general),
            body[COSEHeader.critical] == nil, unprotected[COSEHeader.critical] == nil,
            let header = try? COSESign1.header(row.protected, as: .general),
            COSEHeader.names(key.algorithm, protected: header, unprotected: row.unprotected)
        else { return false }
        let message = Self.toBeSigned(
            protected: protected, signerProtected: row.protected, externalAAD: externalAAD, payload: content)
        return key.isValid(signature: row.signature, for: message, lowS: lowS)
    }
}
