import Codec
import Foundation
import LedgerModel
import TestSupport
import Testing
import Verification

/// One case of `vectors/bundles/cases.json`: a synthetic bundle, good or damaged, and the verdict of a correct verifier.
struct BundleCase: CustomTestStringConvertible, Sendable {
    var file: String
    var isAccepted: Bool
    var policy = TrustPolicy()
    /// Nanoseconds since 1970.
    var now: UInt64?
    /// Nanoseconds, as the set gives it.
    var trustingPeriod: UInt64?
    var testDescription: String { file }

    /// All cases of the set, in its order; none where the set is not there.
    static let all: [BundleCase] = {
        guard let bytes = try? VectorFolder.bytes("bundles", "cases.json"),
            let root = try? JSONDocument(parsing: bytes).root
        else { return [] }
        return root.elements.map(BundleCase.init)
    }()

    static func named(_ file: String) -> BundleCase? { all.first { $0.file == file } }

    private init(_ node: JSONNode) {
        func number(_ name: String) -> UInt64? {
            node[name].flatMap { $0.string ?? $0.numberLexeme }.flatMap(UInt64.init)
        }
        file = node["file"]?.string ?? ""
        isAccepted = node["expected"]?.string == "accept"
        policy.trustedValidators = [node["trustedValidators"]?.string.flatMap(Hex.decode) ?? []]
        policy.chainID = node["chainId"]?.string
        policy.genesisHash = node["genesisHash"]?.string.flatMap(Hex.decode)
        trustingPeriod = number("trustingPeriod")
        policy.trustingPeriodSeconds = trustingPeriod.map { $0 / 1_000_000_000 }
        now = number("now")
    }

    func bytes() throws -> [UInt8] { try VectorFolder.bytes("bundles", file) }

    func verify(_ bytes: [UInt8]) -> VerificationOutcome { Verifier.verify(bytes, policy: policy, now: now) }
}

@Suite(.enabled(if: VectorFolder.shouldRun("bundles")))
struct BundleVectorTests {
    @Test func `the set holds cases of both kinds`() {
        #expect(BundleCase.all.contains { $0.isAccepted })
        #expect(BundleCase.all.contains { !$0.isAccepted })
    }

    @Test func `every file of the set is a case, and every case has its file`() {
        let files = [".record.json", ".proof.json"].flatMap { VectorFolder.files("bundles", endingWith: $0) }
        #expect(Set(files.map(\.lastPathComponent)) == Set(BundleCase.all.map(\.file)))
        #expect(BundleCase.all.count == Set(BundleCase.all.map(\.file)).count)
    }

    @Test(arguments: BundleCase.all) func `the verdict is the set's`(_ item: BundleCase) throws {
        let outcome = item.verify(try item.bytes())
        #expect((outcome.reason == nil) == item.isAccepted, "\(outcome.reason ?? "accepted")")
    }

    @Test(arguments: BundleCase.all.filter(\.isAccepted))
    func `without a trusted set nothing is accepted`(_ item: BundleCase) throws {
        var item = item
        item.policy.trustedValidators = []
        #expect(item.verify(try item.bytes()).reason?.contains("may be anybody") == true)
    }

    @Test(arguments: BundleCase.all.filter(\.isAccepted))
    func `another trusted set, chain or genesis is refused`(_ item: BundleCase) throws {
        let bytes = try item.bytes()
        var other = item
        other.policy.trustedValidators = [Array(repeating: 7, count: 32)]
        #expect(other.verify(bytes).reason != nil)
        other = item
        other.policy.chainID = "elsewhere-1"
        #expect(other.verify(bytes).reason != nil)
        other = item
        other.policy.genesisHash = Array(repeating: 7, count: 32)
        #expect(other.verify(bytes).reason != nil)
    }

    @Test(arguments: BundleCase.all.filter { $0.isAccepted && $0.file.hasSuffix(".record.json") })
    func `a record that holds names its subject`(_ item: BundleCase) throws {
        let subject = try #require(Verifier.subject(of: try item.bytes()))
        let isOfInterval = try RecordBundle(decoding: try item.bytes()).inner != nil
        #expect(subject.recordID?.count == (isOfInterval ? nil : 32) && !subject.statement.isEmpty)
        #expect(item.policy.trustedValidators == [subject.firstValidatorsHash])
    }

    @Test func `a state proof is no record to renew`() throws {
        let item = try #require(BundleCase.named("accept-solo.proof.json"))
        #expect(Verifier.subject(of: try item.bytes()) == nil)
    }

    @Test func `the policy's receipts and operators are demanded`() throws {
        var item = try #require(BundleCase.named("accept-record.record.json"))
        let bytes = try item.bytes()
        item.policy.minReceipts = 3
        #expect(item.verify(bytes).reason == nil)
        item.policy.minReceipts = 4
        #expect(item.verify(bytes).reason?.hasPrefix("policy: 3 receipts") == true)
        item.policy.minReceipts = 0
        item.policy.minOperators = 100
        #expect(item.verify(bytes).reason?.contains("operators") == true)
    }

    @Test func `times and periods at the edge of their types are judged, not trapped`() throws {
        var item = try #require(BundleCase.named("accept-header-chain.proof.json"))
        let bytes = try item.bytes()
        item.now = .max
        item.policy.trustingPeriodSeconds = .max
        #expect(item.verify(bytes).reason == nil)
        item.policy.trustingPeriodSeconds = 0
        #expect(item.verify(bytes).reason?.contains("period") == true)
        item.now = 0
        #expect(item.verify(bytes).reason?.contains("future") == true)
    }
}
