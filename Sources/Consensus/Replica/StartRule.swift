import LedgerModel

/// No equivocation by restore (D23): at its start a validator asks its peers for the last vote that they hold of its
/// key, and signs nothing until more than 2/3 of the power, its own included, has answered.
///
/// Where nobody knows of a later vote than its own log, it goes on: an ordinary restart. Otherwise the log is a restored
/// backup: it follows, and signs nothing at or below that vote's height.
struct StartRule: Sendable {
    enum Verdict: Equatable {
        case asking
        case cleared
        /// Nothing at or below the height may be signed.
        case barred(through: Int64)
    }

    let own: Address
    private var answered: Set<Address> = []
    /// The latest place that somebody showed this validator's signature of.
    private var highest: VotePlace?

    init(own: Address) { self.own = own }

    /// A validator has told what it holds; that it tells less later, as after a restart, takes nothing back.
    mutating func answered(_ validator: Address) { answered.insert(validator) }

    mutating func heard(_ place: VotePlace) { highest = highest.map { max($0, place) } ?? place }

    /// What the answers so far allow; `last` is what this validator's own log holds.
    func verdict(in set: ValidatorSet, last: SignState?) -> Verdict {
        var power: Int64 = 0
        for member in set.members {
            guard let address = Address(member.address), address == own || answered.contains(address) else { continue }
            power += member.votingPower
        }
        guard power > TrustLevel.twoThirds.threshold(of: set.power) else { return .asking }
        guard let highest else { return .cleared }
        let known = last.map { VotePlace(height: $0.height, round: $0.round, step: $0.step) }
        if let known, highest <= known { return .cleared }
        return .barred(through: highest.height)
    }

    /// How many have answered, for whoever waits.
    var answerCount: Int { answered.count }
}
