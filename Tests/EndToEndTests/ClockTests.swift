import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("A clock that cannot be right stops the node, and it says what to do", .serialized)
    struct ClockTests {
        /// Seconds in a day and in a year.
        static let day = 86_400
        static let year = 365 * day

        /// Lets the node's wall clock follow a file, in seconds off; the steady clock stays the machine's.
        static func move(_ node: RunningNode, by seconds: Int) throws {
            let (file, library) = (node.folder.appending(path: "clock"), node.folder.appending(path: "clock.so"))
            // In one step: the node reads the file whenever it looks at the clock.
            try Data("\(seconds)\n".utf8).write(to: file, options: .atomic)
            guard node.environment.isEmpty else { return }
            let source = Tool.package.appending(path: "Tests/EndToEndTests/Peers/clock.c").path
            let made = try Tool.run("/usr/bin/cc", ["-O2", "-shared", "-fPIC", "-o", library.path, source])
            guard made.status == 0 else { throw PeerFailure(peer: "cc", complaint: made.errors) }
            node.environment = ["LD_PRELOAD": library.path, "CLOCK_OFFSET_FILE": file.path]
        }

        @Test(
            "A clock far behind the last block is refused at start", arguments: [-day, -9 * year])
        func behind(offset: Int) throws {
            let node = try RunningNode.started()
            let records = try node.captured(Samples.document("clock"))
            try node.settle(records)
            #expect(node.stop() == 0)
            try Self.move(node, by: offset)
            let error = #expect(throws: RunningNode.NotStarted.self) { try node.start() }
            #expect(error?.log.contains("behind the last block") == true, "\(error?.log ?? "")")
            #expect(error?.log.contains("set the clock right and start again") == true)
            try Self.move(node, by: 0)
            try node.start()
            try node.settle(records + (try node.captured(Samples.document("clockAgain"))))
        }

        @Test("A clock years ahead of the last block needs a confirmation")
        func ahead() throws {
            let node = try RunningNode.started()
            let records = try node.captured(Samples.document("clock"))
            try node.settle(records)
            #expect(node.stop() == 0)
            try Self.move(node, by: 3 * Self.year)
            let error = #expect(throws: RunningNode.NotStarted.self) { try node.start() }
            #expect(error?.log.contains("days ahead of the last block") == true, "\(error?.log ?? "")")
            #expect(error?.log.contains("--accept-clock") == true)
            try node.start("--accept-clock")
            try node.settle(records + (try node.captured(Samples.document("later"))))
            #expect(node.stop() == 0)
            // The confirmation has consequences: the right clock is behind the ledger now.
            try Self.move(node, by: 0)
            #expect(throws: RunningNode.NotStarted.self) { try node.start() }
        }

        @Test(
            "A clock that jumps while the node runs stops it before it signs another block",
            arguments: [40, -40, 5 * year, -5 * year])
        func jump(offset: Int) throws {
            let node = try RunningNode()
            try Self.move(node, by: 0)
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
            try Self.move(node, by: 0)
            try node.start()
            let acknowledged = during?.json["records"]?.elements.compactMap(\.string) ?? []
            try node.settle(records + acknowledged)
            #expect(try node.logSize() == records.count + acknowledged.count + 1)
        }
    }
}
