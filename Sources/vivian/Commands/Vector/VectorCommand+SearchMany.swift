import Codec
import GatewayClient
import LedgerModel
import Verification

/// `vivian vector search --queries`.
extension VectorCommand.Search {
    /// Queries of one request, at most: what the gateway takes.
    private static let batchMax = 256

    /// Queries that were answered from one state.
    private struct Part {
        var stateHeight: String
        var queries: ArraySlice<QueryLine>
        var answers: [JSON]
    }

    func askAll(_ file: String) async throws {
        let queries = try VectorLine.queries(file)
        let owner = try owner.map { try AccountName.id($0) }
        let folder = client.data.folder
        let (number, parts) = try await client.withClient { gateway in
            let number = try await VectorCommand.number(collection, folder, over: gateway)
            return (number, try await ask(queries, number, owner, over: gateway))
        }
        guard client.json else { return parts.forEach(Self.show) }
        Output.json([
            "collection": .string(String(number)),
            "answers": .array(
                parts.flatMap { part in
                    zip(part.queries, part.answers).map { query, answer in
                        [
                            "line": .integer(query.line), "stateHeight": .string(part.stateHeight),
                            "answer": answer["answer"] ?? .array([]), "cost": answer["cost"] ?? .null,
                        ]
                    }
                }),
        ])
    }

    /// Asks in as few requests as the gateway takes: where it calls a batch too large, halves of it.
    private func ask(
        _ queries: [QueryLine], _ number: UInt32, _ owner: AccountID?, over gateway: GatewayConnection
    ) async throws -> [Part] {
        var parts: [Part] = []
        var size = Self.batchMax
        var rest = queries[...]
        while !rest.isEmpty {
            let some = rest.prefix(size)
            do {
                let reply = try await gateway.send(
                    "POST", "/vectors/\(number)/search", headers: [("content-type", "application/json")],
                    body: batch(some, owner).serialized(), isRepeatable: true)
                let answer = JSON(try JSONDocument(parsing: reply.body).root)
                let answers = answer["answers"]?.items ?? []
                guard let height = answer["stateHeight"]?.string, answers.count == some.count else {
                    throw CommandFailure("the gateway's answer is not one to \(some.count) queries")
                }
                parts.append(Part(stateHeight: height, queries: some, answers: answers))
                rest = rest.dropFirst(some.count)
            } catch let failure as GatewayFailure {
                if failure.problem?.name == "batch-too-large", some.count > 1 {
                    size = some.count / 2
                    continue
                }
                throw Self.placed(failure, some)
            }
        }
        return parts
    }

    private func batch(_ queries: ArraySlice<QueryLine>, _ owner: AccountID?) -> JSON {
        let vectors = queries.map { Base64.encodeURL($0.vector.map { UInt8(bitPattern: $0) }) }
        let members: KeyValuePairs<String, JSON?> = [
            "queries": .array(vectors.map { .string($0) }), "limit": .integer(limit),
            "mode": exact ? .string("exact") : nil, "supers": supers.map { .integer($0) },
            "lists": lists.map { .integer($0) }, "finalists": finalists.map { .integer($0) },
            "distanceMax": distanceMax.map { .integer($0) }, "tag": tag.map { .integer($0) },
            "owner": owner.map { .string(Hex.encode($0.bytes)) },
        ]
        return .object(members.compactMap { name, value in value.map { JSON.Member(name: name, value: $0) } })
    }

    /// What the gateway says of single queries, by their lines.
    private static func placed(_ failure: GatewayFailure, _ queries: ArraySlice<QueryLine>) -> any Error {
        let prefix = "/queries/"
        let lines = failure.problem?.violations.compactMap { violation -> String? in
            guard violation.pointer.hasPrefix(prefix), let index = Int(violation.pointer.dropFirst(prefix.count)),
                index < queries.count
            else { return nil }
            return "\(queries[queries.startIndex + index].place): \(violation.message)"
        }
        guard let lines, !lines.isEmpty else { return failure }
        return CommandFailure(lines.joined(separator: "\n"))
    }

    /// Whoever wrote a file does not steer the terminal of whoever searches by it.
    private static func oneLine(_ text: String) -> String {
        VerificationOutcome.printable(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    private static func show(_ part: Part) {
        Output.line("state after block \(part.stateHeight)")
        for (query, answer) in zip(part.queries, part.answers) {
            Output.line("line \(query.line)" + (query.name.map { ": " + oneLine($0) } ?? ""))
            let items = answer["answer"]?.items ?? []
            for item in items { Output.line("  " + line(item)) }
            if items.isEmpty { Output.line("  nothing") }
        }
    }
}
