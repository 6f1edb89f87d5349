internal import Synchronization

/// Patterns of one version tried on names: each compiled once, and all trials together under one bound.
///
/// Beyond it nothing matches, and the comparison is given up.
final class PatternTrials: Sendable {
    /// Steps of all trials: a tenth of a second.
    static let stepCountMax = 10_000_000

    private struct State {
        var patterns: [String: Pattern?] = [:]
        var stepsLeft = PatternTrials.stepCountMax
    }

    private let state = Mutex(State())

    var isExhausted: Bool { state.withLock { $0.stepsLeft <= 0 } }

    /// Whether a pattern occurs in a name; a pattern that is none occurs nowhere.
    func matches(_ text: String, _ name: String) -> Bool {
        state.withLock { state in
            guard state.stepsLeft > 0 else { return false }
            let pattern = state.patterns[text] ?? (try? Pattern(text))
            state.patterns.updateValue(pattern, forKey: text)
            guard let pattern else { return false }
            var scratch = PatternScratch()
            let bytes = Array(name.utf8)
            let match = pattern.decide(bytes, in: 0..<bytes.count, scratch: &scratch)
            state.stepsLeft -= max(match.stepCount, 1)
            guard case .matched = match.outcome else { return false }
            return true
        }
    }
}
