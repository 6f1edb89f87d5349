import Consensus
import Cryptography
import LedgerModel
import LedgerRuntime
import StateTree
import Testing

@testable import NodeEngine

/// Evidence is judged by the state alone: whoever has that state says the same, whatever headers it holds.
struct EvidenceJudgeTests {
    static let keys = (0..<5).compactMap {
        try? SigningKey(.edDSA, secret: [UInt8](repeating: UInt8($0 + 1), count: 32))
    }
    static let time = Timestamp(nanosecondsSince1970: 1_800_000_000_000_000_000)

    let genesis: Genesis
    let state: BlockState
    let set: ValidatorSet

    init() throws {
        genesis = Genesis(
            chainID: try ChainID("evidence-1"), time: 1_799_000_000_000_000_000, rulesVersion: 2,
            validators: Self.keys.prefix(4).map {
                Genesis.Validator(
                    consensusKey: Self.bytes($0), power: 10, operatorName: "o", receiptKey: $0.publicKey)
            }, accounts: [])
        state = BlockState(try genesis.state())
        set = try ValidatorSet(
            members: Self.keys.prefix(4).map { Validator(publicKey: Self.bytes($0), votingPower: 10) })
    }

    static func bytes(_ key: SigningKey) -> [UInt8] {
        guard case .ed25519(let x) = key.publicKey else { preconditionFailure("an Ed25519 key") }
        return x
    }

    /// After a block of that height.
    func tip(_ height: Int64) -> ChainTip {
        ChainTip(
            ledger: genesis.ledger, height: height, time: Self.time, blockID: BlockID(), commit: Commit(),
            appHash: .zero, resultsHash: .zero, validators: ValidatorSchedule(genesis: set))
    }

    static func blockID(_ number: UInt8) -> BlockID {
        let hash = SHA256.hash([number]).bytes
        return BlockID(hash: hash, parts: PartSetHeader(total: 1, hash: hash))
    }

    func vote(_ index: Int, block: UInt8, height: Int64, round: Int32 = 0, key: Int? = nil) -> Vote {
        let address = Address(ed25519: Self.bytes(Self.keys[index])).bytes
        var vote = Vote(
            type: .precommit, height: height, round: round, blockID: Self.blockID(block), timestamp: Self.time,
            validator: address, validatorIndex: Int32(set.index(of: address) ?? 0), signature: [])
        vote.signature = Self.keys[key ?? index].sign(vote.signBytes(chainID: genesis.chainID.text))
        return vote
    }

    func doubleVote(
        _ index: Int, height: Int64, blocks: (UInt8, UInt8) = (1, 2), time: Timestamp = time, key: Int? = nil
    ) -> DuplicateVoteEvidence {
        DuplicateVoteEvidence(
            vote(index, block: blocks.0, height: height), vote(index, block: blocks.1, height: height, key: key),
            totalPower: 40, validatorPower: 10, timestamp: time)
    }

    func judge(_ evidence: Evidence..., at height: Int64 = 9) throws -> [ValidatorMisbehaviour] {
        try EvidenceJudge.judge(evidence.map(\.encoded), on: tip(height), in: state)
    }

    func isRefused(_ evidence: Evidence..., at height: Int64 = 9) -> Bool {
        do {
            _ = try EvidenceJudge.judge(evidence.map(\.encoded), on: tip(height), in: state)
            return false
        } catch { return true }
    }

    @Test func `a double vote convicts, whatever time it names`() throws {
        for time in [Self.time, Timestamp.zero, Timestamp(nanosecondsSince1970: 1)] {
            let found = try judge(.duplicateVote(doubleVote(1, height: 5, time: time)))
            #expect(found.count == 1 && found[0].height == Height(5) && found[0].time == Self.time)
            #expect(found[0].validator == Address(ed25519: Self.bytes(Self.keys[1])))
        }
    }

    @Test func `of a height that is not decided, or long past, it is refused`() throws {
        let evidence = Evidence.duplicateVote(doubleVote(1, height: 5))
        #expect(isRefused(evidence, at: 4))
        #expect(try judge(evidence, at: 5).count == 1)
        #expect(try judge(evidence, at: 100_005).count == 1)
        #expect(isRefused(evidence, at: 100_006))
    }

    @Test func `what proves nothing is refused`() {
        #expect(isRefused(.duplicateVote(doubleVote(4, height: 5))), "no validator")
        #expect(isRefused(.duplicateVote(doubleVote(1, height: 5, blocks: (1, 1)))), "the same block")
        #expect(isRefused(.duplicateVote(doubleVote(1, height: 5, key: 2))), "another's signature")
        var power = doubleVote(1, height: 5)
        power.totalPower = 41
        #expect(isRefused(.duplicateVote(power)))
        for item: [UInt8] in [[], [1], [0x0a, 0]] {
            #expect(throws: RuntimeFailure.self) { try EvidenceJudge.judge([item], on: tip(9), in: state) }
        }
        let large = [UInt8](repeating: 0, count: Evidence.blockBytesMax + 1)
        #expect(throws: RuntimeFailure.self) { try EvidenceJudge.judge([large], on: tip(9), in: state) }
    }

    @Test func `the same is taken once, in a block and of what is offered`() throws {
        let (one, again) = (doubleVote(1, height: 5), doubleVote(1, height: 5, blocks: (3, 4)))
        #expect(isRefused(.duplicateVote(one), .duplicateVote(again)))
        #expect(try judge(.duplicateVote(one), .duplicateVote(doubleVote(1, height: 6))).count == 2)
        let offered = [one, again, doubleVote(2, height: 5), doubleVote(4, height: 5)].map {
            Evidence.duplicateVote($0)
        }
        let items = EvidenceJudge.items(offered, on: tip(9), in: state)
        #expect(items == [offered[0].encoded, offered[2].encoded])
        #expect(try EvidenceJudge.judge(items, on: tip(9), in: state).count == 2)
    }

    // MARK: Light client attacks

    /// A block of height 7 signed by members, which names these validators.
    func attack(
        by signers: [Int], naming members: [Int], next: [Int]? = nil, common: Int64 = 5, height: Int64 = 7
    ) throws -> LightClientAttackEvidence {
        func set(of members: [Int]) throws -> ValidatorSet {
            try ValidatorSet(
                members: members.map { Validator(publicKey: Self.bytes(Self.keys[$0]), votingPower: 10) })
        }
        let named = try set(of: members)
        var header = BlockHeader()
        header.blockVersion = BlockHeader.blockProtocol
        header.chainID = genesis.chainID.text
        header.height = height
        header.time = Self.time
        header.validatorsHash = named.hash.bytes
        header.nextValidatorsHash = try set(of: next ?? members).hash.bytes
        header.appHash = SHA256.hash([9]).bytes
        header.proposer = named.members[0].address
        let blockID = BlockID(hash: header.hash.bytes, parts: PartSetHeader(total: 1, hash: header.hash.bytes))
        let message = CanonicalVote.signBytes(
            type: .precommit, chainID: header.chainID, height: height, round: 3, blockID: blockID, timestamp: Self.time)
        let signatures = named.members.map { member in
            let index = signers.first { Address(ed25519: Self.bytes(Self.keys[$0])).bytes == member.address }
            return index.map {
                CommitSignature(
                    flag: .commit, validator: member.address, timestamp: Self.time,
                    signature: Self.keys[$0].sign(message))
            } ?? CommitSignature.absent
        }
        let signed = SignedHeader(
            header: header, commit: Commit(height: height, round: 3, blockID: blockID, signatures: signatures))
        var evidence = LightClientAttackEvidence(
            conflicting: signed, validators: named.withProposer(header.proposer), commonHeight: common, byzantine: [],
            totalPower: 40, timestamp: Self.time)
        var own = SignedHeader(header: header, commit: Commit())
        own.header.validatorsHash = self.set.hash.bytes
        own.header.nextValidatorsHash = self.set.hash.bytes
        evidence.byzantine = evidence.accused(beside: own, common: self.set)
        return evidence
    }

    @Test func `a block that names other validators convicts whoever of the common set signed it`() throws {
        let found = try judge(.lightClientAttack(try attack(by: [0, 1, 4], naming: [0, 1, 4])))
        #expect(Set(found.map(\.validator)) == Set([0, 1].map { Address(ed25519: Self.bytes(Self.keys[$0])) }))
        #expect(found.allSatisfy { $0.kind == .lightClientAttack && $0.height == Height(5) && $0.time == Self.time })
        let next = try judge(.lightClientAttack(try attack(by: [0, 1, 2], naming: [0, 1, 2, 3], next: [0, 1, 2, 4])))
        #expect(next.count == 3)
    }

    @Test func `a block that names the ledger's own validators convicts nobody by itself`() throws {
        #expect(isRefused(.lightClientAttack(try attack(by: [0, 1, 2], naming: [0, 1, 2, 3]))))
    }

    @Test func `too few signers, another accused, and heights that are not decided are refused`() throws {
        #expect(isRefused(.lightClientAttack(try attack(by: [0], naming: [0, 1, 4]))))
        #expect(isRefused(.lightClientAttack(try attack(by: [0, 4], naming: [0, 4]))), "a third of the set alone")
        var other = try attack(by: [0, 1, 4], naming: [0, 1, 4])
        #expect(isRefused(.lightClientAttack(other), at: 6))
        other.byzantine.removeLast()
        #expect(isRefused(.lightClientAttack(other)))
        #expect(isRefused(.lightClientAttack(try attack(by: [0, 1, 4], naming: [0, 1, 4], common: 8))))
        var power = try attack(by: [0, 1, 4], naming: [0, 1, 4])
        power.totalPower = 39
        #expect(isRefused(.lightClientAttack(power)))
    }
}
