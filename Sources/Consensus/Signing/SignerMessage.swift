import Codec
import Cryptography
package import LedgerModel

/// What a node asks the process that holds its validator's key.
///
/// Between the two goes a stream of frames: u32 length, big-endian, 1 to ``SignerFrames/byteCountMax``, then one item of
/// deterministic CBOR (RFC 8949 §4.2.1), an array whose first item is the kind. The node asks, the signer answers each
/// request once, in order.
///
/// | request | items | answered by |
/// |---|---|---|
/// | identify | 1 | identity |
/// | open | 2, chain id (text), genesis hash (bytes, 32), node id (bytes, 32) or null | opened |
/// | sign | 3, message | signed |
/// | know | 4, message with its signature | noted |
///
/// | answer | items |
/// |---|---|
/// | refused | 0, ``SignerRefusal`` (unsigned), what to do (text, at most 256 bytes) |
/// | identity | 1, public key (bytes, 32), ``SignState`` (bytes) or null |
/// | opened | 2, signature of the ``NodeBinding`` (bytes, 64) or null |
/// | signed | 3, message with its signature |
/// | noted | 4 |
///
/// A message is a byte string with a ``SignedMessage``: its fields, never its sign bytes. Those the signer makes itself,
/// of the fields and the chain that the connection was opened for.
package enum SignerRequest: Hashable, Sendable {
    /// Whose key is it, and what did it sign last?
    case identify
    /// From now on of this ledger; with a node's id, that node acts for the validator and wants its word for it.
    case open(LedgerIdentity, node: NodeID?)
    case sign(SignedMessage)
    /// This message of the key is known outside: sign nothing at or below its place that is not it.
    case know(SignedMessage)

    package var encoded: [UInt8] {
        let items: [CBOR] =
            switch self {
            case .identify: [1]
            case .open(let ledger, let node):
                [
                    2, .text(ledger.chainID.text), .bytes(ledger.genesisHash.bytes),
                    node.map { .bytes($0.bytes) } ?? .null,
                ]
            case .sign(let message): [3, .bytes(message.encoded)]
            case .know(let message): [4, .bytes(message.encoded)]
            }
        return CBOR.array(items).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        let items = try SignerFrames.items(of: bytes)
        switch (items.first, items.count) {
        case (1, 1): self = .identify
        case (2, 4):
            guard let text = items[1].text, let chain = try? ChainID(text),
                let genesis = items[2].bytes.flatMap({ Digest($0) })
            else { throw .malformed }
            let node = items[3].bytes.flatMap { NodeID($0) }
            guard node != nil || items[3].isNull else { throw .malformed }
            self = .open(LedgerIdentity(chainID: chain, genesisHash: genesis), node: node)
        case (3, 2): self = .sign(try SignerFrames.message(items[1]))
        case (4, 2): self = .know(try SignerFrames.message(items[1]))
        default: throw .malformed
        }
    }
}

/// What the signer answers; see ``SignerRequest`` for the wire.
package enum SignerAnswer: Hashable, Sendable {
    case refused(SignerRefusal, String)
    case identity([UInt8], last: SignState?)
    case opened(binding: [UInt8]?)
    case signed(SignedMessage)
    case noted

    /// Bytes of a refusal's text.
    static let textBytesMax = 256

    /// A letter that is cut in two becomes U+FFFD, of three bytes.
    private static func cut(_ text: String) -> String {
        String(decoding: text.utf8.prefix(textBytesMax - 3), as: UTF8.self)
    }

    package var encoded: [UInt8] {
        let items: [CBOR] =
            switch self {
            case .refused(let refusal, let text):
                [0, .unsigned(UInt64(refusal.rawValue)), .text(Self.cut(text))]
            case .identity(let key, let last): [1, .bytes(key), last.map { .bytes($0.encoded) } ?? .null]
            case .opened(let binding): [2, binding.map { .bytes($0) } ?? .null]
            case .signed(let message): [3, .bytes(message.encoded)]
            case .noted: [4]
            }
        return CBOR.array(items).encoded()
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        let items = try SignerFrames.items(of: bytes)
        switch (items.first, items.count) {
        case (0, 3):
            guard let code = items[1].unsigned.flatMap({ UInt8(exactly: $0) }).flatMap(SignerRefusal.init),
                let text = items[2].text, text.utf8.count <= Self.textBytesMax
            else { throw .malformed }
            self = .refused(code, text)
        case (1, 3):
            guard let key = items[1].bytes, key.count == 32 else { throw .malformed }
            let last = try items[2].bytes.map { bytes throws(ConsensusFault) in try SignState(decoding: bytes) }
            guard last != nil || items[2].isNull else { throw .malformed }
            self = .identity(key, last: last)
        case (2, 2):
            let binding = items[1].bytes
            guard binding?.count ?? 64 == 64, binding != nil || items[1].isNull else { throw .malformed }
            self = .opened(binding: binding)
        case (3, 2): self = .signed(try SignerFrames.message(items[1]))
        case (4, 1): self = .noted
        default: throw .malformed
        }
    }
}

/// Why a signer does not sign.
package enum SignerRefusal: UInt8, Hashable, Sendable {
    /// Not a request in its one spelling, or with a field out of its range; the connection ends.
    case malformed = 1
    /// Another node is connected; the connection ends.
    case busy = 2
    /// Nothing but `identify` before `open`.
    case notOpened = 3
    /// The key signs for another ledger.
    case otherLedger = 4
    /// The vote names another validator.
    case otherValidator = 5
    /// Something else was signed at this height, round and step.
    case signedOther = 6
    /// Something was signed at a later height, round or step.
    case below = 7
    /// The signature of what is to be known does not hold.
    case signature = 8
    /// The key cannot sign now: a token that was pulled.
    case key = 9
}
