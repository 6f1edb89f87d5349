import Compression
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a request's body: whole, decoded, within its limits of size and time.
enum BodyReader {
    /// A body must be there after so long, whatever its size: at 16 MiB that is 280 KB/s.
    static let deadline: Duration = .seconds(60)

    /// A body of at most `max` bytes, as sent and as decoded.
    static func body(of request: Request, max: Int, permit: inout Admission.Permit) async throws -> [UInt8] {
        let coding = try contentCoding(of: request)
        if let length = request.headers[.contentLength].flatMap(Int.init), length > max { throw Problem.tooLarge(max) }
        let sent = try await collect(request.body, max: max)
        try permit.reserve(sent.count)
        guard let coding else { return sent }
        let body: [UInt8]
        do throws(CompressionFailure) {
            body = try coding.decompress(sent, limits: DecompressionLimits(bytesMax: max))
        } catch {
            throw Problem.undecodable(error, coding, max: max)
        }
        try permit.reserve(body.count)
        return body
    }

    private static func collect(_ body: RequestBody, max: Int) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask {
                var bytes: [UInt8] = []
                for try await buffer in body {
                    guard bytes.count + buffer.readableBytes <= max else { throw Problem.tooLarge(max) }
                    bytes.append(contentsOf: buffer.readableBytesView)
                }
                return bytes
            }
            group.addTask {
                try await Task.sleep(for: deadline)
                throw Problem.tooSlow
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() else { throw Problem.tooSlow }
            return bytes
        }
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

    static var tooSlow: Problem {
        Problem(
            "body-timeout", .requestTimeout, title: "The body did not arrive in time",
            detail: "All of it must be here within \(BodyReader.deadline.components.seconds) s. Nothing was stored.",
            headers: [.connection: "close"])
    }
}
