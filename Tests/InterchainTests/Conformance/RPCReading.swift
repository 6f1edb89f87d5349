import Codec
import Foundation
import LedgerModel

/// Headers, commits and sets as CometBFT's RPC writes them in JSON.
enum RPC {
    struct Malformed: Error { var what: String }

    struct SignedHeaderText: Decodable {
        var header: HeaderText
        var commit: CommitText
    }

    struct HeaderText: Decodable {
        struct Version: Decodable {
            var block: String
            var app: String?
        }
        var version: Version
        var chain_id: String
        var height: String
        var time: String
        var last_block_id: BlockIDText?
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

    struct BlockIDText: Decodable {
        struct Parts: Decodable {
            var total: UInt32
            var hash: String
        }
        var hash: String
        var parts: Parts?
        var part_set_header: Parts?
    }

    struct CommitText: Decodable {
        struct Entry: Decodable {
            var block_id_flag: UInt64
            var validator_address: String?
            var timestamp: String?
            var signature: String?
        }
        var height: String
        var round: Int32
        var block_id: BlockIDText
        var signatures: [Entry]
    }

    struct ValidatorText: Decodable {
        struct Key: Decodable { var value: String }
        var pub_key: Key
        var voting_power: String
    }

    static func signedHeader(_ text: SignedHeaderText) throws -> SignedHeader {
        SignedHeader(header: try header(text.header), commit: try commit(text.commit))
    }

    static func header(_ text: HeaderText) throws -> BlockHeader {
        var header = BlockHeader()
        header.blockVersion = try number(text.version.block)
        header.appVersion = try number(text.version.app ?? "0")
        header.chainID = text.chain_id
        header.height = try number(text.height)
        header.time = try time(text.time)
        header.lastBlockID = try text.last_block_id.map(blockID) ?? BlockID()
        header.lastCommitHash = try hex(text.last_commit_hash)
        header.dataHash = try hex(text.data_hash)
        header.validatorsHash = try hex(text.validators_hash)
        header.nextValidatorsHash = try hex(text.next_validators_hash)
        header.consensusHash = try hex(text.consensus_hash)
        header.appHash = try hex(text.app_hash)
        header.lastResultsHash = try hex(text.last_results_hash)
        header.evidenceHash = try hex(text.evidence_hash)
        header.proposer = try hex(text.proposer_address)
        return header
    }

    static func commit(_ text: CommitText) throws -> Commit {
        Commit(
            height: try number(text.height), round: text.round, blockID: try blockID(text.block_id),
            signatures: try text.signatures.map { entry in
                guard let flag = CommitSignature.Flag(rawValue: entry.block_id_flag) else {
                    throw Malformed(what: "flag")
                }
                return CommitSignature(
                    flag: flag, validator: try hex(entry.validator_address ?? ""),
                    // Nobody's vote has no time, whatever the JSON says.
                    timestamp: flag == .absent ? .zero : try time(entry.timestamp ?? ""),
                    signature: try entry.signature.map(base64) ?? [])
            })
    }

    static func blockID(_ text: BlockIDText) throws -> BlockID {
        let parts = text.parts ?? text.part_set_header
        return BlockID(
            hash: try hex(text.hash),
            parts: PartSetHeader(total: parts?.total ?? 0, hash: try hex(parts?.hash ?? "")))
    }

    static func members(_ texts: [ValidatorText]) throws -> [Validator] {
        try texts.map {
            Validator(publicKey: try base64($0.pub_key.value), votingPower: try number($0.voting_power))
        }
    }

    /// RFC 3339 in UTC, with up to nine digits of a second.
    static func time(_ text: String) throws -> Timestamp {
        let fields = text.split(whereSeparator: { "-T:.Z".contains($0) }).map(String.init)
        guard text.hasSuffix("Z"), 6...7 ~= fields.count else { throw Malformed(what: text) }
        let numbers: [Int64] = try fields.prefix(6).map { try number($0) }
        // Days since 1 March of year 0, so that a leap day is the last of its year.
        let year = numbers[1] > 2 ? numbers[0] : numbers[0] - 1
        let month = (numbers[1] + 9) % 12
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + numbers[2] - 1
        let fraction = fields.count == 7 ? fields[6] : ""
        let padded = fraction + String(repeating: "0", count: 9 - fraction.count)
        return Timestamp(
            seconds: (days - 719_468) * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5],
            nanoseconds: try number(padded))
    }

    private static func number<Value: FixedWidthInteger>(_ text: String) throws -> Value {
        guard let value = Value(text) else { throw Malformed(what: text) }
        return value
    }

    private static func hex(_ text: String) throws -> [UInt8] {
        guard let bytes = Hex.decode(text.lowercased()) else { throw Malformed(what: text) }
        return bytes
    }

    private static func base64(_ text: String) throws -> [UInt8] {
        guard let data = Data(base64Encoded: text) else { throw Malformed(what: text) }
        return Array(data)
    }
}
