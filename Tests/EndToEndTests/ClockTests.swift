import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A clock that cannot be right stops the node, and it says what to do", .serialized)
    struct ClockTests {
        /// libfaketime, which moves the wall clock of one process.
        static let library: String? = {
            let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
            return folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }.first {
                FileManager.default.fileExists(atPath: $0)
            }
        }()

        /// Lets the node's wall clock follow a file; the steady clock stays the machine's.
        static func move(_ node: RunningNode, by offset: String) throws {
            let file = node.folder.appending(path: "clock")
            try Data("\(offset)\n".utf8).write(to: file)
            node.environment = [
                "LD_PRELOAD": library ?? "", "FAKETIME_TIMESTAMP_FILE": file.path, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
            ]
        }

        static let isReady = library != nil || VectorFolder.isRequired

        @Test(
            "A clock years behind the last block is refused at start", .enabled(if: isReady),
            arguments: ["-1d", "-9y"])
        func behind(offset: String) throws {
            let node = try RunningNode.started()
            let records = try node.captured(Samples.document("clock"))
            try node.settle(records)
            #expect(node.stop() == 0)
            try Self.move(node, by: offset)
            let error = #expect(throws: RunningNode.NotStarted.self) { try node.start() }
            #expect(error?.log.contains("behind the last block") == true, "\(error?.log ?? "")")
            #expect(error?.log.contains("set the clock right and start again") == true)
            try Self.move(node, by: "+0")
            try node.start()
            try node.settle(records + (try node.captured(Samples.document("clockAgain"))))
        }

        @Test("A clock years ahead of the last block needs a confirmation", .enabled(if: isReady))
        func ahead() throws {
            let node = try RunningNode.started()
            let records = try node.captured(Samples.document("clock"))
            try node.settle(records)
            #expect(node.stop() == 0)
            try Self.move(node, by: "+3y")
            let error = #expect(throws: RunningNode.NotStarted.self) { try node.start() }
            #expect(error?.log.contains("days ahead of the last block") == true, "\(error?.log ?? "")")
            #expect(error?.log.contains("--accept-clock") == true)
            try node.start("--accept-clock")
            try node.settle(records + (try node.captured(Samples.document("later"))))
            #expect(node.stop() == 0)
            // The confirmation has consequences: the right clock is behind the ledger now.
            try Self.move(node, by: "+0")
            #expect(throws: RunningNode.NotStarted.self) { try node.start() }
        }

        @Test(
            "A clock that jumps while the node runs stops it before it signs another block", .enabled(if: isReady),
            arguments: ["+40", "-40", "+5y", "-5y"])
        func jump(offset: String) throws {
            let node = try RunningNode()
            try Self.move(node, by: "+0")
            try node.start()
            let records = try node.captured(Samples.document("before"))
            try node.settle(records)
            try Self.move(node, by: offset)
            // The next block reads the clock.
            let body = Samples.document("during")
            let during = (try? node.capture(body)).flatMap { $0.status == 202 ? $0 : nil }
            #expect(try node.ended() != 0)
            #expect(node.log.contains("the clock jumped by"), "\(node.log.suffix(2_000))")
            #expect(node.log.contains("set the clock right and start again"))
            try Self.move(node, by: "+0")
            try node.start()
            let acknowledged = during?.json["records"]?.elements.compactMap(\.string) ?? []
            try node.settle(records + acknowledged)
            #expect(try node.logSize() == records.count + acknowledged.count + 1)
        }
    }
}
