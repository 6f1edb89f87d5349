import Codec
import LedgerModel

/// What this validator signed last: the guard against signing twice.
///
/// On disk before the message is sent (D17).
///
/// | part | width | meaning |
/// |---|---|---|
/// | height | u64 | |
/// | round | u32 | |
/// | step | u8 | 1 proposal, 2 prevote, 3 precommit |
/// | message | u32 length, bytes | the signed message; empty where everything up to here is barred |
package struct SignState: Hashable, Sendable {
    package enum Step: UInt8, Comparable, Sendable {
        case proposal = 1
        case prevote = 2
        case precommit = 3

        package static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
    }

    package let height: Int64
    package let round: Int32
    package let step: Step
    /// The message, with its signature once there is one.
    ///
    /// Nil for a barred place.
    package let message: SignedMessage?

    package init(_ message: SignedMessage) {
        height = message.height
        round = message.round
        step = message.step
        self.message = message
    }

    private init(barring height: Int64) {
        self.height = height
        round = .max
        step = .precommit
        message = nil
    }

    /// Nothing at or below a height may be signed any more: what a restored backup's votes may not repeat (D23).
    package static func barring(through height: Int64) -> SignState { SignState(barring: height) }

    /// What may be done about a message.
    package enum Verdict: Equatable, Sendable {
        /// Nothing was signed at or above its place.
        case sign
        /// This very message was signed: here it is again.
        case reuse(SignedMessage)
        /// Something else was signed there, or later: never sign.
        case refuse
    }

    /// Whether a message may be signed after what was signed last, if anything.
    package static func verdict(on message: SignedMessage, after last: SignState?) -> Verdict {
        guard let last else { return .sign }
        let (before, place) = (
            (last.height, last.round, last.step), (message.height, message.round, message.step)
        )
        if before < place { return .sign }
        guard before == place, let signed = last.message, signed.unsigned == message.unsigned, !signed.signature.isEmpty
        else { return .refuse }
        return .reuse(signed)
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.uint64(UInt64(height))
        writer.uint32(UInt32(round))
        writer.uint8(step.rawValue)
        writer.part(message?.encoded ?? [])
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        var reader = ByteReader(bytes)
        guard let height = (try? reader.uint64()).flatMap({ Int64(exactly: $0) }),
            let round = (try? reader.uint32()).flatMap({ Int32(exactly: $0) }),
            let step = (try? reader.uint8()).flatMap(Step.init), let part = try? reader.part(), reader.remaining == 0
        else { throw .malformed }
        let state = part.isEmpty ? SignState(barring: height) : SignState(try SignedMessage(decoding: part))
        // The place is written for whoever reads the log by eye; it must be the message's.
        guard state.height == height, state.round == round, state.step == step else { throw .malformed }
        self = state
    }
}
