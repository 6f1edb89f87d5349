import ArgumentParser
import Codec
import GatewayClient
import LedgerModel

extension VectorCommand {
    struct Insert: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put vectors from a file: a subject that has one gets the new one.",
            discussion: """
                Refused for collections that are not declared public: whoever reads the ledger can reconstruct the text \
                behind a vector. Sent in batches, each of which is carried out as a whole; the same file again is harmless.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its number, NAME or ACCOUNT/NAME.") var collection: String
        @Argument(help: "File with a JSON object a line; - for standard input.") var file: String

        func run() async throws {
            let own = try OwnTransaction(client.data.folder)
            let folder = client.data.folder
            try await client.withClient { gateway in
                let number = try await VectorCommand.number(collection, folder, over: gateway)
                let view = try await gateway.json("GET", "/vectors/\(number)")
                guard view["isPublic"]?.isTrue == true else {
                    throw CommandFailure(
                        "collection \(number) is not declared public, and anyone who reads the ledger can reconstruct the "
                            + "text behind a vector: nothing was sent. Make a collection with --public for vectors of "
                            + "texts that everybody may know")
                }
                guard let dimension = view["dimension"]?.lexeme.flatMap({ Int($0) }) else {
                    throw CommandFailure("the gateway does not say the collection's dimension")
                }
                let lines = try VectorLine.read(
                    file, dimension: dimension, squaredLengths: try VectorCommand.squaredLengths(view))
                Output.note(
                    "note: anyone can reconstruct the text behind a vector; \(lines.count) of them become public for ever"
                )
                let size = VectorCommand.batch(dimension)
                for start in stride(from: 0, to: lines.count, by: size) {
                    let entries = lines[start..<min(start + size, lines.count)].map {
                        PutVectorsMessage.Entry(subject: $0.subject, tag: $0.tag, vector: $0.vector)
                    }
                    let message = PutVectorsMessage(writer: own.account, collection: number, entries: entries)
                    let answer = try await own.send(.putVectors(message), over: gateway)
                    VectorCommand.report("put", entries.count, answer, client)
                }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take subjects' vectors out of a collection.",
            discussion: """
                Who put a vector may, and the collection's owner. Old blocks keep what they held, unless a node takes vectors \
                out of them (`start --keep-vectors`).
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its number, NAME or ACCOUNT/NAME.") var collection: String
        @Argument(help: "KIND:SUBJECT of each.") var subjects: [String]

        func run() async throws {
            let own = try OwnTransaction(client.data.folder)
            let folder = client.data.folder
            let subjects = try subjects.map { try VectorLine.subject($0) }
            try await client.withClient { gateway in
                let number = try await VectorCommand.number(collection, folder, over: gateway)
                for start in stride(from: 0, to: subjects.count, by: VectorCommand.batchMax) {
                    let some = Array(subjects[start..<min(start + VectorCommand.batchMax, subjects.count)])
                    let message = DeleteVectorsMessage(writer: own.account, collection: number, subjects: some)
                    let answer = try await own.send(.deleteVectors(message), over: gateway)
                    VectorCommand.report("deleted", some.count, answer, client)
                }
            }
        }
    }

    /// The squared lengths of the vectors that a collection takes (`CollectionParameters.admit`).
    private static func squaredLengths(_ collection: JSON) throws -> ClosedRange<Int> {
        guard let scale = collection["scale"]?.lexeme.flatMap({ Int($0) }), 0...15 ~= scale,
            let largest = collection["normMax"]?.lexeme.flatMap({ Int($0) }), largest >= 0
        else { throw CommandFailure("the gateway does not say which lengths the collection takes") }
        guard collection["metric"]?.string == "cosine" else { return 0...largest }
        return 1 << (2 * scale) / 4...4 << (2 * scale)
    }

    /// Vectors in one transaction: well within the ledger's limits on bytes, vectors and work.
    static let batchMax = 500

    private static func batch(_ dimension: Int) -> Int { max(1, min(batchMax, 200_000 / (dimension + 60))) }

    private static func report(_ what: String, _ count: Int, _ answer: TransactionAnswer, _ client: ClientOptions) {
        client.json
            ? Output.json([
                what: .integer(count), "height": answer.height.map { .string(String($0)) } ?? .null,
                "transaction": .string(answer.id),
            ])
            : Output.line("\(what) \(count) in block \(answer.height ?? 0), transaction \(answer.id)")
    }
}
