/// Messages that came before they can be taken: of the next height, and of this one while the start rule is open.
///
/// Bounded by kind, since whoever is connected can send them; what does not fit is dropped, and said again by its sender
/// while nothing moves.
struct EarlyMessages: Sendable {
    struct Item: Sendable {
        var sender: NodeID
        var height: Int64
        var message: PeerMessage
    }

    /// Two heights' votes of a set of a thousand.
    static let votesMax = 4_096
    /// Proposals may bring a polka: a message of the votes' lane has 256 KiB at most.
    static let proposalsMax = 32
    /// Blocks of some megabytes each.
    static let blocksMax = 4
    static let countMax = votesMax + proposalsMax + blocksMax

    private var votes: [Item] = []
    private var proposals: [Item] = []
    private var blocks: [Item] = []

    package var count: Int { votes.count + proposals.count + blocks.count }

    mutating func keep(_ message: PeerMessage, of height: Int64, from sender: NodeID) {
        let item = Item(sender: sender, height: height, message: message)
        switch message {
        case .block: if blocks.count < Self.blocksMax { blocks.append(item) }
        case .consensus(.proposal): if proposals.count < Self.proposalsMax { proposals.append(item) }
        default: if votes.count < Self.votesMax { votes.append(item) }
        }
    }

    /// All of them: proposals, then blocks, then votes, each in the order in which they came.
    mutating func takeAll() -> [Item] {
        let all = proposals + blocks + votes
        self = EarlyMessages()
        return all
    }

    /// Forgets what is of heights that are decided.
    mutating func drop(below height: Int64) {
        votes.removeAll { $0.height < height }
        proposals.removeAll { $0.height < height }
        blocks.removeAll { $0.height < height }
    }
}
