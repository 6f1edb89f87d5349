import Codec
import LedgerModel

/// What this validator signed last: the guard against signing twice. On disk before a vote is sent (D17).
///
/// As bytes: u64 height, u32 round, u8 step (1 proposal, 2 prevote, 3 precommit), part sign bytes, part signature.
package struct SignState: Equatable, Sendable {
    package enum Step: UInt8, Comparable, Sendable {
        case proposal = 1
        case prevote = 2
        case precommit = 3

        package static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
    }

    package var height: Int64
    package var round: Int32
    package var step: Step
    package var signBytes: [UInt8]
    package var signature: [UInt8]

    package init(height: Int64, round: Int32, step: Step, signBytes: [UInt8], signature: [UInt8]) {
        self.height = height
        self.round = round
        self.step = step
        self.signBytes = signBytes
        self.signature = signature
    }

    /// What may be done about a message.
    package enum Verdict: Equatable, Sendable {
        /// Nothing was signed at or above its place.
        case sign
        /// These very bytes were signed: use the signature again.
        case reuse([UInt8])
        /// Something else was signed there, or later: never sign.
        case refuse
    }

    package static func verdict(
        after last: SignState?, height: Int64, round: Int32, step: Step, signBytes: [UInt8]
    ) -> Verdict {
        guard let last else { return .sign }
        let before = (last.height, last.round, last.step)
        if before < (height, round, step) { return .sign }
        return before == (height, round, step) && last.signBytes == signBytes ? .reuse(last.signature) : .refuse
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.uint64(UInt64(height))
        writer.uint32(UInt32(round))
        writer.uint8(step.rawValue)
        writer.part(signBytes)
        writer.part(signature)
        return writer.bytes
    }

    package init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let height = try? reader.uint64(), height <= UInt64(Int64.max), let round = try? reader.uint32(),
            round <= UInt32(Int32.max), let step = (try? reader.uint8()).flatMap(Step.init), let signBytes = try? reader.part(),
            let signature = try? reader.part(), (try? reader.finish()) != nil
        else { return nil }
        self.init(
            height: Int64(height), round: Int32(round), step: step, signBytes: signBytes, signature: signature)
    }
}
