import ArgumentParser
import Foundation
import Verification

/// The offline verifier alone: what `vivian verify` does, without node and gateway.
@main
struct VivianVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vivian-verify", abstract: "Check a record bundle or a state proof, without a network.",
        discussion: "Exit code 0 only if everything present holds and the policy is met; 1 otherwise.")
    @Argument(help: "FILE.record.json or FILE.proof.json.") var file: String
    @Option(help: "The validators hash that you trust, in hex.") var trustedValidators: String?
    @Option(help: "Policy file (JSON).") var policy: String?

    func run() throws {
        var trust = TrustPolicy()
        if let policy { trust = try TrustPolicy(parsing: Self.bytes(policy)) }
        if let hash = trustedValidators { trust.trustedValidators = [try Self.hex(hash)] }
        let now = trust.trustingPeriodSeconds == nil ? nil : UInt64(Date().timeIntervalSince1970 * 1e9)
        let outcome = Verifier.verify(try Self.bytes(file), policy: trust, now: now)
        print(outcome.text)
        if outcome.reason != nil { throw ExitCode(1) }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path) cannot be read")
        }
        return Array(data)
    }

    private static func hex(_ text: String) throws -> [UInt8] {
        let digits = Array(text)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
        guard digits.count == 64, bytes.count == 32 else {
            throw ValidationError("--trusted-validators is 32 bytes in hex")
        }
        return bytes
    }
}
