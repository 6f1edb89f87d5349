import ArgumentParser
import Codec
import Foundation
import GatewayClient
import Records

/// `vivian capture`.
struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Hand in EPCIS documents; every event becomes a record.",
        discussion: """
            Takes EPCIS 2.0 JSON-LD, EPCIS 2.0 XML and EPCIS 1.2 XML. Handing in the same event again gives the same \
            record, so an interrupted run is resumed by running it again. With --json, one object a record. \
            With --schema every document must also satisfy a registered schema (`vivian schema`).
            """)
    @OptionGroup var client: ClientOptions
    @Argument(help: "Files to hand in.") var files: [String]
    @Option(help: "A registered schema that the documents must satisfy too: ID or ID:VERSION.") var schema: String?
    @Flag(inversion: .prefixedNo, help: "Wait until every record is on the ledger.") var wait = true

    /// How long a job may take before the command gives up waiting.
    static let waitSeconds = 120

    func run() async throws {
        let schema = try SchemaCommand.reference(schema)
        try await client.withClient { gateway in
            var jobs: [String] = []
            for (index, file) in files.enumerated() {
                Output.progress(Self.bar(index, of: files.count, file))
                let bytes = try FileInput.bytes(file)
                let capture: CaptureAnswer
                // One file is waited for in the same request; of several, while the next ones are handed in.
                let waits = wait && files.count == 1
                do {
                    capture = try await gateway.capture(bytes, schema: schema?.text, waitSeconds: waits ? 1 : nil)
                } catch {
                    Output.endProgress()
                    throw FileRefusal(description: "\(file): \(error)")
                }
                Output.endProgress()
                for record in capture.records {
                    if client.json {
                        Output.json(["recordId": .string(record), "file": .string(file)])
                    } else {
                        Output.line("\(record)  \(file)")
                    }
                }
                if !capture.isFinished { jobs.append(capture.jobID) }
            }
            guard wait else { return }
            for job in jobs {
                do {
                    _ = try await gateway.finished(job: job, within: .seconds(Self.waitSeconds)) { job in
                        Output.progress("on the ledger: \(job.anchoredCount) of \(job.recordCount)")
                    }
                } catch GatewayFailure.unfinished {
                    throw FileRefusal(
                        description: "job \(job) is not on the ledger after two minutes; `vivian doctor` says more")
                }
                Output.endProgress()
            }
        }
    }

    static func bar(_ done: Int, of count: Int, _ file: String) -> String {
        let width = 24
        let filled = count == 0 ? width : done * width / count
        return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
            + "] \(done)/\(count) \(file)"
    }
}

/// A file that the gateway did not take, or what became of it.
struct FileRefusal: GatewayRefusal {
    let description: String
}

/// `vivian record`.
struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Show a record, or fetch its bundle or receipt.",
        discussion: "A bundle is a file that anybody can check with `vivian verify`, without a network or an account.")
    @OptionGroup var client: ClientOptions
    @Argument(help: "Record id in hex.") var id: String
    @Flag(help: "Fetch the bundle.") var bundle = false
    @Flag(help: "Fetch the receipt (COSE).") var receipt = false
    @Flag(help: "Put the validators' receipts into the bundle.") var receipts = false
    @Option(help: "Let the bundle's headers lead from this validators hash.") var trusted: String?
    @Option(name: .shortAndLong, help: "Write to this file instead of standard output.") var output: String?

    func run() async throws {
        try await client.withClient { gateway in
            if bundle {
                let bytes = try await gateway.bundle(of: id, receipts: receipts, trusted: trusted)
                try put(bytes) { Output.json(bytes) }
            } else if receipt {
                let bytes = try await gateway.receipt(of: id)
                try put(bytes) {
                    client.json
                        ? Output.json(["receipt": .string(Base64.encode(bytes))])
                        : Output.bytes(bytes)
                }
            } else {
                let record = try await gateway.record(id)
                try put(record.json) { client.json ? Output.json(record.json) : Self.show(record) }
            }
        }
    }

    /// Into the file that was named, or else as it is shown.
    private func put(_ bytes: [UInt8], _ show: () -> Void) throws {
        guard let output else { return show() }
        try Data(bytes).write(to: URL(fileURLWithPath: output))
        client.json ? Output.json(["file": .string(output)]) : Output.note("wrote \(output)")
    }

    private static func show(_ record: RecordAnswer) {
        for (label, text) in [
            ("recordId", record.id), ("state", record.state.rawValue), ("logIndex", record.logIndex.map { String($0) }),
            ("height", record.height.map { String($0) }), ("blockTime", record.blockTime), ("issuer", record.issuer),
            ("number", String(record.number)), ("mediaType", record.mediaType),
        ] {
            guard let text else { continue }
            Output.line(label.padding(toLength: 12, withPad: " ", startingAt: 0) + text)
        }
    }
}

/// `vivian erase`.
struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase a record's payload, salt and keys; its proof of existence stays.",
        discussion: """
            What partners hold already stays with them. Reasons: 0 not stated, 1 asked for by the data subject, \
            2 retention ended, 3 captured in error.
            """)
    @OptionGroup var client: ClientOptions
    @Argument(help: "Record id in hex.") var id: String
    @Option(help: "Reason code.") var reason: UInt64 = 0

    func run() async throws {
        let answer = try await client.withClient { try await $0.erase(id, reason: reason) }
        if client.json { return Output.json(answer.json) }
        Output.line(answer.wasErasedBefore ? "was erased before" : "erased")
    }
}
