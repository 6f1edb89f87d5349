import Foundation
import LedgerModel
import Proofs
import TestSupport
import Testing

@testable import Interchain

/// What the vectors leave open: which trees are known, damage to every message, forgetting of old states.
@Suite(.enabled(if: VectorFolder.shouldRun("ibc-verdicts")))
struct InterchainTests {
    @Test func `the published form of each tree is known again`() throws {
        for spec in [ProofSpec.jmt, .tendermint, .iavl, .smt] {
            let published = try PublishedProofSpec(canonical: PublishedProofSpec(spec).protobuf)
            #expect(published.known == spec)
        }
        var other = PublishedProofSpec(.jmt)
        other.comparesHashedKeys = false
        #expect(other.known == nil)
    }

    /// A bit changed: refused, or another value whose bytes are those that were read.
    @Test func `no state has two spellings`() throws {
        let flow = try #require(VerdictFlowsTests.flows.first)
        let create = try #require(flow.steps.first)
        for (bytes, read) in [
            (try #require(create.clientState).bytes, { try ClientState(decoding: $0).encoded }),
            (try #require(create.consensusState).bytes, { try ConsensusState(decoding: $0).encoded }),
        ] as [([UInt8], ([UInt8]) throws -> [UInt8])] {
            #expect(try read(bytes) == bytes)
            for bit in 0..<bytes.count * 8 {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                if let again = try? read(damaged) { #expect(again == damaged) }
            }
        }
    }

    /// The signed header of an update that takes all validators: no bit of it can change.
    @Test func `no bit of a header is free`() throws {
        let item = try #require(VerdictHeadersTests.cases.first { $0.expected == .accept })
        let header = try ClientHeader(decoding: item.header.bytes).signed.header.encoded
        let start = try #require(item.header.bytes.firstRange(of: header)).lowerBound
        for bit in stride(from: start * 8, to: (start + header.count) * 8, by: 5) {
            var damaged = item.header.bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: (any Error).self) {
                var subject = client(at: item.now.time)
                try subject.create(
                    try ClientState(decoding: item.clientState.bytes),
                    try ConsensusState(decoding: item.consensusState.bytes))
                _ = try subject.update(try ClientHeader(decoding: damaged))
            }
        }
    }

    @Test func `states hang together in the order of their heights`() throws {
        func height(_ value: UInt64) -> ClientHeight { ClientHeight(revision: 1, height: value) }
        let state = ConsensusState(timestamp: Timestamp(seconds: 1, nanoseconds: 0), root: [1], nextValidatorsHash: [])
        let entry = ConsensusEntry(processedTime: state.timestamp, processedHeight: 1)
        var store = MemoryStore()
        store.begin(state, at: height(5), entry)
        for value in [9, 7, 12, 6, 8] as [UInt64] {
            try store.insert(state, at: height(value), entry, above: height(5))
        }
        #expect(try store.heights == [5, 6, 7, 8, 9, 12].map(height))
        let around = try store.neighbours(of: height(10), from: height(5))
        #expect(around.previous == height(9) && around.next == height(12))
        for left in stride(from: 5, through: 1, by: -1) {
            try store.removeOldest()
            #expect(try store.heights.count == left)
        }
        try store.removeOldest()
        #expect(try store.heights == [height(12)])
        #expect(store.content.count == 3)
    }

    @Test func `an update forgets the oldest state whose trusting period is over`() throws {
        let flow = try #require(VerdictFlowsTests.flows.first { $0.id == "follow" })
        var store = MemoryStore()
        for step in flow.steps where step.expected == "accept" && step.op != "member" {
            var subject = client(store, at: step.now.time)
            _ = try VerdictFlowsTests.take(step, &subject)
            store = subject.store
        }
        let heights = try store.heights
        #expect(heights.count > 2)
        let state = try client(store, at: .zero).clientState()
        let oldest = try #require(try store.consensusState(heights[0]))
        let again = try #require(flow.steps.last { $0.op == "update" && $0.expected == "accept" })
        // The moment at which the oldest state alone is no longer trusted.
        var subject = client(
            store, at: oldest.timestamp.advanced(byNanoseconds: try state.trustingNanoseconds))
        _ = try VerdictFlowsTests.take(again, &subject)
        #expect(try subject.store.heights == Array(heights.dropFirst()))
    }

    @Test func `a store that was changed by other hands is refused`() throws {
        let step = try #require(VerdictFlowsTests.flows.first?.steps.first)
        var subject = client(at: step.now.time)
        _ = try VerdictFlowsTests.take(step, &subject)
        subject.store.set(Array("clientState".utf8), [1])
        #expect(throws: ClientFailure.corrupt(key: "clientState")) { try subject.status() }
    }

    @Test func `nobody can be in the place of a client that is there`() throws {
        let step = try #require(VerdictFlowsTests.flows.first?.steps.first)
        var subject = client(at: step.now.time)
        _ = try VerdictFlowsTests.take(step, &subject)
        #expect(throws: ClientFailure.clientState("there is a client already")) {
            _ = try VerdictFlowsTests.take(step, &subject)
        }
    }
}
