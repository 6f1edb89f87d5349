import Compression
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a request's body: whole, decoded, within its limits of size and time.
enum BodyReader {
    /// A body of at most `max` bytes, as sent and as decoded.
    static func body(
        of request: Request, max: Int, permit: inout Admission.Permit, patience: Patience
    ) async throws -> [UInt8] {
        let coding = try contentCoding(of: request)
        if let length = request.headers[.contentLength].flatMap(Int.init), length > max { throw Problem.tooLarge(max) }
        let room = permit.bodyRoom()
        let sent = try await collect(request.body, max: max, room, patience)
        guard let coding else { return sent }
        let body: [UInt8]
        do throws(CompressionFailure) {
            body = try coding.decompress(sent, limits: DecompressionLimits(bytesMax: max))
        } catch {
            throw Problem.undecodable(error, coding, max: max)
        }
        try room.reserve(body.count)
        return body
    }

    private static func collect(
        _ body: RequestBody, max: Int, _ room: Admission.BodyRoom, _ patience: Patience
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await buffer in body {
                guard bytes.count + buffer.readableBytes <= max else { throw Problem.tooLarge(max) }
                try room.reserve(buffer.readableBytes)
                bytes.append(contentsOf: buffer.readableBytesView)
            }
        } catch is BodyTimeout {
            throw Problem.tooSlow(patience)
        }
        return bytes
    }

    private static func contentCoding(of request: Request) throws(Problem) -> ContentCoding? {
        guard let field = request.headers[.contentEncoding] else { return nil }
        let name = field.lowercased()
        if name == "identity" { return nil }
        guard let coding = ContentCoding(rawValue: name == "x-gzip" ? "gzip" : name) else {
            throw Problem(
                "unsupported-coding", .unsupportedMediaType, title: "The content coding is not taken here",
                detail: "Send the body plain, or in one coding: gzip or zstd.",
                headers: [.acceptEncoding: "gzip, zstd"])
        }
        return coding
    }
}

extension Problem {
    static func undecodable(_ failure: CompressionFailure, _ coding: ContentCoding, max: Int) -> Problem {
        switch failure {
        case .malformed, .truncated:
            Problem(
                "undecodable-body", .badRequest, title: "The body cannot be decoded",
                detail: "It is not \(coding.rawValue), damaged, or its end is missing. Nothing was stored.")
        case .tooLarge: .tooLarge(max)
        case .ratioTooHigh(let ratio):
            Problem(
                "compression-ratio", .contentTooLarge, title: "The body unpacks to too much",
                detail: "More than \(ratio) bytes came out for each that was sent. Send it plain.")
        }
    }

    static func tooSlow(_ patience: Patience) -> Problem {
        Problem(
            "body-timeout", .requestTimeout, title: "The body did not arrive in time",
            detail: "All of it must be here within \(patience.seconds) s. Nothing was stored.",
            headers: [.connection: "close"])
    }
}
