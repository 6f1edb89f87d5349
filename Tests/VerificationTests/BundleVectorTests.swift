import Codec
import Foundation
import TestSupport
import Testing
import Verification

/// Every case of `vectors/bundles/cases.json`: synthetic bundles, good and damaged, with the verdict of a correct verifier.
@Suite(.enabled(if: VectorFolder.shouldRun("bundles")))
struct BundleVectorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var file: String
        var isAccepted: Bool
        var policy: TrustPolicy
        var now: UInt64?
        var testDescription: String { file }
    }

    static let cases: [Case] = {
        guard let bytes = try? VectorFolder.bytes("bundles", "cases.json"),
            let root = try? JSONDocument(parsing: bytes).root
        else { return [] }
        return root.elements.map { node in
            var policy = TrustPolicy()
            policy.trustedValidators = [node["trustedValidators"]?.string.flatMap(Hex.decode) ?? []]
            policy.chainID = node["chainId"]?.string
            policy.genesisHash = node["genesisHash"]?.string.flatMap(Hex.decode)
            let period = node["trustingPeriod"].flatMap { $0.string ?? $0.numberLexeme }.flatMap(UInt64.init)
            policy.trustingPeriodSeconds = period.map { $0 / 1_000_000_000 }
            return Case(
                file: node["file"]?.string ?? "", isAccepted: node["expected"]?.string == "accept", policy: policy,
                now: node["now"].flatMap { $0.string ?? $0.numberLexeme }.flatMap(UInt64.init))
        }
    }()

    @Test func `the set holds cases of both kinds`() {
        #expect(Self.cases.contains { $0.isAccepted })
        #expect(Self.cases.contains { !$0.isAccepted })
    }

    @Test(arguments: cases) func `the verdict is the set's`(_ item: Case) throws {
        let bytes = try VectorFolder.bytes("bundles", item.file)
        let outcome = Verifier.verify(bytes, policy: item.policy, now: item.now)
        #expect((outcome.reason == nil) == item.isAccepted, "\(outcome.reason ?? "accepted")")
    }

    @Test(arguments: cases.filter(\.isAccepted)) func `without a trusted set nothing is accepted`(_ item: Case) throws {
        var policy = item.policy
        policy.trustedValidators = []
        let bytes = try VectorFolder.bytes("bundles", item.file)
        #expect(Verifier.verify(bytes, policy: policy, now: item.now).reason != nil)
    }
}
