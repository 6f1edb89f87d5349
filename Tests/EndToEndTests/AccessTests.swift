import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Every route says who may call it, and nobody else gets through", .serialized)
    struct AccessTests {
        static let scopes = [
            "records:capture", "records:read", "records:erase", "ledger:read", "ledger:submit", "operations:read",
            "keys:manage", "audit:read", "events:read", "webhooks:manage", "schemas:read", "schemas:write",
        ]

        static let wantsJSON = ["Accept: application/json"]

        struct Operation: CustomStringConvertible {
            let method: String
            let path: String
            let scope: String?
            var description: String { "\(method) \(path)" }

            /// What the operation wants besides its path.
            func ask(_ node: RunningNode, key: String) throws -> Reply {
                guard method == "PATCH" else {
                    // A stream would not end.
                    return try node.request(
                        method, path, headers: path == "/events" ? AccessTests.wantsJSON : [], key: key)
                }
                return try node.request(
                    method, path, headers: ["Content-Type: application/merge-patch+json", "If-Match: *"],
                    body: Array(#"{"label":"changed"}"#.utf8), key: key)
            }
        }

        /// Every operation of the contract, with values for its path.
        static func operations(_ node: RunningNode, values: [String: String]) throws -> [Operation] {
            let contract = try node.request("GET", "/openapi.json", key: "").json
            var operations: [Operation] = []
            for path in contract["paths"]?.object ?? [] {
                var filled = path.name
                for (name, value) in values { filled = filled.replacing("{\(name)}", with: value) }
                if path.name.hasPrefix("/epcis/capture/") { filled = "/epcis/capture/\(values["job"] ?? "")" }
                if path.name.hasPrefix("/api-keys/") { filled = "/api-keys/\(values["apiKey"] ?? "")" }
                if path.name.hasPrefix("/webhooks/") {
                    filled = path.name.replacing("{id}", with: values["webhook"] ?? "")
                }
                if path.name.hasPrefix("/schemas/") {
                    filled = path.name.replacing("{id}", with: "orders").replacing("{version}", with: "1")
                }
                if path.name == "/log/consistency" { filled += "?from=1&to=2" }
                if path.name.hasSuffix("/similar/proof") { filled += "?commitment=\(values["id"] ?? "")" }
                for method in path.value.object ?? [] where method.name != "parameters" {
                    let scope = method.value["security"]?.elements.first?["bearer"]?.elements.first?.string
                    operations.append(Operation(method: method.name.uppercased(), path: filled, scope: scope))
                }
            }
            return operations
        }

        static func makeKey(_ node: RunningNode, _ scopes: [String], tenant: String? = nil) throws -> String {
            var arguments = ["api-keys", "create", "--label", "test", "--data", node.data.path]
            if let tenant { arguments += ["--tenant", tenant] }
            let made = try Tool.run(Tool.vivian, arguments + ["--scope"] + scopes)
            guard made.status == 0 else { throw PeerFailure(peer: "vivian", complaint: made.errors) }
            return made.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        @Test("All routes with no key, a wrong key, a key without the scope, and another tenant's key")
        func matrix() throws {
            let node = try RunningNode.started()
            let captured = try node.capture(Samples.document("access"))
            let record = try #require(captured.json["records"]?.elements.first?.string)
            try node.settle([record])
            let spare = try Self.makeKey(node, ["ledger:read"])
            let webhook = try WebhookTests.add("https://example.com/hook", on: node).id
            let values = [
                "id": record, "job": captured.json["captureID"]?.string ?? "", "store": "anchor",
                "key": ProofTests.key("log"), "height": "1", "path": "0/000.p/1",
                "apiKey": String(spare.split(separator: "_")[1]), "webhook": webhook,
            ]
            let operations = try Self.operations(node, values: values)
            #expect(operations.count >= 20)
            let open = Set(operations.filter { $0.scope == nil }.map(\.path))
            #expect(
                open == [
                    "/healthz", "/readyz", "/openapi.json", "/docs", "/.well-known/api-catalog",
                    "/.well-known/security.txt",
                ])
            let unknown = "vivian_0123456789abcdef_" + String(repeating: "A", count: 43)
            let stranger = try Self.makeKey(node, Self.scopes, tenant: "mill")
            var lacking: [String: String] = [:]
            for scope in Self.scopes { lacking[scope] = try Self.makeKey(node, Self.scopes.filter { $0 != scope }) }
            for operation in operations {
                guard let scope = operation.scope else {
                    let reply = try operation.ask(node, key: "")
                    #expect(reply.status == 200 || operation.path.hasSuffix("security.txt"), "\(operation)")
                    continue
                }
                let none = try operation.ask(node, key: "")
                #expect(none.status == 401 && none.problem == "unauthenticated", "\(operation)")
                #expect(none.challenge == "Bearer realm=\"vivian\"", "\(operation)")
                for wrong in [unknown, spare + "A", "x.y.z", String(spare.dropLast(9)) + "AAAAAAAAA"] {
                    let reply = try operation.ask(node, key: wrong)
                    #expect(reply.status == 401 && reply.problem == "invalid-token", "\(operation)")
                    #expect(reply.challenge.contains("error=\"invalid_token\""), "\(operation)")
                }
                let short = try operation.ask(node, key: lacking[scope] ?? "")
                #expect(short.status == 403 && short.problem == "insufficient-scope", "\(operation)")
                #expect(short.json["scope"]?.string == scope, "\(operation)")
                #expect(short.challenge.contains("scope=\"\(scope)\""), "\(operation)")
                // What belongs to a tenant is not there for another one; the ledger is everybody's.
                let other = try operation.ask(node, key: stranger)
                let isOne = ["/records/", "/epcis/capture/", "/api-keys/"].contains(where: operation.path.hasPrefix)
                if isOne, !["/records/anomalies", "/records/commitments"].contains(operation.path) {
                    #expect(other.status == 404 && other.problem == "not-found", "\(operation) \(other.text)")
                } else if operation.path.hasPrefix("/webhooks/") {
                    // Without a body it may be refused for that, before anybody looks.
                    #expect([404, 415].contains(other.status), "\(operation) \(other.text)")
                } else {
                    #expect(![401, 403].contains(other.status), "\(operation) \(other.status)")
                    // Its own audit log names what it tried in vain.
                    let isOwn = operation.path == "/audit"
                    #expect(isOwn || !other.text.contains(record), "\(operation)")
                    #expect(isOwn || !other.text.contains(values["apiKey"] ?? "-"), "\(operation)")
                    #expect(!other.text.contains("\"tenant\":\"default\""), "\(operation)")
                }
            }
            // Nothing of all this had an effect.
            #expect(try node.get("/records/\(record)").json["state"]?.string == "anchored")
            #expect(try node.request("GET", "/status", key: spare).status == 200)
            #expect(try node.get("/webhooks/\(webhook)").json["enabled"] == .boolean(true))
            let mine = try node.get("/api-keys").json["keys"]?.elements.compactMap { $0["id"]?.string } ?? []
            #expect(mine.count == 2 + Self.scopes.count)
        }

        @Test("The same document of two tenants makes two records, each seen by its own tenant only")
        func tenantsAreApart() throws {
            let node = try RunningNode.started()
            let mill = try Self.makeKey(node, Self.scopes, tenant: "mill")
            let document = Samples.document("twin")
            let mine = try node.captured(document)
            let theirs = try node.request(
                "POST", "/epcis/capture", headers: ["Content-Type: application/ld+json"], body: document, key: mill)
            #expect(theirs.status == 202 && theirs.json["newRecords"] == .number("1"))
            let other = try #require(theirs.json["records"]?.elements.first?.string)
            #expect(mine != [other])
            try node.settle(mine)
            try node.wait("the other record") {
                try node.request("GET", "/records/\(other)/bundle", key: mill).status == 200
            }
            for path in ["", "/bundle", "/receipt"] {
                #expect(try node.get("/records/\(other)\(path)").status == 404)
                #expect(try node.request("GET", "/records/\(mine[0])\(path)", key: mill).status == 404)
            }
            #expect(try node.request("DELETE", "/records/\(mine[0])", key: mill).status == 404)
            #expect(try node.request("DELETE", "/records/\(other)", key: mill).status == 200)
            #expect(try node.get("/records/\(mine[0])/bundle").status == 200)
        }

        @Test("A key grants no more than its maker has, and no key is made of a wrong wish")
        func noMoreThanItsMaker() throws {
            let node = try RunningNode.started()
            let manager = try Self.makeKey(node, ["keys:manage", "ledger:read"])
            func wish(_ body: String) throws -> Reply {
                try node.request(
                    "POST", "/api-keys", headers: ["Content-Type: application/json"], body: Array(body.utf8),
                    key: manager)
            }
            let made = try wish(#"{"label":"a","scopes":["ledger:read"]}"#)
            #expect(made.status == 201)
            let more = try wish(#"{"label":"a","scopes":["ledger:read","records:read"]}"#)
            #expect(more.status == 403 && more.json["scope"]?.string == "records:read")
            for body in [
                "", "{}", "[]", #"{"label":"a"}"#, #"{"label":"","scopes":["ledger:read"]}"#,
                #"{"label":"a","scopes":[]}"#, #"{"label":"a","scopes":["all"]}"#,
                #"{"label":"a","scopes":["ledger:read","ledger:read"]}"#,
                #"{"label":"a","scopes":["ledger:read"],"tenant":"mill"}"#,
                #"{"label":"a","scopes":["ledger:read"],"expiresInSeconds":0}"#,
                #"{"label":"a","scopes":["ledger:read"],"expiresInSeconds":1.5}"#,
                #"{"label":"a\u0007","scopes":["ledger:read"]}"#,
                #"{"label":"a","label":"b","scopes":["ledger:read"]}"#,
            ] {
                let reply = try wish(body)
                #expect([400, 422].contains(reply.status) && reply.problem != nil, "\(body) \(reply.status)")
            }
            let short = try wish(#"{"label":"a","scopes":["ledger:read"],"expiresInSeconds":1e0}"#)
            let key = try #require(short.json["key"]?.string)
            try node.wait("the key's end") { try node.request("GET", "/status", key: key).status == 401 }
        }

        @Test("Keys are made, listed and revoked from the command line")
        func commandLine() throws {
            let node = try RunningNode.started()
            let key = try Self.makeKey(node, ["ledger:read"])
            let file = node.folder.appending(path: "key")
            try Data((key + "\n").utf8).write(to: file)
            let remote = ["--gateway", node.address, "--ca", node.authority]
            let nothing = node.folder.appending(path: "nothing").path
            // A gateway that is named gets no key of the data folder.
            let bare = try Tool.run(Tool.vivian, ["status", "--data", node.data.path] + remote)
            #expect(bare.status != 0 && bare.errors.contains("credential is needed"), "\(bare.errors)")
            let byFile = try Tool.run(
                Tool.vivian, ["status", "--data", nothing, "--api-key-file", file.path] + remote)
            #expect(byFile.status == 0, "\(byFile.errors)")
            let byEnvironment = try Tool.run(
                "/usr/bin/env", ["VIVIAN_API_KEY=\(key)", Tool.vivian, "status", "--data", nothing] + remote)
            #expect(byEnvironment.status == 0, "\(byEnvironment.errors)")
            let id = String(key.split(separator: "_")[1])
            #expect(try node.vivian("api-keys", "list").text.contains(id))
            #expect(try !node.vivian("api-keys", "list").text.contains(key))
            #expect(try node.vivian("api-keys", "revoke", id).text == "revoked\n")
            #expect(try node.vivian("api-keys", "revoke", id).text == "was revoked before\n")
            #expect(try node.vivian("api-keys", "revoke", "0123456789abcdef").status != 0)
            #expect(try node.request("GET", "/status", key: key).status == 401)
            #expect(try node.vivian("api-keys", "list").text.contains("revoked"))
            let own = try Self.makeKey(node, ["ledger:read"], tenant: "mill")
            #expect(try node.request("GET", "/status", key: own).status == 200)
            let ownID = String(own.split(separator: "_")[1])
            #expect(try node.vivian("api-keys", "revoke", ownID).status != 0)
            #expect(try node.vivian("api-keys", "revoke", ownID, "--tenant", "mill").text == "revoked\n")
            try node.wait("the revocation on the data folder") {
                try node.request("GET", "/status", key: own).status == 401
            }
            #expect(try node.vivian("api-keys", "create", "--label", "x", "--scope", "everything").status == 64)
        }

        @Test("The administrator's key is its owner's alone, made where it is missing, and known again")
        func administratorsKey() throws {
            let node = try RunningNode()
            let mode = try FileManager.default.attributesOfItem(atPath: node.keyFile.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            try FileManager.default.removeItem(at: node.keyFile)
            try node.start()
            #expect(node.log.contains("made an administrator's API key"))
            #expect(try node.get("/status").status == 200)
            node.stop()
            let before = node.key
            for name in try FileManager.default.contentsOfDirectory(atPath: node.gateway.path) {
                try FileManager.default.removeItem(at: node.gateway.appending(path: name))
            }
            try node.start()
            #expect(node.log.contains("registered the administrator's API key again"))
            #expect(node.key == before)
            #expect(try node.get("/status").status == 200)
        }

        @Test("The audit log names who did what, hides no refusal, and shows a change")
        func audit() throws {
            let node = try RunningNode.started()
            let reader = try Self.makeKey(node, ["records:read"])
            let captured = try node.capture(Samples.document("audit"))
            let job = try #require(captured.json["captureID"]?.string)
            let record = try #require(captured.json["records"]?.elements.first?.string)
            try node.settle([record])
            #expect(try node.request("DELETE", "/records/\(record)", key: reader).status == 403)
            #expect(try node.request("GET", "/records/\(record)/bundle", key: reader).status == 200)
            #expect(try node.request("DELETE", "/records/\(record)").status == 200)
            let checked = try node.vivian("audit", "--json")
            #expect(checked.status == 0, "\(checked.errors)")
            let lines = checked.text.split(separator: "\n").compactMap { line in
                (try? JSONDocument(parsing: Array(line.utf8))).map { JSON($0.root) }
            }
            func has(_ who: String, _ method: String, _ route: String, _ status: Int, target: String? = nil) -> Bool {
                lines.contains { line in
                    line["who"]?.string == who && line["method"]?.string == method && line["route"]?.string == route
                        && line["status"] == .number(String(status))
                        && (target == nil || line["target"]?.string == target)
                }
            }
            let readerName = "api-key:" + reader.split(separator: "_")[1]
            let admin = "api-key:" + node.key.split(separator: "_")[1]
            #expect(has("operator", "POST", "/api-keys", 201))
            #expect(has(admin, "POST", "/api-keys", 201, target: String(reader.split(separator: "_")[1])))
            #expect(lines.count { $0["route"]?.string == "/epcis/capture" } == 1)
            #expect(has(admin, "POST", "/epcis/capture", 202, target: job))
            #expect(lines.count { $0["method"]?.string == "DELETE" } == 2)
            #expect(has(readerName, "DELETE", "/records/{id}", 403, target: record))
            #expect(has(readerName, "GET", "/records/{id}/bundle", 200, target: record))
            #expect(has(admin, "DELETE", "/records/{id}", 200, target: record))
            for secret in [node.key, reader] {
                #expect(!checked.text.contains(secret.split(separator: "_")[2]))
                #expect(!node.log.contains(secret.split(separator: "_")[2]))
            }
            // Pages lead through all of it.
            var seen: [String] = []
            var path: String? = "/audit?limit=2"
            while let current = path, seen.count < 100 {
                let page = try node.get(current)
                #expect((page.json["entries"]?.elements.count ?? 9) <= 2)
                seen += page.json["entries"]?.elements.compactMap { $0["hash"]?.string } ?? []
                path = page.json["next"]?.string.map { "/audit?limit=2&cursor=\($0)" }
            }
            #expect(seen.prefix(lines.count).elementsEqual(lines.compactMap { $0["hash"]?.string }))
            for wrong in ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=AAAA", "cursor=__________8"] {
                #expect(try node.get("/audit?\(wrong)").status == 400, "\(wrong)")
            }
            // Whoever changes the file is found out.
            node.stop()
            let script = """
                import sqlite3, sys
                base = sqlite3.connect(sys.argv[1])
                base.execute("DROP TRIGGER audit_unchanged")
                base.execute("UPDATE audit SET who = 'nobody' WHERE sequence = 3")
                base.commit()
                """
            let database = node.gateway.appending(path: "gateway.sqlite").path
            #expect(try Tool.run(Tool.python, ["-c", script, database]).status == 0)
            try node.start()
            let broken = try node.vivian("audit")
            #expect(broken.status == 1 && broken.errors.contains("breaks at entry 3"), "\(broken.errors)")
        }

        @Test("The head of the audit log becomes a record that anybody can check")
        func auditIsAnchored() throws {
            let node = try RunningNode()
            try ConfigurationTests.write(#"{"auditAnchorSeconds":1}"#, to: node)
            try node.start()
            func entries() throws -> [JSON] { try node.get("/audit?limit=1000").json["entries"]?.elements ?? [] }
            func anchors() throws -> [JSON] { try entries().filter { $0["who"] == "gateway" } }
            try node.wait("an anchor") { try !anchors().isEmpty }
            let first = try #require(try anchors().first)
            let record = try #require(first["target"]?.string)
            try node.settle([record])
            let bundle = node.folder.appending(path: "audit.record.json")
            try Data(try node.get("/records/\(record)/bundle").body).write(to: bundle)
            let trusted = try node.status()["validatorsHash"]?.string ?? ""
            let verdict = try node.vivianAlone("verify", bundle.path, "--trusted-validators", trusted)
            #expect(verdict.status == 0, "\(verdict.text)")
            let content = JSON(try JSONDocument(parsing: Array(try Data(contentsOf: bundle))).root)
            #expect(content["mediaType"] == "application/vnd.vivian.audit+json")
            let file = content["recordFile"]?.string.flatMap(Base64.decode) ?? []
            let text = String(decoding: file, as: UTF8.self)
            let covered = try #require(
                try entries().first { text.contains($0["hash"]?.string ?? "-") }, "no entry's hash is in the record")
            #expect(covered["who"] != "gateway")
            #expect(text.contains("\"tenant\":\"default\""))
            #expect(try node.vivian("audit").status == 0)
        }
    }
}
