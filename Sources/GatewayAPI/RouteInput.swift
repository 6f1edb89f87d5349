import Codec
import Cryptography
import HTTPTypes
import Hummingbird
import LedgerModel
import NIOCore

/// One request as the routes see it.
struct RouteInput {
    let request: Request
    let context: GatewayContext

    /// Until access control exists there is one tenant.
    var tenant: String { "default" }

    /// A path parameter.
    func parameter(_ name: String) -> String { context.parameters.get(name) ?? "" }

    /// A query parameter, or nil.
    func query(_ name: String) -> String? { request.uri.queryParameters[Substring(name)].map(String.init) }

    /// A path parameter of so many bytes in hex.
    func hex(_ name: String, byteCount: Int) throws -> [UInt8] {
        guard let bytes = Hex.decode(parameter(name)), bytes.count == byteCount else {
            throw Problem.badParameter(name, "\(byteCount) bytes in lower-case hex")
        }
        return bytes
    }

    /// An optional query parameter of so many bytes in hex.
    func queryHex(_ name: String, byteCount: Int) throws -> [UInt8]? {
        guard let text = query(name) else { return nil }
        guard let bytes = Hex.decode(text), bytes.count == byteCount else {
            throw Problem.badParameter(name, "\(byteCount) bytes in lower-case hex")
        }
        return bytes
    }

    /// The `trusted` parameter: a validators hash.
    func trusted() throws -> Digest? { try queryHex("trusted", byteCount: 32).flatMap { Digest($0) } }

    /// An optional query parameter that is `true` or `false`.
    func flag(_ name: String) throws -> Bool {
        switch query(name) {
        case nil, "false": false
        case "true": true
        default: throw Problem.badParameter(name, "true or false")
        }
    }

    /// A decimal number without leading zeros.
    static func number(_ text: String, named name: String) throws -> UInt64 {
        guard let value = UInt64(text), String(value) == text else {
            throw Problem.badParameter(name, "a decimal number")
        }
        return value
    }

    /// An optional height.
    func height(_ name: String) throws -> Height? {
        try query(name).map { Height(try Self.number($0, named: name)) }
    }

    /// The whole body, up to a limit in bytes.
    func body(max: Int) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > max { throw Problem.tooLarge(max) }
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= max else { throw Problem.tooLarge(max) }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }
}

extension Problem {
    static func badParameter(_ name: String, _ wanted: String) -> Problem {
        Problem(
            "bad-parameter", .badRequest, title: "A parameter is malformed", detail: "\(name) must be \(wanted).")
    }

    static func tooLarge(_ max: Int) -> Problem {
        Problem(
            "too-large", .contentTooLarge, title: "The body is too large",
            detail: "This route takes \(max) bytes. Nothing was stored; send less at a time.",
            members: [(name: "limitBytes", value: .number(String(max)))])
    }
}
