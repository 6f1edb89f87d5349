import LedgerModel

/// What was found, a line each, for people and programs (D22).
public struct VerificationReport: Equatable, Sendable {
    /// What holds.
    public internal(set) var holds: [String] = []
    /// What that rests on: who signed, how many validators and operators, as of which time.
    public internal(set) var restsOn: [String] = []
    /// What was not checked, and how it could be.
    public internal(set) var unchecked: [String] = []
}

/// A verdict with its report.
public struct VerificationOutcome: Equatable, Sendable {
    /// What was found up to the verdict.
    public internal(set) var report: VerificationReport
    /// Why the file is refused; nil where everything present holds and the policy is met.
    public internal(set) var reason: String?
}

/// What a record bundle is about, for renewing it (D24).
public struct BundleSubject: Equatable, Sendable {
    /// Record id, 32 bytes; nil of a record that was anchored by interval: its bundle names the interval alone.
    public let recordID: [UInt8]?
    /// The record's signed statement, which stays when a bundle is renewed.
    public let statement: [UInt8]
    /// Hash of the set of the bundle's first header, 32 bytes.
    public let firstValidatorsHash: [UInt8]
    /// Whether the bundle carries receipts.
    public let hasReceipts: Bool
}

/// A rule that does not hold.
struct Refusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }

    /// What could not be read.
    init(_ failure: LedgerModelFailure) {
        reason = "\(failure)"
    }

    /// Why a header is not believed.
    init(_ failure: VerificationFailure, header height: Int64) {
        let reason =
            switch failure {
            case .header(let text), .commit(let text), .validators(let text), .step(let text): text
            case .signature(let index): "the signature of vote \(index) does not hold"
            case .address(let index): "vote \(index) is under another address than that of the validator at its place"
            case .notEnoughPower(let tallied, let total): "not enough power, two thirds or less: \(tallied) of \(total)"
            case .notEnoughTrust(let tallied, let total):
                "not enough trust, a third of the set before or less: \(tallied) of \(total)"
            case .doubleVote: "one validator is counted twice"
            }
        self.reason = "header \(height): \(reason)"
    }
}

func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(Refusal) {
    guard condition else { throw Refusal(reason()) }
}
