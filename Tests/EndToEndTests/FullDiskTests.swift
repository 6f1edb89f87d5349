import Codec
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A full disk stops what needs it, and loses nothing that was acknowledged", .serialized)
    struct FullDiskTests {
        /// Hands in documents of 200 events until one is not taken; its reply is nil where none came.
        static func fill(_ node: RunningNode, _ name: String) throws -> (
            records: [String], refused: [UInt8], reply: Reply?
        ) {
            var records: [String] = []
            for index in 0..<400 {
                let body = Samples.document("\(name)\(index)", events: 200)
                let reply = try? node.capture(body)
                guard let reply, reply.status == 202 else { return (records, body, reply) }
                records += reply.json["records"]?.elements.compactMap(\.string) ?? []
            }
            throw PeerFailure(peer: "disk", complaint: "it never became full")
        }

        /// The first and last ones, and some between.
        static func some(of records: [String]) -> [String] {
            records.count < 40 ? records : (0..<40).map { records[$0 * (records.count - 1) / 39] }
        }

        @Test(
            "The ledger's disk is full: the node stops and says so; with room it goes on where it was",
            .enabled(if: SmallDisk.isPossible || VectorFolder.isRequired, "mounting needs root"))
        func ledger() throws {
            let node = try RunningNode()
            let disk = try SmallDisk(over: node.ledger, kilobytes: 512)
            node.launcher = disk.launcher
            try node.start()
            let (records, refused, _) = try Self.fill(node, "ledger")
            #expect(!records.isEmpty)
            #expect(try node.ended() != 0)
            #expect(node.log.contains("the disk is full"), "\(node.log.suffix(2_000))")
            #expect(node.log.contains("free space and start again"))
            // Without room it stops again, and does no harm.
            if (try? node.start()) != nil { #expect(try node.ended() != 0) }
            #expect(node.log.contains("the disk is full"), "\(node.log.suffix(2_000))")
            try disk.grow(kilobytes: 65_536)
            try node.start()
            let again = try node.captured(refused)
            try node.settle(Self.some(of: records) + again)
            try node.wait("an empty outbox") { try node.status()["pendingTransactions"] == .number("0") }
            #expect(try node.logSize() == Set(records + again).count + 1)
            #expect(node.stop() == 0)
        }

        enum Shortage {
            case smallDisk, fileSizeLimit

            /// The second needs no root.
            static let possible: [Shortage] =
                SmallDisk.isPossible || VectorFolder.isRequired ? [.smallDisk, .fileSizeLimit] : [.fileSizeLimit]
        }

        @Test(
            "The gateway's disk is full: a capture is refused as a whole, and taken once there is room",
            arguments: Shortage.possible)
        func gateway(shortage: Shortage) throws {
            let node = try RunningNode()
            var disk: SmallDisk?
            switch shortage {
            case .smallDisk:
                try FileManager.default.createDirectory(at: node.gateway, withIntermediateDirectories: true)
                disk = try SmallDisk(over: node.gateway, kilobytes: 3_072)
                node.launcher = disk?.launcher ?? []
            case .fileSizeLimit:
                // 3 MiB in blocks of 512 bytes; without the signal a write fails with EFBIG.
                node.launcher = ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 6144; exec \"$@\"", "sh"]
            }
            try node.start()
            let (records, refused, reply) = try Self.fill(node, "gateway")
            #expect(!records.isEmpty)
            let expected = shortage == .smallDisk ? (507, "disk-full") : (503, "store-unavailable")
            #expect(reply?.status == expected.0, "\(reply?.text ?? "")")
            #expect(reply?.problem == expected.1, "\(reply?.text ?? "")")
            // Whoever sends traffic where it can be served hears of it, and what to do.
            let unready = try node.get("/readyz")
            #expect(unready.status == expected.0 && unready.problem == expected.1, "\(unready.text)")
            if shortage == .smallDisk { #expect(unready.text.contains("free "), "\(unready.text)") }
            // What only reads goes on, and so does the ledger.
            #expect(try node.get("/healthz").status == 200)
            #expect(try node.get("/records/\(records[0])").status == 200)
            #expect(node.isRunning)
            if let disk {
                try disk.grow(kilobytes: 65_536)
            } else {
                node.stop()
                node.launcher = []
                try node.start()
            }
            try node.wait("readiness") { try node.get("/readyz").status == 200 }
            // Nothing of the refused document was kept: all of its records are new.
            let again = try node.capture(refused)
            #expect(again.status == 202, "\(again.text)")
            #expect(again.json["newRecords"] == .number("200"))
            let fresh = again.json["records"]?.elements.compactMap(\.string) ?? []
            try node.settle(Self.some(of: records) + Self.some(of: fresh))
            try node.wait("an empty outbox") { try node.status()["pendingTransactions"] == .number("0") }
            #expect(try node.logSize() == Set(records + fresh).count + 1)
        }
    }
}
