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
            let change = node.folder.appending(path: "change.json")
            try Data(#"{"label":"changed","scopes":["ledger:read"],"expiresAt":null}"#.utf8).write(to: change)
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
            for name in ["one", "two"] {
                let made = try node.vivian("vector", "create", name, "--dimension", "3", "--metric", "dot", "--public")
                #expect(made.status == 0)
            }
            let dataset =
                try RegistryTests.publish(node, "dataset:d", "--title", "d", "--digest", trusted)["id"]?.string ?? ""
            for name in ["one", "two"] {
                _ = try RegistryTests.publish(
                    node, "model:\(name)", "--title", name, "--digest", trusted, "--trained-on", "dataset:d")
            }
            // A second page's worth of jobs and records, and the cursors that lead there.
            _ = try node.captured(Samples.document("contract2"))
            func cursor(_ path: String) throws -> String {
                let next = try PageTests.page(node, path).next
                return next?.split(separator: "=").last.map(String.init) ?? ""
            }
            func body(_ name: String, _ text: String) throws -> String {
                let file = node.folder.appending(path: "\(name).json")
                try Data(text.utf8).write(to: file)
                return file.path
            }
            let hook = #"{"url":"https://example.com/hook","signing":"ed25519","label":"contract"}"#
            let webhooks = try (0..<2).map { _ in
                try node.request(
                    "POST", "/webhooks", headers: ["Content-Type: application/json"], body: Array(hook.utf8)
                ).json["id"]?.string ?? ""
            }
            // Two deliveries that wait: nobody of that name is there to take them.
            for _ in 0..<2 { _ = try node.request("POST", "/webhooks/\(webhooks[0])/ping") }
            let input = Input(
                values: [
                    "GET /epcis/capture": ["perPage": "1", "nextPageToken": try cursor("/epcis/capture?perPage=1")],
                    "POST /epcis/capture": ["Prefer": "wait=30", "schema": "contract:1"],
                    "GET /epcis/capture/{id}": ["id": job, "Prefer": "wait=1"],
                    "GET /records": [
                        "order": "oldest", "state": "anchored", "job": job, "acceptedAfter": "2020-01-01T00:00:00Z",
                        "limit": "1",
                        "cursor": try cursor(
                            "/records?limit=1&order=oldest&state=anchored&job=\(job)&acceptedAfter=2020-01-01T00:00:00Z"
                        ),
                    ],
                    "POST /schemas": ["id": "another", "compatibility": "full"],
                    "GET /schemas/{id}": ["id": "contract"],
                    "GET /schemas/{id}/versions/{version}": version,
                    "GET /schemas/{id}/versions/{version}/document": version,
                    "POST /schemas/{id}/compatibility": ["id": "contract", "compatibility": "forward"],
                    "POST /schemas/{id}/versions/{version}/validation": version.merging(["output": "flag"]) { $1 },
                    "GET /records/{id}": ["id": records[0]],
                    // A commitment is not part of an index: its erasure leaves the other one to be proven by.
                    "DELETE /records/{id}": [
                        "id": try CommitmentTests.commit(node), "reason": "2", "If-Match": "ETAG",
                    ],
                    "GET /records/{id}/receipt": ["id": records[0], "validator": status["validator"]?.string ?? ""],
                    "GET /records/{id}/similar": ["id": records[0], "limit": "3", "distanceMax": "900"],
                    "GET /records/anomalies": ["limit": "3", "among": "10"],
                    "GET /records/{id}/similar/proof": [
                        "id": records[0], "commitment": try CommitmentTests.commit(node), "limit": "3",
                        "mode": "approximate", "supers": "1", "lists": "2", "finalists": "3", "trusted": trusted,
                    ],
                    "GET /records/{id}/bundle": ["id": records[0], "receipts": "true", "trusted": trusted],
                    "GET /state/{store}/{key}": [
                        "store": "anchor", "key": ProofTests.key("log"), "height": "2", "prove": "true",
                        "trusted": trusted,
                    ],
                    "GET /vectors": ["limit": "1", "cursor": try cursor("/vectors?limit=1")],
                    "GET /vectors/{collection}": ["collection": "1"],
                    "GET /vectors/{collection}/search": [
                        "collection": "1", "vector": "AQID", "mode": "approximate", "supers": "1", "lists": "2",
                        "finalists": "3", "limit": "4", "distanceMax": "5", "tag": "6", "owner": trusted,
                        "prove": "true", "trusted": trusted,
                    ],
                    "POST /vectors/{collection}/search": ["collection": "1"],
                    "GET /registry/{kind}": [
                        "kind": "model", "limit": "1", "cursor": try cursor("/registry/model?limit=1"),
                    ],
                    "GET /registry/{kind}/{id}": ["kind": "dataset", "id": dataset, "version": "1"],
                    "GET /registry/{kind}/{id}/uses": [
                        "kind": "dataset", "id": dataset, "version": "1", "limit": "1",
                        "cursor": try cursor("/registry/dataset/\(dataset)/uses?version=1&limit=1"),
                    ],
                    "GET /blocks/{height}": ["height": "1"],
                    "GET /transactions/{id}": ["id": transaction.id],
                    "GET /log/consistency": ["from": "1", "to": "3"],
                    "GET /log/tile/{path}": ["path": "0/000.p/3"],
                    "GET /api-keys": ["limit": "1", "cursor": try cursor("/api-keys?limit=1")],
                    "GET /api-keys/{id}": ["id": spare ?? ""],
                    "PATCH /api-keys/{id}": ["id": spare ?? "", "If-Match": "ETAG"],
                    "DELETE /api-keys/{id}": ["id": spare ?? ""],
                    "GET /audit": ["limit": "2", "cursor": try cursor("/audit?limit=2")],
                    "GET /events": ["limit": "2", "cursor": "AAAAAAAAAAE", "Last-Event-ID": "AAAAAAAAAAE"],
                    "GET /webhooks/{id}": ["id": webhooks[0]],
                    "PATCH /webhooks/{id}": ["id": webhooks[0], "If-Match": "ETAG"],
                    "DELETE /webhooks/{id}": ["id": webhooks[1]],
                    "POST /webhooks/{id}/rotate": ["id": webhooks[0]],
                    "POST /webhooks/{id}/ping": ["id": webhooks[0]],
                    "GET /webhooks/{id}/deliveries": [
                        "id": webhooks[0], "limit": "1", "state": "pending",
                        "cursor": try cursor("/webhooks/\(webhooks[0])/deliveries?limit=1&state=pending"),
                    ],
                    "POST /webhooks/{id}/replay": ["id": webhooks[0]],
                ],
                bodies: [
                    "POST /epcis/capture": ["application/ld+json", file.path],
                    "POST /transactions": ["application/cose", sent.path],
                    // Nobody signed twice: it is read, and refused.
                    "POST /evidence": ["application/protobuf", sent.path],
                    "POST /api-keys": ["application/json", wish.path],
                    "PATCH /api-keys/{id}": ["application/merge-patch+json", change.path],
                    "POST /webhooks": ["application/json", try body("hook", hook)],
                    "PATCH /webhooks/{id}": [
                        "application/merge-patch+json", try body("hook-change", #"{"label":"other","types":[]}"#),
                    ],
                    "POST /webhooks/{id}/rotate": ["application/json", try body("rotation", "{}")],
                    "POST /webhooks/{id}/replay": ["application/json", try body("replay", #"{"since":"oldest"}"#)],
                    "POST /vectors/{collection}/search": [
                        "application/json",
                        try body("batch", #"{"queries":[[1,2,3],"AQID"],"lists":2,"limit":4,"tag":6,"prove":false}"#),
                    ],
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

        @Test("openapi-spec-validator finds no fault with the document, schemathesis none with what keeps to it")
        func schemathesis() throws {
            let result = try Tool.run(
                Tool.python,
                [
                    Tool.package.appending(path: "deploy/schemathesis").path, "--binary", Tool.vivian, "--examples",
                    "5",
                    "--seed", "1",
                ])
            #expect(result.status == 0, "\(result.errors.suffix(20_000))")
            let last = result.text.split(separator: "\n").last.map { Array($0.utf8) } ?? []
            let runs = JSON(try JSONDocument(parsing: last).root)["runs"]?.elements ?? []
            #expect(runs.count == 3)
            for run in runs {
                guard case .number(let cases)? = run["cases"] else { continue }
                #expect(Int(cases) ?? 0 > 300, "\(run)")
            }
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
