import ArgumentParser
import Codec
import Foundation
import GatewayClient
import Verification

/// `vivian verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a record bundle, or a proof of state, of a search or of similar records, without a network.",
        discussion: """
            Prints what holds, what it rests on, and what was not checked. Without a trusted validators hash nothing is \
            proven: get it from somebody you trust, not from whoever handed you the file. A policy file is JSON with \
            any of trustedValidators, chainId, genesisHash, trustingPeriod, minReceipts, minOperators.
            Exit code 0 only if everything present holds and the policy is met.
            """)
    @Argument(help: "FILE.record.json, FILE.proof.json, FILE.search.json or FILE.similar.json; - for standard input.")
    var file: String
    @OptionGroup var trust: TrustOptions
    @Option(
        name: .customLong("record"),
        help: "With FILE.similar.json, a bundle of the record that was asked about, or of an answer; may be repeated.")
    var records: [String] = []
    @Flag(help: "Print JSON for programs.") var json = false

    func run() throws {
        let bytes = try FileInput.bytes(file)
        let outcome = try trust.check(bytes, records: try records.map { try FileInput.bytes($0) })
        VerificationOutput.print(outcome, json: json)
        if outcome.reason != nil { throw ExitCode(1) }
    }
}

/// What a verifier brings along.
struct TrustOptions: ParsableArguments {
    @Option(help: "The validators hash that you trust, in hex.") var trustedValidators: String?
    @Option(help: "Policy file (JSON).") var policy: String?
    @Option(help: "The chain id that you expect.") var chainId: String?
    @Option(help: "The genesis hash that you expect, in hex.") var genesisHash: String?

    var isEmpty: Bool { trustedValidators == nil && policy == nil && chainId == nil && genesisHash == nil }

    func check(_ bytes: [UInt8], records: [[UInt8]] = []) throws -> VerificationOutcome {
        var policy = TrustPolicy()
        if let path = self.policy { policy = try TrustPolicy(parsing: try FileInput.bytes(path)) }
        if let hash = try Self.hash(trustedValidators, "--trusted-validators") { policy.trustedValidators = [hash] }
        if let hash = try Self.hash(genesisHash, "--genesis-hash") { policy.genesisHash = hash }
        if let chainId { policy.chainID = chainId }
        let now = UInt64(Date().timeIntervalSince1970 * 1e9)
        return Verifier.verify(
            bytes, policy: policy, now: policy.trustingPeriodSeconds == nil ? nil : now, records: records)
    }

    private static func hash(_ text: String?, _ option: String) throws -> [UInt8]? {
        guard let text else { return nil }
        guard let bytes = Hex.decode(text), bytes.count == 32 else {
            throw ValidationError("\(option) is 32 bytes in lower-case hex")
        }
        return bytes
    }
}

/// How an outcome is shown.
enum VerificationOutput {
    static func print(_ outcome: VerificationOutcome, json: Bool) {
        Output.line(json ? String(decoding: outcome.json, as: UTF8.self) : outcome.text)
    }
}

/// `vivian refresh`.
struct RefreshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Renew a record bundle, so that it rests on the newest block (D24).",
        discussion: """
            Asks the gateway for the same record again. The date in the bundle stays that of its anchoring. The bundle of a \
            record that was anchored by interval does not say which one it is of: give its id with --record.
            """)
    @OptionGroup var client: ClientOptions
    @Argument(help: "FILE.record.json") var file: String
    @Option(help: "The record's id, where the file does not say it.")
    var record: String?
    @Option(help: "Let the headers lead from this validators hash; that of the file's first set if left out.")
    var trusted: String?

    func run() async throws {
        let bytes = try FileInput.bytes(file)
        let fresh = try await client.withClient { gateway in
            do { return try await gateway.refreshed(bytes, record: record, trusted: trusted) } catch {
                switch error {
                case GatewayFailure.notBundle: throw CommandFailure("\(file) is no record bundle")
                case GatewayFailure.unnamedRecord:
                    throw CommandFailure(
                        "\(file) is of a record that was anchored by interval and does not name it; add --record ID")
                case GatewayFailure.otherRecord:
                    throw CommandFailure("\(file) is of another record than that; it was left as it is")
                default: throw error
                }
            }
        }
        try Data(fresh).write(to: URL(fileURLWithPath: file), options: .atomic)
        client.json
            ? Output.json(["file": .string(file), "refreshed": true]) : Output.line("refreshed \(file)")
    }
}
