import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Lists come in pages that lose nothing and show nothing twice", .serialized)
    struct PageTests {
        /// The fields of a GET and its answer.
        struct Page {
            let reply: Reply
            let next: String?
        }

        static func page(_ node: RunningNode, _ path: String, key: String? = nil) throws -> Page {
            let file = node.folder.appending(path: "fields-\(UUID().uuidString)").path
            let reply = try node.request("GET", path, key: key, options: ["-D", file])
            let fields = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isNewline)
            let link = fields.first { $0.lowercased().hasPrefix("link:") }
            guard let link, let start = link.firstIndex(of: "<"), let end = link.firstIndex(of: ">") else {
                return Page(reply: reply, next: nil)
            }
            #expect(link.hasSuffix("rel=\"next\""))
            return Page(reply: reply, next: String(link[link.index(after: start)..<end]))
        }

        /// All items of a list by its links.
        static func all(
            _ node: RunningNode, _ path: String, items: (JSON) -> [JSON], key: String? = nil,
            between: (Int) throws -> Void = { _ in }
        ) throws -> [JSON] {
            var (found, next, count): ([JSON], String?, Int) = ([], path, 0)
            while let current = next {
                let page = try page(node, current, key: key)
                try #require(page.reply.status == 200, "\(current): \(page.reply.text)")
                found += items(page.reply.json)
                next = page.next
                count += 1
                try between(count)
                try #require(count < 200)
            }
            return found
        }

        static func records(_ json: JSON) -> [JSON] { json["records"]?.elements ?? [] }
        static func ids(_ records: [JSON]) -> [String] { records.compactMap { $0["recordId"]?.string } }

        @Test("Records by order, job, state and time, also while others come")
        func records() throws {
            let node = try RunningNode.started()
            var (jobs, all): ([String], [String]) = ([], [])
            for number in 0..<4 {
                let reply = try node.capture(Samples.document("page\(number)", events: 5))
                jobs.append(reply.json["captureID"]?.string ?? "")
                all += reply.json["records"]?.elements.compactMap(\.string) ?? []
            }
            try node.settle(all)
            func list(_ query: String) throws -> [JSON] {
                try Self.all(node, "/records?\(query)", items: Self.records)
            }
            for limit in [1, 3, 20, 1_000] {
                let oldest = Self.ids(try list("order=oldest&limit=\(limit)"))
                #expect(Set(oldest) == Set(all) && oldest.count == all.count)
                #expect(Self.ids(try list("limit=\(limit)")) == oldest.reversed())
            }
            #expect(Self.ids(try list("job=\(jobs[1])&order=oldest&limit=2")) == Array(all[5..<10]))
            #expect(Self.ids(try list("job=\(jobs[1])&limit=2")) == all[5..<10].reversed())
            #expect(try node.request("DELETE", "/records/\(all[7])").status == 200)
            #expect(Self.ids(try list("state=erased")) == [all[7]])
            #expect(try list("state=accepted").isEmpty)
            #expect(Set(Self.ids(try list("state=anchored&limit=3"))) == Set(all).subtracting([all[7]]))
            // What a list shows is what the record itself says.
            let shown = try #require(try list("limit=1000").first { $0["recordId"]?.string == all[0] })
            #expect(shown == (try node.get("/records/\(all[0])").json))
            let time = try #require(shown["acceptedAt"]?.string)
            let later = try list("acceptedAfter=\(time)&order=oldest")
            #expect(!later.isEmpty && later.allSatisfy { ($0["acceptedAt"]?.string ?? "") > time })
            #expect(try list("acceptedAfter=2100-01-01T00:00:00Z").isEmpty)
            #expect(try list("acceptedAfter=1970-01-01T02:00:00%2B02:00&limit=1000").count == all.count)
            // Others come between the pages.
            for order in ["newest", "oldest"] {
                let before = Self.ids(try list("limit=1000&order=\(order)"))
                let seen = Self.ids(
                    try Self.all(node, "/records?limit=4&order=\(order)", items: Self.records) { page in
                        if page <= 3 { _ = try node.captured(Samples.document("while\(order)\(page)", events: 3)) }
                    })
                #expect(Set(seen).count == seen.count)
                #expect(seen.filter { before.contains($0) } == before)
            }
        }

        @Test("A cursor that was changed, or is another list's or tenant's, is refused")
        func cursors() throws {
            let node = try RunningNode.started()
            _ = try node.captured(Samples.document("cursor", events: 4))
            _ = try node.captured(Samples.document("cursor2"))
            let mill = try AccessTests.makeKey(node, AccessTests.scopes, tenant: "mill")
            let document = Samples.document("theirs", events: 4)
            for _ in 0..<2 {
                #expect(
                    try node.request(
                        "POST", "/epcis/capture", headers: ["Content-Type: application/ld+json"], body: document,
                        key: mill
                    ).status == 202)
            }
            for (path, name) in [
                ("/records?limit=1", "cursor"), ("/epcis/capture?perPage=1", "nextPageToken"),
                ("/audit?limit=1", "cursor"),
            ] {
                let next = try #require(try Self.page(node, path).next, "\(path)")
                let cursor = try #require(next.split(separator: "=").last.map(String.init))
                func status(_ cursor: String, _ more: String = "", key: String? = nil) throws -> Int {
                    let reply = try node.request("GET", "\(path)\(more)&\(name)=\(cursor)", key: key)
                    #expect(reply.status == 200 || reply.problem == "bad-parameter", "\(reply.text)")
                    return reply.status
                }
                #expect(try status(cursor) == 200)
                for index in stride(from: 0, to: cursor.count, by: 5) {
                    var changed = Array(cursor)
                    changed[index] = changed[index] == "A" ? "B" : "A"
                    #expect(try status(String(changed)) == 400, "\(path)")
                }
                for wrong in ["A", String(cursor.dropLast()), cursor + "A", "AAAAAAAAAAE", "%00", "..", cursor + "%0A"]
                {
                    #expect(try status(wrong) == 400, "\(path) \(wrong)")
                }
                // Another tenant's list has other rows; ours is not a way to them, nor theirs to ours.
                #expect(try status(cursor, key: mill) == 400, "\(path)")
                let theirs = try #require(try Self.page(node, path, key: mill).next?.split(separator: "=").last)
                #expect(try status(String(theirs)) == 400, "\(path)")
            }
            let cursor = try #require(
                try Self.page(node, "/records?limit=1&order=oldest").next?.split(separator: "=").last)
            for other in ["order=newest", "state=accepted", "order=oldest&state=anchored", ""] {
                #expect(try node.get("/records?\(other)&cursor=\(cursor)").status == 400, "\(other)")
            }
            // The size of the pages may change; a restart changes nothing.
            #expect(try node.get("/records?order=oldest&limit=7&cursor=\(cursor)").status == 200)
            node.stop()
            try node.start()
            #expect(try node.get("/records?order=oldest&cursor=\(cursor)").status == 200)
        }

        @Test("API keys come in pages, each tenant's own, also while others are made")
        func apiKeys() throws {
            let node = try RunningNode.started()
            for _ in 0..<7 { _ = try AccessTests.makeKey(node, ["ledger:read"]) }
            let manager = try AccessTests.makeKey(node, ["keys:manage"], tenant: "mill")
            func list(_ limit: Int, between: (Int) throws -> Void = { _ in }) throws -> [String] {
                try Self.all(
                    node, "/api-keys?limit=\(limit)", items: { $0["keys"]?.elements ?? [] }, between: between
                ).compactMap { $0["id"]?.string }
            }
            let all = try list(1_000)
            #expect(all.count == 8 && Set(all).count == 8)
            for limit in [1, 3, 7, 8] { #expect(try list(limit) == all) }
            let more = try list(2) { count in
                if count == 1 { _ = try AccessTests.makeKey(node, ["ledger:read"]) }
            }
            #expect(more.prefix(8) == all[...] && more.count == 9)
            let first = try Self.page(node, "/api-keys?limit=3")
            #expect(first.next != nil && first.reply.json["next"] != nil)
            #expect(try node.request("GET", try #require(first.next), key: manager).status == 400)
            #expect(try node.request("GET", "/api-keys", key: manager).json["keys"]?.elements.count == 1)
            for query in ["limit=0", "limit=1001", "limit=x", "cursor=AAAA", "cursor=", "order=oldest"] {
                #expect(try node.request("GET", "/api-keys?\(query)").status == 400, "\(query)")
            }
        }

        @Test("What a list cannot mean is refused")
        func refusals() throws {
            let node = try RunningNode.started()
            for wrong in [
                "/records?limit=0", "/records?limit=1001", "/records?limit=-1", "/records?limit=x", "/records?limit=01",
                "/records?order=random", "/records?state=lost", "/records?job=ab", "/records?job=",
                "/records?acceptedAfter=yesterday", "/records?acceptedAfter=2026-02-30T00:00:00Z",
                "/records?acceptedAfter=1969-01-01T00:00:00Z", "/records?perPage=3", "/records?cursor=",
                "/records?limit=1&limit=2", "/epcis/capture?perPage=0", "/epcis/capture?perPage=1001",
                "/epcis/capture?limit=3", "/epcis/capture?nextPageToken=", "/audit?perPage=1", "/api-keys?limit=0",
            ] {
                #expect(try node.get(wrong).problem == "bad-parameter", "\(wrong)")
            }
            let nobody = "/records?job=" + String(repeating: "0", count: 32)
            #expect(try node.get(nobody).problem == "not-found")
            #expect(try node.get("/records").json == ["records": []])
            #expect(try node.get("/epcis/capture").json == [])
        }

        @Test("Jobs page as EPCIS 2.0 has it, and each says what it says of itself")
        func jobs() throws {
            let node = try RunningNode.started()
            var made: [String] = []
            for number in 0..<7 {
                made.append(try node.capture(Samples.document("job\(number)")).json["captureID"]?.string ?? "")
            }
            let mill = try AccessTests.makeKey(node, ["records:capture", "records:read"], tenant: "mill")
            #expect(try node.request("GET", "/epcis/capture", key: mill).json == [])
            #expect(try node.request("GET", "/records?job=\(made[0])", key: mill).problem == "not-found")
            for size in [1, 3, 7, 30] {
                let jobs = try Self.all(node, "/epcis/capture?perPage=\(size)") { $0.elements }
                #expect(jobs.compactMap { $0["captureID"]?.string } == made.reversed())
            }
            try node.wait("all jobs") {
                try node.get("/epcis/capture").json.elements.allSatisfy { $0["running"] == .boolean(false) }
            }
            for job in try node.get("/epcis/capture").json.elements {
                let whole = try node.get("/epcis/capture/\(job["captureID"]?.string ?? "")").json
                for member in job.object ?? [] { #expect(whole[member.name] == member.value, "\(member.name)") }
            }
            let listed = try node.vivian("jobs", "--limit", "3")
            #expect(listed.text.split(separator: "\n").map { String($0.prefix(32)) } == made.suffix(3).reversed())
            let json = try CommandTests.lines(try node.vivian("jobs", "--json", "--limit", "0"))
            #expect(json.compactMap { $0["captureID"]?.string } == made.reversed())
            let records = try CommandTests.lines(try node.vivian("records", "--json", "--job", made[2]))
            #expect(records.count == 1 && records[0]["state"]?.string == "anchored")
            #expect(try node.vivian("records", "--limit", "2", "--oldest-first").text.split(separator: "\n").count == 2)
            #expect(try node.vivian("records", "--state", "erased").text.isEmpty)
            #expect(try node.vivian("records", "--state", "lost").status == 64)
            #expect(try node.vivian("records", "--limit", "-1").status == 64)
            #expect(try node.vivian("records", "--accepted-after", "soon").status == 2)
            #expect(try node.vivian("records", "--job", String(repeating: "0", count: 32)).status == 2)
        }
    }
}
