@testable import Consensus
import Cryptography
import LedgerModel

/// One node's replica under test, with peers of which the test says what they send.
///
/// Signatures are given at once; the other effects are told in short words, in order: "log prevote 0 A" before
/// "send prevote 0 A to all". Peer n is the node of validator n.
struct Desk {
    static let millisecond: UInt64 = 1_000_000
    static let second: UInt64 = 1_000_000_000

    /// Who validates; a test that changes the set puts the next one here.
    var council: Council
    let own: Int?
    var replica: Replica
    /// Nanoseconds of the host's steady clock.
    var now: UInt64 = 0
    var wall = Council.blockTime
    /// Blocks have letters in the order in which they were made, from A on.
    var blocks: [ProposedBlock] = []
    /// What the replica asked to build last.
    var order: Replica.BuildOrder?

    /// The tip at height 4, which all validators of the council decided in round 0.
    static func tip(of council: Council, by voters: [Int]? = nil) throws -> ChainTip {
        let height = Council.height - 1
        let precommits = council.set.members.indices.map { index in
            (voters?.contains(index) ?? true)
                ? council.vote(.precommit, index, 0, .named("P"), height: height) : nil
        }
        return ChainTip(
            ledger: LedgerIdentity(chainID: try ChainID(Council.chainID), genesisHash: SHA256.hash([7])),
            height: height, time: Council.previousTime, blockID: .named("P"),
            commit: Commit(height: height, round: 0, blockID: .named("P"), precommits: precommits),
            appHash: SHA256.hash([8]), resultsHash: SHA256.hash([9]),
            validators: ValidatorSchedule(genesis: council.set))
    }

    init(
        _ council: Council, own: Int?, recovery: Recovery = Recovery(), lockedBlock: ProposedBlock? = nil,
        isClockConfirmed: Bool = false
    ) throws {
        self.council = council
        self.own = own
        let tip = try Self.tip(of: council)
        replica = Replica(
            tip: tip, own: own.flatMap { Address(council.set.members[$0].address) },
            binding: own.map { Self.binding(of: $0, in: council, on: tip.ledger) }, recovery: recovery,
            lockedBlock: lockedBlock, isClockConfirmed: isClockConfirmed, isValid: SignatureMemory.shared.isValid)
        blocks = lockedBlock.map { [$0] } ?? []
    }

    /// A replica that is linked with all other validators' nodes, whose last votes it knows: it may sign.
    static func started(
        _ council: Council, own: Int?, recovery: Recovery = Recovery(), lockedBlock: ProposedBlock? = nil,
        isClockConfirmed: Bool = false
    ) throws -> Desk {
        var desk = try Desk(
            council, own: own, recovery: recovery, lockedBlock: lockedBlock, isClockConfirmed: isClockConfirmed)
        _ = desk.feed(.opened)
        for peer in desk.others {
            _ = desk.feed(.peerConnected(node(peer)))
            _ = desk.hear(.validator(binding(of: peer, in: council, on: desk.replica.tip.ledger)), from: peer)
            _ = desk.hear(.lastVote(nil), from: peer)
        }
        return desk
    }

    static func node(_ index: Int) -> NodeID { NodeID([UInt8](repeating: UInt8(index + 1), count: 32))! }

    static func binding(of index: Int, in council: Council, on ledger: LedgerIdentity) -> NodeBinding {
        NodeBinding(
            validator: Address(council.set.members[index].address)!,
            signature: council.keys[index].sign(NodeBinding.signBytes(node(index), on: ledger)))
    }

    /// Everybody but this validator.
    var others: [Int] { council.set.members.indices.filter { $0 != own } }

    // MARK: What happens

    mutating func feed(_ input: Replica.Input) -> [String] {
        var told: [String] = []
        var inputs = [input]
        while !inputs.isEmpty {
            for effect in replica.receive(inputs.removeFirst(), at: .init(steady: now, wall: wall)) {
                if case .sign(let message) = effect, let own {
                    inputs.append(.signed(council.sign(message, by: own)))
                } else {
                    if case .build(let order) = effect { self.order = order }
                    told.append(tell(effect))
                }
            }
        }
        return told
    }

    mutating func hear(_ message: PeerMessage, from peer: Int) -> [String] {
        feed(.messageReceived(message, from: Self.node(peer)))
    }

    /// A peer says that it has decided so many heights more than this node.
    mutating func status(of peer: Int, ahead: Int64) -> [String] {
        hear(.status(ChainStatus(height: replica.tip.height + ahead, clock: wall)), from: peer)
    }

    mutating func pass(milliseconds: UInt64) {
        now += milliseconds * Self.millisecond
        wall = wall.advanced(byNanoseconds: milliseconds * Self.millisecond)
    }

    mutating func elapse(_ timer: Replica.Timer) -> [String] { feed(.timerElapsed(timer)) }

    mutating func elapse(_ step: Timeout.Step, _ round: Int32) -> [String] {
        elapse(.round(Timeout(step: step, height: replica.height, round: round, milliseconds: 0)))
    }

    /// Makes a block that follows from the tip, or one with changes; it has the next letter.
    mutating func block(
        _ transactions: [[UInt8]] = [], evidence: [[UInt8]] = [], by proposer: Int? = nil, round: Int = 0,
        lastCommit: Commit? = nil, change: (inout Block) -> Void = { _ in }
    ) -> ProposedBlock {
        let tip = replica.tip
        let proposer = proposer ?? self.proposer(round)
        let lastCommit = lastCommit ?? tip.commit
        let header = tip.header(
            time: ProposerTime.time(clock: wall, after: tip.time), transactions: transactions, evidence: evidence,
            lastCommit: lastCommit, proposer: council.set.members[proposer].address)
        var block = Block(header: header, transactions: transactions, evidence: evidence, lastCommit: lastCommit)
        change(&block)
        let made = ProposedBlock(block)
        blocks.append(made)
        return made
    }

    /// The place of a round's proposer at the height that is being decided.
    func proposer(_ round: Int) -> Int {
        let rotation = replica.tip.validators.rotation
        return council.set.index(of: (round == 0 ? rotation : rotation.advanced(by: round)).proposer)!
    }

    var result: ExecutionResult {
        ExecutionResult(
            appHash: SHA256.hash([10]), resultsHash: SHA256.hash([11]), nextValidators: council.set,
            changesState: false)
    }

    /// The proposer sends its proposal and its block.
    mutating func propose(_ block: ProposedBlock, round: Int32 = 0) -> [String] {
        let peer = proposer(Int(round))
        return hear(proposal(block, round: round), from: peer) + hear(.block(block.encoded), from: peer)
    }

    func proposal(_ block: ProposedBlock, round: Int32 = 0) -> PeerMessage {
        let proposal = BlockProposal(
            height: block.height, round: round, polRound: -1, blockID: block.id, timestamp: block.block.header.time)
        guard case .proposal(let signed) = council.sign(.proposal(proposal), by: proposer(Int(round))) else {
            preconditionFailure("it stays what it is")
        }
        return .consensus(.proposal(signed, polka: []))
    }

    func vote(
        _ type: VoteType, _ index: Int, _ round: Int32, _ block: ProposedBlock?, height: Int64? = nil
    ) -> PeerMessage {
        .consensus(.vote(council.vote(type, index, round, block?.id, height: height ?? replica.height)))
    }

    /// Votes of others, one after another.
    mutating func votes(
        _ type: VoteType, _ round: Int32, _ block: ProposedBlock?, by indices: [Int]
    ) -> [String] {
        indices.flatMap { hear(vote(type, $0, round, block), from: $0) }
    }

    mutating func executed(_ block: ProposedBlock, holds: Bool = true) -> [String] {
        feed(.executed(block.id, holds ? result : nil))
    }

    func commit(of block: ProposedBlock, by indices: [Int], round: Int32 = 0) -> Commit {
        Commit(
            height: block.height, round: round, blockID: block.id,
            precommits: council.set.members.indices.map {
                indices.contains($0) ? council.vote(.precommit, $0, round, block.id, height: block.height) : nil
            })
    }

    /// Others decide a block without this validator.
    mutating func decide(_ block: ProposedBlock, by voters: [Int]? = nil) -> [String] {
        let told = propose(block) + executed(block)
        return told + votes(.precommit, 0, block, by: voters ?? others)
    }

    // MARK: In words

    private func letter(_ id: BlockID) -> String {
        guard !id.isZero else { return "nil" }
        return blocks.firstIndex { $0.id == id }.map { String(UnicodeScalar(UInt8(65 + $0))) } ?? "?"
    }

    private func tell(_ effect: Replica.Effect) -> String {
        switch effect {
        case .send(let message, let peer): "send \(tell(message)) to \(peer.map(name) ?? "all")"
        case .sendDecided(let height, let peer): "send decided \(height) to \(name(peer))"
        case .build(let order): "build \(order.round)"
        case .execute(let block): "execute \(letter(block.id))"
        case .sign(let message): "sign \(tell(message))"
        case .append(.signature(let state)): "log \(state.message.map(tell) ?? "bar")"
        case .append(.lock(let lock, let block)): "log lock \(lock.round) \(letter(block.id))"
        case .append(.certificate(let certificate)): "log certificate \(certificate.round)"
        case .commit(let block, let commit): "commit \(letter(block.id)) by \(Self.power(commit))"
        case .schedule(let timer, let delay): "wait \(Self.tell(timer)) \(delay / Self.millisecond) ms"
        case .disconnect(let peer, let reason): "disconnect \(name(peer)): \(reason)"
        case .reportEquivocation(let evidence): "equivocation of \(evidence.first.validatorIndex)"
        case .reportRestoredBackup(let height): "backup through \(height)"
        case .halt(let block): "halt \(letter(block))"
        }
    }

    private func name(_ node: NodeID) -> String { String(node.bytes[0] - 1) }

    static func power(_ commit: Commit) -> Int { commit.signatures.count { $0.flag == .commit } }

    private static func tell(_ timer: Replica.Timer) -> String {
        switch timer {
        case .round(let timeout): "\(timeout.step) \(timeout.round)"
        case .begin(let height): "begin \(height)"
        case .grace(let height): "grace \(height)"
        case .fetch(let height): "fetch \(height)"
        case .tick: "tick"
        }
    }

    private func tell(_ message: SignedMessage) -> String {
        switch message {
        case .proposal(let proposal): "proposal \(proposal.round) \(letter(proposal.blockID))"
        case .vote(let vote): "\(vote.type) \(vote.round) \(letter(vote.blockID))"
        }
    }

    private func tell(_ message: PeerMessage) -> String {
        switch message {
        case .status(let status): "status \(status.height)"
        case .consensus(.proposal(let proposal, _)): tell(.proposal(proposal))
        case .consensus(.vote(let vote)): tell(.vote(vote))
        case .block(let bytes): "block \(letter((try? ProposedBlock(decoding: bytes))?.id ?? BlockID()))"
        case .compactBlock(let block): "compact block of \(block.hashes.count)"
        case .wantBlock(let height, _): "want block \(height)"
        case .wantDecided(let first, let count): "want decided \(first)+\(count)"
        case .decided: "decided"
        case .wantLastVote: "want last vote"
        case .lastVote(let message): "last vote \(message.map(tell) ?? "none")"
        case .validator: "binding"
        case .evidence(let evidence): "evidence of \(evidence.height)"
        case .wantTransactions(let wish): "want transactions \(wish.places)"
        case .transactions: "transactions"
        }
    }
}
