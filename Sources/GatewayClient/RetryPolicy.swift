/// How often, and how patiently, a request is sent again where that is safe.
public struct RetryPolicy: Hashable, Sendable {
    /// Tries in all, the first among them.
    public var triesMax: Int
    /// Before the second try; each pause is twice the one before, less up to half of it by chance, so that many clients
    /// do not come back together.
    public var firstPause: Duration
    /// Longest pause of our own choice.
    public var pauseMax: Duration
    /// What all tries may take together; a `Retry-After` that leads beyond it ends them.
    public var patience: Duration

    /// Five tries within a minute.
    public static let standard = RetryPolicy(
        triesMax: 5, firstPause: .milliseconds(100), pauseMax: .seconds(5), patience: .seconds(60))
    /// One try.
    public static let never = RetryPolicy(triesMax: 1, firstPause: .zero, pauseMax: .zero, patience: .zero)

    /// A policy of one's own.
    public init(triesMax: Int, firstPause: Duration, pauseMax: Duration, patience: Duration) {
        self.triesMax = triesMax
        self.firstPause = firstPause
        self.pauseMax = pauseMax
        self.patience = patience
    }
}

/// Whether and when one request is sent again: hears what came of each try, and says what to do.
struct RetryPlan: Sendable {
    /// What came of a try.
    enum Outcome: Equatable, Sendable {
        case answered(status: Int, problem: String, retryAfterSeconds: UInt64?)
        /// No connection could be made: nothing was sent.
        case unreached
        /// Something was sent, and no answer came.
        case unanswered
    }

    enum Action: Equatable, Sendable {
        /// The outcome is the result.
        case give
        case again(after: Duration)
    }

    let policy: RetryPolicy
    /// Whether the same request twice has one effect.
    let isRepeatable: Bool
    private(set) var tries = 0

    init(_ policy: RetryPolicy, isRepeatable: Bool) {
        self.policy = policy
        self.isRepeatable = isRepeatable
    }

    /// A try ended, so long after the first one began; `chance` is a random number of thousandths.
    mutating func tried(_ outcome: Outcome, elapsed: Duration, chance: Int) -> Action {
        tries += 1
        guard isRepeatable, tries < policy.triesMax, mayPass(outcome) else { return .give }
        var pause = policy.firstPause
        for _ in 1..<tries where pause < policy.pauseMax { pause = pause * 2 }
        pause = min(pause, policy.pauseMax)
        pause = pause - pause / 2 * chance / 1_000
        if case .answered(_, _, let seconds?) = outcome { pause = max(pause, .seconds(min(seconds, 86_400))) }
        return elapsed + pause <= policy.patience ? .again(after: pause) : .give
    }

    /// Whether the same request may have another outcome in a moment.
    private func mayPass(_ outcome: Outcome) -> Bool {
        switch outcome {
        // Whoever is not there is said at once; whoever was there a moment ago may be back in another.
        case .unreached: tries > 1
        case .unanswered: true
        case .answered(let status, let problem, _):
            [429, 502, 503, 504].contains(status) || status == 409 && problem == "idempotency-key-in-flight"
        }
    }
}
