import Cryptography
import Foundation
import LedgerModel
import TestSupport
import Testing

/// Every header, commit and set of a recorded Cosmos chain, read from JSON and calculated again.
@Suite(.enabled(if: VectorFolder.shouldRun("cosmos-recorded")))
struct RecordedChainTests {
    struct Chain: Decodable {
        struct Block: Decodable {
            struct Answer: Decodable { var signed_header: RPC.SignedHeaderText }
            struct Set: Decodable { var validators: [RPC.ValidatorText] }
            var height: UInt64
            var commit: Answer
            var validators: Set
        }
        struct Parameters: Decodable {
            struct Inner: Decodable { var block: Block }
            struct Block: Decodable {
                var max_bytes: String
                var max_gas: String
            }
            var consensus_params: Inner
        }
        var chain_id: String
        var blocks: [Block]
        var validators_after_last: Block.Set
        var consensus_params: Parameters
    }

    /// The file, unpacked by gzip.
    static func chain() throws -> Chain {
        let folder = try #require(VectorFolder.folder("cosmos-recorded"))
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-dc", folder.appending(path: "chain.json.gz").path]
        gzip.standardOutput = output
        try gzip.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        gzip.waitUntilExit()
        return try JSONDecoder().decode(Chain.self, from: data)
    }

    @Test func `every height is verified, and follows from the one before`() throws {
        let chain = try Self.chain()
        #expect(!chain.blocks.isEmpty)
        var before: VerifiedHeader?
        for (index, block) in chain.blocks.enumerated() {
            let signed = try RPC.signedHeader(block.commit.signed_header)
            let members = try RPC.members(block.validators.validators)
            let set = try ValidatorSet(members: members)
            #expect(set.members == members, "set order at \(block.height)")
            #expect(try SignedHeader(decoding: signed.encoded) == signed)
            let unverified = UnverifiedHeader(signed: signed, validators: set)
            let next = index + 1 < chain.blocks.count ? chain.blocks[index + 1].validators : chain.validators_after_last
            #expect(
                try ValidatorSet(members: RPC.members(next.validators)).hash.bytes == signed.header.nextValidatorsHash)
            if let before {
                #expect(signed.header.lastBlockID == before.signed.commit.blockID)
                #expect(signed.header.lastCommitHash == before.signed.commit.hash.bytes)
                _ = try HeaderStep.follow(unverified, from: before)
            }
            before = try HeaderStep.begin(
                unverified, chainID: chain.chain_id,
                trustedValidatorsHash: try #require(Digest(signed.header.validatorsHash)))
            try Self.checkEveryVote(signed, set)
        }
    }

    /// Those behind the quorum and those for nil too.
    static func checkEveryVote(_ signed: SignedHeader, _ set: ValidatorSet) throws {
        let commit = signed.commit
        for (entry, validator) in zip(commit.signatures, set.members) where entry.flag != .absent {
            let message = CanonicalVote.signBytes(
                type: .precommit, chainID: signed.header.chainID, height: commit.height, round: commit.round,
                blockID: entry.flag == .commit ? commit.blockID : BlockID(), timestamp: entry.timestamp)
            let key = try #require(validator.publicKey.ed25519)
            #expect(Ed25519.isValidZIP215(signature: entry.signature, message: message, publicKey: key))
        }
    }

    @Test func `the consensus parameters hash to what headers name`() throws {
        let chain = try Self.chain()
        let block = chain.consensus_params.consensus_params.block
        let parameters = ConsensusParameters(
            blockBytesMax: try #require(Int64(block.max_bytes)), gasMax: try #require(Int64(block.max_gas)))
        for block in chain.blocks {
            let header = try RPC.header(block.commit.signed_header.header)
            #expect(header.consensusHash == parameters.hash.bytes)
        }
    }
}
