import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Schemas: registered, pinned, proven, and held to", .serialized, .enabled(if: Tool.hasJudge))
    struct SchemaTests {
        static let order = #"{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}}"#

        static func register(
            _ node: RunningNode, _ id: String, _ schema: String, type: String = "application/schema+json",
            query: String = "", key: String? = nil
        ) throws -> Reply {
            try node.request(
                "POST", "/schemas?id=\(id)\(query)", headers: ["Content-Type: \(type)"], body: Array(schema.utf8),
                key: key)
        }

        static func anchored(_ node: RunningNode, _ path: String, key: String? = nil) throws -> JSON {
            var answer = JSON.null
            try node.wait("the schema") {
                answer = try node.request("GET", path, key: key).json
                return answer["state"]?.string == "anchored"
            }
            return answer
        }

        @Test("What is registered over HTTPS is proven offline after a restart, to somebody who trusts nobody")
        func registeredAndProven() throws {
            let node = try RunningNode.started()
            let first = try Self.register(node, "orders", Self.order)
            #expect(first.status == 201 && first.json["version"]?.string == "1")
            #expect(first.json["state"]?.string == "pending")
            let second = try Self.register(node, "orders", #"{"type":"object"}"#)
            #expect(second.status == 201 && second.json["version"]?.string == "2")
            let file = node.folder.appending(path: "order.json")
            try Data(Self.order.utf8).write(to: file)
            let digest = String(try Tool.run("/usr/bin/sha256sum", [file.path]).text.prefix(64))
            let view = try Self.anchored(node, "/schemas/orders/versions/1")
            #expect(view["digest"]?.string == digest)
            #expect(node.stop() == 0)
            try node.start()
            #expect(try node.get("/schemas/orders/versions/1").json == view)
            _ = try Self.anchored(node, "/schemas/orders/versions/2")
            let path = try #require(view["ledger"]?["path"]?.string)
            let account = try #require(view["ledger"]?["account"]?.string)
            #expect(path == "schema/registered/\(account)/orders/1")
            let folder = try BundleFolder(of: node, named: "proofs")
            try node.wait("the proof") {
                let proof = try node.vivian("state", "get", path, "--prove")
                let value = (try? JSONDocument(parsing: proof.output)).flatMap { JSON($0.root)["value"]?.string }
                guard proof.status == 0, let value, let bytes = Base64.decode(value) else { return false }
                try Data(proof.output.dropLast()).write(to: folder.url.appending(path: "orders-1.proof.json"))
                let entry = try CBOR.decode(bytes).array
                #expect(entry?[0].bytes.map { Hex.encode($0) } == digest)
                #expect(entry?[1].text == "application/schema+json")
                #expect(entry?[2].unsigned.map { String($0) } == view["ledger"]?["height"]?.string)
                return true
            }
            // That there is no third version is proven as well.
            let key = Base64.encodeURL(Array("registered/\(account)/orders/3".utf8))
            let absent = try node.get("/state/schema/\(key)?prove=true")
            #expect(absent.json["value"] == .null)
            try folder.add("orders-3.proof.json", absent)
            #expect(try folder.judged() == ["orders-1.proof.json": nil, "orders-3.proof.json": nil])
            #expect(try folder.verified() == ["orders-1.proof.json": nil, "orders-3.proof.json": nil])
            let document = try node.get("/schemas/orders/versions/1/document")
            #expect(document.text == Self.order && document.type == "application/schema+json")
        }

        @Test("A killed gateway hands in what it had acknowledged, once")
        func acknowledgedSurvivesAKill() throws {
            let node = try RunningNode.started()
            for round in 1...5 {
                let reply = try Self.register(
                    node, "orders", #"{"description":"round \#(round)"}"#, query: "&compatibility=none")
                #expect(reply.status == 201 && reply.json["version"]?.string == String(round))
                node.kill()
                try node.start()
            }
            for version in 1...5 { _ = try Self.anchored(node, "/schemas/orders/versions/\(version)") }
            #expect(try node.get("/schemas/orders").json["versions"]?.elements.count == 5)
        }

        @Test("What does not fit is refused with what does not fit; trying changes nothing")
        func incompatibleIsRefused() throws {
            let node = try RunningNode.started()
            #expect(try Self.register(node, "orders", Self.order).status == 201)
            let narrower = Self.order.replacing(#"["id"]"#, with: #"["id","date"]"#)
            let dry = try node.request(
                "POST", "/schemas/orders/compatibility", headers: ["Content-Type: application/json"],
                body: Array(narrower.utf8))
            #expect(dry.status == 200 && dry.json["compatible"] == .boolean(false))
            let finding = try #require(dry.json["findings"]?.elements.first)
            #expect(finding["rule"]?.string == "required" && finding["pointer"]?.string == "/required/1")
            let refused = try Self.register(node, "orders", narrower)
            #expect(refused.status == 409 && refused.problem == "incompatible-schema")
            #expect(refused.json["violations"]?.elements.first == finding)
            #expect(try node.get("/schemas/orders").json["versions"]?.elements.count == 1)
            #expect(try Self.register(node, "orders", narrower, query: "&compatibility=forward").status == 201)
            for (body, type, status, problem) in [
                (#"{"type":"strin"}"#, "application/schema+json", 422, "unusable-schema"),
                ("{", "application/json", 422, "unusable-schema"),
                ("<a/>", "application/xml", 422, "unusable-schema"),
                (#"{"$ref":"https://example.com/a"}"#, "application/json", 422, "unusable-schema"),
                ("{}", "text/plain", 415, "unsupported-media-type"),
                (String(repeating: " ", count: 5 << 20), "application/json", 413, "too-large"),
            ] {
                let reply = try Self.register(node, "broken", body, type: type)
                #expect(reply.status == status && reply.problem == problem, "\(body.prefix(40)) \(reply.text)")
            }
            #expect(try Self.register(node, "vivian-mine", "{}").problem == "reserved-schema")
            for query in ["A", "", "a/b", "orders&compatibility=some", "orders&x=1"] {
                #expect(try Self.register(node, query, "{}").status == 400, "\(query)")
            }
            #expect(try node.get("/schemas/broken").problem == "unknown-schema")
        }

        @Test("A capture under a schema satisfies it, and its records say so")
        func captureUnderASchema() throws {
            let node = try RunningNode.started()
            let schema = #"{"properties":{"epcisBody":{"properties":{"eventList":{"maxItems":1}}}}}"#
            #expect(try Self.register(node, "single", schema).status == 201)
            func capture(_ query: String, _ count: Int, _ serial: String) throws -> Reply {
                try node.request(
                    "POST", "/epcis/capture\(query)", headers: ["Content-Type: application/ld+json"],
                    body: Samples.document(serial, events: count))
            }
            let refused = try capture("?schema=single", 2, "two")
            #expect(refused.status == 422 && refused.problem == "invalid-document")
            #expect(refused.json["violations"]?.elements.first?["rule"]?.string == "maxItems")
            for (query, status) in [
                ("?schema=nowhere", 404), ("?schema=single:2", 404), ("?schema=single:0", 400), ("?schema=S", 400),
                ("?schema=vivian-epcis-xml-2.0", 422), ("?schema=vivian-api", 422),
            ] {
                #expect(try capture(query, 1, "none").status == status, "\(query)")
            }
            for (query, schemas) in [
                ("?schema=single:1", ["vivian-epcis-json-2.0:1", "single:1"]), ("", ["vivian-epcis-json-2.0:1"]),
            ] {
                let taken = try capture(query, 1, "one\(schemas.count)")
                let record = try #require(taken.json["records"]?.elements.first?.string)
                let shown = try node.get("/records/\(record)").json["schemas"]?.elements.compactMap(\.string)
                #expect(taken.status == 202 && shown == schemas)
            }
            let xml = try #require(Samples.tourXML.first)
            let mixed = try node.request(
                "POST", "/epcis/capture?schema=single", headers: ["Content-Type: application/xml"],
                body: try Samples.bytes(xml))
            #expect(mixed.status == 422 && mixed.problem == "other-schema-kind")
        }

        @Test("Documents are checked without being stored, in the standard output formats")
        func validation() throws {
            let node = try RunningNode.started()
            #expect(try Self.register(node, "orders", Self.order).status == 201)
            func validate(_ version: String, _ query: String, _ text: String, type: String = "application/json") throws
                -> Reply
            {
                try node.request(
                    "POST", "/schemas/orders/versions/\(version)/validation\(query)",
                    headers: ["Content-Type: \(type)"], body: Array(text.utf8))
            }
            let good = try validate("latest", "?output=flag", #"{"id":"a"}"#)
            #expect(good.status == 200 && good.json == ["valid": true])
            let bad = try validate("1", "", #"{"id":1}"#)
            #expect(bad.status == 200 && bad.json["valid"] == .boolean(false))
            let error = try #require(bad.json["errors"]?.elements.first)
            #expect(error["keywordLocation"]?.string == "/properties/id/type")
            #expect(error["instanceLocation"]?.string == "/id")
            #expect(
                error["absoluteKeywordLocation"]?.string == "urn:vivian:schema:orders:1#/properties/id/type")
            #expect(try validate("1", "", "{").status == 400)
            #expect(try validate("2", "", "{}").status == 404)
            #expect(try validate("1", "?output=verbose", "{}").status == 400)
            #expect(try validate("1", "", "<a/>", type: "application/xml").problem == "other-schema-kind")
            let lines = try node.get("/audit").json["entries"]?.elements ?? []
            #expect(lines.contains { $0["target"]?.string == "orders:1" && $0["route"]?.string == "/schemas" })
            #expect(!lines.contains { $0["route"]?.string?.hasSuffix("validation") == true })
        }

        @Test("Tenants do not see each other's schemas, though both have one of the same name")
        func tenantsAreApart() throws {
            let node = try RunningNode.started()
            let scopes = ["schemas:read", "schemas:write", "records:capture"]
            let mill = try AccessTests.makeKey(node, scopes, tenant: "mill")
            let reader = try AccessTests.makeKey(node, ["schemas:read"])
            #expect(try Self.register(node, "orders", Self.order).status == 201)
            #expect(try Self.register(node, "orders", Self.order, key: reader).status == 403)
            #expect(try node.request("GET", "/schemas/orders", key: mill).problem == "unknown-schema")
            #expect(try node.request("GET", "/schemas/orders/versions/1/document", key: mill).status == 404)
            let capture = try node.request(
                "POST", "/epcis/capture?schema=orders", headers: ["Content-Type: application/ld+json"],
                body: Samples.document("mill"), key: mill)
            #expect(capture.status == 404)
            let reference = #"{"$ref":"urn:vivian:schema:orders:1"}"#
            #expect(try Self.register(node, "mine", reference, key: mill).problem == "unusable-schema")
            let theirs = try Self.register(node, "orders", "true", key: mill)
            #expect(theirs.status == 201 && theirs.json["version"]?.string == "1")
            let name = try Self.anchored(node, "/schemas/orders/versions/1", key: mill)["ledger"]?["schema"]?.string
            #expect(name?.hasPrefix("t-") == true && name?.hasSuffix("/orders") == true)
            #expect(try node.get("/schemas/orders/versions/1/document").text == Self.order)
            let listed = try node.request("GET", "/schemas", key: mill).json["schemas"]?.elements ?? []
            #expect(listed.filter { $0["state"]?.string != "bundled" }.count == 1)
        }

        @Test("The command line registers, lists, shows, checks and validates, the official EPCIS files among them")
        func commands() throws {
            let node = try RunningNode.started()
            func file(_ name: String, _ text: String) throws -> String {
                let url = node.folder.appending(path: name)
                try Data(text.utf8).write(to: url)
                return url.path
            }
            let order = try file("order.json", Self.order)
            let made = try node.vivian("schema", "register", "orders", order, "--json")
            let view = JSON(try JSONDocument(parsing: made.output).root)
            #expect(made.status == 0 && view["state"]?.string == "anchored")
            let narrower = try file("next.json", Self.order.replacing(#"["id"]"#, with: #"["id","date"]"#))
            let check = try node.vivian("schema", "check", "orders", narrower)
            #expect(check.status == 1 && check.text.contains("/required"))
            #expect(try node.vivian("schema", "register", "orders", narrower).status == 2)
            #expect(try node.vivian("schema", "check", "orders", order).status == 0)
            #expect(try node.vivian("schema", "validate", "orders", try file("good.json", #"{"id":"a"}"#)).status == 0)
            let bad = try node.vivian("schema", "validate", "orders:1", try file("bad.json", #"{"id":1}"#))
            #expect(bad.status == 1 && bad.text.contains("/id"))
            #expect(try node.vivian("schema", "show", "orders", "--document").text == Self.order)
            #expect(try node.vivian("schema", "show", "orders").text.contains("schema/registered/"))
            for wrong in [["schema", "show", "Orders"], ["schema", "show", "orders:0"]] {
                #expect(try Tool.run(Tool.vivian, wrong + ["--data", node.data.path]).status == 64)
            }
            #expect(try node.vivian("schema", "show", "nowhere").status == 2)
            let folder = try #require(VectorFolder.folder("epcis")).appending(path: "XSD")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".xsd") }
            let main = "EPCglobal-epcis-2_0.xsd"
            let others = names.filter { $0 != main }.sorted().map { folder.appending(path: $0).path }
            let official = try Tool.run(
                Tool.vivian,
                ["schema", "register", "epcis-xsd", folder.appending(path: main).path] + others
                    + ["--data", node.data.path])
            #expect(official.status == 0, "\(official.errors)")
            let xml = try #require(
                Samples.tourXML.first {
                    (try? String(contentsOf: $0, encoding: .utf8))?.contains("epcis:xsd:2") == true
                })
            #expect(try node.vivian("schema", "validate", "epcis-xsd", xml.path).status == 0)
            #expect(try node.vivian("capture", "--schema", "epcis-xsd", xml.path).status == 0)
            let list = try node.vivian("schema", "list")
            for id in ["orders:1", "epcis-xsd:1", "vivian-epcis-json-2.0:1", "vivian-epcis-xml-1.2:1", "vivian-api:1"] {
                #expect(list.text.contains(id), "\(id)")
            }
        }
    }
}
