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

    /// The outcome as people read it: a line each, the verdict last.
    public var text: String {
        (report.holds.map { "holds      \($0)" } + report.restsOn.map { "rests on   \($0)" }
            + report.unchecked.map { "unchecked  \($0)" } + [reason.map { "REFUSED: \($0)" } ?? "OK"])
            .joined(separator: "\n")
    }
}

/// What a record bundle is about, for renewing it (D24).
public struct BundleSubject: Equatable, Sendable {
    /// Record id, 32 bytes.
    public let recordID: [UInt8]
    /// Hash of the set of the bundle's first header, 32 bytes.
    public let firstValidatorsHash: [UInt8]
    /// Whether the bundle carries receipts.
    public let hasReceipts: Bool
}

/// A rule that does not hold.
struct Refusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(Refusal) {
    guard condition else { throw Refusal(reason()) }
}
