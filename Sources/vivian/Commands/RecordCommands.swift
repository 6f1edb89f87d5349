import ArgumentParser
import Codec
import Foundation
import HTTPClientKit
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

    func run() async throws {
        let path = "/epcis/capture" + (try SchemaCommand.reference(schema).map { "?schema=\($0.text)" } ?? "")
        try await client.withClient { gateway in
            var jobs: [String] = []
            for (index, file) in files.enumerated() {
                Output.progress(Self.bar(index, of: files.count, file))
                let bytes = try FileInput.bytes(file)
                let answer: JSON
                do {
                    answer = try await gateway.json(
                        "POST", path, headers: [("content-type", Self.mediaType(of: bytes))], body: bytes)
                } catch let problem as GatewayProblem {
                    Output.endProgress()
                    throw GatewayProblem("\(file): \(problem.description)")
                }
                Output.endProgress()
                for record in answer["records"]?.items ?? [] {
                    if client.json {
                        Output.json(["recordId": record, "file": .string(file)])
                    } else {
                        Output.line("\(record.string ?? "")  \(file)")
                    }
                }
                if let job = answer["captureID"]?.string { jobs.append(job) }
            }
            if wait { for job in jobs { try await Self.settle(job, on: gateway) } }
        }
    }

    /// Waits until a job is done.
    static func settle(_ job: String, on gateway: GatewayClient) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            let state = try await gateway.json("GET", "/epcis/capture/\(job)")
            guard state["running"]?.isTrue == true else {
                Output.endProgress()
                return
            }
            Output.progress(
                "on the ledger: \(state["anchoredCount"]?.lexeme ?? "0") of \(state["recordCount"]?.lexeme ?? "0")")
            try await Task.sleep(for: .milliseconds(20))
        }
        throw GatewayProblem("job \(job) is not on the ledger after two minutes; `vivian doctor` says more")
    }

    static func bar(_ done: Int, of count: Int, _ file: String) -> String {
        let width = 24
        let filled = count == 0 ? width : done * width / count
        return "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
            + "] \(done)/\(count) \(file)"
    }

    /// JSON or XML by the first character that is no white space.
    static func mediaType(of bytes: [UInt8]) -> String {
        let first = bytes.first { ![0x20, 0x0a, 0x0d, 0x09, 0xef, 0xbb, 0xbf].contains($0) }
        return first == UInt8(ascii: "<") ? "application/xml" : "application/ld+json"
    }
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
        var path = "/records/\(id)"
        if bundle {
            var query = receipts ? ["receipts=true"] : []
            if let trusted { query.append("trusted=\(trusted)") }
            path += "/bundle" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        } else if receipt {
            path += "/receipt"
        }
        let reply = try await client.withClient { try await $0.send("GET", path) }
        if let output {
            try Data(reply.body).write(to: URL(fileURLWithPath: output))
            client.json ? Output.json(["file": .string(output)]) : Output.note("wrote \(output)")
        } else if receipt, !bundle {
            client.json
                ? Output.json(["receipt": .string(Base64.encode(reply.body))])
                : FileHandle.standardOutput.write(Data(reply.body))
        } else if bundle || client.json {
            FileHandle.standardOutput.write(Data(reply.body + [0x0a]))
        } else {
            let record = JSON(try JSONDocument(parsing: reply.body).root)
            for name in ["recordId", "state", "logIndex", "height", "blockTime", "issuer", "number", "mediaType"] {
                guard let text = record[name]?.string else { continue }
                Output.line(name.padding(toLength: 12, withPad: " ", startingAt: 0) + text)
            }
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
        let answer = try await client.withClient { try await $0.json("DELETE", "/records/\(id)?reason=\(reason)") }
        if client.json { return Output.json(answer) }
        Output.line(answer["alreadyErased"]?.isTrue == true ? "was erased before" : "erased")
    }
}
