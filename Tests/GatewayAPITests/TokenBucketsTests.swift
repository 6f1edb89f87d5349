import Testing

@testable import GatewayAPI

struct TokenBucketsTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func `a burst goes through, then the long run holds`() {
        var buckets = TokenBuckets<String>(.init(burst: 5, perSecond: 2))
        for left in (0..<5 as Range<UInt32>).reversed() {
            let decision = buckets.take("a", at: Self.second)
            #expect(decision.isAllowed && decision.remaining == left)
        }
        #expect(!buckets.take("a", at: Self.second).isAllowed)
        #expect(buckets.take("a", at: Self.second).retryAfterSeconds == 1)
        #expect(!buckets.take("a", at: Self.second + Self.second / 2 - 1).isAllowed)
        #expect(buckets.take("a", at: Self.second + Self.second / 2).isAllowed)
        #expect(!buckets.take("a", at: Self.second + Self.second / 2).isAllowed)
    }

    @Test func `a refused request costs nothing`() {
        var buckets = TokenBuckets<String>(.init(burst: 1, perSecond: 1))
        #expect(buckets.take("a", at: 0).isAllowed)
        for _ in 0..<100 { #expect(!buckets.take("a", at: 1).isAllowed) }
        #expect(buckets.take("a", at: Self.second).isAllowed)
    }

    @Test func `callers do not pay for each other`() {
        var buckets = TokenBuckets<String>(.init(burst: 1, perSecond: 1))
        #expect(buckets.take("a", at: 0).isAllowed)
        #expect(buckets.take("b", at: 0).isAllowed)
        #expect(!buckets.take("a", at: 0).isAllowed)
    }

    @Test func `a clock that goes back gives nothing`() {
        var buckets = TokenBuckets<String>(.init(burst: 1, perSecond: 1))
        #expect(buckets.take("a", at: 5 * Self.second).isAllowed)
        #expect(!buckets.take("a", at: 0).isAllowed)
    }

    @Test func `more callers than are told apart share one bucket, until others are full again`() {
        var buckets = TokenBuckets<String>(.init(burst: 2, perSecond: 1))
        for caller in 0..<TokenBuckets<String>.callersMax { #expect(buckets.take("\(caller)", at: 0).isAllowed) }
        #expect(buckets.take("x", at: 0).isAllowed)
        #expect(buckets.take("y", at: 0).isAllowed)
        #expect(!buckets.take("z", at: 0).isAllowed)
        #expect(buckets.take("0", at: 0).isAllowed)
        #expect(buckets.take("z", at: 3 * Self.second).isAllowed)
    }
}
