import Foundation
import Synchronization

/// A server on loopback, without a library of anybody's, that gives each request the next of its answers: bytes as they
/// are to be sent, or nil to say nothing until the caller leaves.
package final class RawServer: Sendable {
    package struct NotBound: Error {}

    package let port: Int
    private let handle: Int32
    private let requests = Mutex<[String]>([])
    private let answers: Mutex<[String?]>

    /// Requests as they came, head and body.
    package var seen: [String] { requests.withLock { $0 } }

    package convenience init(_ answer: String?) throws { try self.init([answer]) }

    /// `answers`: one a request, the last one for all that follow.
    package init(_ answers: [String?]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                guard bind(listener, raw, length) == 0, listen(listener, 16) == 0 else { return false }
                return getsockname(listener, raw, &length) == 0
            }
        }
        guard isBound else { throw NotBound() }
        handle = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        self.answers = Mutex(answers)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    package func stop() { shutdown(handle, Int32(SHUT_RDWR)) }

    /// What follows is answered so.
    package func answer(_ next: [String?]) { answers.withLock { $0 = next } }

    /// An answer without a body, after which the connection ends.
    package static func status(_ code: Int, _ headers: String...) -> String {
        "HTTP/1.1 \(code) Status\r\n"
            + (headers + ["connection: close", "content-length: 0"]).joined(separator: "\r\n")
            + "\r\n\r\n"
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !Self.isWhole(request) {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            request += buffer[..<count]
        }
        guard !request.isEmpty else { return }
        let answer = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        requests.withLock { $0.append(String(decoding: request, as: UTF8.self)) }
        guard let answer else {
            _ = read(connection, &buffer, buffer.count)
            return
        }
        var rest = Array(answer.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Whether head and body are there; what is no HTTP is whole at once.
    private static func isWhole(_ request: [UInt8]) -> Bool {
        guard !request.isEmpty else { return false }
        let text = String(decoding: request, as: UTF8.self)
        guard request[0] != 0x16, text.hasPrefix("POST") || text.hasPrefix("GET") else { return true }
        guard let end = text.range(of: "\r\n\r\n") else { return false }
        let length = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst("content-length:".count).filter { $0 != " " }) }
        return text[end.upperBound...].utf8.count >= length ?? 0
    }
}
