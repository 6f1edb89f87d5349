import LedgerModel

/// No equivocation by restore (D23): at its start a validator asks its peers for the last vote that they hold of its
/// key, and signs nothing until more than 2/3 of the power, its own included, has answered.
///
/// Where nobody knows of a later vote than its own log, it goes on: an ordinary restart. Otherwise the log is a restored
/// backup: it follows, and signs nothing at or below that vote's height.
///
/// Whoever comes back from far behind is first answered by a set of long ago, and what it forgot it may have signed among
/// others. So where the set changes it asks again, until a block is decided that was made after its start: nothing above
/// that block can have been signed before.
struct StartRule: Sendable {
    enum Verdict: Equatable {
        case asking
        case cleared
        /// Nothing at or below the height may be signed.
        case barred(through: Int64)
    }

    let own: Address
    /// Whether nothing may be signed yet.
    private(set) var isOpen = true
    private var answered: Set<Address> = []
    /// The latest place that somebody showed this validator's signature of.
    private var highest: VotePlace?
    /// When this node started, by its clock, with what clocks may differ by.
    private var begunBefore: Timestamp?

    init(own: Address) { self.own = own }

    mutating func begin(at time: Timestamp, precision: UInt64) {
        begunBefore = time.advanced(byNanoseconds: precision)
    }

    /// A validator has told what it holds; that it tells less later, as after a restart, takes nothing back.
    mutating func answered(_ validator: Address) { answered.insert(validator) }

    mutating func heard(_ place: VotePlace) { highest = highest.map { max($0, place) } ?? place }

    mutating func close() { isOpen = false }

    /// The set has changed: its members are to answer too.
    mutating func ask(_ set: ValidatorSet) { if !isAnswered(by: set) { isOpen = true } }

    /// What the answers so far allow; `last` is what this validator's own log holds, `decided` the last decided height, at
    /// or below which nobody signs any more.
    func verdict(in set: ValidatorSet, last: SignState?, decided: Int64) -> Verdict {
        guard isAnswered(by: set) else { return .asking }
        guard let highest, highest.height > decided else { return .cleared }
        let known = last.map { VotePlace(height: $0.height, round: $0.round, step: $0.step) }
        if let known, highest <= known { return .cleared }
        return .barred(through: highest.height)
    }

    private func isAnswered(by set: ValidatorSet) -> Bool {
        var power: Int64 = 0
        for member in set.members {
            guard let address = Address(member.address), address == own || answered.contains(address) else { continue }
            power += member.votingPower
        }
        return power > TrustLevel.twoThirds.threshold(of: set.power)
    }

    /// Whether a decided block was made after the start, as far as clocks can tell.
    func isOver(after block: Timestamp) -> Bool { begunBefore.map { $0 < block } ?? false }

    /// How many have answered, for whoever waits.
    var answerCount: Int { answered.count }
}
