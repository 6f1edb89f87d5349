import Codec
import Foundation
import Testing

extension EndToEnd {
    @Suite("A consensus key in a process of its own", .serialized)
    struct SignerTests {
        /// A node of one validator whose key has moved to a signer; both run.
        static func pair() throws -> (node: RunningNode, signer: RunningSigner) {
            let node = try RunningNode()
            let signer = try move(from: node)
            try signer.start()
            try node.start()
            return (node, signer)
        }

        /// Moves the key of a stopped node to a signer that does not run yet.
        static func move(from node: RunningNode) throws -> RunningSigner {
            let signer = RunningSigner(beside: node)
            let made = try node.vivianAlone(
                "signer", "init", "--data", signer.folder.path, "--from", node.data.path)
            #expect(made.status == 0, "\(made.errors)")
            try ConfigurationTests.write(#"{"signer":"\#(signer.address)"}"#, to: node)
            return signer
        }

        /// Of every height, round and step one block was signed.
        static func expectNoDouble(_ signer: RunningSigner, atLeast count: Int) {
            let signed = signer.signed
            #expect(signed.count >= count, "the log tells of \(signed.count) places")
            #expect(signed.filter { $0.value.count > 1 } == [:])
        }

        @Test("A key that moves goes on where it was; two keepers, no signer and another ledger's are refused")
        func moves() throws {
            let node = try RunningNode.started()
            try node.settle(try node.captured(Samples.document("before")))
            #expect(node.stop() == 0)
            let key = node.data.appending(path: "keys/consensus.key")
            let secret = try Data(contentsOf: key)
            let signer = try Self.move(from: node)
            #expect(!FileManager.default.fileExists(atPath: key.path))
            // Nobody listens.
            let absent = try node.vivian("start")
            #expect(absent.status == 1 && absent.errors.contains("start it with `vivian signer`"), "\(absent.errors)")
            try signer.start()
            try node.start()
            let records = try node.captured(Samples.document("after", events: 2))
            try node.settle(records)
            let bundles = try BundleFolder(of: node, named: "bundles")
            for id in records { try bundles.add("\(id).record.json", try node.get("/records/\(id)/bundle")) }
            #expect(try bundles.verified().filter { $0.value != nil } == [:])
            #expect(try node.vivian("doctor").status == 0)
            Self.expectNoDouble(signer, atLeast: 3)
            #expect(node.stop() == 0)
            // The key is in both places.
            try secret.write(to: key)
            let twice = try node.vivian("start")
            #expect(twice.status == 1 && twice.errors.contains("may sign twice"), "\(twice.errors)")
            #expect(try node.vivian("doctor").status == 1)
            try FileManager.default.removeItem(at: key)
            // Another node's signer.
            let other = try RunningNode()
            try ConfigurationTests.write(#"{"signer":"\#(signer.address)"}"#, to: other)
            try FileManager.default.removeItem(at: other.data.appending(path: "keys/consensus.key"))
            let foreign = try other.vivian("start")
            #expect(foreign.status == 1 && foreign.errors.contains("another ledger"), "\(foreign.errors)")
            #expect(signer.stop() == 0)
        }

        @Test("A new installation takes its validator's key from a signer")
        func fresh() throws {
            let node = try RunningNode()
            try FileManager.default.removeItem(at: node.data)
            let signer = RunningSigner(beside: node)
            #expect(try node.vivianAlone("signer", "init", "--data", signer.folder.path).status == 0)
            #expect(try node.vivianAlone("signer", "init", "--data", signer.folder.path).status == 1)
            #expect(try node.vivianAlone("init", "--data", node.data.path, "--signer", signer.address).status != 0)
            try signer.start()
            let made = try node.vivianAlone("init", "--data", node.data.path, "--signer", signer.address)
            #expect(made.status == 0, "\(made.errors)")
            try node.start()
            try node.settle(try node.captured(Samples.document("fresh")))
            #expect(!FileManager.default.fileExists(atPath: node.data.appending(path: "keys/consensus.key").path))
        }

        @Test("kill -9 of the signer, of the node, and of both under load: the ledger goes on, nothing is signed twice")
        func killed() throws {
            var random = SystemRandomNumberGenerator()
            let (node, signer) = try Self.pair()
            let load = CaptureLoad(on: node)
            var height = 0
            for round in 0..<9 {
                load.begin(clients: 2, round: round)
                // Whoever is killed is killed at any moment of the load.
                usleep(UInt32.random(in: 20_000..<300_000, using: &random))
                if round % 3 != 1 { signer.kill() }
                if round % 3 != 0 { node.kill() }
                load.end()
                if round % 3 != 1 { try signer.start() }
                if round % 3 != 0 { try node.start() }
                try node.wait("a block after kill \(round)") { try node.height() > height }
                height = try node.height()
            }
            let records = load.acknowledged
            #expect(!records.isEmpty)
            try node.settle(records)
            Self.expectNoDouble(signer, atLeast: 50)
            #expect(!node.log.contains("restored backup"), "\(node.log)")
        }

        @Test("A signer that hangs: the node says so, answers its callers, and votes again when it is back")
        func hangs() throws {
            let (node, signer) = try Self.pair()
            try node.settle(try node.captured(Samples.document("first")))
            signer.pause()
            let waiting = try node.captured(Samples.document("waiting"))
            try node.wait("the log to say so") { node.log.contains("the signer does not answer") }
            #expect(try node.get("/status").status == 200)
            signer.resume()
            try node.settle(waiting)
            try node.wait("the log to say so") { node.log.contains("the signer answers again") }
            Self.expectNoDouble(signer, atLeast: 6)
        }

        @Test("An old copy of the signer's folder is lifted by its node; an old ledger is barred by its signer")
        func restored() throws {
            let (node, signer) = try Self.pair()
            try node.settle(try node.captured(Samples.document("early")))
            #expect(node.stop() == 0)
            #expect(signer.stop() == 0)
            let (old, ledger) = (node.folder.appending(path: "old"), node.folder.appending(path: "old-ledger"))
            try FileManager.default.copyItem(at: signer.folder, to: old)
            try FileManager.default.copyItem(at: node.ledger, to: ledger)
            try signer.start()
            try node.start()
            for index in 0..<3 { try node.settle(try node.captured(Samples.document("late\(index)"))) }
            // The signer's alone: what its node knows lifts it.
            #expect(signer.stop() == 0)
            try RestoredLedgerTests.replace(signer.folder, by: old)
            try signer.start()
            try node.settle(try node.captured(Samples.document("lifted")))
            Self.expectNoDouble(signer, atLeast: 12)
            // The ledger's alone: the signer knows better, and the node says what is wrong.
            #expect(node.stop() == 0)
            try RestoredLedgerTests.replace(node.ledger, by: ledger)
            try node.start()
            let height = try node.height()
            #expect(node.log.contains("it is a restored backup"), "\(node.log)")
            // What must not happen has had the time of some blocks.
            usleep(2_000_000)
            #expect(try node.height() == height)
            Self.expectNoDouble(signer, atLeast: 12)
        }
    }
}
