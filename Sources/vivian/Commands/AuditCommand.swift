import ArgumentParser
import Codec
import Foundation
import GatewayClient
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
        var previous = AuditRow.start
        var expected: UInt64 = 1
        try await client.withClient { gateway in
            for try await line in gateway.audit() {
                client.json
                    ? Output.json(line.json)
                    : Output.line(
                        "\(line.time)  \(line.status)  \(line.who)  \(line.method) \(line.route)  \(line.target)")
                let row = try Self.row(line)
                guard row.sequence == expected, row.entry.hash(sequence: row.sequence, after: previous) == row.hash
                else {
                    Output.note("the chain breaks at entry \(expected): an entry was changed, removed or added")
                    throw ExitCode(1)
                }
                previous = row.hash
                expected += 1
            }
        }
        Output.note("\(expected - 1) entries, the last hash is \(Hex.encode(previous))")
    }

    private static func row(_ line: AuditAnswer) throws -> AuditRow {
        guard let time = nanoseconds(line.time) else {
            throw CommandFailure("the gateway's audit log has an entry whose time cannot be read")
        }
        return AuditRow(
            sequence: line.sequence,
            entry: AuditEntry(
                tenant: line.tenant, time: time, who: line.who, method: line.method, route: line.route,
                target: line.target, status: line.status, request: line.request), hash: line.hash)
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
