package import Codec
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
import Verification

/// Answers on loopback, in plain HTTP, with what ``LightFollower`` has proven.
///
/// | path | answer |
/// |---|---|
/// | `/status` | where the light client stands, and every gateway |
/// | `/state/{store}/{key}` | a key's value (the key in base64url), `?height=`; `?prove=true` gives the proof file itself |
/// | `/records/{id}/bundle` | a record's bundle, `?receipts=true` |
///
/// Whatever is not proven is a problem document (RFC 9457): 502 where no gateway's answer holds, 503 after a fork.
package struct LightServer: Service {
    private let follower: LightFollower
    private let host: String
    private let port: Int
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// `port`: 0 takes a free one.
    package init(
        _ follower: LightFollower, host: String, port: Int, logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void
    ) {
        self.follower = follower
        self.host = host
        self.port = port
        self.logger = logger
        self.onListening = onListening
    }

    package func run() async throws {
        let router = Router()
        router.get("status") { _, _ in Self.json(await follower.status.json) }
        router.get("state/:store/:key") { request, context in
            try await Self.answer { try await state(request, context) }
        }
        router.get("records/:id/bundle") { request, context in
            try await Self.answer { try await bundle(request, context) }
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname(host, port: port), serverName: "vivian-light"),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? port) }, logger: logger)
        try await application.run()
    }

    private func state(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let query = request.uri.queryParameters
        guard let store = context.parameters.get("store"),
            let key = context.parameters.get("key").flatMap({ Base64.decodeURL($0) }), !key.isEmpty
        else { throw BadRequest("the key is not bytes in base64url without padding") }
        let height = try query.get("height").map { text in
            guard let height = UInt64(text), height > 0 else { throw BadRequest("height is a number above 0") }
            return height
        }
        let found = try await follower.value(of: key, in: store, height: height)
        if query.get("prove") == "true" {
            return Self.response(found.proof, type: "application/vnd.vivian.proof+json")
        }
        return Self.json(
            .object([
                .init(name: "stateHeight", value: .string(String(found.value.height - 1))),
                .init(name: "store", value: .string(store)),
                .init(name: "key", value: .string(Base64.encode(key))),
                .init(name: "value", value: found.value.value.map { .string(Base64.encode($0)) } ?? .null),
            ]))
    }

    private func bundle(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        guard let id = context.parameters.get("id").flatMap({ Hex.decode($0) }), id.count == 32 else {
            throw BadRequest("a record id is 32 bytes in lower-case hex")
        }
        let receipts = request.uri.queryParameters.get("receipts") == "true"
        return Self.response(
            try await follower.bundle(of: id, receipts: receipts), type: "application/vnd.vivian.record+json")
    }

    // MARK: Answers

    private struct BadRequest: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func answer(_ work: () async throws -> Response) async throws -> Response {
        do { return try await work() } catch let error as BadRequest {
            return problem(.badRequest, "bad-parameter", error.reason)
        } catch LightFollower.Failure.unproven(let reasons) {
            return problem(
                .badGateway, "unproven", "No gateway gave an answer that holds. \(reasons.joined(separator: "; "))")
        } catch LightFollower.Failure.forked(let height) {
            return problem(
                .serviceUnavailable, "forked",
                "The validators signed two blocks of height \(height): nothing is answered until you have decided whom to "
                    + "believe, and begin again with a new folder.")
        }
    }

    private static func problem(_ status: HTTPResponse.Status, _ name: String, _ detail: String) -> Response {
        let json = JSON.object([
            .init(name: "type", value: .string("urn:vivian:problem:\(name)")),
            .init(name: "status", value: .number(String(status.code))),
            .init(name: "title", value: .string(status.reasonPhrase)),
            .init(name: "detail", value: .string(detail)),
        ])
        return response(json.serialized(), type: "application/problem+json", status: status)
    }

    private static func json(_ json: JSON) -> Response { response(json.serialized(), type: "application/json") }

    private static func response(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension LightFollower.Status {
    /// As `/status` gives it, and `vivian light status --json`.
    package var json: JSON {
        .object([
            .init(name: "chainId", value: trust.chainID.map { .string($0) } ?? .null),
            .init(name: "genesisHash", value: trust.genesisHash.map { .string(Hex.encode($0)) } ?? .null),
            .init(name: "trustedValidators", value: .string(Hex.encode(trustedValidators))),
            .init(
                name: "head",
                value: head.map { head in
                    .object([
                        .init(name: "height", value: .string(String(head.height))),
                        .init(name: "hash", value: .string(Hex.encode(head.hash))),
                        .init(name: "time", value: .string(head.time)),
                        .init(name: "validators", value: .number(String(head.validatorCount))),
                    ])
                } ?? .null),
            .init(
                name: "gateways",
                value: .array(
                    gateways.map { gateway in
                        .object([
                            .init(name: "address", value: .string(gateway.address)),
                            .init(name: "state", value: .string(gateway.standing.name)),
                            .init(name: "detail", value: gateway.standing.detail.map { .string($0) } ?? .null),
                        ])
                    })),
            .init(
                name: "fork",
                value: fork.map { fork in
                    .object([
                        .init(name: "height", value: .string(String(fork.height))),
                        .init(name: "blocks", value: .array(fork.blocks.map { .string(Hex.encode($0)) })),
                    ])
                } ?? .null),
        ])
    }
}

extension LightFollower.Standing {
    /// One word.
    package var name: String {
        switch self {
        case .unasked: "unasked"
        case .agrees: "agrees"
        case .behind: "behind"
        case .unreachable: "unreachable"
        case .unproven: "unproven"
        }
    }

    /// The height it agrees at, or why it does not.
    package var detail: String? {
        switch self {
        case .unasked, .behind: nil
        case .agrees(let height): "block \(height)"
        case .unreachable(let reason), .unproven(let reason): reason
        }
    }
}
