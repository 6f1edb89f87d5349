package import LedgerModel

/// What a node knows of its network now: the round that is being decided, who votes, who is linked, who was refused.
package struct NetworkStatus: Equatable, Sendable {
    /// What the node is at.
    package enum Phase: Equatable, Sendable {
        /// After a start, until more than 2/3 of the power has said what it last heard of this validator.
        case askingForLastVotes(answers: Int)
        case catchingUp(toward: Height)
        case idle, propose, prevote, precommit
    }

    package struct Validator: Equatable, Sendable {
        package var address: Address
        package var operatorName: String
        package var power: Int64
        /// The height of its last vote that was heard here; nil: none since the start.
        package var lastHeard: Height?
        /// Whether the last block was decided without a word of it, or its vote in the step of this round is waited for and
        /// it is not linked.
        package var isMissing: Bool

        package init(
            address: Address, operatorName: String, power: Int64, lastHeard: Height?, isMissing: Bool
        ) {
            self.address = address
            self.operatorName = operatorName
            self.power = power
            self.lastHeard = lastHeard
            self.isMissing = isMissing
        }
    }

    package struct Peer: Equatable, Sendable {
        /// The id under which it is dialled, hex.
        package var id: String
        /// `host:port`.
        package var address: String
        package var isOutbound: Bool
        /// Milliseconds since 1970.
        package var connectedSince: Int64
        /// The last height that it has decided, as far as it said.
        package var height: Height?
        /// For whom it acts, once that is proven.
        package var validator: Address?
        /// Microseconds; nil until the first ping came back.
        package var roundTrip: UInt64?
        package var bytesIn: Int
        package var bytesOut: Int

        package init(
            id: String, address: String, isOutbound: Bool, connectedSince: Int64, height: Height?,
            validator: Address?, roundTrip: UInt64?, bytesIn: Int, bytesOut: Int
        ) {
            self.id = id
            self.address = address
            self.isOutbound = isOutbound
            self.connectedSince = connectedSince
            self.height = height
            self.validator = validator
            self.roundTrip = roundTrip
            self.bytesIn = bytesIn
            self.bytesOut = bytesOut
        }
    }

    /// A connection that did not come about or was ended, or a peer that is kept out.
    package struct Refusal: Equatable, Sendable {
        package var id: String?
        package var address: String?
        package var reason: String
        /// Milliseconds since 1970.
        package var time: Int64
        /// Until when it is kept out, milliseconds since 1970; nil: it may come back.
        package var bannedUntil: Int64?

        package init(id: String?, address: String?, reason: String, time: Int64, bannedUntil: Int64?) {
            self.id = id
            self.address = address
            self.reason = reason
            self.time = time
            self.bannedUntil = bannedUntil
        }
    }

    /// The height that is being decided.
    package var height: Height
    package var round: UInt32
    package var phase: Phase
    package var proposer: Address?
    /// Power of the set, and of those who voted in this round.
    package var power: Int64
    package var prevoted: Int64
    package var precommitted: Int64
    /// Why the node has stopped; nil while it runs.
    package var halted: String?
    package var validators: [Validator]
    package var peers: [Peer]
    package var refusals: [Refusal]

    package init(
        height: Height, round: UInt32, phase: Phase, proposer: Address?, power: Int64, prevoted: Int64,
        precommitted: Int64, halted: String?, validators: [Validator], peers: [Peer], refusals: [Refusal]
    ) {
        self.height = height
        self.round = round
        self.phase = phase
        self.proposer = proposer
        self.power = power
        self.prevoted = prevoted
        self.precommitted = precommitted
        self.halted = halted
        self.validators = validators
        self.peers = peers
        self.refusals = refusals
    }
}
