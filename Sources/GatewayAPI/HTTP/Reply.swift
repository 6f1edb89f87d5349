import Codec
import HTTPTypes
import Hummingbird
import NIOCore

/// One answer as a value: all of it is known before any of it is sent, unless it is a stream.
struct Reply: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields { didSet { kept = nil } }
    var body: [UInt8] { didSet { kept = nil } }
    /// What ``headers`` and ``body`` are those of, where it is kept and given to many.
    private(set) var kept: Representation?
    /// The body piece by piece, for as long as it takes; ``body`` is empty then.
    ///
    /// Each piece is asked for when the one before was taken, after everything that is done to a request; the stream
    /// holds what it needs of limits itself.
    var stream: AsyncStream<ByteBuffer>?

    /// What the entity tag is of, where that is not the body: the part that clients write, where the rest moves by itself.
    ///
    /// So `If-Match` protects what somebody may have changed. That the tag stays while the rest moves departs from
    /// RFC 9110 §8.8.1, and for it `If-None-Match` is never answered 304 here.
    var version: [UInt8]?

    /// As many fields as most answers have in the end: room is made once.
    private static let fieldCount = 12

    init(_ status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The entity tag of this representation.
    var tag: EntityTag { kept?.tag ?? EntityTag(of: version ?? body) }

    static func json(_ json: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Reply {
        bytes(json.serialized(), type: "application/json", status: status, headers: headers)
    }

    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Reply {
        bytes(Array(text.utf8), type: type)
    }

    static func bytes(
        _ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Reply {
        var headers = headers
        headers.reserveCapacity(fieldCount)
        headers[.contentType] = type
        return Reply(status, headers: headers, body: bytes)
    }

    static func kept(_ representation: Representation) -> Reply {
        var reply = Reply(.ok, headers: representation.fields, body: representation.body)
        reply.kept = representation
        return reply
    }

    /// As the server sends it, with what every answer has; the answer to HEAD has no body, or an HTTP/2 client drops the
    /// stream.
    func response(to method: HTTPRequest.Method, requestID: String, _ stamp: AnswerStamp) -> Response {
        var headers = headers
        headers.append(.once(.requestID, requestID))
        headers.append(stamp.date.current.field)
        headers.append(AnswerStamp.server)
        guard status != .notModified, status != .noContent else { return Response(status: status, headers: headers) }
        if let stream {
            let whole = Response(status: status, headers: headers, body: ResponseBody(asyncSequence: stream))
            return method == .head ? whole.createHeadResponse() : whole
        }
        headers.append(HTTPField(name: .contentLength, value: String(body.count)))
        return Response(
            status: status, headers: headers,
            body: method == .head ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
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
