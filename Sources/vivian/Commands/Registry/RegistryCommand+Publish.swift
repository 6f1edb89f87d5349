import ArgumentParser
import Codec
import Cryptography
import Foundation
import GatewayClient
import LedgerModel

extension RegistryCommand {
    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish the next version of a subject.",
            discussion: """
                All of it is public for ever. A model or dataset is named by its file, whose SHA-256 is published and nothing \
                else of it, or by --digest; a statement is its --text or --text-file. What was published as the newest version \
                already is not published again.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "KIND:NAME") var subject: String
        @Option(help: "The model's or dataset's bytes.") var file: String?
        @Option(help: "Their SHA-256, in hex.") var digest: String?
        @Option(help: "One line.") var title: String
        @Option(help: "The card, or the statement itself; up to 8,192 bytes.") var text: String?
        @Option(help: "File with that text.") var textFile: String?
        @Option(help: "SPDX expression.") var licence = ""
        @Option(help: "NAME=VALUE of an evaluation; again for more.") var measure: [String] = []
        @Option(help: "SUBJECT that it was trained on; again for more.") var trainedOn: [String] = []
        @Option(help: "SUBJECT that it was derived from; again for more.") var derivedFrom: [String] = []
        @Option(help: "SUBJECT that it was evaluated on; again for more.") var evaluatedOn: [String] = []
        @Option(help: "SUBJECT that it describes; again for more.") var describes: [String] = []

        func validate() throws {
            guard text == nil || textFile == nil else { throw ValidationError("give --text or --text-file") }
            guard file == nil || digest == nil else { throw ValidationError("give --file or --digest") }
        }

        func run() async throws {
            let folder = client.data.folder
            let own = try OwnTransaction(folder)
            let place = try RegistryPlace(subject, folder)
            guard let name = place.ownName, place.version == nil else {
                throw ValidationError("\(subject) is not KIND:NAME; versions are counted by the ledger")
            }
            var card = try card(place.kind)
            let relations: [(RegistryRelation, [String])] = [
                (.trainedOn, trainedOn), (.derivedFrom, derivedFrom), (.evaluatedOn, evaluatedOn),
                (.describes, describes),
            ]
            try await client.withClient { gateway in
                let source = LiveRegistry(gateway: gateway)
                for (relation, subjects) in relations {
                    for subject in subjects {
                        let (version, _) = try await RegistryPlace(subject, folder).entry(from: source)
                        card.edges.append(RegistryEdge(relation, version))
                    }
                }
                if let fault = card.fault(place.kind) { throw ValidationError(fault) }
                let newest = RegistryKeys.number(try await source.value(RegistryKeys.newest(place.subject)))
                if newest > 0 {
                    let version = RegistryVersion(subject: place.subject, number: newest)
                    if try await source.entry(version)?.card == card {
                        return RegistryView.report("published before:", version, nil, client)
                    }
                }
                let message = PublishMessage(
                    publisher: own.account, kind: place.kind, name: name, version: newest + 1, card: card)
                Output.note(
                    "note: all of this becomes public for ever; a withdrawal does not take it out of old blocks")
                let answer = try await own.send(.publish(message), over: gateway)
                // The proof block follows at once, but may be on its way: what comes next shall find it.
                let end = ContinuousClock.now + .seconds(5)
                while try await source.entry(message.target) == nil, ContinuousClock.now < end {
                    try await Task.sleep(for: .milliseconds(50))
                }
                RegistryView.report("published", message.target, answer, client)
            }
        }

        private func card(_ kind: RegistryKind) throws -> RegistryCard {
            var words = text ?? ""
            if let textFile {
                guard let read = String(validating: try FileInput.bytes(textFile), as: UTF8.self) else {
                    throw CommandFailure("\(textFile) is no UTF-8")
                }
                words = read
            }
            guard kind != .statement || (file == nil && digest == nil && !words.isEmpty) else {
                throw ValidationError("a statement is its --text or --text-file, without --file and --digest")
            }
            let hash: Digest
            if kind == .statement {
                hash = SHA256.hash(Array(words.utf8))
            } else if let file {
                hash = try Self.digest(ofFile: file)
            } else if let digest, let bytes = Hex.decode(digest).flatMap({ Digest($0) }) {
                hash = bytes
            } else {
                throw ValidationError("give --file, or --digest in 64 lower-case hex digits")
            }
            let measures = try measure.map { text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2 else { throw ValidationError("--measure \(text) is not NAME=VALUE") }
                return RegistryCard.Measure(name: parts[0], value: parts[1])
            }
            return RegistryCard(digest: hash, title: title, text: words, licence: licence, measures: measures)
        }

        /// The hash of a file that may be larger than the memory.
        private static func digest(ofFile path: String) throws -> Digest {
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw CommandFailure("\(path) cannot be read")
            }
            defer { try? handle.close() }
            var hasher = SHA256()
            while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty { hasher.update(Array(part)) }
            return hasher.finalize()
        }
    }
}
