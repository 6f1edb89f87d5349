import Codec
package import LedgerModel

/// CometBFT's weighted round-robin (`types/validator_set.go`): who proposes, as a value that moves on.
///
/// Each turn all priorities rise by the members' powers, the highest proposes (the lower address where two are equal) and
/// falls by the total power. Before a step the priorities are brought within twice the total and centred. A height begins
/// with the rotation of the last height advanced by one; round r of it is that advanced by r more.
///
/// As bytes: u32 count, then by member: 20 bytes address, u64 power, u64 priority (two's complement); then 20 bytes proposer.
package struct ProposerRotation: Hashable, Sendable {
    private struct Member: Hashable, Sendable {
        var address: [UInt8]
        var power: Int64
        var priority: Int64
    }

    /// In set order.
    private var members: [Member]
    private var total: Int64
    /// Who proposes, by address.
    package private(set) var proposer: [UInt8] = []

    /// The rotation of the first height of a set.
    package init(_ set: ValidatorSet) {
        members = set.members.map { Member(address: $0.address, power: $0.votingPower, priority: 0) }
        total = set.power
        advance(by: 1)
    }

    /// Each member's priority, in set order.
    package var priorities: [Int64] { members.map(\.priority) }

    /// Whether it is about the members of a set, with their powers.
    func isOf(_ set: ValidatorSet) -> Bool {
        members.map(\.address) == set.members.map(\.address) && members.map(\.power) == set.members.map(\.votingPower)
    }

    /// Moves on by so many turns, at least one.
    ///
    /// As one call, like `IncrementProposerPriority(times)`.
    ///
    /// - Complexity: O(members x times).
    package mutating func advance(by times: Int) {
        guard times > 0 else { return }
        rescale()
        center()
        for _ in 0..<times { takeTurn() }
    }

    package func advanced(by times: Int) -> ProposerRotation {
        var copy = self
        copy.advance(by: times)
        return copy
    }

    /// Takes over a set that came after (`updateWithChangeSet`): who stays keeps its priority, who is new begins behind
    /// everybody, at 1.125 times the total before removals, so that leaving and coming back gains nothing.
    package mutating func update(to set: ValidatorSet) {
        let removed = members.filter { set.index(of: $0.address) == nil }.reduce(Int64(0)) { $0 + $1.power }
        // Both totals are below 2^60.
        let before = set.power + removed
        let old = members
        total = set.power
        members = set.members.map { member in
            Member(
                address: member.address, power: member.votingPower,
                priority: old.first { $0.address == member.address }?.priority ?? -(before + before >> 3))
        }
        rescale()
        center()
    }

    private mutating func takeTurn() {
        for index in members.indices { members[index].priority += members[index].power }
        var best = 0
        for index in members.indices.dropFirst() where Self.precedes(members[index], members[best]) { best = index }
        members[best].priority -= total
        proposer = members[best].address
    }

    private static func precedes(_ one: Member, _ other: Member) -> Bool {
        one.priority != other.priority
            ? one.priority > other.priority : one.address.lexicographicallyPrecedes(other.address)
    }

    private mutating func rescale() {
        guard let low = members.map(\.priority).min(), let high = members.map(\.priority).max() else { return }
        let (window, spread) = (2 * total, high - low)
        guard spread > window else { return }
        let ratio = (spread + window - 1) / window
        // Division towards zero, as Go's.
        for index in members.indices { members[index].priority /= ratio }
    }

    private mutating func center() {
        let sum = members.reduce(Int128(0)) { $0 + Int128($1.priority) }
        let (quotient, remainder) = sum.quotientAndRemainder(dividingBy: Int128(members.count))
        // The average rounds down, as Go's big.Int.Div by a positive number.
        let average = Int64(remainder < 0 ? quotient - 1 : quotient)
        for index in members.indices { members[index].priority -= average }
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.uint32(UInt32(members.count))
        for member in members {
            writer.raw(member.address)
            writer.uint64(UInt64(member.power))
            writer.uint64(UInt64(bitPattern: member.priority))
        }
        writer.raw(proposer)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        do throws(ByteReaderFailure) {
            var reader = ByteReader(bytes)
            let count = Int(try reader.uint32())
            guard 1...ValidatorSet.memberCountMax ~= count else { throw .truncated(offset: 0, wanted: count) }
            members = []
            total = 0
            for _ in 0..<count {
                let address = try reader.bytes(Address.byteCount)
                let (power, priority) = (try reader.uint64(), Int64(bitPattern: try reader.uint64()))
                guard power <= UInt64(ValidatorSet.powerMax - total) else {
                    throw .truncated(offset: reader.offset, wanted: 0)
                }
                members.append(Member(address: address, power: Int64(power), priority: priority))
                total += Int64(power)
            }
            proposer = try reader.bytes(Address.byteCount)
            try reader.finish()
        } catch { throw .malformed }
    }
}
