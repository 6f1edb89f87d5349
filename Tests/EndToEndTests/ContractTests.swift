import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("The gateway keeps its own contract", .serialized)
    struct ContractTests {
        struct Input: Codable {
            var values: [String: [String: String]]
            var bodies: [String: [String]]
        }

        @Test("Every method and path of the OpenAPI document answers as the document says")
        func answersFollowTheDocument() throws {
            let node = try RunningNode()
            try node.start("--security-contact", "mailto:security@example.com")
            let document = Samples.document("contract", events: 2)
            let file = node.folder.appending(path: "document.jsonld")
            try Data(document).write(to: file)
            let captured = try node.capture(document)
            let job = captured.json["captureID"]?.string ?? ""
            let records = captured.json["records"]?.elements.compactMap(\.string) ?? []
            try node.settle(records)
            let status = try node.status()
            let trusted = status["validatorsHash"]?.string ?? ""
            // A transaction of the ledger's own: sending it once more is answered like the first time.
            var transaction: (id: String, bytes: [UInt8]) = ("", [])
            for height in 1...(try node.height()) {
                let items = try node.get("/blocks/\(height)").json["transactions"]?.elements ?? []
                if let first = items.first, let id = first["id"]?.string, let text = first["bytes"]?.string {
                    transaction = (id, Base64.decode(text) ?? [])
                }
            }
            #expect(!transaction.bytes.isEmpty)
            let sent = node.folder.appending(path: "transaction.cose")
            try Data(transaction.bytes).write(to: sent)
            let wish = node.folder.appending(path: "wish.json")
            try Data(#"{"label":"contract","scopes":["ledger:read"],"expiresInSeconds":60}"#.utf8).write(to: wish)
            let spare = try node.request(
                "POST", "/api-keys", headers: ["Content-Type: application/json"],
                body: Array(try Data(contentsOf: wish))
            ).json["id"]?.string
            let schema = node.folder.appending(path: "schema.json")
            try Data(#"{"type":"object","required":["type"]}"#.utf8).write(to: schema)
            let registered = try node.request(
                "POST", "/schemas?id=contract", headers: ["Content-Type: application/schema+json"],
                body: Array(try Data(contentsOf: schema)))
            #expect(registered.status == 201)
            let version = ["id": "contract", "version": "1"]
            let input = Input(
                values: [
                    "POST /epcis/capture": ["schema": "contract:1"],
                    "POST /schemas": ["id": "another", "compatibility": "full"],
                    "GET /schemas/{id}": ["id": "contract"],
                    "GET /schemas/{id}/versions/{version}": version,
                    "GET /schemas/{id}/versions/{version}/document": version,
                    "POST /schemas/{id}/compatibility": ["id": "contract", "compatibility": "forward"],
                    "POST /schemas/{id}/versions/{version}/validation": version.merging(["output": "flag"]) { $1 },
                    "GET /epcis/capture/{id}": ["id": job],
                    "GET /records/{id}": ["id": records[0]],
                    "DELETE /records/{id}": ["id": records[1], "reason": "2"],
                    "GET /records/{id}/receipt": ["id": records[0], "validator": status["validator"]?.string ?? ""],
                    "GET /records/{id}/bundle": ["id": records[0], "receipts": "true", "trusted": trusted],
                    "GET /state/{store}/{key}": [
                        "store": "anchor", "key": ProofTests.key("log"), "height": "2", "prove": "true",
                        "trusted": trusted,
                    ],
                    "GET /blocks/{height}": ["height": "1"],
                    "GET /transactions/{id}": ["id": transaction.id],
                    "GET /log/consistency": ["from": "1", "to": "3"],
                    "GET /log/tile/{path}": ["path": "0/000.p/3"],
                    "DELETE /api-keys/{id}": ["id": spare ?? ""],
                    "GET /audit": ["limit": "2", "cursor": "AAAAAAAAAAE"],
                ],
                bodies: [
                    "POST /epcis/capture": ["application/ld+json", file.path],
                    "POST /transactions": ["application/cose", sent.path],
                    "POST /api-keys": ["application/json", wish.path],
                    "POST /schemas": ["application/schema+json", schema.path],
                    "POST /schemas/{id}/compatibility": ["application/json", schema.path],
                    "POST /schemas/{id}/versions/{version}/validation": ["application/ld+json", file.path],
                ])
            let values = node.folder.appending(path: "values.json")
            try JSONEncoder().encode(input).write(to: values)
            let output = try Tool.peer("contract", node.address, node.authority, values.path, node.keyFile.path)
            let answer = JSON(try JSONDocument(parsing: output).root)
            #expect(answer["findings"]?.elements.compactMap(\.string) == [])
            if case .number(let asked)? = answer["asked"] { #expect(Int(asked) ?? 0 >= 40) }
        }

        @Test("Health, readiness and metrics speak of the running node")
        func operationsAnswer() throws {
            let node = try RunningNode.started()
            try node.settle(try node.captured(Samples.document("metrics", events: 3)))
            #expect(try node.get("/healthz").status == 200)
            #expect(try node.get("/readyz").status == 200)
            let metrics = try node.get("/metrics")
            #expect(metrics.status == 200 && metrics.type.hasPrefix("text/plain"))
            for line in metrics.text.split(separator: "\n") where !line.hasPrefix("#") {
                let parts = line.split(separator: " ")
                #expect(parts.count == 2 && Double(parts[1]) != nil, "\(line)")
            }
            #expect(metrics.text.contains("records_captured"))
            let doctor = try node.vivian("doctor", "--json")
            #expect(doctor.status == 0, "\(doctor.text) \(doctor.errors)")
        }
    }
}
