import Testing

@testable import GatewayClient

struct RetryPlanTests {
    typealias Outcome = RetryPlan.Outcome

    static func answered(_ status: Int, _ problem: String = "", retryAfter: UInt64? = nil) -> Outcome {
        .answered(status: status, problem: problem, retryAfterSeconds: retryAfter)
    }

    static let passing: [Outcome] = [
        answered(429), answered(502), answered(503), answered(504), answered(409, "idempotency-key-in-flight"),
        .unanswered,
    ]

    @Test(arguments: passing) func `what may pass is tried again, where that is safe`(_ outcome: Outcome) {
        var plan = RetryPlan(.standard, isRepeatable: true)
        #expect(plan.tried(outcome, elapsed: .zero, chance: 0) == .again(after: .milliseconds(100)))
    }

    @Test(arguments: passing + [.unreached]) func `what would have two effects is never tried again`(_ outcome: Outcome)
    {
        var plan = RetryPlan(.standard, isRepeatable: false)
        #expect(plan.tried(outcome, elapsed: .zero, chance: 0) == .give)
    }

    @Test(arguments: [
        answered(400), answered(401), answered(403), answered(404), answered(408), answered(409, "not-anchored"),
        answered(410), answered(412), answered(413), answered(415), answered(422, "idempotency-key-reused"),
        answered(428), answered(500), answered(501), answered(507), answered(400, retryAfter: 1),
    ]) func `a refusal that stays one is given at once`(_ outcome: Outcome) {
        var plan = RetryPlan(.standard, isRepeatable: true)
        #expect(plan.tried(outcome, elapsed: .zero, chance: 0) == .give)
    }

    @Test func `whoever is not there is said at once, whoever was there is waited for`() {
        var plan = RetryPlan(.standard, isRepeatable: true)
        #expect(plan.tried(.unreached, elapsed: .zero, chance: 0) == .give)
        plan = RetryPlan(.standard, isRepeatable: true)
        #expect(plan.tried(.unanswered, elapsed: .zero, chance: 0) != .give)
        #expect(plan.tried(.unreached, elapsed: .zero, chance: 0) == .again(after: .milliseconds(200)))
    }

    @Test func `pauses double up to a bound, and the tries have one`() {
        let policy = RetryPolicy(
            triesMax: 6, firstPause: .milliseconds(100), pauseMax: .milliseconds(300), patience: .seconds(9))
        var plan = RetryPlan(policy, isRepeatable: true)
        let pauses = (0..<6).map { _ in plan.tried(.unanswered, elapsed: .zero, chance: 0) }
        #expect(pauses == [100, 200, 300, 300, 300].map { .again(after: .milliseconds($0)) } + [.give])
        for policy in [
            RetryPolicy.never, RetryPolicy(triesMax: 0, firstPause: .zero, pauseMax: .zero, patience: .zero),
        ] {
            plan = RetryPlan(policy, isRepeatable: true)
            #expect(plan.tried(.unanswered, elapsed: .zero, chance: 0) == .give)
        }
    }

    @Test func `chance takes up to half of a pause`() {
        for (chance, milliseconds) in [(0, 100), (500, 75), (1_000, 50)] {
            var plan = RetryPlan(.standard, isRepeatable: true)
            #expect(
                plan.tried(.unanswered, elapsed: .zero, chance: chance) == .again(after: .milliseconds(milliseconds)))
        }
    }

    @Test func `a time to come back at is heeded, and one beyond all patience ends it`() {
        var plan = RetryPlan(.standard, isRepeatable: true)
        #expect(
            plan.tried(Self.answered(503, retryAfter: 7), elapsed: .zero, chance: 1_000) == .again(after: .seconds(7)))
        #expect(plan.tried(Self.answered(429, retryAfter: 60), elapsed: .seconds(1), chance: 0) == .give)
        plan = RetryPlan(.standard, isRepeatable: true)
        #expect(plan.tried(Self.answered(429, retryAfter: .max), elapsed: .zero, chance: 0) == .give)
        plan = RetryPlan(.standard, isRepeatable: true)
        #expect(plan.tried(.unanswered, elapsed: .seconds(60), chance: 0) == .give)
    }
}
