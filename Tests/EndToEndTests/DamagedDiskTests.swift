import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("Damaged files are repaired where that is safe, and refused where it is not", .serialized)
    struct DamagedDiskTests {
        /// A stopped node with a few blocks and records, killed or ended cleanly.
        static func prepared(clean: Bool) throws -> (node: RunningNode, records: [String]) {
            let node = try RunningNode.started()
            var records: [String] = []
            for index in 0..<6 {
                records += try node.captured(Samples.document("disk\(index)"))
                try node.settle(records)
            }
            if clean { node.stop() } else { node.kill() }
            return (node, records)
        }

        static func blockLog(of node: RunningNode) throws -> URL {
            let names = try FileManager.default.contentsOfDirectory(atPath: node.ledger.path)
            let name = try #require(names.filter { $0.hasPrefix("blocks-") && $0.hasSuffix(".log") }.sorted().last)
            return node.ledger.appending(path: name)
        }

        @Test(
            "A tail that was synced and is gone is refused; without the mark it passes for a torn one, and its records come again",
            arguments: [1, 7, 50, 200])
        func cutTail(bytes: Int) throws {
            let (node, records) = try Self.prepared(clean: false)
            let file = try Self.blockLog(of: node)
            let content = try Data(contentsOf: file).dropLast(bytes)
            try content.write(to: file)
            let error = #expect(throws: RunningNode.NotStarted.self) { try node.start() }
            #expect(error?.log.contains("was cut off") == true, "\(error?.log ?? "")")
            #expect(error?.log.contains("remove blocks.mark") == true)
            #expect(try Data(contentsOf: file) == content, "nothing was changed by the refusal")
            try FileManager.default.removeItem(at: node.ledger.appending(path: "blocks.mark"))
            try node.start()
            try node.settle(records)
            #expect(try node.logSize() == records.count + 1)
            try node.settle(try node.captured(Samples.document("afterTear")))
        }

        @Test(
            "Bytes that are no frame behind the last one are cut off",
            arguments: [[0], [0xff], [UInt8](repeating: 7, count: 5_000)])
        func rubbishTail(bytes: [UInt8]) throws {
            let (node, records) = try Self.prepared(clean: false)
            let file = try Self.blockLog(of: node)
            let content = try Data(contentsOf: file)
            try (content + Data(bytes)).write(to: file)
            try node.start()
            try node.settle(records)
            #expect(try node.logSize() == records.count + 1)
        }

        @Test(
            "A flipped bit is refused, in the last batch too, and the height is named",
            arguments: [0.1, 0.3, 0.5, 0.9, 0.999])
        func flippedMiddle(place: Double) throws {
            let (node, _) = try Self.prepared(clean: true)
            let file = try Self.blockLog(of: node)
            var content = try Data(contentsOf: file)
            content[Int(Double(content.count) * place)] ^= 1
            try content.write(to: file)
            let error = #expect(throws: RunningNode.NotStarted.self) { try node.start() }
            #expect(error?.log.contains("at block ") == true, "\(error?.log ?? "")")
            // Nothing was changed by the refusal.
            #expect(try Data(contentsOf: file) == content)
        }

        @Test("Either checkpoint may be destroyed, or both", arguments: [["a"], ["b"], ["a", "b"]])
        func lostCheckpoints(names: [String]) throws {
            let (node, records) = try Self.prepared(clean: true)
            try node.start()
            try node.settle(try node.captured(Samples.document("second")))
            node.stop()
            let before = try node.heldCheckpoints()
            #expect(!before.isEmpty)
            for name in names {
                try? FileManager.default.removeItem(at: node.ledger.appending(path: "checkpoint-\(name)"))
            }
            try node.start()
            try node.settle(records)
            #expect(try node.logSize() == records.count + 2)
        }

        @Test("A checkpoint of damaged bytes is not believed")
        func damagedCheckpoints() throws {
            let (node, records) = try Self.prepared(clean: true)
            for name in try node.heldCheckpoints() {
                let folder = node.ledger.appending(path: name)
                for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                    let url = folder.appending(path: file)
                    var content = try Data(contentsOf: url)
                    for place in stride(from: 50, to: content.count, by: 997) { content[place] ^= 0x55 }
                    try content.write(to: url)
                }
            }
            try node.start()
            try node.settle(records)
            #expect(try node.logSize() == records.count + 1)
        }

        @Test("Lost or cut tiles are made again from the blocks", arguments: ["tile-0", "entries"])
        func lostTiles(name: String) throws {
            let (node, records) = try Self.prepared(clean: true)
            let file = node.ledger.appending(path: name)
            try Data(try Data(contentsOf: file).dropLast(40)).write(to: file)
            try node.start()
            try node.settle(records)
            #expect(try node.logSize() == records.count + 1)
        }

        @Test("A second process on the same folder is refused")
        func oneProcessOnly() throws {
            let node = try RunningNode.started()
            let second = try node.vivian("start", "--listen", "127.0.0.1:0")
            #expect(second.status != 0 && second.errors.contains("in use"), "\(second.errors)")
            #expect(try node.get("/healthz").status == 200)
        }
    }
}

extension RunningNode {
    /// Names of the checkpoint folders that are there.
    func heldCheckpoints() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: ledger.path).filter { $0.hasPrefix("checkpoint-") }.sorted()
    }
}
