import ArgumentParser
import Foundation
import Verification

/// The offline verifier alone: what `vivian verify` does, without node and gateway.
@main
struct VivianVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vivian-verify",
        abstract: "Check a record bundle, or a proof of state, of a search or of similar records, without a network.",
        discussion: """
            Prints what holds, what it rests on, and what was not checked. Without a trusted validators hash nothing is \
            proven: get it from somebody you trust, not from whoever handed you the file. A policy file is JSON with \
            any of trustedValidators, chainId, genesisHash, trustingPeriod, minReceipts, minOperators.
            Exit code 0 only if everything present holds and the policy is met; 1 otherwise; 64 where the command line \
            is wrong.
            """)
    @Argument(help: "FILE.record.json, FILE.proof.json, FILE.search.json or FILE.similar.json; - for standard input.")
    var file: String
    @Option(help: "The validators hash that you trust, in hex.") var trustedValidators: String?
    @Option(help: "Policy file (JSON).") var policy: String?
    @Option(help: "The chain id that you expect.") var chainId: String?
    @Option(help: "The genesis hash that you expect, in hex.") var genesisHash: String?
    @Option(
        name: .customLong("record"),
        help: "With FILE.similar.json, a bundle of the record that was asked about, or of an answer; may be repeated.")
    var records: [String] = []
    @Flag(help: "Print JSON for programs.") var json = false

    func run() throws {
        let trust = try trustPolicy()
        let now = trust.trustingPeriodSeconds == nil ? nil : UInt64(Date().timeIntervalSince1970 * 1e9)
        let outcome = Verifier.verify(
            try Self.bytes(file), policy: trust, now: now, records: try records.map { try Self.bytes($0) })
        print(json ? String(decoding: outcome.json, as: UTF8.self) : outcome.text)
        if outcome.reason != nil { throw ExitCode(1) }
    }

    /// The policy file with what the command line says on top.
    private func trustPolicy() throws -> TrustPolicy {
        var trust = TrustPolicy()
        if let policy { trust = try TrustPolicy(parsing: Self.bytes(policy)) }
        if let hash = try Self.hash(trustedValidators, "--trusted-validators") { trust.trustedValidators = [hash] }
        if let hash = try Self.hash(genesisHash, "--genesis-hash") { trust.genesisHash = hash }
        if let chainId { trust.chainID = chainId }
        return trust
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let isPiped = path == "-"
        let data =
            isPiped
            ? try? FileHandle.standardInput.readToEnd() ?? Data() : FileManager.default.contents(atPath: path)
        guard let data else { throw UnreadableFile(path: isPiped ? "standard input" : path) }
        return Array(data)
    }

    private static func hash(_ text: String?, _ option: String) throws -> [UInt8]? {
        guard let text else { return nil }
        guard let bytes = TrustPolicy.hash(hex: text) else {
            throw ValidationError("\(option) is 32 bytes in lower-case hex")
        }
        return bytes
    }
}

/// A file that the command line names and that cannot be read.
struct UnreadableFile: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) cannot be read" }
}
