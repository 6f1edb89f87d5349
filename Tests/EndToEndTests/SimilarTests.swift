import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Records like this one, and records like no other, in the gateway's private index", .serialized)
    struct SimilarTests {
        struct Hit: Equatable {
            var id: String
            var distance: Int

            init(_ json: JSON) {
                id = json["record"]?["recordId"]?.string ?? ""
                if case .number(let text)? = json["distance"] { distance = Int(text) ?? -1 } else { distance = -1 }
            }
        }

        /// A day's events of a company: goods of its own, each made, packed, shipped and received at usual places.
        static func day(_ day: Int, lots: Int) -> [String] {
            var random = SeededGenerator(seed: UInt64(day))
            return (0..<lots).flatMap { lot -> [String] in
                let item = Int.random(in: 1...6, using: &random)
                let serial = day * 1_000 + lot * 10
                let epcs = (0..<Int.random(in: 2...6, using: &random)).map {
                    "\"urn:epc:id:sgtin:4012345.01111\(item).\(serial + $0)\""
                }.joined(separator: ",")
                let shop = Int.random(in: 1...3, using: &random)
                return [
                    event(
                        day, lot, "commissioning", "active", place: "4012345.00001.\(item % 2)", epcs,
                        more: #","action":"ADD","ilmd":{"x:variety":"Elstar \#(item)"}"#),
                    event(day, lot, "packing", "in_progress", place: "4012345.00002.0", epcs),
                    event(
                        day, lot, "shipping", "in_transit", place: "4012345.00003.0", epcs,
                        more: #","bizTransactionList":[{"type":"po","bizTransaction":"urn:x:po:\#(serial)"}]"#),
                    event(day, lot, "receiving", "in_progress", place: "4099999.0000\(shop).0", epcs),
                ]
            }
        }

        static func event(
            _ day: Int, _ lot: Int, _ step: String, _ disposition: String, place: String, _ epcs: String,
            minute: Int = 10, more: String = ""
        ) -> String {
            let action = more.contains("\"action\"") ? "" : #""action":"OBSERVE","#
            let hour = 8 + lot % 10
            return """
                {"type":"ObjectEvent",\(action)"bizStep":"\(step)","disposition":"\(disposition)",\
                "eventTime":"2026-05-\(two(day))T\(two(hour)):\(two(minute)):00.000Z",\
                "eventTimeZoneOffset":"+00:00","readPoint":{"id":"urn:epc:id:sgln:\(place)"},"epcList":[\(epcs)]\(more)}
                """
        }

        static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

        static func document(_ events: [String]) -> [UInt8] {
            let plain = String(decoding: Samples.document(eventList: events.joined(separator: ",")), as: UTF8.self)
            let context = #""https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld""#
            return Array(plain.replacing(context, with: context + #",{"x":"https://x.example/"}"#).utf8)
        }

        static func hits(_ reply: Reply) -> [Hit] { (reply.json["records"]?.elements ?? []).map(Hit.init) }

        static let another = #""urn:epc:id:sgtin:4012345.011111.1","urn:epc:id:sgtin:4012345.011111.2""#

        @Test("Among hundreds of events a planted duplicate and a planted anomaly come first; erased is gone")
        func planted() throws {
            let node = try RunningNode.started()
            for document in Samples.tour + Samples.published { _ = try node.capture(try Samples.bytes(document)) }
            var ids: [[String]] = []
            for day in 1...5 { ids.append(try node.captured(Self.document(Self.day(day, lots: 20)))) }
            #expect(ids.map(\.count) == [80, 80, 80, 80, 80])
            let shipment = Self.event(9, 3, "shipping", "in_transit", place: "4012345.00003.0", Self.another)
            // The same shipment, read again a little later at the same door, with one object more.
            let twin = Self.event(
                9, 3, "shipping", "in_transit", place: "4012345.00003.0",
                Self.another + #","urn:epc:id:sgtin:4012345.011111.3""#, minute: 45)
            let odd = Self.event(
                9, 3, "destroying", "destroyed", place: "4055555.00077.0", #""urn:epc:id:sgtin:4066666.099999.5""#)
            let planted = try node.captured(Self.document([shipment, twin, odd]))

            let similar = try node.get("/records/\(planted[0])/similar?limit=5")
            #expect(similar.status == 200, "\(similar.text)")
            let near = Self.hits(similar)
            #expect(near.count == 5 && near[0].id == planted[1])
            #expect(near[0].distance < 200 && near[1].distance > near[0].distance, "\(near)")
            #expect(near.map(\.distance) == near.map(\.distance).sorted())
            let limited = try node.get("/records/\(planted[0])/similar?distanceMax=\(near[0].distance)")
            #expect(Self.hits(limited) == [near[0]])

            let alone = try node.get("/records/anomalies?limit=3&among=200")
            #expect(alone.status == 200, "\(alone.text)")
            let strange = Self.hits(alone)
            #expect(strange[0].id == planted[2], "\(strange)")
            #expect(strange[0].distance > strange[1].distance)
            #expect(alone.json["records"]?.elements.first?["nearest"]?.elements.count == 3)

            // The commands say the same.
            let listed = try node.vivian("similar", planted[0], "--limit", "5")
            #expect(listed.status == 0, "\(listed.errors)")
            let lines = listed.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(lines.map { $0[1] } == near.map(\.id) && lines.map { Int($0[0]) } == near.map(\.distance))
            let objects = try node.vivian("anomalies", "--limit", "3", "--among", "200", "--json")
            #expect(objects.status == 0, "\(objects.errors)")
            let parsed = try objects.text.split(separator: "\n").map {
                JSON(try JSONDocument(parsing: Array($0.utf8)).root)
            }
            #expect(parsed.map(Hit.init) == strange)

            // Erased: gone at once, and after a restart.
            #expect(try node.request("DELETE", "/records/\(planted[1])").status == 200)
            for isRestarted in [false, true] {
                if isRestarted {
                    #expect(node.stop() == 0)
                    try node.start()
                }
                let left = Self.hits(try node.get("/records/\(planted[0])/similar?limit=100"))
                #expect(left.count == 100 && !left.contains { $0.id == planted[1] })
                #expect(left.first == near[1])
                let gone = try node.get("/records/\(planted[1])/similar")
                #expect(gone.status == 410 && gone.problem == "erased")
                #expect(Self.hits(try node.get("/records/anomalies?limit=1&among=200")) == [strange[0]])
            }
        }

        @Test("Another tenant finds its own records alone")
        func tenants() throws {
            let node = try RunningNode.started()
            let mine = try node.captured(Self.document(Self.day(1, lots: 4)))
            let mill = try AccessTests.makeKey(node, ["records:capture", "records:read"], tenant: "mill")
            let body = Self.document(Array(Self.day(1, lots: 4).prefix(2)))
            let captured = try node.request(
                "POST", "/epcis/capture", headers: ["Content-Type: application/ld+json"], body: body, key: mill)
            let theirs = captured.json["records"]?.elements.compactMap(\.string) ?? []
            #expect(theirs.count == 2)
            let found = try node.request("GET", "/records/\(theirs[0])/similar?limit=100", key: mill)
            #expect(Self.hits(found).map(\.id) == [theirs[1]])
            let strange = try node.request("GET", "/records/anomalies", key: mill)
            #expect(strange.status == 200 && Self.hits(strange).isEmpty)
            let other = try node.request("GET", "/records/\(mine[0])/similar", key: mill)
            #expect(other.status == 404 && other.problem == "not-found")
            #expect(try node.get("/records/\(theirs[0])/similar").status == 404)
            let writer = try AccessTests.makeKey(node, ["records:capture"])
            for path in ["/records/\(mine[0])/similar", "/records/anomalies"] {
                #expect(try node.request("GET", path, key: writer).status == 403)
                #expect(try node.request("GET", path, key: "").status == 401)
            }
        }

        @Test("What the contract does not allow is refused")
        func refused() throws {
            let node = try RunningNode.started()
            let id = try node.captured(Samples.document("one"))[0]
            #expect(try node.get("/records/\(id)/similar").json["searched"] == .number("1"))
            for query in ["limit=0", "limit=101", "limit=x", "limit=-1", "distanceMax=2001", "distanceMax=1e2"] {
                #expect(try node.get("/records/\(id)/similar?\(query)").status == 400, "\(query)")
            }
            for query in ["limit=0", "limit=101", "among=0", "among=5001", "among=01"] {
                #expect(try node.get("/records/anomalies?\(query)").status == 400, "\(query)")
            }
            #expect(try node.get("/records/\(String(repeating: "0", count: 64))/similar").status == 404)
            #expect(try node.get("/records/x/similar").status == 400)
            #expect(try node.vivian("similar", String(repeating: "0", count: 64)).status == 2)
        }

        @Test("Switched off there is none, and what was captured meanwhile is found once it is on")
        func switchedOff() throws {
            let node = try RunningNode()
            let file = node.data.appending(path: "vivian.json")
            try Data(#"{"similar":{"enabled":false}}"#.utf8).write(to: file)
            try node.start()
            let ids = try node.captured(Self.document(Self.day(1, lots: 2)))
            for path in ["/records/\(ids[0])/similar", "/records/anomalies"] {
                let reply = try node.get(path)
                #expect(reply.status == 404 && reply.problem == "index-off", "\(reply.text)")
            }
            #expect(node.stop() == 0)
            try Data(#"{"similar":{"recordsMax":1000}}"#.utf8).write(to: file)
            try node.start()
            #expect(Self.hits(try node.get("/records/\(ids[0])/similar?limit=100")).count == ids.count - 1)
        }

        @Test(
            "A configuration that cannot be is refused",
            arguments: [
                #"{"similar":{"recordsMax":999}}"#, #"{"similar":{"recordsMax":1000001}}"#, #"{"similar":true}"#,
                #"{"similar":{"enabled":"no"}}"#, #"{"similar":{"on":true}}"#,
            ])
        func badConfiguration(text: String) throws {
            let node = try RunningNode()
            try Data(text.utf8).write(to: node.data.appending(path: "vivian.json"))
            let result = try node.vivian("start")
            #expect(result.status == 1 && result.errors.contains("/similar"), "\(result.errors)")
        }
    }
}
