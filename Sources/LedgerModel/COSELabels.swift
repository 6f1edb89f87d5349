import Codec
import Cryptography

/// Header labels of COSE messages (RFC 9052, 9596, 9597, 9942, the hash envelope's, and our private ones).
enum COSELabel {
    static let algorithm: CBOR = 1
    static let keyID: CBOR = 4
    static let claims: CBOR = 15
    static let type: CBOR = 16
    static let payloadHashAlgorithm: CBOR = 258
    static let preimageContentType: CBOR = 259
    static let verifiableDataStructure: CBOR = 395
    static let proofs: CBOR = 396
    static let chainID: CBOR = -65537
    static let genesisHash: CBOR = -65538
    static let height: CBOR = -65539
    static let treeSize: CBOR = -65540
    static let sequence: CBOR = -65541
    static let vectors: CBOR = -65542
    /// -16: SHA-256 as a payload's hash algorithm.
    static let sha256: CBOR = -16
    /// RFC9162_SHA256.
    static let rfc9162: CBOR = 1
}

/// A protected header with exactly the labels that a kind of message has.
struct ExactHeader {
    let what: String
    let map: CBOR

    /// `labels`: each once, in any order.
    ///
    /// - Throws: where a label is missing or surplus.
    init(_ map: CBOR, labels: [CBOR], of what: String) throws(LedgerModelFailure) {
        guard map.map?.count == labels.count, labels.allSatisfy({ map[$0] != nil }) else {
            throw .invalid("\(what): the protected labels are not those of its kind")
        }
        self.map = map
        self.what = what
    }

    func text(_ label: CBOR, is wanted: String? = nil) throws(LedgerModelFailure) -> String {
        guard let text = map[label]?.text else { throw .invalid("\(what): label \(label.encoded()) is no text") }
        if let wanted, CBOR.text(text) != .text(wanted) { throw .invalid("\(what): \(text) instead of \(wanted)") }
        return text
    }

    func digest(_ label: CBOR) throws(LedgerModelFailure) -> Digest {
        guard let digest = map[label]?.bytes.flatMap({ Digest($0) }) else {
            throw .invalid("\(what): a label is not 32 bytes")
        }
        return digest
    }

    func unsigned(_ label: CBOR) throws(LedgerModelFailure) -> UInt64 {
        guard let value = map[label]?.unsigned else { throw .invalid("\(what): a label is no unsigned integer") }
        return value
    }

    /// One of the algorithms that this ledger's keys have.
    func algorithm() throws(LedgerModelFailure) -> COSEAlgorithm {
        guard let value = map[COSELabel.algorithm]?.integer, let algorithm = COSEAlgorithm(rawValue: value) else {
            throw .invalid("\(what): unknown algorithm")
        }
        return algorithm
    }

    /// Issuer; iss and sub are all the claims there are, and sub is the log's name (privacy.md).
    func issuer(chainID: String) throws(LedgerModelFailure) -> String {
        guard let claims = map[COSELabel.claims], claims.map?.count == 2, let issuer = claims[1]?.text,
            let subject = claims[2]
        else { throw .invalid("\(what): the claims are not iss and sub") }
        guard 1...8_192 ~= issuer.unicodeScalars.count else { throw .invalid("\(what): iss is empty or too long") }
        guard subject == .text("vivian-log:\(chainID)") else { throw .invalid("\(what): sub is not the log's name") }
        return issuer
    }
}
