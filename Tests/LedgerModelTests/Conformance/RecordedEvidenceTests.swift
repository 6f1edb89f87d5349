import Codec
import Foundation
import LedgerModel
import TestSupport
import Testing

/// Evidence made of the forks that a real chain's validators signed (cosmos-recorded/misbehaviour.json).
@Suite(.enabled(if: VectorFolder.shouldRun("cosmos-recorded")))
struct RecordedEvidenceTests {
    struct Cases: Decodable {
        struct Case: Decodable {
            var id: String
            var note: String
            var header_1_hex: String
            var header_2_hex: String
        }
        var misbehaviour: [Case]
    }

    /// `ibc.lightclients.tendermint.v1.Header`: signed header 1, validator set 2, trusted height 3, trusted set 4.
    struct ClientHeader {
        var signed = SignedHeader()
        var validators = ValidatorSet()
        var trustedHeight: Int64 = 0
        var trusted = ValidatorSet()

        init(hex: String) throws {
            var reader = ProtobufReader(try #require(Hex.decode(hex)))
            while let field = try reader.next() {
                switch field.number {
                case 1: signed = try SignedHeader(reading: field.bytes())
                case 2: validators = try ValidatorSet(reading: field.bytes())
                case 3:
                    var height = ProtobufReader(try field.bytes())
                    while let part = try height.next() {
                        if part.number == 2 { trustedHeight = try part.int64() }
                    }
                case 4: trusted = try ValidatorSet(reading: field.bytes())
                default: break
                }
            }
        }
    }

    /// The fork and the true header of one case, whichever stands first.
    static func headers(_ note: String) throws -> [ClientHeader] {
        let all = try JSONDecoder().decode(
            Cases.self, from: Data(VectorFolder.bytes("cosmos-recorded", "misbehaviour.json")))
        let found = try #require(all.misbehaviour.first { $0.note == note })
        return [try ClientHeader(hex: found.header_1_hex), try ClientHeader(hex: found.header_2_hex)]
    }

    static func check(_ header: BlockHeader) -> EvidenceCheck {
        EvidenceCheck(chainID: "vinland-1", lastHeight: header.height + 5, lastTime: header.time)
    }

    static func vote(_ index: Int, in signed: SignedHeader) -> Vote {
        let (commit, entry) = (signed.commit, signed.commit.signatures[index])
        return Vote(
            type: .precommit, height: commit.height, round: commit.round, blockID: commit.blockID,
            timestamp: entry.timestamp, validator: entry.validator, validatorIndex: Int32(index),
            signature: entry.signature)
    }

    static let conflicts = [
        "two headers of one height, other app_hash", "two headers of one height, other data_hash, fork second",
    ]

    @Test(arguments: conflicts) func `whoever signed both headers is convicted by his two votes`(_ note: String) throws
    {
        let pair = try Self.headers(note)
        let set = pair[0].validators
        var convicted = 0
        for index in set.members.indices {
            guard pair.allSatisfy({ $0.signed.commit.signatures[index].flag == .commit }),
                pair[0].signed.commit.round == pair[1].signed.commit.round
            else { continue }
            var evidence = DuplicateVoteEvidence(
                Self.vote(index, in: pair[0].signed), Self.vote(index, in: pair[1].signed), totalPower: set.power,
                validatorPower: set.members[index].votingPower, timestamp: pair[0].signed.header.time)
            let check = Self.check(pair[0].signed.header)
            let proven = try check.verify(evidence, validators: set, blockTime: pair[0].signed.header.time)
            #expect(proven.validator.bytes == set.members[index].address)
            convicted += 1
            evidence.second.signature[0] ^= 1
            #expect(throws: EvidenceFailure.signature(vote: 2)) {
                try check.verify(evidence, validators: set, blockTime: pair[0].signed.header.time)
            }
        }
        #expect(convicted >= 3)
    }

    /// The fork, the true one, and evidence of the attack that accuses the right ones.
    static func attack(_ note: String) throws -> (LightClientAttackEvidence, SignedHeader, ValidatorSet, Timestamp) {
        let pair = try headers(note)
        let isSecond = note.contains("fork second")
        let (fork, own) = isSecond ? (pair[1], pair[0]) : (pair[0], pair[1])
        let isLunatic = fork.signed.header.appHash != own.signed.header.appHash
        // A header that could not follow is judged from an earlier common height, the other from its own.
        let common = isLunatic ? fork.trusted : fork.validators
        let time = isLunatic ? Timestamp(seconds: 1_790_000_000, nanoseconds: 0) : own.signed.header.time
        var evidence = LightClientAttackEvidence(
            conflicting: fork.signed, validators: fork.validators,
            commonHeight: isLunatic ? fork.trustedHeight : fork.signed.header.height, byzantine: [],
            totalPower: common.power, timestamp: time)
        evidence.byzantine = evidence.accused(beside: own.signed, common: common)
        return (evidence, own.signed, common, time)
    }

    @Test(arguments: conflicts) func `an attack on light clients convicts who took part`(_ note: String) throws {
        let (evidence, own, common, time) = try Self.attack(note)
        let check = Self.check(own.header)
        let proven = try check.verify(evidence, common: (time, common), trusted: own)
        #expect(proven.count == evidence.byzantine.count && proven.count >= 3)
        #expect(proven.allSatisfy { $0.kind == .lightClientAttack && $0.totalPower == common.power })
        #expect(try LightClientAttackEvidence(decoding: evidence.encoded) == evidence)
        let item = Evidence.lightClientAttack(evidence)
        #expect(try Evidence(decoding: item.encoded) == item)
    }

    @Test(arguments: conflicts) func `damaged attacks are refused`(_ note: String) throws {
        let (good, own, common, time) = try Self.attack(note)
        let check = Self.check(own.header)
        let last = try #require(good.conflicting.commit.signatures.lastIndex { $0.flag == .commit })
        let changes: [(inout LightClientAttackEvidence) -> Void] = [
            { $0.byzantine.removeLast() }, { $0.byzantine.reverse() }, { $0.byzantine[0].votingPower += 1 },
            { $0.byzantine = [] }, { $0.totalPower += 1 }, { $0.totalPower = 0 }, { $0.commonHeight = 0 },
            { $0.commonHeight = $0.conflicting.header.height + 1 }, { $0.timestamp.seconds += 1 },
            { $0.conflicting = own }, { $0.conflicting.header.appHash[0] ^= 1 },
            // Beyond the quorum as well: an entry that is not checked would convict somebody who did not sign.
            { $0.conflicting.commit.signatures[last].signature[0] ^= 1 },
            { $0.conflicting.commit.signatures[0].signature[0] ^= 1 },
            { $0.conflictingValidators.members.removeLast() },
        ]
        for (index, change) in changes.enumerated() {
            var bad = good
            change(&bad)
            #expect(throws: EvidenceFailure.self, "change \(index)") {
                try check.verify(bad, common: (time, common), trusted: own)
            }
        }
        #expect(throws: EvidenceFailure.notConflicting) {
            try check.verify(good, common: (time, common), trusted: good.conflicting)
        }
        var foreign = check
        foreign.chainID = "vinland-2"
        #expect(throws: EvidenceFailure.self) {
            try foreign.verify(good, common: (time, common), trusted: own)
        }
    }

    @Test func `a forged entry in the ledger's own commit convicts nobody`() throws {
        let (made, trusted, common, time) = try Self.attack(Self.conflicts[1])
        var (evidence, own) = (made, trusted)
        let before = evidence.byzantine.count
        let index = try #require(own.commit.signatures.lastIndex { $0.flag == .commit })
        own.commit.signatures[index].signature[0] ^= 1
        #expect(evidence.accused(beside: own, common: common).count == before - 1)
        #expect(throws: EvidenceFailure.accused) {
            try Self.check(own.header).verify(evidence, common: (time, common), trusted: own)
        }
        evidence.byzantine = evidence.accused(beside: own, common: common)
        #expect(try Self.check(own.header).verify(evidence, common: (time, common), trusted: own).count == before - 1)
    }

    @Test func `commits of different rounds convict nobody by name`() throws {
        let (made, trusted, common, time) = try Self.attack(Self.conflicts[1])
        var (evidence, own) = (made, trusted)
        own.commit.round += 1
        #expect(throws: EvidenceFailure.accused) {
            try Self.check(own.header).verify(evidence, common: (time, common), trusted: own)
        }
        evidence.byzantine = []
        #expect(try Self.check(own.header).verify(evidence, common: (time, common), trusted: own).isEmpty)
    }
}
