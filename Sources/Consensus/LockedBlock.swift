import Codec
package import LedgerModel

/// A block that this validator locked: where, which, and the polka that it rests on.
///
/// On disk, with the block, before the precommit is sent: a validator that comes back without its lock could help to
/// decide two blocks.
///
/// As bytes: u64 height, u32 round, i64 seconds and u32 nanoseconds of the block, u32 count, then each vote of the polka as
/// a part (protobuf).
package struct LockedBlock: Hashable, Sendable {
    package var height: Int64
    package var round: Int32
    package var blockID: BlockID
    /// The time of the block's header.
    package var time: Timestamp
    /// The prevotes for it, in set order.
    package var polka: [Vote]

    package init(height: Int64, round: Int32, blockID: BlockID, time: Timestamp, polka: [Vote]) {
        self.height = height
        self.round = round
        self.blockID = blockID
        self.time = time
        self.polka = polka
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.uint64(UInt64(height))
        writer.uint32(UInt32(round))
        writer.uint64(UInt64(bitPattern: time.seconds))
        writer.uint32(UInt32(time.nanoseconds))
        writer.uint32(UInt32(polka.count))
        for vote in polka { writer.part(vote.encoded) }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        var reader = ByteReader(bytes)
        var polka: [Vote] = []
        guard let height = (try? reader.uint64()).flatMap({ Int64(exactly: $0) }),
            let round = (try? reader.uint32()).flatMap({ Int32(exactly: $0) }), let seconds = try? reader.uint64(),
            let nanoseconds = (try? reader.uint32()).flatMap({ Int32(exactly: $0) }), let count = try? reader.uint32(),
            1...ValidatorSet.memberCountMax ~= Int(count)
        else { throw .malformed }
        for _ in 0..<count {
            guard let vote = (try? reader.part()).flatMap({ try? Vote(decoding: $0) }) else { throw .malformed }
            polka.append(vote)
        }
        guard reader.remaining == 0,
            polka.allSatisfy({
                $0.height == height && $0.round == round && $0.type == .prevote && $0.blockID == polka[0].blockID
            })
        else { throw .malformed }
        self.init(
            height: height, round: round, blockID: polka[0].blockID,
            time: Timestamp(seconds: Int64(bitPattern: seconds), nanoseconds: nanoseconds), polka: polka)
    }
}

/// What the machine wants on disk.
package enum ConsensusRecord: Hashable, Sendable {
    /// A signed message: the guard against signing another in its place.
    case signature(SignState)
    /// A lock: stored with the block's bytes.
    case lock(LockedBlock)
    /// Why a round was entered.
    case certificate(RoundCertificate)
}

/// What the log holds of a height that was begun before.
///
/// Records of other heights are ignored, but for the last signature, which guards whatever its height.
package struct Recovery: Equatable, Sendable {
    /// Every signature of this height in the order of the log, or at least the last one of all: that keeps from signing
    /// twice, but where all lose power at once, votes that nobody says again may be waited for for ever.
    package var signatures: [SignState]
    /// The last lock.
    package var lock: LockedBlock?
    /// Why the last round was entered that was not the first.
    package var certificate: RoundCertificate?

    package init(signatures: [SignState] = [], lock: LockedBlock? = nil, certificate: RoundCertificate? = nil) {
        self.signatures = signatures
        self.lock = lock
        self.certificate = certificate
    }
}
