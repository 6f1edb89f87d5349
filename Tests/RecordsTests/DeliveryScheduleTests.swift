import GatewayStore
import HTTPClientKit
import Testing

@testable import Records

struct DeliveryScheduleTests {
    static let now: UInt64 = 1_700_000_000_000_000_000
    static let second: UInt64 = 1_000_000_000

    static func result(
        _ outcome: DeliverySchedule.Outcome, attempt: Int = 1, jitter: UInt64 = 0
    ) -> DeliveryResult {
        DeliverySchedule.result(outcome, attempt: attempt, now: now, jitter: jitter)
    }

    @Test(arguments: [200, 201, 202, 204, 299])
    func `a 2xx is an arrival`(_ status: Int) {
        #expect(Self.result(.answered(status: status, retryAfter: 60)).next == .delivered)
    }

    @Test(arguments: [100, 199, 300, 301, 302, 303, 307, 308, 400, 401, 404, 409, 429, 500, 503, 599])
    func `anything else is tried again`(_ status: Int) {
        let result = Self.result(.answered(status: status, retryAfter: nil))
        #expect(result.next == .retry(at: Self.now + 5 * Self.second))
        #expect(result.status == status && !result.reason.isEmpty)
    }

    @Test(arguments: [
        DeliverySchedule.Outcome.failed(.timedOut), .failed(.unreachable), .failed(.refused(.address)),
        .failed(.refused(.unresolvable)), .unsigned,
    ])
    func `no answer is tried again, and says why`(_ outcome: DeliverySchedule.Outcome) {
        let result = Self.result(outcome)
        #expect(result.next == .retry(at: Self.now + 5 * Self.second) && result.status == nil)
        #expect(!result.reason.isEmpty)
    }

    @Test func `gone is gone, at the first attempt and at the last`() {
        for attempt in 1...DeliverySchedule.attemptsMax {
            #expect(Self.result(.answered(status: 410, retryAfter: 5), attempt: attempt).next == .gone)
        }
    }

    @Test func `pauses grow over three days, then it is over`() {
        var total: UInt64 = 0
        var before: UInt64 = 0
        for attempt in 1..<DeliverySchedule.attemptsMax {
            guard case .retry(let time) = Self.result(.failed(.timedOut), attempt: attempt).next else {
                Issue.record("attempt \(attempt) is not followed by another")
                continue
            }
            let pause = (time - Self.now) / Self.second
            #expect(pause > before)
            before = pause
            total += pause
        }
        #expect((70...80).contains(total / 3_600))
        #expect(Self.result(.failed(.timedOut), attempt: DeliverySchedule.attemptsMax).next == .dead)
        #expect(Self.result(.failed(.timedOut), attempt: DeliverySchedule.attemptsMax + 9).next == .dead)
    }

    @Test func `a random part makes a pause longer, by less than a tenth`() {
        for attempt in 1..<DeliverySchedule.attemptsMax {
            let pause = DeliverySchedule.pausesSeconds[attempt - 1] * Self.second
            for jitter in [UInt64(0), 1, 500, 999, 5_000] {
                guard case .retry(let time) = Self.result(.failed(.timedOut), attempt: attempt, jitter: jitter).next
                else {
                    Issue.record("no retry")
                    continue
                }
                #expect((pause...pause + pause / 10).contains(time - Self.now))
            }
        }
    }

    @Test func `Retry-After only makes a pause longer, and no longer than a day`() {
        func next(_ wish: UInt64?) -> DeliveryResult.Next {
            Self.result(.answered(status: 503, retryAfter: wish)).next
        }
        #expect(next(1) == .retry(at: Self.now + 5 * Self.second))
        #expect(next(60) == .retry(at: Self.now + 60 * Self.second))
        #expect(next(.max) == .retry(at: Self.now + 86_400 * Self.second))
    }

    @Test(arguments: [
        "", "-1", "1.5", " 5", "99999999999999999999", "soon", "Wed, 21 Oct 2015 07:28:00 CET",
        "Wed, 21 Oct 2015 07:28:00", "Wed, 31 Sep 2015 07:28:00 GMT", "2015-10-21T07:28:00Z",
    ])
    func `a Retry-After that is neither a number of seconds nor a date counts as none`(_ text: String) {
        #expect(DeliverySchedule.retryAfter(text.isEmpty ? nil : text, now: Self.now) == nil)
    }

    @Test func `a Retry-After with a date is heeded like seconds, up to a day, and not at all once it has passed`() {
        // Sun Nov  6 08:49:37 1994, 90 s before.
        let now: UInt64 = (784_111_777 - 90) * Self.second
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            #expect(DeliverySchedule.retryAfter(text, now: now) == 90)
            #expect(DeliverySchedule.retryAfter(text, now: now + 91 * Self.second) == 0)
        }
        func pause(_ text: String) -> UInt64? {
            let wish = DeliverySchedule.retryAfter(text, now: now)
            let result = DeliverySchedule.result(
                .answered(status: 503, retryAfter: wish), attempt: 1, now: now, jitter: 0)
            guard case .retry(let time) = result.next else { return nil }
            return (time - now) / Self.second
        }
        #expect(pause("Sun, 06 Nov 1994 08:49:37 GMT") == 90)
        #expect(pause("Sun, 06 Nov 1994 08:48:09 GMT") == 5)
        #expect(pause("Thu, 01 Jan 1970 00:00:00 GMT") == 5)
        #expect(pause("Fri, 31 Dec 9999 23:59:59 GMT") == 86_400)
    }

    @Test func `who fails gets one slot, and nobody takes all of them`() {
        var slots = DeliverySlots()
        #expect(slots.room(webhook: "a", tenant: "t", isFailing: false) == DeliverySlots.perWebhookMax)
        #expect(slots.room(webhook: "a", tenant: "t", isFailing: true) == 1)
        slots.begin(1, webhook: "a", tenant: "t")
        #expect(slots.room(webhook: "a", tenant: "t", isFailing: true) == 0)
        var id: Int64 = 2
        while slots.room(webhook: "w\(id)", tenant: "t", isFailing: false) > 0 {
            slots.begin(id, webhook: "w\(id)", tenant: "t")
            id += 1
        }
        #expect(slots.count == DeliverySlots.perTenantMax)
        #expect(slots.room(webhook: "b", tenant: "other", isFailing: false) == DeliverySlots.perWebhookMax)
        while slots.room(webhook: "w\(id)", tenant: "t\(id)", isFailing: false) > 0 {
            slots.begin(id, webhook: "w\(id)", tenant: "t\(id)")
            id += 1
        }
        #expect(slots.count == DeliverySlots.totalMax)
        slots.end(1)
        #expect(!slots.isSending(1) && slots.room(webhook: "a", tenant: "z", isFailing: false) == 1)
    }
}
