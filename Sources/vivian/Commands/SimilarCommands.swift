import ArgumentParser
import Codec
import Cryptography
import Foundation
import GatewayClient
import LedgerModel

/// `vivian similar`.
struct SimilarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "List the records that are most like one, the nearest first.",
        discussion: """
            A line a record: its distance, its id, and when it was accepted. 0 is the same, 1000 has nothing in common. \
            What is compared never leaves the gateway. With --json, one object a record.

            --commit makes a record that commits to the index as it stands; the ledger gets a salted hash of it, which \
            tells nobody anything. --prove COMMITMENT writes a file that `vivian verify` checks without a network: of the \
            records that were in the index then, these are what the search finds. Whoever gets the file can tell from the \
            vectors in it what the records were made of. --exact compares every record, of up to 4096, and shows \
            the vectors of all.
            """)
    @OptionGroup var client: ClientOptions
    @Argument(help: "Record id in hex.") var id: String?
    @Option(help: "Show at most so many, 1 to 100.") var limit = 10
    @Option(help: "None that is farther, 0 to 2000.") var distanceMax: Int?
    @Flag(help: "Commit to the index as it stands, and wait until that is on the ledger.") var commit = false
    @Option(help: "Prove the answer by this commitment, a record's id.") var prove: String?
    @Flag(help: "With --prove, compare every record.") var exact = false
    @Option(help: "With --prove, super-centroids whose lists are considered.") var supers: Int?
    @Option(help: "With --prove, lists that are scanned.") var lists: Int?
    @Option(help: "With --prove, records whose vectors are compared.") var finalists: Int?
    @Option(help: "With --prove, let the headers lead from this validators hash.") var trusted: String?
    @Option(name: .shortAndLong, help: "With --prove, write the proof here, such as answer.similar.json.")
    var output: String?

    func validate() throws {
        guard commit == (id == nil) else { throw ValidationError("give a record's id, or --commit alone") }
        guard !commit || (prove == nil && distanceMax == nil) else {
            throw ValidationError("--commit goes alone: prove by what it gives")
        }
        guard (prove == nil) == (output == nil) else { throw ValidationError("--prove and --output FILE go together") }
        let numbers = supers != nil || lists != nil || finalists != nil
        guard prove != nil || (!exact && !numbers && trusted == nil) else {
            throw ValidationError("--exact, --supers, --lists, --finalists and --trusted go with --prove")
        }
        guard prove == nil || distanceMax == nil else {
            throw ValidationError("--distance-max does not go with --prove: the file says how far each record is")
        }
        guard !exact || !numbers else {
            throw ValidationError("--exact compares everything: leave --supers, --lists and --finalists out")
        }
    }

    func run() async throws {
        guard let id else { return try await commitIndex() }
        if let prove, let output { return try await proveAnswer(id, by: prove, to: output) }
        let found = try await client.withClient { gateway in
            try await gateway.similar(to: id, limit: limit, distanceMax: distanceMax)
        }
        for item in found { client.json ? Output.json(item.json) : Output.line(Self.line(item)) }
    }

    private func commitIndex() async throws {
        let answer = try await client.withClient { gateway in
            let answer = try await gateway.commitIndex()
            _ = try await gateway.finished(job: answer.jobID)
            return answer
        }
        client.json
            ? Output.json(answer.json) : Output.line("\(answer.recordID)  \(answer.count) records")
    }

    private func proveAnswer(_ id: String, by commitment: String, to output: String) async throws {
        let search = SimilarSearch(isExact: exact, supers: supers, lists: lists, finalists: finalists)
        let bytes = try await client.withClient { gateway in
            try await gateway.similarProof(of: id, by: commitment, limit: limit, search: search, trusted: trusted)
        }
        let file = try SimilarProofFile(decoding: bytes)
        // It must be about what was asked; that it holds is `vivian verify`'s to say.
        guard file.record.hex == id, (file.query.probes == nil) == exact, Int(file.query.limit) == limit + 1 else {
            throw CommandFailure("the gateway's proof is of another record or query")
        }
        Output.note(
            "note: \(output) shows whoever gets it vectors of records, from which it can be told what these were made of"
        )
        try Data(bytes).write(to: URL(fileURLWithPath: output), options: .atomic)
        if client.json { return Output.json(["file": .string(output), "answers": .integer(file.answer.count)]) }
        Output.note("wrote \(output); check it with `vivian verify \(output) --trusted-validators HASH`")
    }

    static func line(_ item: SimilarRecordAnswer) -> String {
        "\(distance(item.distance))  \(item.record.id)  \(item.record.acceptedAt)"
    }

    static func distance(_ distance: Int) -> String {
        let text = String(distance)
        return String(repeating: " ", count: max(0, 4 - text.count)) + text
    }
}

/// `vivian anomalies`.
struct AnomaliesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anomalies", abstract: "List the records that are least like any other, the farthest first.",
        discussion: """
            A line a record: the distance to its third nearest, its id, and when it was accepted. 0 is the same, 1000 has \
            nothing in common. `vivian similar ID` lists what is nearest. With --json, one object a record, with its \
            nearest three.
            """)
    @OptionGroup var client: ClientOptions
    @Option(help: "Show at most so many, 1 to 100.") var limit = 10
    @Option(help: "How many of the newest records are candidates, 1 to 5000.") var among: Int?

    func run() async throws {
        let found = try await client.withClient { gateway in try await gateway.anomalies(limit: limit, among: among) }
        for item in found {
            client.json
                ? Output.json(item.json)
                : Output.line(
                    "\(SimilarCommand.distance(item.distance))  \(item.record.id)  \(item.record.acceptedAt)")
        }
    }
}
