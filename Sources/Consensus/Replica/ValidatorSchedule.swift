import Codec
package import LedgerModel

/// Who validates around a height, and whose turn it is: changes of the set come into force two heights after the block
/// that made them, as in CometBFT, and priorities move with them (`updateState`).
///
/// As bytes: three sets (last, current, next; protobuf without priorities), then the rotation; each a part.
package struct ValidatorSchedule: Hashable, Sendable {
    /// Who decided the last block, validates the next one, and the one after it.
    package private(set) var last: ValidatorSet
    package private(set) var current: ValidatorSet
    package private(set) var next: ValidatorSet
    /// The next height's.
    package private(set) var rotation: ProposerRotation

    /// Before the first block.
    package init(genesis set: ValidatorSet) {
        last = set
        current = set
        next = set
        rotation = ProposerRotation(set)
    }

    /// Moves on by a block that names the set for the block after the next one.
    package mutating func advance(naming following: ValidatorSet) {
        last = current
        if next != current { rotation.update(to: next) }
        current = next
        next = following
        rotation.advance(by: 1)
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        for set in [last, current, next] { writer.part(set.encoded(proposer: nil)) }
        writer.part(rotation.encoded)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        var reader = ByteReader(bytes)
        var sets: [ValidatorSet] = []
        for _ in 0..<3 {
            guard let part = try? reader.part(), let set = try? ValidatorSet(decoding: part),
                (try? set.validate()) != nil
            else { throw .malformed }
            sets.append(set)
        }
        guard let part = try? reader.part(), reader.remaining == 0 else { throw .malformed }
        (last, current, next) = (sets[0], sets[1], sets[2])
        rotation = try ProposerRotation(decoding: part)
        guard rotation.isOf(current), encoded == bytes else { throw .malformed }
    }
}
