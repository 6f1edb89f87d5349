import Codec
import Cryptography
import Foundation
import LedgerModel
import TestSupport
import Testing

/// Header hash and vote sign bytes as CometBFT's own tests have them.
@Suite(.enabled(if: VectorFolder.shouldRun("cometbft")))
struct CometBFTTests {
    struct HeaderCase: Decodable {
        struct Header: Decodable {
            var version_block: UInt64
            var version_app: UInt64
            var chain_id: String
            var height: Int64
            var time_s: Int64
            var time_n: Int32
            var last_block_hash: String
            var last_parts_total: UInt32
            var last_parts_hash: String
            var last_commit_hash: String
            var data_hash: String
            var validators_hash: String
            var next_validators_hash: String
            var consensus_hash: String
            var app_hash: String
            var last_results_hash: String
            var evidence_hash: String
            var proposer_address: String
        }
        var header: Header
        var hash: String
    }

    struct VoteCase: Decodable {
        struct Vote: Decodable {
            var chain_id: String
            var type: UInt64
            var height: Int64
            var round: Int32
            var block_hash: String?
            var parts_total: UInt32?
            var parts_hash: String?
            var time_s: Int64
            var time_n: Int32
        }
        var vote: Vote
        var sign_bytes_hex: String
    }

    static func cases<Case: Decodable>(_ file: String) throws -> [Case] {
        try JSONDecoder().decode([Case].self, from: Data(VectorFolder.bytes("cometbft", file)))
    }

    @Test func `a header hashes as published`() throws {
        let cases: [HeaderCase] = try Self.cases("header_hash.json")
        #expect(!cases.isEmpty)
        for item in cases {
            let text = item.header
            var header = BlockHeader()
            header.blockVersion = text.version_block
            header.appVersion = text.version_app
            header.chainID = text.chain_id
            header.height = text.height
            header.time = Timestamp(seconds: text.time_s, nanoseconds: text.time_n)
            header.lastBlockID = BlockID(
                hash: try Self.hex(text.last_block_hash),
                parts: PartSetHeader(total: text.last_parts_total, hash: try Self.hex(text.last_parts_hash)))
            header.lastCommitHash = try Self.hex(text.last_commit_hash)
            header.dataHash = try Self.hex(text.data_hash)
            header.validatorsHash = try Self.hex(text.validators_hash)
            header.nextValidatorsHash = try Self.hex(text.next_validators_hash)
            header.consensusHash = try Self.hex(text.consensus_hash)
            header.appHash = try Self.hex(text.app_hash)
            header.lastResultsHash = try Self.hex(text.last_results_hash)
            header.evidenceHash = try Self.hex(text.evidence_hash)
            header.proposer = try Self.hex(text.proposer_address)
            #expect(header.hash.hex == item.hash.lowercased())
            #expect(try BlockHeader(decoding: header.encoded) == header)
        }
    }

    /// Those of a known type; the published set has one with type 0, which no vote has.
    @Test func `votes are signed over the published bytes`() throws {
        let cases: [VoteCase] = try Self.cases("vote_sign_bytes.json")
        let known = cases.filter { VoteType(rawValue: $0.vote.type) != nil }
        #expect(known.count >= 3)
        for item in known {
            let vote = item.vote
            let bytes = CanonicalVote.signBytes(
                type: try #require(VoteType(rawValue: vote.type)), chainID: vote.chain_id, height: vote.height,
                round: vote.round,
                blockID: BlockID(
                    hash: try Self.hex(vote.block_hash ?? ""),
                    parts: PartSetHeader(total: vote.parts_total ?? 0, hash: try Self.hex(vote.parts_hash ?? ""))),
                timestamp: Timestamp(seconds: vote.time_s, nanoseconds: vote.time_n))
            #expect(Hex.encode(bytes) == item.sign_bytes_hex)
        }
    }

    static func hex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }
}
