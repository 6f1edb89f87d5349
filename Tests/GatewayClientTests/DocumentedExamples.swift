import Foundation
import GatewayClient
import Testing

/// The examples of docs/clients.md, as they stand there.
struct DocumentedExamples {
    func capture(_ document: [UInt8], key: String, save: (String, [UInt8]) throws -> Void) async throws {
        try await GatewayConnection.with("https://127.0.0.1:8443", authority: "data/keys/tls/ca.pem", credential: key) {
            gateway in
            let capture = try await gateway.capture(document)
            let job = try await gateway.finished(job: capture.jobID, within: .seconds(30)) { job in
                print("\(job.anchoredCount) of \(job.recordCount) on the ledger")
            }
            for record in job.records ?? [] {
                try save("\(record.prefix(16)).record.json", try await gateway.bundle(of: record, receipts: true))
            }
        }
    }

    func erased(since time: String, on gateway: GatewayConnection) async throws -> [String] {
        var ids: [String] = []
        for try await record in gateway.records(RecordSelection(state: .erased, acceptedAfter: time)) {
            ids.append(record.id)
        }
        return ids
    }

    func narrow(_ id: String, to scopes: [String], on gateway: GatewayConnection) async throws(GatewayFailure) {
        while true {
            let (key, tag) = try await gateway.apiKey(id)
            guard key.revokedAt == nil, key.scopes != scopes else { return }
            do {
                _ = try await gateway.changeAPIKey(id, tag: tag, APIKeyChange(scopes: scopes))
                return
            } catch .refused(let problem) where problem.name == "precondition-failed" {
                // Somebody changed the key since it was read: look again.
                continue
            }
        }
    }
}

struct DocumentedExamplesTests {
    @Test func `the page shows what is compiled here`() throws {
        let here = URL(fileURLWithPath: #filePath)
        let page = try String(
            contentsOf: here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "docs/clients.md"), encoding: .utf8)
        let compiled = try String(contentsOf: here, encoding: .utf8).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }.joined(separator: "\n")
        let examples = page.components(separatedBy: "<!-- compiled -->\n```swift\n").dropFirst().map {
            $0.components(separatedBy: "\n```")[0]
        }
        #expect(examples.count == 3)
        for example in examples {
            let lines = example.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(compiled.contains(lines.joined(separator: "\n")), "\(example)")
        }
    }
}
