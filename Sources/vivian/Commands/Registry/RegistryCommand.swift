import ArgumentParser
import Codec
import Cryptography
import Foundation
import GatewayClient
import LedgerModel
import Verification

/// `vivian registry`.
struct RegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry",
        abstract: "Models, datasets and statements on the ledger: what they are, and what was made of what.",
        discussion: """
            SUBJECT is KIND:NAME of the data folder's account, KIND:ACCOUNT/NAME or KIND:ID, with @VERSION for another version \
            than the newest; kinds are model, dataset and statement. Versions count from 1. All that is published is public \
            for ever: the digest of the bytes, title, text, licence, measures, and which versions it was made from. The bytes \
            themselves stay with you.

            For example:
              vivian registry publish dataset:orders --file orders.csv --title "Orders of 2025" --licence CC-BY-4.0
              vivian registry publish model:sorter --file weights.bin --title "Sorts orders" --trained-on dataset:orders \
            --measure accuracy=0.93
              vivian registry list model
              vivian registry lineage model:sorter
              vivian registry lineage dataset:orders --used-by --prove -o proofs
              vivian registry lineage dataset:orders --used-by --from proofs --trusted-validators HASH
              vivian registry find "what sorts orders"
            """,
        subcommands: [Publish.self, List.self, Show.self, Lineage.self, Find.self, Withdraw.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a version, or print a proof of it.",
            discussion: "The proof is a file that `vivian verify` checks without a network.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "SUBJECT") var subject: String
        @Flag(help: "Print a proof file.") var prove = false
        @Option(help: "With --prove, let the headers lead from this validators hash.") var trusted: String?

        func run() async throws {
            let place = try RegistryPlace(subject, client.data.folder)
            try await client.withClient { gateway in
                let source = LiveRegistry(gateway: gateway)
                let (version, entry) = try await place.entry(from: source)
                if prove {
                    return Output.json(
                        try await gateway.stateProof(
                            store: StoreName.registry.rawValue, key: RegistryKeys.entry(version), trusted: trusted))
                }
                let uses = RegistryKeys.number(try await source.value(RegistryKeys.useCount(version)))
                if client.json {
                    return Output.json(
                        .object(
                            RegistryView.json(version, entry)
                                + [JSON.Member(name: "uses", value: .string(String(uses)))]))
                }
                for line in RegistryView.lines(version, entry, uses: uses) { Output.line(line) }
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw a version: its words leave the newest state, and nothing can be built on it any more.",
            discussion: """
                Digest, licence and edges stay, so lineages that pass through it stay whole. Old blocks keep the words, as do \
                all who have read them.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "SUBJECT, of the data folder's account") var subject: String
        @Option(help: "A reason code of yours; everybody sees it.") var reason: UInt64 = 0

        func run() async throws {
            let own = try OwnTransaction(client.data.folder)
            let place = try RegistryPlace(subject, client.data.folder)
            guard let name = place.ownName else {
                throw ValidationError("\(subject): who has published a version withdraws it; give KIND:NAME")
            }
            let (answer, version) = try await client.withClient { gateway in
                let (version, _) = try await place.entry(from: LiveRegistry(gateway: gateway))
                let message = WithdrawMessage(
                    publisher: own.account, kind: place.kind, name: name, version: version.number, reason: reason)
                return (try await own.send(.withdraw(message), over: gateway), version)
            }
            RegistryView.report("withdrew", version, answer, client)
        }
    }

    struct Find: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find what the registry holds by its words.",
            discussion: """
                The ledger keeps a vector of title and text of each subject's newest version in a collection of its own, made \
                by its own embedder: words that are spelt alike count, not what they mean. A proof of the answer: \
                `vivian vector search COLLECTION --text TEXT --prove`, with the collection's number that this prints.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "What is looked for.") var text: String
        @Option(help: "Only model, dataset or statement.") var kind: String?
        @Option(help: "The most subjects of the answer.") var limit: UInt32 = 10

        func run() async throws {
            let kind = try kind.map { text in
                guard let kind = RegistryKind(name: text) else {
                    throw ValidationError("--kind is model, dataset or statement")
                }
                return kind
            }
            let vector = try VectorLine.vector(of: text, "TEXT")
            try await client.withClient { gateway in
                let key = CollectionKeys.name(RegistryKeys.ledgerAccount, RegistryKeys.collection)
                let number = CollectionKeys.number(
                    try await gateway.state(store: StoreName.vector.rawValue, key: key).value)
                guard number > 0 else { throw CommandFailure("nothing was published on this ledger yet") }
                let query =
                    [
                        "vector=" + Base64.encodeURL(vector.map { UInt8(bitPattern: $0) }), "limit=\(limit)",
                    ] + (kind.map { ["tag=\($0.rawValue)"] } ?? [])
                let answer = try await gateway.json("GET", "/vectors/\(number)/search?" + query.joined(separator: "&"))
                let source = LiveRegistry(gateway: gateway)
                for item in answer["answer"]?.items ?? [] {
                    guard let kind = item["kind"]?.lexeme.flatMap({ UInt16($0) }),
                        let id = item["subject"]?.string.flatMap({ Hex.decode($0) }).flatMap({ Digest($0) })
                    else { throw CommandFailure("the gateway's answer names no subject") }
                    let subject = VectorSubject(kind: kind, id: id)
                    let (version, newest) = try await source.newest(of: subject)
                    guard let entry = newest else { continue }
                    let distance = item["distance"]?.lexeme ?? ""
                    if client.json {
                        Output.json(
                            .object(
                                RegistryView.json(version, entry)
                                    + [JSON.Member(name: "distance", value: .number(distance))]))
                    } else {
                        Output.line(
                            VerificationOutcome.printable(
                                "\(distance)  \(RegistryPlace.text(version, entry))  \(entry.card.title)"))
                    }
                }
                if !client.json { Output.note("collection \(number)") }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the subjects of a kind, in the order of their first versions.",
            discussion: RegistrySourceOptions.discussion
                + " The list is whole as of the block of the count's proof: the ledger counts without a gap.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "model, dataset or statement") var kind: String
        @Option(help: "Leave out so many.") var skip: UInt64 = 0
        @Option(help: "The most subjects of the answer.") var limit: UInt64 = 1_000
        @OptionGroup var options: RegistrySourceOptions

        func run() async throws {
            guard let kind = RegistryKind(name: kind) else {
                throw ValidationError("\(kind) is not model, dataset or statement")
            }
            try await options.read(client) { try await show(kind, $0) }
        }

        private func show(_ kind: RegistryKind, _ source: any RegistrySource) async throws {
            let count = RegistryKeys.number(try await source.value(RegistryKeys.subjectCount(kind)))
            let begin = min(skip, count)
            let end = begin + min(limit, count - begin)
            for index in begin..<end {
                guard let id = try await source.value(RegistryKeys.subject(kind, index)).flatMap({ Digest($0) }) else {
                    throw CommandFailure("\(kind.name) \(index) of \(count) is missing")
                }
                let (version, newest) = try await source.newest(of: VectorSubject(kind: kind.rawValue, id: id))
                guard let entry = newest else {
                    throw CommandFailure("version \(version.number) of \(kind.name):\(id.hex) is missing")
                }
                if client.json {
                    Output.json(.object(RegistryView.json(version, entry)))
                } else {
                    let state = entry.withdrawal == nil ? "" : "  WITHDRAWN"
                    Output.line(
                        VerificationOutcome.printable(
                            "\(RegistryPlace.text(version, entry))  \(entry.card.title)\(state)"))
                }
            }
            if !client.json { Output.note("\(end - begin) of \(count)") }
        }
    }

    struct Lineage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a version rests on, or with --used-by what rests on it.",
            discussion: RegistrySourceOptions.discussion
                + " So what is shown is whole; --used-by is so as of the block of the count's proof.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "SUBJECT") var subject: String
        @Flag(help: "Show what was made of it, in place of what it was made of.") var usedBy = false
        @Option(help: "How many steps are followed.") var depth = 10
        @OptionGroup var options: RegistrySourceOptions

        func validate() throws {
            guard 0...100 ~= depth else { throw ValidationError("--depth is 0 to 100") }
        }

        func run() async throws {
            let place = try RegistryPlace(subject, client.data.folder)
            try await options.read(client) { try await show(place, $0) }
        }

        private func show(_ place: RegistryPlace, _ source: any RegistrySource) async throws {
            let direction = usedBy ? RegistryLineage.Direction.usedBy : .restsOn
            var lineage = RegistryLineage(direction, depth: depth)
            let (version, entry) = try await place.entry(from: source)
            let root = try await lineage.tree(version, entry, from: source)
            if client.json { return Output.json(root.json(direction)) }
            for line in root.lines() { Output.line(line) }
        }
    }
}
