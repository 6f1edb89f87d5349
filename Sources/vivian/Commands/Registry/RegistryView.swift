import Codec
import Cryptography
import Foundation
import GatewayClient
import LedgerModel
import Verification

/// How a version is shown.
enum RegistryView {
    static func json(_ version: RegistryVersion, _ entry: RegistryEntry) -> [JSON.Member] {
        let kind = RegistryKind(rawValue: version.subject.kind)?.name ?? String(version.subject.kind)
        var members: [(String, JSON)] = [
            ("kind", .string(kind)), ("id", .string(version.subject.id.hex)),
            ("version", .string(String(version.number))), ("publisher", .string(Hex.encode(entry.publisher.bytes))),
            ("name", .string(entry.name.text)), ("digest", .string(entry.card.digest.hex)),
            ("title", .string(entry.card.title)), ("text", .string(entry.card.text)),
            ("licence", .string(entry.card.licence)), ("publishedIn", .string(String(entry.height.value))),
            ("edges", .array(entry.card.edges.map(json))),
            (
                "measures",
                .array(entry.card.measures.map { ["name": .string($0.name), "value": .string($0.value)] })
            ),
        ]
        if let withdrawal = entry.withdrawal {
            members.append(
                (
                    "withdrawn",
                    ["in": .string(String(withdrawal.height.value)), "reason": .string(String(withdrawal.reason))]
                ))
        }
        return members.map { JSON.Member(name: $0.0, value: $0.1) }
    }

    private static func json(_ edge: RegistryEdge) -> JSON {
        let kind = RegistryKind(rawValue: edge.version.subject.kind)?.name ?? String(edge.version.subject.kind)
        return [
            "relation": .string(edge.relation.name), "kind": .string(kind),
            "id": .string(edge.version.subject.id.hex), "version": .string(String(edge.version.number)),
        ]
    }

    static func lines(_ version: RegistryVersion, _ entry: RegistryEntry, uses: UInt64) -> [String] {
        func line(_ name: String, _ value: String) -> String {
            name.padding(toLength: 12, withPad: " ", startingAt: 0) + value
        }
        var lines = [line("subject", RegistryPlace.text(version, entry)), line("id", version.subject.id.hex)]
        if let withdrawal = entry.withdrawal {
            lines.append(line("withdrawn", "in block \(withdrawal.height.value), reason \(withdrawal.reason)"))
        } else {
            lines.append(line("title", entry.card.title))
        }
        lines.append(line("digest", entry.card.digest.hex))
        if !entry.card.licence.isEmpty { lines.append(line("licence", entry.card.licence)) }
        lines.append(line("published", "in block \(entry.height.value)"))
        lines += entry.card.measures.map { line("measure", "\($0.name) \($0.value)") }
        lines += entry.card.edges.map { line($0.relation.name, RegistryPlace.text($0.version, nil)) }
        lines.append(line("used by", uses == 1 ? "1 version" : "\(uses) versions"))
        if !entry.card.text.isEmpty {
            lines.append("")
            for line in entry.card.text.split(separator: "\n", omittingEmptySubsequences: false) {
                lines.append(String(line).replacingOccurrences(of: "\t", with: "    "))
            }
        }
        // A publisher's words cannot steer the terminal of whoever reads them.
        return lines.map(VerificationOutcome.printable)
    }

    static func report(
        _ what: String, _ version: RegistryVersion, _ answer: TransactionAnswer?, _ client: ClientOptions
    ) {
        let kind = RegistryKind(rawValue: version.subject.kind)?.name ?? ""
        let text = "\(kind):\(version.subject.id.hex)@\(version.number)"
        if client.json {
            return Output.json([
                "subject": .string(text), "id": .string(version.subject.id.hex),
                "version": .string(String(version.number)),
                "height": answer?.height.map { .string(String($0)) } ?? .null,
                "transaction": answer.map { .string($0.id) } ?? .null,
            ])
        }
        let place = answer.map { " in block \($0.height ?? 0), transaction \($0.id)" } ?? ""
        Output.line("\(what) \(text)\(place)")
    }
}
