import Codec
import Cryptography
import LedgerModel

extension LedgerModelFailure {
    /// Why bytes are no transaction, for the person who sent them.
    var text: String {
        switch self {
        case .protobuf(let failure): "it is not protobuf in its one spelling: \(failure)"
        case .cbor(let failure), .cose(.cbor(let failure)): "it is not deterministic CBOR: \(failure)"
        case .cose(.structure(let what)), .cose(.header(let what)), .cose(.key(let what)), .invalid(let what): what
        case .cose(.signature): "a signature does not hold"
        }
    }
}
