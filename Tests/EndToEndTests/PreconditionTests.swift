import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("No change undoes another one that its maker has not seen", .serialized)
    struct PreconditionTests {
        static func patch(
            _ node: RunningNode, _ id: String, _ body: String, tag: String?, key: String? = nil,
            type: String = "application/merge-patch+json"
        ) throws -> Reply {
            try node.request(
                "PATCH", "/api-keys/\(id)",
                headers: ["Content-Type: \(type)"] + (tag.map { ["If-Match: \($0)"] } ?? []), body: Array(body.utf8),
                key: key)
        }

        static func tag(_ node: RunningNode, _ path: String) throws -> String {
            try node.head(path)["etag"] ?? ""
        }

        @Test("Two who read a key cannot both change it: the second has to look again")
        func lostUpdate() throws {
            let node = try RunningNode.started()
            let key = try AccessTests.makeKey(node, ["ledger:read", "records:read"])
            let id = String(key.split(separator: "_")[1])
            let seen = try Self.tag(node, "/api-keys/\(id)")
            let first = try Self.patch(node, id, #"{"scopes":["ledger:read"]}"#, tag: seen)
            #expect(first.status == 200 && first.json["scopes"] == ["ledger:read"])
            let second = try Self.patch(node, id, #"{"label":"mine"}"#, tag: seen)
            #expect(second.status == 412 && second.problem == "precondition-failed")
            // Narrowed at once, and not widened again by whoever did not know.
            #expect(try node.request("GET", "/records", key: key).status == 403)
            #expect(try node.request("GET", "/status", key: key).status == 200)
            #expect(try node.get("/api-keys/\(id)").json == first.json)
            let again = try Self.patch(node, id, #"{"label":"mine"}"#, tag: try Self.tag(node, "/api-keys/\(id)"))
            #expect(again.json["label"]?.string == "mine" && again.json["scopes"] == ["ledger:read"])
            let until = try Self.patch(
                node, id, #"{"expiresAt":"2100-01-01T00:00:00Z"}"#, tag: try Self.tag(node, "/api-keys/\(id)"))
            #expect(until.json["expiresAt"]?.string == "2100-01-01T00:00:00.000000000Z")
            let never = try Self.patch(node, id, #"{"expiresAt":null}"#, tag: "*")
            #expect(never.status == 200 && never.json["expiresAt"] == nil)
            let over = try Self.patch(node, id, #"{"expiresAt":"2020-01-01T00:00:00Z"}"#, tag: "*")
            #expect(over.status == 200)
            #expect(try node.request("GET", "/status", key: key).status == 401)
        }

        @Test("A change that does not say what it has seen is not made, nor one that must not be")
        func refusals() throws {
            let node = try RunningNode.started()
            let id = String(try AccessTests.makeKey(node, ["ledger:read"]).split(separator: "_")[1])
            let path = "/api-keys/\(id)"
            let (seen, before) = (try Self.tag(node, path), try node.get(path).json)
            let blind = try Self.patch(node, id, #"{"label":"x"}"#, tag: nil)
            #expect(blind.status == 428 && blind.problem == "precondition-required")
            // Before anything else is looked at.
            #expect(try Self.patch(node, id, "{", tag: nil).status == 428)
            #expect(try Self.patch(node, id, #"{"label":"x"}"#, tag: "x").problem == "bad-entity-tag")
            #expect(try Self.patch(node, id, #"{"label":"x"}"#, tag: "W/\(seen)").status == 412)
            #expect(try Self.patch(node, id, #"{"label":"x"}"#, tag: "\"\"").status == 412)
            for body in [
                "", "[]", "{}", #"{"label":""}"#, #"{"label":null}"#, #"{"scopes":[]}"#, #"{"scopes":["all"]}"#,
                #"{"scopes":null}"#, #"{"expiresAt":"soon"}"#, #"{"expiresAt":7}"#, #"{"tenant":"mill"}"#,
                #"{"revokedAt":null}"#, #"{"id":"0123456789abcdef"}"#, #"{"label":"a","label":"b"}"#,
                #"{"expiresAt":"2026-02-30T00:00:00Z"}"#,
            ] {
                let reply = try Self.patch(node, id, body, tag: seen)
                #expect([400, 422].contains(reply.status) && reply.problem != nil, "\(body) \(reply.status)")
            }
            #expect(try Self.patch(node, id, #"{"label":"x"}"#, tag: seen, type: "application/json").status == 415)
            // Nobody grants what they lack, not even by leaving it as it is.
            let manager = try AccessTests.makeKey(node, ["keys:manage"])
            for body in [
                #"{"label":"x"}"#, #"{"scopes":["ledger:read"]}"#, #"{"scopes":["keys:manage","audit:read"]}"#,
            ] {
                #expect(try Self.patch(node, id, body, tag: seen, key: manager).status == 403, "\(body)")
            }
            let stranger = try AccessTests.makeKey(node, AccessTests.scopes, tenant: "mill")
            #expect(try Self.patch(node, id, #"{"label":"x"}"#, tag: "*", key: stranger).status == 404)
            #expect(try node.request("GET", path, key: stranger).status == 404)
            #expect(try Self.patch(node, "0123456789abcdef", #"{"label":"x"}"#, tag: "*").status == 404)
            #expect(try node.get(path).json == before)
            // Conditions on what has no version, or another one.
            for path in ["/epcis/capture", "/api-keys"] {
                let reply = try node.request(
                    "POST", path, headers: ["Content-Type: application/json", "If-Match: *"], body: Array("{}".utf8))
                #expect([412, 422].contains(reply.status), "\(path)")
            }
            #expect(try node.request("DELETE", path, headers: ["If-Match: \"other\""]).status == 412)
            #expect(try node.request("DELETE", path, headers: ["If-None-Match: *"]).status == 412)
            #expect(try node.get(path).json == before)
            // Revoking wants no condition, and takes one.
            #expect(try node.request("DELETE", path, headers: ["If-Match: \(seen)"]).status == 200)
            #expect(try node.request("DELETE", path, headers: ["If-Match: \(seen)"]).status == 412)
            #expect(try node.request("DELETE", path).json["alreadyRevoked"] == .boolean(true))
            let late = try Self.patch(node, id, #"{"label":"x"}"#, tag: "*")
            #expect(late.status == 409 && late.problem == "key-revoked")
        }

        @Test("Many at once who saw the same version: one changes it, all others are told")
        func races() throws {
            let node = try RunningNode.started()
            func rounds(_ method: String, _ path: String, _ count: Int, _ body: String...) throws -> [[Int]] {
                let script = Tool.package.appending(path: "Tests/EndToEndTests/Peers/versions.py").path
                let result = try Tool.run(
                    Tool.python,
                    [script, node.address, node.authority, node.keyFile.path, method, path, String(count)] + body)
                try #require(result.status == 0, "\(result.errors)")
                let answer = try JSONDocument(parsing: result.output).root["rounds"]?.elements.map { round in
                    round.elements.compactMap { $0.numberLexeme.flatMap { Int($0) } }
                }
                return answer ?? []
            }
            let one = [200] + Array(repeating: 412, count: 15)
            let id = String(try AccessTests.makeKey(node, ["ledger:read"]).split(separator: "_")[1])
            let changes = try rounds(
                "PATCH", "/api-keys/\(id)", 20, "application/merge-patch+json", #"{"label":"version {n}"}"#)
            #expect(changes == Array(repeating: one, count: 20))
            #expect(try rounds("DELETE", "/api-keys/\(id)", 1) == [one])
            let records = try node.captured(Samples.document("erased", events: 5))
            try node.settle(records)
            for record in records { #expect(try rounds("DELETE", "/records/\(record)", 1) == [one]) }
        }

        @Test("A key is shown and changed from the command line, and not past somebody else")
        func commandLine() throws {
            let node = try RunningNode.started()
            let id = String(try AccessTests.makeKey(node, ["ledger:read"]).split(separator: "_")[1])
            let shown = try node.vivian("api-keys", "show", id).text
            let version = try #require(shown.split(separator: "\n").last?.split(separator: " ").last.map(String.init))
            #expect(try node.vivian("api-keys", "change", id, "--label", "one").text == "changed\n")
            let late = try node.vivian("api-keys", "change", id, "--label", "two", "--version", version)
            #expect(late.status == 2 && late.errors.contains("It has changed since you saw it"), "\(late.errors)")
            let json = try CommandTests.lines(
                try node.vivian("api-keys", "change", id, "--scope", "audit:read", "--expires", "never", "--json"))
            #expect(json.first?["label"]?.string == "one" && json.first?["scopes"] == ["audit:read"])
            #expect(try node.vivian("api-keys", "change", id).status == 64)
            #expect(try node.vivian("api-keys", "change", id, "--expires", "soon").status == 2)
            #expect(try node.vivian("api-keys", "change", id, "--scope", "everything").status == 2)
            #expect(try node.vivian("api-keys", "show", "0123456789abcdef").status == 2)
        }
    }
}
