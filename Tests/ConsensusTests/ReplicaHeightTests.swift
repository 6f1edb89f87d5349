import Cryptography
import LedgerModel
import Testing

@testable import Consensus

/// A replica through a height: what is executed, voted for, logged, decided and built, and in which order.
@Suite("A replica through a height") struct ReplicaHeightTests {
    let council = Council(4)

    /// A validator that proposes none of the first rounds of height 5.
    private func listener() throws -> Desk {
        try Desk.started(council, own: council.proposer(3))
    }

    private func proposing(isClockConfirmed: Bool = false) throws -> Desk {
        try Desk.started(council, own: council.proposer(0), isClockConfirmed: isClockConfirmed)
    }

    // MARK: What is refused

    @Test(
        arguments: [
            { $0.header.appHash = [UInt8](repeating: 1, count: 32) }, { $0.header.time = Council.previousTime },
            { $0.header.proposer = [UInt8](repeating: 1, count: 20) }, { $0.transactions = [[1]] },
            { $0.lastCommit?.signatures[0].signature[0] ^= 1 },
            {
                $0.lastCommit?.blockID = .a
                $0.header.lastCommitHash = $0.lastCommit!.hash.bytes
            },
            {
                $0.lastCommit?.signatures[0].signature[0] ^= 1
                $0.header.lastCommitHash = $0.lastCommit!.hash.bytes
            },
        ] as [@Sendable (inout Block) -> Void])
    func `a block that does not follow from the last one is not executed, and gets a prevote for nil`(
        change: @Sendable (inout Block) -> Void
    ) throws {
        var desk = try listener()
        let block = desk.block(change: change)
        #expect(desk.propose(block).suffix(2) == ["log prevote 0 nil", "send prevote 0 nil to all"])
    }

    @Test func `a block that does not execute gets a prevote for nil`() throws {
        var desk = try listener()
        let block = desk.block()
        #expect(desk.propose(block).last == "execute A")
        #expect(desk.executed(block, holds: false) == ["log prevote 0 nil", "send prevote 0 nil to all"])
    }

    @Test func `a quorum for what does not hold here halts the node, which then says nothing more`() throws {
        var desk = try listener()
        let block = desk.block()
        _ = desk.propose(block)
        _ = desk.executed(block, holds: false)
        #expect(desk.votes(.precommit, 0, block, by: Array(desk.others.prefix(2))) == [])
        #expect(desk.votes(.precommit, 0, block, by: [desk.others[2]]) == ["halt A"])
        #expect(desk.elapse(.propose, 0) == [])
    }

    @Test func `what was executed or built of a block that is not at hand, or of another height, is dropped`() throws {
        var desk = try listener()
        let block = desk.block()
        #expect(desk.executed(block) == [])
        let other = desk.block { $0.header.height = Council.height + 1 }
        #expect(desk.feed(.built(round: 0, other, desk.result)) == [])
        #expect(desk.replica.blocks.isEmpty && desk.replica.results.isEmpty)
    }

    @Test func `timers of other heights do nothing`() throws {
        var desk = try proposing()
        for height in [Council.height - 1, Council.height + 1] {
            #expect(desk.elapse(.begin(height: height)) == [])
            #expect(desk.elapse(.grace(height: height)) == [])
            #expect(desk.elapse(.fetch(height: height)) == [])
        }
        #expect(desk.replica.round < 0)
    }

    // MARK: Its own turn

    @Test(arguments: [false, true])
    func `a clock far ahead of the others' lets the turn go by, unless the operator vouches for it`(
        isClockConfirmed: Bool
    ) throws {
        var desk = try proposing(isClockConfirmed: isClockConfirmed)
        let theirs = ChainStatus(height: desk.replica.tip.height, clock: Council.blockTime)
        desk.wall = Council.blockTime.advanced(byNanoseconds: ProposerTime.leadMax + 1)
        for peer in desk.others { _ = desk.hear(.status(theirs), from: peer) }
        let told = desk.elapse(.begin(height: Council.height))
        #expect(told.contains("build 0") == isClockConfirmed)
        #expect(told.contains("wait propose 0 1000 ms") == !isClockConfirmed)
        guard !isClockConfirmed else { return }
        #expect(desk.elapse(.propose, 0) == ["log prevote 0 nil", "send prevote 0 nil to all"])
    }

    @Test func `what is built goes out after it was logged, a small block whole and a larger one by its hashes`() throws
    {
        for (transactions, what) in [([], "block A"), ([[1]], "block A"), ([[UInt8](repeating: 1, count: 2_000)], "")] {
            var desk = try proposing()
            #expect(desk.elapse(.begin(height: Council.height)) == ["build 0"])
            #expect(desk.order?.lastCommit == desk.replica.tip.commit)
            #expect(desk.order?.time == Council.blockTime)
            let block = desk.block(transactions)
            let told = desk.feed(.built(round: 0, block, desk.result))
            #expect(
                told == [
                    "log proposal 0 A", "send proposal 0 A to all",
                    "send \(what.isEmpty ? "compact block of 1" : what) to all", "log prevote 0 A",
                    "send prevote 0 A to all",
                ])
        }
    }

    @Test func `transactions of a compact block are handed out while it is being decided`() throws {
        var desk = try proposing()
        _ = desk.elapse(.begin(height: Council.height))
        let block = desk.block([[1], [2], [3]])
        _ = desk.feed(.built(round: 0, block, desk.result))
        func wish(_ hash: [UInt8], _ places: [UInt32]) -> TransactionWish {
            TransactionWish(height: Council.height, hash: hash, places: places)
        }
        #expect(desk.replica.transactions(wish(block.id.hash, [0, 3])) == nil)
        #expect(desk.replica.transactions(wish(block.id.hash, [])) == nil)
        #expect(desk.replica.transactions(wish(SHA256.hash([1]).bytes, [0])) == nil)
        #expect(desk.replica.transactions(wish(block.id.hash, [0, 2])) == [[1], [3]])
    }

    // MARK: A height that is decided

    @Test func `a lock is logged before the precommit that rests on it, and that before it is sent`() throws {
        var desk = try listener()
        let block = desk.block()
        let told = desk.propose(block)
        #expect(told == ["wait propose 0 1000 ms", "wait fetch 5 100 ms", "execute A"])
        #expect(desk.executed(block) == ["log prevote 0 A", "send prevote 0 A to all"])
        #expect(
            desk.votes(.prevote, 0, block, by: Array(desk.others.prefix(2))) == [
                "log lock 0 A", "log precommit 0 A", "send precommit 0 A to all",
            ])
        let decided = desk.votes(.precommit, 0, block, by: Array(desk.others.prefix(2)))
        #expect(decided.prefix(2) == ["commit A by 3", "send status 5 to all"])
        #expect(desk.replica.height == Council.height + 1 && desk.replica.tip.appHash == desk.result.appHash)
    }

    @Test func `a node without a key follows, and says nothing of its own`() throws {
        var desk = try Desk.started(council, own: nil)
        let told = desk.decide(desk.block())
        #expect(told.contains("commit A by 4") || told.contains("commit A by 3"))
        #expect(!told.contains { $0.hasPrefix("send prevote") || $0.hasPrefix("send precommit") })
        #expect(!told.contains { $0.hasPrefix("log") })
    }

    @Test func `a validator that is alone decides within the answers`() throws {
        var desk = try Desk(Council(1), own: 0)
        #expect(desk.feed(.opened) == ["wait tick 1000 ms", "wait begin 5 0 ms", "wait begin 5 0 ms"])
        #expect(desk.elapse(.begin(height: 5)) == ["build 0"])
        let block = desk.block()
        #expect(desk.feed(.built(round: 0, block, desk.result)).first == "commit A by 1")
    }

    @Test(arguments: [true, false])
    func `whoever proposes just after a decision waits ten milliseconds for a slow precommit`(comes: Bool) throws {
        // Round 1 of height 6 is its turn.
        var desk = try Desk.started(council, own: council.proposer(2))
        let block = desk.block()
        let (swift, late) = (Array(desk.others.prefix(2)), desk.others[2])
        _ = desk.propose(block)
        _ = desk.executed(block)
        _ = desk.votes(.prevote, 0, block, by: swift)
        _ = desk.votes(.precommit, 0, block, by: swift)
        #expect(desk.replica.height == 6 && desk.proposer(1) == desk.own)
        #expect(desk.votes(.prevote, 1, nil, by: swift).suffix(2) == ["log certificate 1", "wait grace 6 10 ms"])
        #expect(desk.order == nil)
        desk.pass(milliseconds: 4)
        if comes {
            #expect(desk.hear(desk.vote(.precommit, late, 1, block, height: 5), from: late) == [])
            #expect(desk.hear(desk.vote(.prevote, late, 0, block, height: 5), from: late) == [])
            #expect(desk.hear(desk.vote(.precommit, late, 0, block, height: 5), from: late) == ["build 1"])
        } else {
            #expect(desk.elapse(.grace(height: 6)) == ["wait grace 6 6 ms"])
            desk.pass(milliseconds: 6)
            #expect(desk.elapse(.grace(height: 6)) == ["build 1"])
        }
        #expect(Desk.power(try #require(desk.order?.lastCommit)) == (comes ? 4 : 3))
        #expect(desk.elapse(.grace(height: 6)) == [], "it is ordered once")
    }

    @Test func `a set of another size that comes into force is voted by, two heights later`() throws {
        var desk = try Desk.started(council, own: nil)
        let larger = Council(5)
        let block = desk.block()
        _ = desk.propose(block)
        var result = desk.result
        result.nextValidators = larger.set
        _ = desk.feed(.executed(block.id, result))
        _ = desk.votes(.precommit, 0, block, by: desk.others)
        #expect(desk.replica.tip.validators.current == council.set && desk.replica.tip.validators.next == larger.set)
        _ = desk.decide(desk.block(), by: [0, 1, 2])
        #expect(desk.replica.tip.validators.current == larger.set && desk.replica.overview.set == larger.set)
        desk.council = larger
        for peer in larger.set.members.indices { _ = desk.feed(.peerConnected(Desk.node(peer))) }
        let third = desk.block()
        _ = desk.propose(third)
        result = desk.result
        _ = desk.feed(.executed(third.id, result))
        #expect(desk.votes(.precommit, 0, third, by: [0, 1, 2]) == [], "three of five are not more than two thirds")
        #expect(desk.votes(.precommit, 0, third, by: [3]).first == "commit C by 4")
        #expect(desk.replica.grace.memberCount == 5)
    }

    @Test func `a last commit of others' choice is as good as one's own, if it holds`() throws {
        for voters in [[0, 1], [0, 2, 3]] {
            var desk = try listener()
            let commit = try Desk.tip(of: council, by: voters).commit
            let block = desk.block(lastCommit: commit)
            #expect(desk.propose(block).contains("execute A") == (voters.count > 2))
        }
    }

    // MARK: When a height begins

    @Test func `work begins a height at once that would wait for the heartbeat`() throws {
        var desk = try Desk.started(council, own: nil)
        _ = desk.decide(desk.block())
        #expect(desk.feed(.workChanged(false)) == [], "nothing has changed")
        #expect(desk.feed(.workChanged(true)) == ["wait begin 6 20 ms"])
        #expect(desk.elapse(.begin(height: 6)) == [], "it is not due yet")
        desk.pass(milliseconds: 20)
        #expect(desk.elapse(.begin(height: 6)) == ["wait propose 0 1000 ms"])
        #expect(desk.feed(.workChanged(false)) == [], "it has begun")
    }

    @Test func `no height begins while its decision is on its way`() throws {
        var desk = try Desk.started(council, own: nil)
        let peer = desk.others[0]
        _ = desk.hear(.status(ChainStatus(height: 9, clock: desk.wall)), from: peer)
        let block = desk.block()
        let sixth = desk.block { $0.header.height = 6 }
        let commit = desk.commit(of: block, by: [0, 1, 2])
        _ = desk.hear(.decided(block: sixth.encoded, commit: commit.encoded), from: peer)
        #expect(desk.elapse(.begin(height: 5)) == ["wait begin 5 1000 ms"])
        desk.pass(milliseconds: 1_000)
        #expect(desk.elapse(.begin(height: 5)) == ["wait propose 0 1000 ms"])
    }

    // MARK: After a restart

    @Test func `a lock that the log holds is executed again, and answered with the vote of before`() throws {
        let own = council.proposer(3)
        var first = try Desk.started(council, own: own)
        let block = first.block()
        let recovery = Recovery(
            signatures: [SignState(.vote(council.vote(.precommit, own, 0, block.id)))],
            lock: LockedBlock(
                height: Council.height, round: 0, blockID: block.id, time: block.block.header.time,
                polka: first.others.map { council.vote(.prevote, $0, 0, block.id) }))
        var desk = try Desk.started(council, own: own, recovery: recovery, lockedBlock: block)
        let told = desk.elapse(.begin(height: Council.height))
        #expect(told.contains("execute A") && told.contains("send precommit 0 A to all"))
        #expect(!told.contains { $0.hasPrefix("log precommit") })
        #expect(desk.executed(block) == [])
        #expect(desk.votes(.precommit, 0, block, by: Array(desk.others.prefix(2))).contains("commit A by 3"))
    }

    @Test func `the latest word of its own key is what its signer must know, unless it has no signature`() throws {
        let own = council.proposer(3)
        var unsigned = council.vote(.precommit, own, 2, nil)
        unsigned.signature = []
        var desk = try Desk(council, own: own, recovery: Recovery(signatures: [SignState(.vote(unsigned))]))
        // The commit of the last block has one.
        #expect(desk.replica.lastOwnMessage?.height == Council.height - 1)
        desk = try Desk(
            council, own: own,
            recovery: Recovery(signatures: [SignState(.vote(council.vote(.prevote, own, 1, nil)))]))
        #expect(desk.replica.lastOwnMessage?.place == VotePlace(height: 5, round: 1, step: .prevote))
        #expect(try Desk(council, own: nil).replica.lastOwnMessage == nil)
    }
}
