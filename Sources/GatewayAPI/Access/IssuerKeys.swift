import Cryptography

/// The keys of one issuer: fetched when first needed, again when they are old, and when a token names one that is not
/// among them, as after a rotation.
actor IssuerKeys {
    /// Why there are no keys.
    struct Unavailable: Error { let reason: String }

    /// Age at which keys are fetched again.
    static let freshFor: Duration = .seconds(900)
    /// Age until which they serve while the issuer cannot be reached.
    static let usableFor: Duration = .seconds(86_400)
    /// Least time between two fetches, so that tokens with made-up key ids cannot make us ask for each.
    static let attemptInterval: Duration = .seconds(10)

    private let fetch: @Sendable () async throws -> [JSONWebKey]
    private let now: @Sendable () -> ContinuousClock.Instant
    private var keys: [JSONWebKey] = []
    private var fetchedAt: ContinuousClock.Instant?
    private var attemptedAt: ContinuousClock.Instant?
    private var failure = "The issuer's keys were not fetched yet."
    private var running: Task<Void, Never>?

    init(
        fetch: @escaping @Sendable () async throws -> [JSONWebKey],
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.fetch = fetch
        self.now = now
    }

    /// The keys that could have signed a token; none where the issuer has no such key.
    func candidates(for token: UnverifiedToken) async throws(Unavailable) -> [JSONWebKey] {
        let time = now()
        let isFresh = fetchedAt.map { time - $0 < Self.freshFor } ?? false
        if isFresh {
            let found = token.candidates(among: keys)
            if !found.isEmpty { return found }
        }
        if running != nil || attemptedAt.map({ time - $0 >= Self.attemptInterval }) ?? true { await refresh(at: time) }
        guard let fetchedAt, time - fetchedAt < Self.usableFor else { throw Unavailable(reason: failure) }
        return token.candidates(among: keys)
    }

    /// One fetch at a time; who comes while it runs waits for it.
    private func refresh(at time: ContinuousClock.Instant) async {
        if let running { return await running.value }
        attemptedAt = time
        let task = Task {
            do {
                keys = try await fetch()
                fetchedAt = time
            } catch let error as Unavailable {
                failure = error.reason
            } catch {
                failure = "The issuer's keys cannot be fetched."
            }
            running = nil
        }
        running = task
        await task.value
    }
}
