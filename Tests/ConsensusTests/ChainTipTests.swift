import Consensus
import Cryptography
import LedgerModel
import Testing

/// What follows from a tip before the first block, of a ledger from its beginning and of a revision that continues one.
struct ChainTipTests {
    let council = Council(4)

    private func tip(after height: Int64) throws -> ChainTip {
        ChainTip(
            beginning: LedgerIdentity(chainID: try ChainID(Council.chainID), genesisHash: SHA256.hash([1])),
            after: height, time: Council.previousTime, appHash: SHA256.hash([2]), resultsHash: SHA256.hash([3]),
            validators: council.set)
    }

    private func block(after tip: ChainTip, lastCommit: Commit = Commit()) -> Block {
        let header = tip.header(
            time: Council.blockTime, transactions: [], evidence: [], lastCommit: lastCommit,
            proposer: council.set.members[0].address)
        return Block(header: header, transactions: [], lastCommit: lastCommit)
    }

    @Test(arguments: [0, 41] as [Int64])
    func `The first block counts on, and has neither a last block nor a commit`(_ height: Int64) throws {
        let tip = try tip(after: height)
        #expect(tip.isBeginning)
        let first = block(after: tip)
        #expect(first.header.height == height + 1)
        #expect(first.header.lastBlockID.isZero)
        #expect(tip.refusal(of: first) == nil)
        #expect(throws: Never.self) { try first.header.validate() }
        #expect(try Block(decoding: first.encoded) == first)
    }

    @Test(arguments: [0, 41] as [Int64])
    func `A first block with a commit, another number or a last block is refused`(_ height: Int64) throws {
        let tip = try tip(after: height)
        let commit = Commit(height: max(height, 1), round: 0, blockID: .b, signatures: [])
        #expect(tip.refusal(of: block(after: tip, lastCommit: commit)) == "the first block has a commit")
        let changes: [(inout Block) -> Void] = [
            { $0.header.height += 1 }, { $0.header.lastBlockID = .b }, { $0.header.time = Council.previousTime },
            { $0.lastCommit = nil }, { $0.header.chainID = "council-2" },
        ]
        for change in changes {
            var other = block(after: tip)
            change(&other)
            #expect(tip.refusal(of: other) != nil)
        }
    }

    @Test(arguments: [0, 41] as [Int64])
    func `A replica begins with the first block's number`(_ height: Int64) throws {
        let replica = Replica(tip: try tip(after: height), own: nil)
        #expect(replica.height == height + 1)
        #expect(replica.tip.isBeginning)
    }
}
