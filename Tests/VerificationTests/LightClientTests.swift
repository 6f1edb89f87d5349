import Codec
import Cryptography
import Foundation
import LedgerModel
import TestSupport
import Testing
import Verification

@Suite struct LightClientTests {
    static let now: UInt64 = 1_790_000_200_000_000_000
    /// The record of every ``MadeLedger``.
    static let record = SHA256.hash(Array("record".utf8)).bytes

    static func client(_ ledger: MadeLedger = MadeLedger(), days: UInt64 = 14) -> LightClient {
        LightClient(
            LightClient.Trust(
                validators: ledger.policy.trustedValidators[0], chainID: ledger.ledger.chainID.text,
                periodSeconds: days * 86_400))
    }

    /// Two ledgers that went different ways under the same validator.
    static var forked: (MadeLedger, MadeLedger) {
        var other = MadeLedger()
        other.document = Array("[1]".utf8)
        return (MadeLedger(), other)
    }

    /// What was thrown: matched outside of any handler of typed errors, on which the compiler fails.
    static func failure(_ work: () throws -> Void) -> LightClientFailure? {
        do {
            try work()
            return nil
        } catch { return error as? LightClientFailure }
    }

    static func reason(_ work: () throws -> Void) -> String {
        switch failure(work) {
        case .unproven(let text): "unproven: \(text)"
        case .stale(let text): "stale: \(text)"
        case .expired(let text): "expired: \(text)"
        case .forked: "forked"
        case nil: ""
        }
    }

    @Test func `a bundle of the record that was asked for moves the head`() throws {
        var client = Self.client()
        #expect(client.head == nil)
        let report = try client.record(Self.record, from: MadeLedger().bundle().encoded(), now: Self.now)
        #expect(!report.holds.isEmpty)
        let head = try #require(client.head)
        #expect(head.height == 10 && head.validatorCount == 1 && head.time.hasPrefix("2026-09"))
        #expect(client.trustedValidators == head.validatorsHash)
    }

    @Test func `another record, set, chain or genesis is refused, and nothing is learned`() throws {
        let bundle = MadeLedger().bundle().encoded()
        var client = Self.client()
        let other = SHA256.hash([1]).bytes
        #expect(Self.reason { _ = try client.record(other, from: bundle, now: Self.now) }.contains("another record"))
        #expect(Self.reason { _ = try client.record(Self.record, from: [], now: Self.now) }.hasPrefix("unproven"))
        var stranger = LightClient(LightClient.Trust(validators: other))
        #expect(
            Self.reason { _ = try stranger.record(Self.record, from: bundle, now: Self.now) }
                .contains("is not the trusted one"))
        var elsewhere = LightClient(
            LightClient.Trust(validators: MadeLedger().policy.trustedValidators[0], chainID: "other-1"))
        #expect(Self.reason { _ = try elsewhere.record(Self.record, from: bundle, now: Self.now) }.contains("chain"))
        var later = LightClient(
            LightClient.Trust(validators: MadeLedger().policy.trustedValidators[0], genesisHash: other))
        #expect(Self.reason { _ = try later.record(Self.record, from: bundle, now: Self.now) }.contains("genesis"))
        for client in [client, stranger, elsewhere, later] { #expect(client.head == nil) }
    }

    @Test func `the ledger of the first proof is the ledger of all`() throws {
        var client = LightClient(LightClient.Trust(validators: MadeLedger().policy.trustedValidators[0]))
        _ = try client.record(Self.record, from: MadeLedger().bundle().encoded(), now: Self.now)
        var other = MadeLedger()
        other.ledger = MadeLedger.old
        other.home = MadeLedger.old
        let bundle = other.bundle().encoded()
        #expect(Self.reason { _ = try client.record(Self.record, from: bundle, now: Self.now) }.contains("chain"))
    }

    @Test func `a header from the future is refused, and one beyond the trusting period is not stepped from`() throws {
        let bundle = MadeLedger().bundle().encoded()
        var client = Self.client(days: 1)
        let early: UInt64 = 1_700_000_000_000_000_000
        #expect(Self.reason { _ = try client.record(Self.record, from: bundle, now: early) }.contains("future"))
        _ = try client.record(Self.record, from: bundle, now: Self.now)
        let late = Self.now + 2 * 86_400_000_000_000
        #expect(Self.reason { _ = try client.record(Self.record, from: bundle, now: late) }.hasPrefix("expired"))
        var endless = Self.client(days: .max / 86_400)
        _ = try endless.record(Self.record, from: bundle, now: Self.now)
        _ = try endless.record(Self.record, from: bundle, now: .max)
    }

    @Test func `two signed blocks of one height are a fork, and convict who signed both`() throws {
        let (one, other) = Self.forked
        var client = Self.client()
        _ = try client.record(Self.record, from: one.bundle().encoded(), now: Self.now)
        let head = client.head
        let bundle = other.bundle().encoded()
        let thrown = Self.failure { _ = try client.record(Self.record, from: bundle, now: Self.now) }
        guard case .forked(let fork) = thrown else {
            Issue.record("a fork was believed")
            return
        }
        #expect(fork.height == 10 && fork.kept != fork.other && fork.kept == head?.hash)
        #expect(fork.evidence.count == 1)
        guard case .duplicateVote(let votes) = try Evidence(decoding: fork.evidence[0]) else {
            Issue.record("one round, one set: a double vote")
            return
        }
        #expect(Set([votes.first.blockID.hash, votes.second.blockID.hash]) == [fork.kept, fork.other])
        let set = try #require(one.bundle().headers[0].validatorSet)
        let check = EvidenceCheck(chainID: one.ledger.chainID.text, lastHeight: 10, lastTime: votes.timestamp)
        let found = try check.verify(votes, validators: set, blockTime: votes.timestamp)
        #expect(found.power == 10 && found.height == Height(10))
        #expect(client.head == head)
    }

    @Test func `what is saved is what is restored, and goes on to tell forks`() throws {
        let (one, other) = Self.forked
        var client = Self.client()
        #expect(try LightClient(restoring: client.saved).head == nil)
        _ = try client.record(Self.record, from: one.bundle().encoded(), now: Self.now)
        var restored = try LightClient(restoring: client.saved)
        #expect(restored.head == client.head && restored.trust == client.trust)
        #expect(restored.saved == client.saved)
        let bundle = other.bundle().encoded()
        #expect(Self.reason { _ = try restored.record(Self.record, from: bundle, now: Self.now) } == "forked")
    }

    @Test func `any flipped bit of what was saved is refused, or says the same but for the trust that its owner chose`()
        throws
    {
        var client = Self.client()
        _ = try client.record(Self.record, from: MadeLedger().bundle().encoded(), now: Self.now)
        let saved = client.saved
        var refused = 0
        for index in saved.indices {
            var bytes = saved
            bytes[index] ^= 1 << UInt8(index % 8)
            guard let other = try? LightClient(restoring: bytes) else {
                refused += 1
                continue
            }
            #expect(other.head?.hash == nil || other.head?.hash == client.head?.hash, "byte \(index)")
        }
        #expect(refused > saved.count / 2)
    }

    @Test(.enabled(if: VectorFolder.shouldRun("bundles")))
    func `published proofs move it on, and no damaged one does`() throws {
        for item in BundleCase.all where item.file.hasSuffix(".proof.json") {
            let bytes = try item.bytes()
            guard let file = try? StateProofFile(decoding: bytes) else {
                #expect(!item.isAccepted)
                continue
            }
            var client = LightClient(
                LightClient.Trust(
                    validators: item.policy.trustedValidators[0], chainID: item.policy.chainID,
                    genesisHash: item.policy.genesisHash))
            let entry = file.entry
            let now = item.now ?? Self.now
            func read() throws -> LightValue {
                try client.value(of: entry.key, in: entry.store, from: bytes, isNewest: true, now: now)
            }
            if item.isAccepted {
                let value = try read()
                #expect(value.value == entry.value && value.height == entry.stateHeight.next.value)
                #expect(client.head != nil)
                // A proof to compare with leads from the newest known set.
                if client.trustedValidators == item.policy.trustedValidators[0] {
                    #expect(try client.compare(bytes, now: now) == value.height)
                } else {
                    #expect(Self.failure { _ = try client.compare(bytes, now: now) } != nil)
                }
                #expect(
                    Self.reason {
                        _ = try client.value(
                            of: entry.key + [0], in: entry.store, from: bytes, isNewest: true, now: now)
                    }.contains("another key"))
                #expect(
                    Self.reason {
                        _ = try client.value(of: entry.key, in: "elsewhere", from: bytes, isNewest: true, now: now)
                    }.contains("another key"))
            } else if item.trustingPeriod == nil {
                #expect(Self.failure { _ = try read() } != nil, "\(item.file)")
                #expect(client.head == nil, "\(item.file)")
            }
        }
    }
}
