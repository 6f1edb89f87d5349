import Cryptography
import LedgerModel
import Testing

@testable import Consensus

/// A replica among peers: whom it believes, whom it leaves, what it gives and what it asks for.
@Suite("A replica among peers") struct ReplicaPeerTests {
    let council = Council(4)

    private func follower() throws -> Desk { try Desk.started(council, own: nil) }

    // MARK: Who breaks the rules

    @Test func `who is not connected is not heard`() throws {
        var desk = try follower()
        let block = desk.block()
        _ = desk.feed(.peerDisconnected(Desk.node(1)))
        for message: PeerMessage in [
            .block([1]), .status(ChainStatus(height: 99, clock: desk.wall)), desk.vote(.prevote, 1, 0, block),
            .wantDecided(from: 1, count: 1), .decided(block: [], commit: []),
        ] { #expect(desk.hear(message, from: 1) == []) }
    }

    @Test func `a block that cannot be read ends the link, a decided one too`() throws {
        var desk = try follower()
        let block = desk.block()
        #expect(desk.hear(.block([1]), from: 1) == ["disconnect 1: a block that cannot be read"])
        #expect(desk.hear(.block(block.encoded + [0]), from: 2) == ["disconnect 2: a block that cannot be read"])
        for (bytes, commit) in [
            ([1], [1]), (block.encoded, [1]), ([1], desk.commit(of: block, by: [0, 1, 2]).encoded),
        ] {
            let told = desk.hear(.decided(block: bytes, commit: commit), from: 3)
            #expect(told == ["disconnect 3: a decided block that cannot be read"])
        }
    }

    @Test func `a vote or a proposal whose signature does not hold ends the link`() throws {
        var desk = try follower()
        let block = desk.block()
        var vote = council.vote(.prevote, 1, 0, block.id)
        vote.signature[0] ^= 1
        let told = desk.hear(.consensus(.vote(vote)), from: 2)
        #expect(told.count == 1 && told[0].hasPrefix("disconnect 2: a vote or proposal that does not hold"))
        guard case .consensus(.proposal(var proposal, _)) = desk.proposal(block) else { return }
        proposal.signature[0] ^= 1
        let answer = desk.hear(.consensus(.proposal(proposal, polka: [])), from: 3)
        #expect(answer.count == 1 && answer[0].hasPrefix("disconnect 3: a vote or proposal that does not hold"))
        #expect(desk.replica.machine.votes.power(.prevote, round: 0) == 0)
    }

    @Test func `a proposal of a round that is too far off to tell whose it is is passed over`() throws {
        var desk = try follower()
        guard case .consensus(.proposal(var proposal, _)) = desk.proposal(desk.block()) else { return }
        proposal.round = 500
        #expect(desk.hear(.consensus(.proposal(proposal, polka: [])), from: 3) == [])
    }

    @Test func `a vote that is known already is not checked again, nor is one of nobody's place`() throws {
        var desk = try follower()
        let block = desk.block()
        _ = desk.votes(.prevote, 0, block, by: [1])
        var vote = council.vote(.prevote, 1, 0, block.id)
        vote.signature = []
        #expect(desk.hear(.consensus(.vote(vote)), from: 2) == [])
        vote.validatorIndex = 4
        #expect(desk.hear(.consensus(.vote(vote)), from: 2) == [])
    }

    @Test func `a decided block without its commit ends the link, one with it moves on`() throws {
        let council = council
        let wrong: [(Desk, ProposedBlock) -> Commit] = [
            { desk, block in desk.commit(of: block, by: [0, 1]) },
            { desk, block in
                var commit = desk.commit(of: block, by: [0, 1, 2])
                commit.signatures[0].signature[0] ^= 1
                return commit
            },
            { _, block in
                Commit(
                    height: 5, round: 0, blockID: .a,
                    precommits: (0..<4).map { council.vote(.precommit, $0, 0, .a) })
            },
            { _, block in
                Commit(
                    height: 4, round: 0, blockID: block.id,
                    precommits: (0..<4).map { council.vote(.precommit, $0, 0, block.id, height: 4) })
            },
        ]
        for make in wrong {
            var desk = try follower()
            let block = desk.block()
            let told = desk.hear(.decided(block: block.encoded, commit: make(desk, block).encoded), from: 1)
            #expect(told == ["disconnect 1: a decided block whose commit does not hold"])
        }
        var desk = try follower()
        let block = desk.block()
        let commit = desk.commit(of: block, by: [0, 1, 3])
        #expect(desk.hear(.decided(block: block.encoded, commit: commit.encoded), from: 1) == ["execute A"])
        #expect(desk.executed(block).first == "commit A by 3")
    }

    @Test func `blocks that nobody proposed are kept up to a few`() throws {
        var desk = try follower()
        for number: UInt8 in 0..<8 {
            #expect(desk.hear(.block(desk.block([[number]]).encoded), from: 1) == [])
        }
        #expect(desk.replica.blocks.count == Replica.unexpectedBlocksMax)
        // One that was proposed still finds its place.
        #expect(desk.propose(desk.block()).last == "execute I")
    }

    @Test func `what is the host's is left to it`() throws {
        var desk = try follower()
        let compact = CompactBlock(desk.block([[1]]))
        let wish = TransactionWish(height: 5, hash: compact.hash, places: [0])
        for message: PeerMessage in [
            .compactBlock(compact), .wantTransactions(wish), .transactions(hash: compact.hash, [[1]]),
        ] { #expect(desk.hear(message, from: 1) == []) }
    }

    // MARK: What it gives

    @Test func `a block is given while it is being decided, and from the log afterwards`() throws {
        var desk = try follower()
        let block = desk.block()
        #expect(desk.hear(.wantBlock(height: 5, hash: block.id.hash), from: 1) == [])
        _ = desk.propose(block)
        #expect(desk.hear(.wantBlock(height: 5, hash: SHA256.hash([1]).bytes), from: 1) == [])
        #expect(desk.hear(.wantBlock(height: 5, hash: block.id.hash), from: 1) == ["send block A to 1"])
        #expect(desk.hear(.wantBlock(height: 4, hash: []), from: 1) == ["send decided 4 to 1"])
        #expect(desk.hear(.wantBlock(height: 0, hash: []), from: 1) == [])
    }

    @Test func `decided blocks are given in runs, none of them before the first or after the last`() throws {
        var desk = try follower()
        for (first, count) in [(0, 4), (-1, 4), (5, 1), (Int64.max, 1), (2, 0)] as [(Int64, Int)] {
            #expect(desk.hear(.wantDecided(from: first, count: count), from: 1) == [], "\(count) from \(first)")
        }
        let all = (1...4).map { "send decided \($0) to 1" }
        #expect(desk.hear(.wantDecided(from: 1, count: 65_535), from: 1) == all)
        #expect(desk.hear(.wantDecided(from: 2, count: 2), from: 1) == Array(all[1...2]))
        desk.replica.tip.height = 100
        #expect(desk.hear(.wantDecided(from: 1, count: 100), from: 1).count == Replica.wantDecidedMax)
    }

    @Test func `who is behind is told, and only who acts for a validator is answered about its votes`() throws {
        var desk = try follower()
        #expect(desk.status(of: 1, ahead: -1) == ["send status 4 to 1"])
        #expect(desk.status(of: 1, ahead: 0) == [])
        let stranger = Desk.node(9)
        _ = desk.feed(.peerConnected(stranger))
        #expect(desk.feed(.messageReceived(.wantLastVote, from: stranger)) == [])
        #expect(!desk.replica.actsForValidator(stranger) && desk.replica.actsForValidator(Desk.node(1)))
        // The last commit has its precommit.
        #expect(desk.hear(.wantLastVote, from: 1) == ["send last vote precommit 0 ? to 1"])
        _ = desk.hear(desk.vote(.prevote, 1, 0, desk.block()), from: 2)
        #expect(desk.hear(.wantLastVote, from: 1) == ["send last vote prevote 0 A to 1"])
    }

    @Test func `a validator says for whom it acts along with its answer`() throws {
        var desk = try Desk.started(council, own: 0)
        #expect(desk.hear(.wantLastVote, from: 1) == ["send binding to 1", "send last vote precommit 0 ? to 1"])
    }

    // MARK: What it asks for

    @Test func `a block that lacks is asked of two peers after a while, of others the next time, until it comes`()
        throws
    {
        var desk = try follower()
        let block = desk.block()
        #expect(desk.hear(desk.proposal(block), from: 0) == ["wait propose 0 1000 ms", "wait fetch 5 100 ms"])
        #expect(
            desk.elapse(.fetch(height: 5)) == [
                "send want block 5 to 0", "send want block 5 to 1", "wait fetch 5 400 ms",
            ])
        #expect(
            desk.elapse(.fetch(height: 5)) == [
                "send want block 5 to 2", "send want block 5 to 3", "wait fetch 5 400 ms",
            ])
        #expect(desk.hear(.block(block.encoded), from: 3) == ["execute A"])
        #expect(desk.elapse(.fetch(height: 5)) == [])
    }

    @Test func `two blocks that lack are asked for together, by one timer`() throws {
        var desk = try follower()
        let (first, second) = (desk.block(), desk.block([[1]]))
        _ = desk.hear(desk.proposal(first), from: 0)
        _ = desk.votes(.prevote, 1, nil, by: [0, 1])
        #expect(desk.hear(desk.proposal(second, round: 1), from: 1) == [], "the timer runs")
        let asks = desk.elapse(.fetch(height: 5))
        #expect(asks.count == 5 && asks.filter { $0 == "send want block 5 to 0" }.count == 2)
        #expect(desk.hear(.block(first.encoded), from: 0) == ["execute A"])
        #expect(desk.hear(.block(second.encoded), from: 0) == ["execute B"])
    }

    @Test func `a proposal that rests on a polka of before brings its prevotes along`() throws {
        let council = council
        var desk = try Desk.started(council, own: council.proposer(3))
        let block = desk.block()
        let polka = desk.others.map { council.vote(.prevote, $0, 0, block.id) }
        _ = desk.votes(.prevote, 1, nil, by: Array(desk.others.prefix(2)))
        let verified = try council.proposal(1, block.id, polRound: 0, polka: polka, time: block.block.header.time)
        var message = PeerMessage.consensus(.proposal(verified.proposal, polka: Array(polka.prefix(2))))
        #expect(desk.hear(message, from: 1).first?.hasPrefix("disconnect 1") == true)
        message = .consensus(.proposal(verified.proposal, polka: polka))
        #expect(desk.hear(message, from: 1) == ["wait fetch 5 100 ms"])
        #expect(desk.hear(.block(block.encoded), from: 1) == ["execute A"])
        #expect(desk.executed(block).contains("send prevote 1 A to all"))
    }

    @Test func `who is ahead is asked for what lacks, who has gone no more`() throws {
        var desk = try follower()
        #expect(
            desk.status(of: 1, ahead: 40) == [
                "send want decided 5+16 to 1", "send want decided 21+16 to 1",
                "send want decided 37+8 to 1",
            ])
        #expect(desk.status(of: 2, ahead: 20) == [])
        #expect(
            desk.feed(.peerDisconnected(Desk.node(1))) == [
                "send want decided 5+16 to 2", "send want decided 21+4 to 2",
            ])
    }

    @Test func `blocks that were asked for are followed in their order, and only from whom they were asked`() throws {
        var desk = try follower()
        let first = desk.block()
        // As it is where the first one is decided.
        var past = desk
        _ = past.decide(first, by: [0, 1, 2])
        let second = past.block()
        desk.blocks = past.blocks
        let decided = [first, second].map { block in
            PeerMessage.decided(block: block.encoded, commit: desk.commit(of: block, by: [0, 1, 2]).encoded)
        }
        #expect(desk.status(of: 1, ahead: 2) == ["send want decided 5+2 to 1"])
        #expect(desk.hear(decided[1], from: 2) == [])
        #expect(desk.replica.catchUp.ready.isEmpty)
        #expect(desk.hear(decided[1], from: 1) == [])
        #expect(desk.hear(decided[0], from: 1) == ["execute A"])
        let told = desk.executed(first)
        #expect(told.first == "commit A by 3" && told.last == "execute B")
        #expect(desk.executed(second).first == "commit B by 3")
    }

    @Test func `whoever speaks of a later height has decided those before`() throws {
        var desk = try follower()
        let far = council.vote(.prevote, 1, 0, .a, height: 9)
        #expect(desk.hear(.consensus(.vote(far)), from: 1) == ["send want decided 5+4 to 1"])
        let nearer = council.vote(.prevote, 1, 0, .a, height: 7)
        #expect(desk.hear(.consensus(.vote(nearer)), from: 1) == [])
        let next = council.vote(.prevote, 2, 0, .a, height: 6)
        #expect(desk.hear(.consensus(.vote(next)), from: 2) == [])
        #expect(desk.replica.overview.peers.map(\.height) == [0, 8, 5, 0])
        let past = council.vote(.prevote, 3, 0, .a, height: 3)
        #expect(desk.hear(.consensus(.vote(past)), from: 3) == [])
    }

    // MARK: What comes early

    @Test func `votes and a block of the next height wait for it`() throws {
        var desk = try follower()
        let first = desk.block()
        _ = desk.propose(first)
        var past = desk
        _ = past.executed(first)
        _ = past.votes(.precommit, 0, first, by: [0, 1, 2])
        // What the others, who are there, say of the next height.
        let second = past.block()
        desk.blocks = past.blocks
        let proposal = past.proposal(second)
        #expect(desk.hear(proposal, from: 3) == ["send want decided 5+1 to 3"])
        #expect(desk.hear(.block(second.encoded), from: 3) == [])
        _ = desk.hear(past.vote(.prevote, 1, 0, second), from: 1)
        #expect(desk.replica.early.count == 3)
        _ = desk.executed(first)
        let told = desk.votes(.precommit, 0, first, by: [0, 1, 2])
        #expect(told.contains("commit A by 3") && told.contains("execute B"))
        #expect(desk.replica.early.count == 0 && desk.replica.overview.prevoted == 10)
    }

    @Test(arguments: [.min, .min + 3, -1, 0] as [Int64])
    func `a vote or a proposal of a height that no block has is passed over`(height: Int64) throws {
        var desk = try follower()
        let messages: [ConsensusMessage] = [
            .vote(council.vote(.precommit, 1, 0, .a, height: height)),
            .proposal(
                BlockProposal(height: height, round: 0, polRound: -1, blockID: .a, timestamp: Council.blockTime),
                polka: []),
        ]
        for message in messages {
            // It can be sent.
            let read = try PeerMessage(decoding: PeerMessage.consensus(message).encoded)
            #expect(desk.hear(read, from: 1) == [])
        }
    }

    @Test func `what comes early is bounded by kind, and forgotten with its height`() {
        var early = EarlyMessages()
        let node = Desk.node(1)
        let vote = PeerMessage.consensus(.vote(council.vote(.prevote, 1, 0, .a)))
        let proposal = PeerMessage.consensus(
            .proposal(
                BlockProposal(
                    height: 5, round: 0, polRound: -1, blockID: .a, timestamp: Council.blockTime), polka: []))
        for _ in 0..<5_000 { early.keep(vote, of: 5, from: node) }
        #expect(early.count == EarlyMessages.votesMax)
        for _ in 0..<50 { early.keep(proposal, of: 5, from: node) }
        for _ in 0..<50 { early.keep(.block([1]), of: 6, from: node) }
        #expect(early.count == EarlyMessages.countMax)
        early.drop(below: 6)
        #expect(early.count == EarlyMessages.blocksMax)
        early.keep(vote, of: 6, from: node)
        early.keep(proposal, of: 6, from: node)
        #expect(early.takeAll().map(\.message) == [proposal] + Array(repeating: .block([1]), count: 4) + [vote])
        #expect(early.takeAll().isEmpty)
    }

    @Test func `while it asks for its last vote, a block of this height waits as well`() throws {
        var desk = try Desk(council, own: council.proposer(3))
        #expect(desk.feed(.opened) == ["wait tick 1000 ms"])
        for peer in desk.others {
            #expect(
                desk.feed(.peerConnected(Desk.node(peer))) == [
                    "send binding to \(peer)", "send status 4 to \(peer)", "send want last vote to \(peer)",
                ])
        }
        let block = desk.block()
        #expect(desk.propose(block) == [])
        #expect(desk.replica.early.count == 2)
        #expect(desk.elapse(.begin(height: 5)) == [])
        #expect(
            desk.elapse(.tick) == [
                "wait tick 1000 ms", "send binding to all", "send want last vote to all", "send status 4 to all",
            ])
        for peer in desk.others.prefix(2) {
            _ = desk.hear(.validator(Desk.binding(of: peer, in: council, on: desk.replica.tip.ledger)), from: peer)
        }
        _ = desk.hear(.lastVote(nil), from: desk.others[0])
        let told = desk.hear(.lastVote(nil), from: desk.others[1])
        #expect(told.contains("execute A") && !desk.replica.isWaitingForPeers)
    }

    // MARK: Where nothing moves

    @Test func `what was said is said again once a second while nothing moves, and to who connects`() throws {
        var desk = try Desk.started(council, own: council.proposer(3))
        let block = desk.block()
        _ = desk.propose(block)
        _ = desk.executed(block)
        let said = ["send proposal 0 A to all", "send prevote 0 A to all"]
        #expect(desk.elapse(.tick) == ["wait tick 1000 ms", "send status 4 to all"])
        #expect(desk.elapse(.tick) == ["wait tick 1000 ms", "send status 4 to all"] + said)
        _ = desk.feed(.peerDisconnected(Desk.node(desk.others[0])))
        let told = desk.feed(.peerConnected(Desk.node(desk.others[0])))
        #expect(told.suffix(2) == said.map { $0.replacing("all", with: "\(desk.others[0])") })
    }

    // MARK: Whom it acts for

    @Test func `a node's word for a validator that is not in the set yet counts from when it is about to be`() throws {
        let larger = Council(5)
        let newcomer = try #require(
            larger.set.members.firstIndex { member in council.set.index(of: member.address) == nil })
        var desk = try follower()
        let node = NodeID([UInt8](repeating: 77, count: 32))!
        let binding = NodeBinding(
            validator: Address(larger.set.members[newcomer].address)!,
            signature: larger.keys[newcomer].sign(NodeBinding.signBytes(node, on: desk.replica.tip.ledger)))
        _ = desk.feed(.peerConnected(node))
        _ = desk.feed(.messageReceived(.validator(binding), from: node))
        #expect(!desk.replica.actsForValidator(node))
        let block = desk.block()
        _ = desk.propose(block)
        var result = desk.result
        result.nextValidators = larger.set
        _ = desk.feed(.executed(block.id, result))
        _ = desk.votes(.precommit, 0, block, by: [0, 1, 2])
        #expect(desk.replica.tip.validators.current == council.set && desk.replica.actsForValidator(node))
    }

    @Test func `a validator that joins is asked for nothing before it is in the set, and asks then`() throws {
        let larger = Council(5)
        let newcomer = try #require(
            larger.set.members.firstIndex { member in council.set.index(of: member.address) == nil })
        var desk = try Desk(council, own: nil)
        desk.replica = Replica(
            tip: try Desk.tip(of: council), own: Address(larger.set.members[newcomer].address),
            isValid: SignatureMemory.shared.isValid)
        _ = desk.feed(.opened)
        for peer in desk.others { _ = desk.feed(.peerConnected(Desk.node(peer))) }
        // What somebody says that it signed, it cannot have signed yet.
        _ = desk.hear(.lastVote(.vote(larger.vote(.prevote, newcomer, 3, .a))), from: 1)
        _ = desk.hear(.lastVote(nil), from: 1)
        #expect(desk.replica.isWaitingForPeers)
        var result = desk.result
        result.nextValidators = larger.set
        for _ in 0..<2 {
            let block = desk.block()
            let commit = desk.commit(of: block, by: [0, 1, 2])
            _ = desk.hear(.decided(block: block.encoded, commit: commit.encoded), from: 1)
            _ = desk.feed(.executed(block.id, result))
        }
        #expect(desk.replica.tip.validators.current == larger.set && desk.replica.isWaitingForPeers)
        #expect(desk.elapse(.tick).contains("send want last vote to all"))
    }

    @Test func `a restart in the middle of a change of the set asks the new members too`() throws {
        let larger = Council(powers: [10, 10, 10, 10, 60])
        let own = council.proposer(3)
        var desk = try Desk.started(council, own: own)
        #expect(!desk.replica.isWaitingForPeers)
        var told: [String] = []
        var result = desk.result
        result.nextValidators = larger.set
        for _ in 0..<2 {
            // Blocks from before the start, which was a while later.
            let block = desk.block {
                $0.header.time = Council.previousTime.advanced(byNanoseconds: UInt64($0.header.height))
            }
            let commit = desk.commit(of: block, by: [0, 1, 2, 3])
            told = desk.hear(.decided(block: block.encoded, commit: commit.encoded), from: desk.others[0])
            told += desk.feed(.executed(block.id, result))
        }
        #expect(desk.replica.tip.validators.current == larger.set)
        #expect(told.contains("send want last vote to all") && desk.replica.isWaitingForPeers)
    }

    @Test func `the start is over once a block is newer than it`() throws {
        var desk = try Desk.started(council, own: council.proposer(3))
        desk.pass(milliseconds: 700)
        let block = desk.block()
        #expect(desk.decide(block).contains { $0.hasPrefix("commit") })
        #expect(desk.replica.startRule == nil)
        #expect(!desk.feed(.peerConnected(Desk.node(9))).contains("send want last vote to 9"))
        // What comes late bars nothing any more.
        let late = SignedMessage.vote(council.vote(.prevote, try #require(desk.own), 9, .a, height: 9))
        #expect(desk.hear(.lastVote(late), from: desk.others[0]) == [])
    }

    // MARK: For operators

    @Test func `what this validator said last counts as heard, though no commit has it`() throws {
        let own = council.proposer(3)
        let address = try #require(Address(council.set.members[own].address))
        let said = SignState(.vote(council.vote(.prevote, own, 0, nil)))
        for (log, height) in [([], nil), ([said], Council.height)] as [([SignState], Int64?)] {
            let replica = Replica(
                tip: try Desk.tip(of: council, by: (0..<4).filter { $0 != own }), own: address,
                recovery: Recovery(signatures: log), isValid: SignatureMemory.shared.isValid)
            #expect(replica.overview.lastHeard[address] == height)
        }
    }

    @Test func `an overview names what the node does`() throws {
        var desk = try Desk(council, own: council.proposer(3))
        let own = try #require(desk.own)
        #expect(desk.replica.overview.phase == .askingForLastVotes(answers: 0))
        #expect(desk.replica.overview.peers.isEmpty)
        desk = try Desk.started(council, own: own)
        #expect(desk.replica.overview.phase == .idle && desk.replica.overview.round == 0)
        #expect(desk.replica.overview.proposer == council.set.members[desk.proposer(0)].address)
        #expect(
            desk.replica.overview.peers.map(\.validator?.bytes) == desk.others.map { council.set.members[$0].address })
        let block = desk.block()
        _ = desk.propose(block)
        #expect(desk.replica.overview.phase == .propose)
        _ = desk.executed(block)
        #expect(desk.replica.overview.phase == .prevote && desk.replica.overview.prevoted == 10)
        _ = desk.votes(.prevote, 0, block, by: Array(desk.others.prefix(2)))
        #expect(desk.replica.overview.phase == .precommit && desk.replica.overview.precommitted == 10)
        let heard = council.set.members.map { desk.replica.overview.lastHeard[Address($0.address)!] }
        #expect(heard.compactMap { $0 }.sorted() == [4, 5, 5, 5])
        _ = desk.status(of: desk.others[0], ahead: 1)
        #expect(desk.replica.overview.phase == .precommit, "one height is no distance")
        _ = desk.status(of: desk.others[0], ahead: 2)
        #expect(desk.replica.overview.phase == .catchingUp(toward: 6))
    }
}

/// What to ask of whom, by itself.
@Suite("Catching up") struct CatchUpTests {
    private let nodes = (0..<3).map(Desk.node)

    private func arrival(_ height: Int64, from sender: NodeID) -> CatchUp.Arrival {
        CatchUp.Arrival(block: CompactBlockTests.block([], height: height), commit: Commit(), sender: sender)
    }

    @Test func `nobody who is not ahead is asked`() {
        var catchUp = CatchUp()
        #expect(catchUp.requests(after: 9, peers: [], at: 0) == [])
        #expect(catchUp.requests(after: 9, peers: [(nodes[0], 9), (nodes[1], 3)], at: 0) == [])
    }

    @Test func `a block that was not asked of its sender is not taken, nor one twice`() {
        var catchUp = CatchUp()
        _ = catchUp.requests(after: 0, peers: [(nodes[0], 2)], at: 0)
        #expect(catchUp.take(arrival(1, from: nodes[1]), at: 1) == false)
        #expect(catchUp.take(arrival(3, from: nodes[0]), at: 1) == false)
        #expect(!catchUp.isFlowing(at: 1))
        #expect(catchUp.take(arrival(1, from: nodes[0]), at: 1) == true)
        #expect(catchUp.take(arrival(1, from: nodes[0]), at: 1) == false)
        #expect(catchUp.isFlowing(at: 1_000_000_000) && !catchUp.isFlowing(at: 1_000_000_001))
    }

    @Test func `runs go to the least busy, and end with the window`() {
        var catchUp = CatchUp()
        let peers: [(NodeID, Int64)] = [(nodes[0], 1_000), (nodes[1], 1_000), (nodes[2], 20)]
        let requests = catchUp.requests(after: 0, peers: peers, at: 0)
        #expect(
            requests == [
                CatchUp.Request(peer: nodes[0], from: 1, count: 16),
                CatchUp.Request(peer: nodes[1], from: 17, count: 16),
                CatchUp.Request(peer: nodes[0], from: 33, count: 16),
                CatchUp.Request(peer: nodes[1], from: 49, count: 16),
            ])
        #expect(catchUp.requests(after: 0, peers: peers, at: 1) == [], "all of the window is asked for")
        catchUp.decided(16)
        #expect(
            catchUp.requests(after: 16, peers: peers, at: 1) == [
                CatchUp.Request(peer: nodes[0], from: 65, count: 16)
            ])
    }

    @Test func `what does not come in time is asked of another, what did not hold once more`() {
        var catchUp = CatchUp()
        let peers: [(NodeID, Int64)] = [(nodes[0], 2), (nodes[1], 2)]
        #expect(catchUp.requests(after: 0, peers: peers, at: 0) == [.init(peer: nodes[0], from: 1, count: 2)])
        #expect(catchUp.requests(after: 0, peers: peers, at: CatchUp.patience - 1) == [])
        #expect(catchUp.take(arrival(1, from: nodes[0]), at: 1) == true)
        #expect(
            catchUp.requests(after: 0, peers: peers, at: CatchUp.patience) == [
                .init(peer: nodes[1], from: 2, count: 1)
            ])
        catchUp.drop(1)
        #expect(
            catchUp.requests(after: 0, peers: peers, at: CatchUp.patience) == [
                .init(peer: nodes[0], from: 1, count: 1)
            ])
        // Where nobody else has it, whoever was late is asked again.
        #expect(
            catchUp.requests(after: 0, peers: [(nodes[0], 2)], at: 2 * CatchUp.patience) == [
                .init(peer: nodes[0], from: 1, count: 2)
            ])
    }
}
