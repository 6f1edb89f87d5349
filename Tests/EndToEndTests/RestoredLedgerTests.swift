import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("A ledger cut back takes again what it had acknowledged; one that went another way is refused", .serialized)
    struct RestoredLedgerTests {
        /// Puts a copy of a folder in its place.
        static func replace(_ folder: URL, by copy: URL) throws {
            try FileManager.default.removeItem(at: folder)
            try FileManager.default.copyItem(at: copy, to: folder)
        }

        /// Everything is on the ledger once, in gapless numbers, and its bundles are accepted.
        static func expectWhole(_ records: [String], on node: RunningNode) throws {
            try node.settle(records)
            try node.wait("an empty outbox") { try node.status()["pendingTransactions"] == .number("0") }
            #expect(try node.logSize() == records.count + 1)
            #expect(try CrashTests.numbers(of: records, on: node).sorted() == Array(0..<records.count))
            let bundles = try BundleFolder(of: node, named: "bundles-\(UUID().uuidString)")
            for id in records { try bundles.add("\(id).record.json", try node.get("/records/\(id)/bundle")) }
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            if Tool.hasJudge { #expect(try bundles.judged().filter { $0.value != nil } == [:]) }
        }

        @Test("ledger/ of an older backup: all that was acknowledged since is anchored and proven again")
        func olderBackup() throws {
            let node = try RunningNode.started()
            var records = try node.captured(Samples.document("early", events: 3))
            try node.settle(records)
            #expect(node.stop() == 0)
            let backup = node.folder.appending(path: "backup")
            try FileManager.default.copyItem(at: node.ledger, to: backup)
            try node.start()
            for index in 0..<4 {
                records += try node.captured(Samples.document("late\(index)", events: 2))
                try node.settle(records)
            }
            let erased = records[4]
            #expect(try node.vivian("erase", erased, "--reason", "2").status == 0)
            let tombstone = "/state/anchor/" + Base64.encodeURL(Array("tombstone/".utf8) + Hex.decode(erased)!)
            try node.wait("the tombstone") { try node.get(tombstone).json["value"]?.string != nil }
            #expect(node.stop() == 0)
            try Self.replace(node.ledger, by: backup)
            try node.start()
            try Self.expectWhole(records, on: node)
            #expect(node.log.contains("the ledger was cut back"), "\(node.log)")
            try node.wait("the tombstone") { try node.get(tombstone).json["value"]?.string != nil }
            // It goes on, and the next start finds all in order.
            records += try node.captured(Samples.document("after"))
            try node.settle(records)
            #expect(node.stop() == 0)
            try node.start()
            #expect(!node.log.contains("the ledger was cut back"), "\(node.log)")
            try Self.expectWhole(records, on: node)
        }

        @Test("Half of the block log cut off by force, checkpoints and mark gone: what was acknowledged comes again")
        func cutByForce() throws {
            let node = try RunningNode.started()
            var records: [String] = []
            for index in 0..<6 {
                records += try node.captured(Samples.document("cut\(index)", events: 2))
                try node.settle(records)
            }
            node.kill()
            let file = try DamagedDiskTests.blockLog(of: node)
            let content = try Data(contentsOf: file)
            try content.prefix(content.count / 2).write(to: file)
            for name in try FileManager.default.contentsOfDirectory(atPath: node.ledger.path)
            where name == "blocks.mark" || name.hasPrefix("checkpoint-") {
                try FileManager.default.removeItem(at: node.ledger.appending(path: name))
            }
            try node.start()
            try Self.expectWhole(records, on: node)
            #expect(node.log.contains("the ledger was cut back"), "\(node.log)")
        }

        @Test("A ledger that took other records under the same numbers is refused, and says what to restore")
        func fork() throws {
            let node = try RunningNode.started()
            let records = try node.captured(Samples.document("common"))
            try node.settle(records)
            #expect(node.stop() == 0)
            let (before, other) = (node.folder.appending(path: "before"), node.folder.appending(path: "other"))
            try FileManager.default.copyItem(at: node.data, to: before)
            try node.start()
            try node.settle(try node.captured(Samples.document("there")))
            #expect(node.stop() == 0)
            try FileManager.default.copyItem(at: node.ledger, to: other)
            try Self.replace(node.data, by: before)
            try node.start()
            try node.settle(try node.captured(Samples.document("here")))
            #expect(node.stop() == 0)
            let right = node.folder.appending(path: "right")
            try FileManager.default.copyItem(at: node.ledger, to: right)
            try Self.replace(node.ledger, by: other)
            if (try? node.start()) != nil { #expect(try node.ended() != 0) }
            #expect(node.log.contains("went different ways"), "\(node.log)")
            #expect(node.log.contains("restore ledger/ and gateway/ from backups of the same time"))
            try Self.replace(node.ledger, by: right)
            try node.start()
            try node.settle(records)
        }
    }
}
