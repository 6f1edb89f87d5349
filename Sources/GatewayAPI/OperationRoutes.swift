import Codec
import HTTPTypes
import LedgerAccess
import LedgerModel
import Records

/// What operators and tools ask for: health, metrics, the contract.
struct OperationRoutes {
    private static let health = Representation(
        JSON.object(of: ["status": .string("ok")]).serialized(), type: "application/json")
    private static let contract = Representation(
        OpenAPIDocument.bytes, type: "application/vnd.oai.openapi+json;version=3.1")

    let parts: GatewayParts

    var routes: [Route] {
        [
            Route(.get, "/healthz", .open, isLight: true) { _ in Reply.kept(Self.health) },
            Route(.get, "/readyz", .open, ready),
            Route(.get, "/metrics", .scope(.operationsRead), metrics),
            Route(.get, "/openapi.json", .open, isLight: true) { _ in Reply.kept(Self.contract) },
        ]
    }

    @Sendable func ready(_ input: RouteInput) async throws -> Reply {
        let status = try await parts.ledger.status()
        // The document itself, and its records beside it.
        try parts.records.checkRoom(2 * parts.configuration.captureBytesMax)
        return Reply.json(.object(of: ["status": .string("ready"), "height": .decimal(status.height.value)]))
    }

    @Sendable func metrics(_ input: RouteInput) async throws -> Reply {
        let status = try await parts.ledger.status()
        parts.metrics.set("height", to: status.height.value)
        parts.metrics.set("log_size", to: status.logSize)
        parts.metrics.set("transactions_pending", to: UInt64(status.pendingCount))
        parts.metrics.set("outbox_pending", to: UInt64(try parts.records.pendingCount()))
        let network = try await parts.ledger.network()
        parts.metrics.set("consensus_round", to: UInt64(network.round))
        parts.metrics.set("peers", to: UInt64(network.peers.count))
        parts.metrics.set("validators", to: UInt64(network.validators.count))
        parts.metrics.set("validators_missing", to: UInt64(network.validators.count { $0.isMissing }))
        let deliveries = try parts.dispatcher.counts()
        for (name, value) in [
            ("webhook_attempts_failed", deliveries.failed), ("webhook_deliveries", deliveries.delivered),
            ("webhook_deliveries_dead", deliveries.deadHeld), ("webhook_deliveries_died", deliveries.dead),
            ("webhook_deliveries_pending", deliveries.pending), ("webhook_events_missed", deliveries.missed),
        ] {
            parts.metrics.set(name, to: UInt64(value))
        }
        return Reply.text(parts.metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
