import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("The secret for record ids is renewed every year, and old ones are destroyed", .serialized)
    struct RecordIDTests {
        static let day: UInt64 = 86_400_000_000_000

        /// Lets years pass in the key file: moves the dates of one generation into the past.
        static func age(_ file: URL, generation: UInt8, byDays days: UInt64) throws {
            var bytes = Array(try Data(contentsOf: file))
            let mark: [UInt8] = [0xc0, 0, 0, 0, 0, 0, 0, generation]
            let slot = try #require(
                stride(from: 48, to: bytes.count, by: 40).first { Array(bytes[$0..<$0 + 8]) == mark })
            let begun = bytes[slot + 8..<slot + 16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } - days * day
            for index in 0..<8 {
                bytes[slot + 8 + index] = UInt8(truncatingIfNeeded: begun >> (56 - 8 * UInt64(index)))
            }
            try Data(bytes).write(to: file)
        }

        static func generations(of node: RunningNode) throws -> [JSON] {
            let result = try node.vivian("keys", "record-ids", "--json")
            #expect(result.status == 0, "\(result.errors)")
            return try result.text.split(separator: "\n").map {
                JSON(try JSONDocument(parsing: Array($0.utf8)).root)
            }
        }

        @Test("An event handed in again is the same record after a rotation, and a new one after the horizon")
        func yearsPass() throws {
            let node = try RunningNode()
            let file = node.data.appending(path: "keys/records.keys")
            let secret = Array(try Data(contentsOf: file)[16..<48])
            let document = Samples.document("years", events: 2)
            try node.start()
            let first = try node.captured(document)
            try node.settle(first)
            #expect(try Self.generations(of: node).count == 1)
            #expect(node.stop() == 0)

            try Self.age(file, generation: 1, byDays: 400)
            let late = try node.vivian("doctor", "--json")
            #expect(late.status == 1 && late.text.contains("older than a year"))
            try node.start()
            try node.wait("the second generation") { try Self.generations(of: node).count == 2 }
            #expect(node.log.contains("a new secret for record ids"))
            let again = try node.capture(document)
            #expect(again.json["newRecords"] == .number("0"))
            #expect(again.json["records"]?.elements.compactMap(\.string) == first)
            let mixed = try node.capture(Samples.document("years", events: 3))
            #expect(mixed.json["newRecords"] == .number("1"))
            #expect(mixed.json["records"]?.elements.prefix(2).compactMap(\.string) == first)
            let shown = try node.vivian("keys", "record-ids").text
            #expect(shown.contains("generation 1") && shown.contains("to be destroyed") && shown.contains("in use"))
            #expect(try Data(contentsOf: file).range(of: Data(secret)) != nil)
            #expect(try node.vivian("doctor").status == 0)
            #expect(node.stop() == 0)

            try Self.age(file, generation: 2, byDays: 100)
            try node.start()
            try node.wait("the end of the first generation") {
                try Self.generations(of: node)[0]["destroyed"]?.string != nil
            }
            #expect(node.log.contains("a secret for record ids was destroyed"))
            #expect(try Data(contentsOf: file).range(of: Data(secret)) == nil)
            let doctor = try node.vivian("doctor")
            #expect(doctor.status == 0 && doctor.text.contains("destroyed"))
            let other = try node.capture(document)
            #expect(other.json["newRecords"] == .number("2"))
            let second = other.json["records"]?.elements.compactMap(\.string) ?? []
            #expect(second.count == 2 && Set(second).isDisjoint(with: first))
            try node.settle(second)
            // What was captured before stays there, and proven.
            let bundles = try BundleFolder(of: node, named: "bundles")
            for id in first + second { try bundles.add("\(id).record.json", try node.get("/records/\(id)/bundle")) }
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            if Tool.hasJudge { #expect(try bundles.judged().filter { $0.value != nil } == [:]) }
        }

        @Test("A data folder of the version before goes on with its ids")
        func oldFolderGoesOn() throws {
            let node = try RunningNode()
            let file = node.data.appending(path: "keys/records.keys")
            // As it was made before generations: one secret, no dates.
            var bytes = try Data(contentsOf: file).prefix(48)
            bytes.replaceSubrange(0..<13, with: Data("vivian/keys/1".utf8))
            try bytes.write(to: file)
            #expect(try Self.generations(of: node).map { $0["begun"] } == [.null])
            try node.start()
            let first = try node.captured(Samples.document("old"))
            try node.wait("its date") { try Self.generations(of: node)[0]["begun"]?.string != nil }
            #expect(node.stop() == 0)
            try node.start()
            #expect(try node.captured(Samples.document("old")) == first)
            #expect(try Self.generations(of: node).count == 1)
        }
    }
}
