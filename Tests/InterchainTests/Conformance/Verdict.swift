import Codec
import Foundation
import LedgerModel

@testable import Interchain

/// Accept or reject, as the vectors say it.
enum Verdict: String, Decodable {
    case accept
    case reject
}

/// Bytes in hex, as the vectors have them.
struct HexBytes: Decodable {
    var bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let bytes = Hex.decode(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hex")
        }
        self.bytes = bytes
    }
}

/// Nanoseconds since 1970 in decimal.
struct Moment: Decodable {
    var time: Timestamp

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = UInt64(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a moment")
        }
        time = Timestamp(nanosecondsSince1970: value)
    }
}

/// A client in memory at a moment.
func client(_ store: MemoryStore = MemoryStore(), at now: Timestamp) -> TendermintClient<MemoryStore> {
    TendermintClient(store, now: now, height: 1)
}

/// What the vectors call a frozen client, a refusal, or neither; the two sets differ on headers that agree.
func accepted(_ work: () throws -> TendermintClient<MemoryStore>.Outcome) -> TendermintClient<MemoryStore>.Outcome? {
    try? work()
}
