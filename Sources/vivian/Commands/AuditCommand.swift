import ArgumentParser
import Codec
import Foundation
import GatewayStore

/// `vivian audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show who did what in the tenant, and check that nothing was changed.",
        discussion: """
            Every entry's hash covers the one before. The command computes all of them again and ends with 1 where one \
            does not hold. Keep the last hash: it vouches for everything before it.
            """)
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let rows = try await client.withClient { gateway in
            var rows: [(JSON, AuditRow)] = []
            var path: String? = "/audit?limit=1000"
            while let current = path {
                let page = try await gateway.json("GET", current)
                for entry in page["entries"]?.items ?? [] { rows.append((entry, try Self.row(entry))) }
                path = page["next"]?.string.map { "/audit?limit=1000&cursor=\($0)" }
            }
            return rows
        }
        var previous = AuditRow.start
        var expected: UInt64 = 1
        for (json, row) in rows {
            client.json
                ? Output.json(json)
                : Output.line(
                    "\(json["time"]?.string ?? "")  \(row.entry.status)  \(row.entry.who)  \(row.entry.method) "
                        + "\(row.entry.route)  \(row.entry.target)")
            guard row.sequence == expected, row.entry.hash(sequence: row.sequence, after: previous) == row.hash else {
                Output.note("the chain breaks at entry \(expected): an entry was changed, removed or added")
                throw ExitCode(1)
            }
            previous = row.hash
            expected += 1
        }
        Output.note("\(rows.count) entries, the last hash is \(Hex.encode(previous))")
    }

    private static func row(_ json: JSON) throws -> AuditRow {
        func text(_ name: String) throws -> String {
            guard let text = json[name]?.string ?? json[name]?.lexeme else {
                throw CommandFailure("the gateway's audit log has an entry without \(name)")
            }
            return text
        }
        guard let sequence = UInt64(try text("sequence")), let status = Int(try text("status")),
            let hash = Hex.decode(try text("hash")), let time = nanoseconds(try text("time"))
        else { throw CommandFailure("the gateway's audit log has an entry that cannot be read") }
        return AuditRow(
            sequence: sequence,
            entry: AuditEntry(
                tenant: try text("tenant"), time: time, who: try text("who"), method: try text("method"),
                route: try text("route"), target: try text("target"), status: status, request: try text("request")),
            hash: hash)
    }

    /// `2026-05-01T08:00:00.123456789Z` as nanoseconds since 1970.
    private static func nanoseconds(_ text: String) -> UInt64? {
        let parts = text.split(separator: ".")
        guard parts.count == 2, parts[1].count == 10, parts[1].hasSuffix("Z"), let nanos = UInt64(parts[1].dropLast()),
            let date = try? Date("\(parts[0])Z", strategy: .iso8601)
        else { return nil }
        return UInt64(date.timeIntervalSince1970) * 1_000_000_000 + nanos
    }
}
