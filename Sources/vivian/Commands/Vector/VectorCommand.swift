import ArgumentParser
import Codec
import Cryptography
import Embedding
import Foundation
import GatewayClient
import LedgerModel
import VectorIndex

/// `vivian vector`.
struct VectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vector", abstract: "Collections of vectors on the ledger, and provable searches in them.",
        discussion: """
            COLLECTION is its number, the name of one of the data folder's account, or ACCOUNT/NAME. A file of vectors has one \
            JSON object a line: {"kind": 1, "subject": "...", "tag": 0, "vector": [1, -2, ...]}. A subject is 64 lower-case \
            hex digits, or any text, whose SHA-256 is then taken; kind and tag are 0 if left out; components are -127 to 127. \
            In place of `vector` a line may have `text`, of which the ledger's own embedder makes the vector: for collections \
            made with --for-texts.

            For example:
              vivian vector create cards --dimension 384 --metric cosine --public
              vivian vector insert cards vectors.jsonl
              vivian vector search cards query.json --limit 5
              vivian vector create statements --for-texts --public
              vivian vector search statements --text "steel pipes from Ghent"
              vivian vector search cards --queries queries.jsonl
              vivian vector search cards query.json --prove -o answer.search.json
              vivian verify answer.search.json --trusted-validators HASH
            """, subcommands: [Create.self, Insert.self, Delete.self, List.self, Show.self, Search.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a collection; what it is never changes.",
            discussion: """
                Vectors of your own model go only into collections that are declared public (--public), because anyone can \
                reconstruct the text behind a vector.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its name: 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit.") var name: String
        @Option(help: "Components of a vector, 1 to 4096.") var dimension: UInt16?
        @Flag(help: "As the ledger's own embedder makes vectors: cosine, 384 components, scale 8.") var forTexts = false
        @Option(help: "dot, squaredL2 or cosine; cosine if left out.") var metric: String?
        @Option(help: "A component is its integer / 2^scale; cosine vectors are brought to the length 2^scale.")
        var scale: UInt8?
        @Option(help: "Quota of vectors.") var quota = UInt32(IndexRules.countMax)
        @Option(help: "Largest squared length; as large as the dimension allows if left out. Not for cosine.")
        var normMax: UInt32?
        @Option(help: "Booked for each vector, in the smallest unit; nobody pays it yet.") var deposit: UInt64 = 0
        @Flag(help: "Let everybody put vectors, not the owner alone.") var anyone = false
        @Flag(name: .customLong("public"), help: "Declare that the contents, and so the texts behind them, are public.")
        var isPublic = false

        func run() async throws {
            guard let name = CollectionName(name) else {
                throw ValidationError("a name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit")
            }
            guard !forTexts || (dimension == nil && metric == nil && scale == nil && normMax == nil) else {
                throw ValidationError("--for-texts settles --dimension, --metric and --scale: leave them out")
            }
            guard let dimension = forTexts ? UInt16(TextEmbedder.standard.dimension) : dimension else {
                throw ValidationError("give --dimension or --for-texts")
            }
            let scale = scale ?? (forTexts ? 8 : 7)
            let metrics: [String: Metric] = ["dot": .dot, "squaredL2": .squaredL2, "cosine": .cosine]
            guard let metric = metrics[metric ?? "cosine"] else {
                throw ValidationError("--metric is dot, squaredL2 or cosine")
            }
            let own = try OwnTransaction(client.data.folder)
            let normMax = normMax ?? (metric == .cosine ? 0 : UInt32(dimension) * 127 * 127)
            do throws(VectorFailure) {
                _ = try CollectionParameters(
                    metric: metric, dimension: Int(dimension), scale: Int(scale), owner: own.account.digest,
                    countMax: Int(quota), normMax: Int(normMax))
            } catch { throw ValidationError(Self.text(of: error)) }
            let terms = CollectionTerms(
                metric: metric.rawValue, policy: anyone ? 1 : 0, isPublic: isPublic, dimension: dimension, scale: scale,
                countMax: quota, normMax: normMax, deposit: deposit)
            let message = CreateCollectionMessage(owner: own.account, name: name, terms: terms)
            let (answer, number) = try await client.withClient { gateway in
                let answer = try await own.send(.createCollection(message), over: gateway)
                // The proof block follows at once, but may be on its way.
                return (
                    answer,
                    try await VectorCommand.number(name, of: own.account, over: gateway, patience: .seconds(5))
                )
            }
            if client.json {
                return Output.json([
                    "collection": .string(String(number)), "height": answer.height.map { .string(String($0)) } ?? .null,
                    "transaction": .string(answer.id),
                ])
            }
            Output.line("collection \(number), in block \(answer.height ?? 0), transaction \(answer.id)")
        }

        private static func text(of failure: VectorFailure) -> String {
            switch failure {
            case .parameter(.dimension): "--dimension is 1 to 4096"
            case .parameter(.scale):
                "--scale is 0 to 12; for cosine at least 4, and no longer than the components reach"
            case .parameter(.countMax): "--quota is 1 to \(IndexRules.countMax)"
            case .parameter(.norm): "--norm-max is 1 to dimension x 16129, and left out for cosine"
            default: "\(failure)"
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the ledger's collections.")
        @OptionGroup var client: ClientOptions

        func run() async throws {
            try await client.withClient { gateway in
                var cursor: String?
                repeat {
                    let page = try await gateway.json("GET", "/vectors" + (cursor.map { "?cursor=\($0)" } ?? ""))
                    for item in page["collections"]?.items ?? [] {
                        client.json ? Output.json(item) : Output.line(Self.line(item))
                    }
                    cursor = page["next"]?.string
                } while cursor != nil
            }
        }

        private static func line(_ item: JSON) -> String {
            "\(item.text("collection"))  \(item.text("name"))  \(item.text("metric")) \(item.text("dimension"))  "
                + "\(item.text("count")) vectors  \(item["isPublic"]?.isTrue == true ? "public" : "not public")  "
                + "of \(item.text("owner"))"
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a collection, or whether a subject has a vector in it.",
            discussion: """
                With --subject and --prove the answer is a state proof file: of the subject's entry, or that there is none.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its number, NAME or ACCOUNT/NAME.") var collection: String
        @Option(help: "KIND:SUBJECT.") var subject: String?
        @Flag(help: "With --subject, print a proof file.") var prove = false
        @Option(help: "With --prove, let the headers lead from this validators hash.") var trusted: String?

        func run() async throws {
            guard !prove || subject != nil else { throw ValidationError("--prove goes with --subject") }
            let subject = try subject.map { try VectorLine.subject($0) }
            let folder = client.data.folder
            try await client.withClient { gateway in
                let number = try await VectorCommand.number(collection, folder, over: gateway)
                guard let subject else {
                    let view = try await gateway.json("GET", "/vectors/\(number)")
                    return client.json ? Output.json(view) : Self.show(view)
                }
                let key = VectorStateKey(collection: number).subject(Subject(kind: subject.kind, id: subject.id))
                if prove {
                    return Output.json(
                        try await gateway.stateProof(store: StoreName.vector.rawValue, key: key, trusted: trusted))
                }
                let entry = try await gateway.state(store: StoreName.vector.rawValue, key: key)
                let id = entry.value.map { UInt64(bigEndianBytes: $0) }
                if client.json {
                    return Output.json([
                        "collection": .string(String(number)), "kind": .integer(subject.kind),
                        "subject": .string(subject.id.hex), "id": id.map { .string(String($0)) } ?? .null,
                        "stateHeight": .string(String(entry.height)),
                    ])
                }
                Output.line(id.map { "vector \($0)" } ?? "no vector")
            }
        }

        private static func show(_ view: JSON) {
            guard case .object(let members) = view else { return }
            for member in members {
                let text = member.value.string ?? member.value.lexeme ?? (member.value.isTrue ? "yes" : "no")
                Output.line(member.name.padding(toLength: 14, withPad: " ", startingAt: 0) + text)
            }
        }
    }

    // MARK: Names

    /// The number that a command line means.
    static func number(
        _ text: String, _ folder: DataFolder, over gateway: GatewayConnection
    ) async throws -> UInt32 {
        if let number = UInt32(text), String(number) == text { return number }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = CollectionName(parts[parts.count - 1]) else {
            throw ValidationError("\(text) is neither a collection's number nor NAME nor ACCOUNT/NAME")
        }
        let owner = parts.count == 2 ? try AccountName.id(parts[0]) : try OwnTransaction(folder).account
        return try await number(name, of: owner, over: gateway)
    }

    static func number(
        _ name: CollectionName, of owner: AccountID, over gateway: GatewayConnection, patience: Duration = .zero
    ) async throws -> UInt32 {
        let end = ContinuousClock.now + patience
        while true {
            let entry = try await gateway.state(
                store: StoreName.vector.rawValue, key: CollectionKeys.name(owner, name))
            let number = CollectionKeys.number(entry.value)
            if number > 0 { return number }
            guard ContinuousClock.now < end else {
                throw CommandFailure(
                    "account \(Hex.encode(owner.bytes)) has no collection \(name.text); `vivian vector list` shows what "
                        + "there is: name another account's as ACCOUNT/NAME, or by its number")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
