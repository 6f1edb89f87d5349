import Codec
import Dispatch
import Foundation
import Synchronization
import Testing

extension EndToEnd {
    @Suite("Who would rather wait is answered when it is final", .serialized)
    struct PreferTests {
        /// A capture with a preference: the answer, and its `Preference-Applied`.
        static func capture(
            _ node: RunningNode, _ document: [UInt8], _ prefer: String?, more: [String] = []
        ) throws -> (reply: Reply, fields: [String: String]) {
            let file = node.folder.appending(path: "fields-\(UUID().uuidString)").path
            let headers = ["Content-Type: application/ld+json"] + (prefer.map { ["Prefer: \($0)"] } ?? []) + more
            let reply = try node.request(
                "POST", "/epcis/capture", headers: headers, body: document, options: ["-D", file])
            var fields: [String: String] = [:]
            for line in try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isNewline) {
                guard let colon = line.firstIndex(of: ":") else { continue }
                fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                    in: .whitespaces)
            }
            return (reply, fields)
        }

        @Test("A capture that is waited for is answered with the finished job, and its bundles are there")
        func waits() throws {
            let node = try RunningNode.started()
            let (reply, fields) = try Self.capture(node, Samples.document("wait", events: 20), "wait=30")
            #expect(reply.status == 200 && fields["preference-applied"] == "wait=30", "\(reply.text)")
            #expect(reply.json["running"] == .boolean(false) && reply.json["anchoredCount"] == .number("20"))
            #expect(reply.json["newRecords"] == .number("20"))
            let job = try #require(reply.json["captureID"]?.string)
            #expect(fields["location"] == "/epcis/capture/\(job)")
            let records = reply.json["records"]?.elements.compactMap(\.string) ?? []
            #expect(records.count == 20)
            for record in records.suffix(3) {
                #expect(try node.get("/records/\(record)/bundle").status == 200)
                #expect(try node.get("/records/\(record)/receipt").status == 200)
            }
            // Again, it is finished already.
            let (again, _) = try Self.capture(node, Samples.document("wait", events: 20), "wait=0")
            #expect(again.status == 200 && again.json["newRecords"] == .number("0"))
            #expect(again.json["records"] == reply.json["records"])
            let (both, applied) = try Self.capture(node, Samples.document("both"), "respond-async, wait=30")
            #expect(both.status == 200 && applied["preference-applied"] == "wait=30")
            let (cut, bounded) = try Self.capture(node, Samples.document("cut"), "wait=86400")
            #expect(cut.status == 200 && bounded["preference-applied"] == "wait=60")
        }

        @Test("Without a wish, with another one, or one that means nothing, it is accepted as ever")
        func accepts() throws {
            let node = try RunningNode.started()
            let cases: [(String?, String?)] = [
                (nil, nil), ("respond-async", "respond-async"), ("wait", nil), ("wait=soon", nil), ("wait=-1", nil),
                ("return=minimal", nil), ("x=\"wait=9\"", nil), ("wait=x, wait=9, respond-async", "respond-async"),
            ]
            for (number, (prefer, applied)) in cases.enumerated() {
                let (reply, fields) = try Self.capture(node, Samples.document("prefer\(number)"), prefer)
                #expect(reply.status == 202 && fields["preference-applied"] == applied, "\(prefer ?? "none")")
                #expect(reply.json["running"] == nil && reply.json["newRecords"] == .number("1"))
            }
            for prefer in ["wait=5", "respond-async, wait=5"] {
                let (refused, fields) = try Self.capture(node, Array("{}".utf8), prefer)
                #expect(refused.status == 422 && fields["preference-applied"] == nil)
            }
        }

        @Test("When the time is over it is accepted, and whoever goes on waiting hears of it")
        func timesOut() throws {
            let node = try RunningNode()
            // An interval ends at most every hour: nothing becomes final before.
            try node.start("--anchor-mode", "batch", "--batch-interval", "3600", "--batch-size", "16")
            for (prefer, applied) in [
                ("wait=1", "wait=1"), ("wait=1, respond-async", "respond-async, wait=1"), ("wait=0", "wait=0"),
            ] {
                let (reply, fields) = try Self.capture(node, Samples.document("late\(prefer.count)"), prefer)
                #expect(reply.status == 202 && fields["preference-applied"] == applied, "\(prefer)")
                #expect(fields["location"]?.hasPrefix("/epcis/capture/") == true)
                let job = reply.json["captureID"]?.string ?? ""
                let polled = try node.head("/epcis/capture/\(job)", ["Prefer: wait=1"], method: "GET")
                #expect(polled[":status"] == "200" && polled["preference-applied"] == "wait=1")
                // What has not changed is not sent again after the wait.
                let tag = polled["etag"] ?? ""
                let same = try node.head(
                    "/epcis/capture/\(job)", ["Prefer: wait=1", "If-None-Match: \(tag)"], method: "GET")
                #expect(same[":status"] == "304")
            }
            // Whoever waits while the gateway ends is answered, and does not keep it from ending.
            let answer = Mutex<Int?>(nil)
            let isAnswered = DispatchSemaphore(value: 0)
            let waiter = Thread {
                let reply = try? Self.capture(node, Samples.document("waiter"), "wait=60").reply
                answer.withLock { $0 = reply?.status }
                isAnswered.signal()
            }
            waiter.start()
            try node.wait("the waiting capture") { try node.get("/epcis/capture").json.elements.count == 4 }
            #expect(node.stop() == 0)
            isAnswered.wait()
            #expect(answer.withLock { $0 } == 202)
            try node.start("--anchor-mode", "record")
            let job = try #require(try node.get("/epcis/capture").json.elements.first?["captureID"]?.string)
            let polled = try node.request("GET", "/epcis/capture/\(job)", headers: ["Prefer: wait=60"])
            #expect(polled.json["running"] == .boolean(false))
        }

        @Test("A replayed capture waits too, and the audit log names its job both times")
        func replays() throws {
            let node = try RunningNode.started()
            let document = Samples.document("replayed")
            let (first, _) = try Self.capture(node, document, nil, more: ["Idempotency-Key: once"])
            #expect(first.status == 202)
            let (second, fields) = try Self.capture(node, document, "wait=30", more: ["Idempotency-Key: once"])
            #expect(second.status == 200 && second.json["captureID"] == first.json["captureID"])
            #expect(fields["idempotent-replayed"] == "true" && second.json["newRecords"] == .number("1"))
            #expect(try node.get("/epcis/capture").json.elements.count == 1)
            let lines = try node.get("/audit?limit=1000").json["entries"]?.elements ?? []
            let targets = lines.filter { $0["route"]?.string == "/epcis/capture" }.map { $0["target"] }
            #expect(targets == [first.json["captureID"], first.json["captureID"]])
            // The same bytes in a coding are the same request.
            let plain = node.folder.appending(path: "plain")
            try Data(document).write(to: plain)
            let packed = try Tool.run("/usr/bin/env", ["gzip", "-c", plain.path]).output
            let (coded, _) = try Self.capture(
                node, packed, nil, more: ["Idempotency-Key: once", "Content-Encoding: gzip"])
            #expect(coded.status == 202 && coded.json["captureID"] == first.json["captureID"])
        }
    }
}
