import Codec
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers that are not problems.
enum Answer {
    static func json(_ json: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        bytes(json.serialized(), type: "application/json", status: status, headers: headers)
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        bytes(Array(text.utf8), type: type)
    }

    static func bytes(
        _ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension JSON {
    /// An object from pairs, in the order given; pairs without a value are left out.
    static func object(of pairs: KeyValuePairs<String, JSON?>) -> JSON {
        .object(pairs.compactMap { name, value in value.map { JSON.Member(name: name, value: $0) } })
    }

    /// A 64-bit integer as a decimal string, as bundles.md writes them.
    static func decimal(_ value: UInt64) -> JSON { .string(String(value)) }
    /// Bytes in lower-case hex.
    static func hex(_ bytes: [UInt8]) -> JSON { .string(Hex.encode(bytes)) }
}
