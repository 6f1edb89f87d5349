/// Which deliveries are being sent, and how many more may be: a value without clock or I/O.
///
/// A receiver that fails, or a tenant with many of them, leaves room for the others: whoever failed last gets one slot
/// until it succeeds, and no tenant gets more than a quarter of all.
struct DeliverySlots {
    /// At a time, of the whole gateway.
    static let totalMax = 64
    static let perTenantMax = 16
    static let perWebhookMax = 4

    private struct Sending {
        var webhook: String
        var tenant: String
    }
    private var sending: [Int64: Sending] = [:]

    var count: Int { sending.count }

    func isSending(_ delivery: Int64) -> Bool { sending[delivery] != nil }

    /// How many more may begin for a webhook.
    func room(webhook: String, tenant: String, isFailing: Bool) -> Int {
        let own = sending.values.count { $0.webhook == webhook }
        let tenants = sending.values.count { $0.tenant == tenant }
        return max(
            0,
            min(
                (isFailing ? 1 : Self.perWebhookMax) - own, Self.perTenantMax - tenants,
                Self.totalMax - sending.count))
    }

    /// How many of a webhook's are being sent.
    func count(of webhook: String) -> Int { sending.values.count { $0.webhook == webhook } }

    mutating func begin(_ delivery: Int64, webhook: String, tenant: String) {
        precondition(sending[delivery] == nil, "a delivery is sent once at a time")
        sending[delivery] = Sending(webhook: webhook, tenant: tenant)
    }

    mutating func end(_ delivery: Int64) { sending[delivery] = nil }
}
