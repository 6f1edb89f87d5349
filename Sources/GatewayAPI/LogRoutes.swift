import Codec
import Cryptography
import Foundation
import HTTPTypes
import Hummingbird
import LedgerAccess

/// The record log for auditors: C2SP checkpoint and tiles, and RFC 9162 consistency proofs.
struct LogRoutes {
    let parts: GatewayParts
    static let tileWidth = 256

    var routes: [Route] {
        [
            Route(.get, "/log/checkpoint", .scope(.ledgerRead), checkpoint),
            Route(.get, "/log/consistency", .scope(.ledgerRead), consistency),
            Route(.get, "/log/tile/{path...}", .scope(.ledgerRead), tile),
        ]
    }

    @Sendable func checkpoint(_ input: RouteInput) async throws -> Reply {
        Reply.text(try await parts.ledger.checkpoint())
    }

    @Sendable func consistency(_ input: RouteInput) async throws -> Reply {
        let from = try RouteInput.number(input.query("from") ?? "", named: "from")
        let to = try RouteInput.number(input.query("to") ?? "", named: "to")
        guard from >= 1 else { throw Problem.badParameter("from", "1 or more") }
        guard from <= to else {
            throw LedgerAccessFailure.notFound("a consistency proof leads from a smaller size to a larger one")
        }
        let path = try await parts.ledger.logConsistency(from: from, to: to)
        return Reply.json(
            .object(of: [
                "from": .decimal(from), "to": .decimal(to),
                "path": .array(path.map { .string(Base64.encode($0.bytes)) }),
            ]))
    }

    /// `/log/tile/<L>/<N>[.p/<W>]`, N in groups of three digits: `x001/x234/067`; L is `entries` for the entries.
    @Sendable func tile(_ input: RouteInput) async throws -> Reply {
        // A client made from the contract sends the slashes of a parameter encoded.
        let text = input.request.uri.path
        let path = (text.removingPercentEncoding ?? text).split(separator: "/").dropFirst(2).map(String.init)
        guard let (level, index, width) = Self.parse(path) else {
            throw Problem.badParameter("path", "a C2SP tile path such as 0/x001/067 or 0/000.p/5")
        }
        let hashes = try await parts.ledger.logTile(level: level, index: index, width: width)
        // Full tiles never change; a partial one is replaced by longer ones.
        let age = width == Self.tileWidth ? "public, max-age=31536000, immutable" : "public, max-age=60"
        var bytes: [UInt8] = []
        for hash in hashes {
            if level < 0 { bytes += [0, 32] }
            bytes += hash.bytes
        }
        return Reply.bytes(bytes, type: "application/octet-stream", headers: [.cacheControl: age])
    }

    static func parse(_ path: [String]) -> (level: Int, index: UInt64, width: Int)? {
        guard let first = path.first, path.count >= 2, path.count <= 10 else { return nil }
        let level: Int
        if first == "entries" {
            level = -1
        } else if let number = Int(first), number >= 0, number <= 7, String(number) == first {
            level = number
        } else {
            return nil
        }
        var groups = Array(path.dropFirst())
        var width = tileWidth
        if groups.count >= 2, groups[groups.count - 2].hasSuffix(".p") {
            let text = groups.removeLast()
            guard let number = Int(text), (1..<tileWidth).contains(number), String(number) == text else { return nil }
            width = number
            groups[groups.count - 1].removeLast(2)
        }
        var index: UInt64 = 0
        for (position, group) in groups.enumerated() {
            let isLast = position == groups.count - 1
            let text = isLast ? group[...] : group.dropFirst()
            guard isLast || group.first == "x", text.utf8.count == 3,
                text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let digits = UInt64(text)
            else { return nil }
            if position == 0, !isLast, digits == 0 { return nil }
            let (scaled, overflow) = index.multipliedReportingOverflow(by: 1000)
            let (sum, carry) = scaled.addingReportingOverflow(digits)
            guard !overflow, !carry else { return nil }
            index = sum
        }
        return (level, index, width)
    }
}
