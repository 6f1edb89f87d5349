import Codec
import HTTPTypes
import LedgerAccess
import LedgerModel

/// The network, as operators see it: round, votes, who is missing, links.
struct NetworkRoutes {
    let parts: GatewayParts

    var routes: [Route] { [Route(.get, "/network", .scope(.operationsRead), network)] }

    @Sendable func network(_ input: RouteInput) async throws -> Reply {
        Reply.json(Self.json(try await parts.ledger.network()))
    }

    private static func json(_ network: NetworkStatus) -> JSON {
        .object(of: [
            "height": .decimal(network.height.value),
            "round": .number(String(network.round)),
            "phase": .string(name(of: network.phase)),
            "catchingUpToward": target(of: network.phase).map { .decimal($0.value) },
            "proposer": network.proposer.map { .hex($0.bytes) },
            "halted": network.halted.map { .string($0) },
            "power": .decimal(UInt64(network.power)),
            "prevoted": .decimal(UInt64(network.prevoted)),
            "precommitted": .decimal(UInt64(network.precommitted)),
            "validators": .array(
                network.validators.map { validator in
                    .object(of: [
                        "address": .hex(validator.address.bytes),
                        "operator": .string(validator.operatorName),
                        "power": .decimal(UInt64(validator.power)),
                        "lastHeard": validator.lastHeard.map { .decimal($0.value) },
                        "missing": .boolean(validator.isMissing),
                    ])
                }),
            "peers": .array(network.peers.map(json)),
            "refusals": .array(network.refusals.map(json)),
        ])
    }

    private static func json(_ peer: NetworkStatus.Peer) -> JSON {
        .object(of: [
            "id": .string(peer.id),
            "address": .string(peer.address),
            "outbound": .boolean(peer.isOutbound),
            "since": .string(time(peer.connectedSince)),
            "height": peer.height.map { .decimal($0.value) },
            "validator": peer.validator.map { .hex($0.bytes) },
            "roundTripMicroseconds": peer.roundTrip.map { .number(String($0)) },
            "bytesIn": .decimal(UInt64(peer.bytesIn)),
            "bytesOut": .decimal(UInt64(peer.bytesOut)),
        ])
    }

    private static func json(_ refusal: NetworkStatus.Refusal) -> JSON {
        .object(of: [
            "id": refusal.id.map { .string($0) },
            "address": refusal.address.map { .string($0) },
            "reason": .string(refusal.reason),
            "time": .string(time(refusal.time)),
            "bannedUntil": refusal.bannedUntil.map { .string(time($0)) },
        ])
    }

    private static func time(_ milliseconds: Int64) -> String {
        TimeText.rfc3339(Timestamp(nanosecondsSince1970: UInt64(max(milliseconds, 0)) * 1_000_000))
    }

    private static func target(of phase: NetworkStatus.Phase) -> Height? {
        if case .catchingUp(let height) = phase { height } else { nil }
    }

    private static func name(of phase: NetworkStatus.Phase) -> String {
        switch phase {
        case .askingForLastVotes: "asking-for-last-votes"
        case .catchingUp: "catching-up"
        case .idle: "idle"
        case .propose: "propose"
        case .prevote: "prevote"
        case .precommit: "precommit"
        }
    }
}
