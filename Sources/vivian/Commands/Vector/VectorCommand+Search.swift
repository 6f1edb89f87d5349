import ArgumentParser
import Codec
import Cryptography
import Foundation
import GatewayClient
import LedgerModel

extension VectorCommand {
    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find the nearest vectors, with a proof if wanted.",
            discussion: """
                The query is a file with a JSON list of components or an object with `vector` or `text`, or --text. A line of \
                the answer is distance, KIND:SUBJECT and tag, the nearest first; a subject that was put as a text is its \
                SHA-256. With --prove the answer is a proof \
                file, printed or written to -o FILE, that `vivian verify` checks without a network; it says exactly what \
                the committed index answers with these numbers, not that nothing nearer lies in lists that were not \
                probed: --exact does.

                --queries FILE asks many at once: each line of the file is a query of its own, of one of these forms, so a file \
                of vectors does as well. They are sent 256 at a time; all queries of a request are answered from one state, \
                and what is printed names its block.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its number, NAME or ACCOUNT/NAME.") var collection: String
        @Argument(help: "File with the query; - for standard input.") var query: String?
        @Option(help: "Text whose vector by the ledger's embedder is the query.") var text: String?
        @Option(help: "File with a query a line; - for standard input.") var queries: String?
        @Flag(help: "Compare every vector.") var exact = false
        @Option(help: "Super-centroids whose lists are considered.") var supers: UInt32?
        @Option(help: "Lists that are scanned.") var lists: UInt32?
        @Option(help: "Vectors that are compared.") var finalists: UInt32?
        @Option(help: "The most subjects of the answer.") var limit: UInt32 = 10
        // Minus a dot product is mostly negative.
        @Option(parsing: .unconditional, help: "Only what is at most that far.") var distanceMax: Int32?
        @Option(help: "Only vectors with this tag.") var tag: UInt32?
        @Option(help: "Only vectors that this account has put.") var owner: String?
        @Flag(help: "Fetch a proof of the answer.") var prove = false
        @Option(help: "With --prove, let the headers lead from this validators hash.") var trusted: String?
        @Option(name: .shortAndLong, help: "With --prove, write the proof here, such as answer.search.json.")
        var output: String?

        func validate() throws {
            guard [query, text, queries].count(where: { $0 != nil }) == 1 else {
                throw ValidationError("give a file with the query, or --text, or --queries")
            }
            guard queries == nil || !prove else {
                throw ValidationError("--queries has no proofs: ask with --prove one query at a time")
            }
            guard !exact || (supers == nil && lists == nil && finalists == nil) else {
                throw ValidationError("--exact compares everything: leave --supers, --lists and --finalists out")
            }
            guard prove || (output == nil && trusted == nil) else {
                throw ValidationError("--output and --trusted go with --prove")
            }
        }

        func run() async throws {
            if let queries { return try await askAll(queries) }
            let vector = try text.map { try VectorLine.vector(of: $0, "--text") } ?? VectorLine.query(query ?? "-")
            let owner = try owner.map { try AccountName.id($0) }
            let folder = client.data.folder
            let (number, reply) = try await client.withClient { gateway in
                let number = try await VectorCommand.number(collection, folder, over: gateway)
                return (number, try await gateway.send("GET", target(number, vector, owner)))
            }
            guard prove else {
                let answer = JSON(try JSONDocument(parsing: reply.body).root)
                if client.json { return Output.json(answer) }
                let items = answer["answer"]?.items ?? []
                for item in items { Output.line(Self.line(item)) }
                if items.isEmpty { Output.note("nothing was found") }
                return
            }
            let file = try SearchProofFile(decoding: reply.body)
            try check(file.query, number, vector, owner)
            guard let output else { return Output.json(reply.body) }
            try Data(reply.body).write(to: URL(fileURLWithPath: output), options: .atomic)
            if client.json {
                return Output.json(["file": .string(output), "answers": .integer(file.answer.count)])
            }
            for item in file.answer {
                Output.line("\(item.distance)  \(item.subject.kind):\(item.subject.id.hex)  tag \(item.tag)")
            }
            Output.note("wrote \(output); check it with `vivian verify \(output) --trusted-validators HASH`")
        }

        private func target(_ number: UInt32, _ vector: [Int8], _ owner: AccountID?) -> String {
            var items = ["vector=" + Base64.encodeURL(vector.map { UInt8(bitPattern: $0) }), "limit=\(limit)"]
            func add(_ name: String, _ value: (some CustomStringConvertible)?) {
                if let value { items.append("\(name)=\(value)") }
            }
            if exact { items.append("mode=exact") }
            add("supers", supers)
            add("lists", lists)
            add("finalists", finalists)
            add("distanceMax", distanceMax)
            add("tag", tag)
            add("owner", owner.map { Hex.encode($0.bytes) })
            if prove { items.append("prove=true") }
            add("trusted", trusted)
            return "/vectors/\(number)/search?" + items.joined(separator: "&")
        }

        /// The file must be about what was asked; that its answer holds is `vivian verify`'s to say.
        private func check(
            _ query: SearchProofFile.Query, _ number: UInt32, _ vector: [Int8], _ owner: AccountID?
        ) throws {
            let parts: [(String, Bool)] = [
                ("collection", query.collection == number), ("vector", query.vector == vector),
                ("mode", (query.probes == nil) == exact), ("limit", query.limit == limit),
                ("supers", supers == nil || query.probes?.supers == supers),
                ("lists", lists == nil || query.probes?.lists == lists),
                ("finalists", finalists == nil || query.probes?.finalists == finalists),
                ("distanceMax", query.distanceMax == distanceMax), ("tag", query.tag == tag),
                ("owner", query.owner == owner),
            ]
            let wrong = parts.filter { !$0.1 }.map(\.0)
            guard wrong.isEmpty else {
                throw CommandFailure(
                    "the gateway's proof is of another query: it differs in \(wrong.joined(separator: ", "))")
            }
        }

        static func line(_ item: JSON) -> String {
            "\(item.text("distance"))  \(item.text("kind")):\(item.text("subject"))  tag \(item.text("tag"))"
        }
    }
}
