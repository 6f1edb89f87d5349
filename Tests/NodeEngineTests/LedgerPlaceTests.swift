import Consensus
import Cryptography
import Foundation
import LedgerStore
import Testing

@testable import NodeEngine

/// The ledger's folder while a node begins from a snapshot: a kill at any moment leaves the old ledger or the new one.
struct LedgerPlaceTests {
    /// A data folder that goes away with its owner.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "vivian-place-\(UUID().uuidString)")
        var place: LedgerPlace { LedgerPlace(ledger: url.path + "/ledger") }

        init() throws {
            for (name, text) in [("ledger", "old"), ("ledger.new", "new")] {
                let folder = url.appending(path: name)
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try Data(text.utf8).write(to: folder.appending(path: "which"))
            }
            try write("ledger/genesis.json", "genesis")
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        func write(_ path: String, _ text: String) throws { try Data(text.utf8).write(to: url.appending(path: path)) }
        func text(_ path: String) -> String? {
            (try? Data(contentsOf: url.appending(path: path))).map { String(decoding: $0, as: UTF8.self) }
        }
        var names: [String] {
            get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
        }
        func move(_ from: String, _ to: String) throws {
            try FileManager.default.moveItem(at: url.appending(path: from), to: url.appending(path: to))
        }
    }

    @Test func `an empty ledger is replaced, with its genesis and its peers' addresses`() throws {
        let folder = try Folder()
        try folder.write("ledger/address-book.json", "book")
        #expect(try folder.place.replace(keeping: nil) == nil)
        #expect(try folder.names == ["ledger"])
        #expect(folder.text("ledger/which") == "new" && folder.text("ledger/genesis.json") == "genesis")
        #expect(folder.text("ledger/address-book.json") == "book")
    }

    @Test func `a ledger that was left behind is kept, and the next one as well`() throws {
        let folder = try Folder()
        #expect(try folder.place.replace(keeping: "behind-7")?.hasSuffix("/ledger.behind-7") == true)
        #expect(folder.text("ledger.behind-7/which") == "old" && folder.text("ledger/which") == "new")
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "ledger.new"), withIntermediateDirectories: true)
        _ = try folder.place.replace(keeping: "behind-7")
        #expect(try folder.names == ["ledger", "ledger.behind-7", "ledger.behind-7-2"])
    }

    @Test func `without a genesis nothing is moved`() throws {
        let folder = try Folder()
        try FileManager.default.removeItem(at: folder.url.appending(path: "ledger/genesis.json"))
        #expect(throws: NodeFailure.self) { try folder.place.replace(keeping: nil) }
        #expect(folder.text("ledger/which") == "old")
    }

    /// What stands after each step of a replacement that was cut short, and whose ledger it is then.
    @Test(arguments: [(steps: 0, "old"), (steps: 1, "old"), (steps: 2, "new"), (steps: 3, "new")])
    func `a kill at any step leaves a whole ledger`(steps: Int, which: String) throws {
        let folder = try Folder()
        if steps > 0 { try folder.write("ledger.new/genesis.json", "genesis") }
        if steps > 1 { try folder.move("ledger", "ledger.old") }
        if steps > 2 { try folder.move("ledger.new", "ledger") }
        for _ in 0..<2 { try folder.place.recover() }
        #expect(try folder.names == ["ledger"])
        #expect(folder.text("ledger/which") == which && folder.text("ledger/genesis.json") == "genesis")
    }

    @Test func `half a ledger is never taken for one, whoever removed the other`() throws {
        let folder = try Folder()
        try FileManager.default.removeItem(at: folder.url.appending(path: "ledger"))
        try folder.place.recover()
        #expect(try folder.names == ["ledger.new"])
    }

    @Test func `what a ledger's key has signed is read, and that nobody leads it on`() throws {
        let folder = try Folder()
        #expect(try folder.place.standing().height == 0 && folder.place.standing().votes.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.place.ledger).count == 2)
        do {
            let log = try BlockLog(folder: folder.place.ledger)
            try log.append([
                .vote(height: 1, bytes: [1]), .decidedBlock(height: 1, block: [1], commit: [1]),
                .vote(height: 2, bytes: [2]),
            ])
            try log.sync()
        }
        #expect(try folder.place.standing().isBehind == false)
        try folder.place.markBehind()
        let standing = try folder.place.standing()
        #expect(standing.height == 1 && standing.isBehind)
        #expect(standing.votes.map(\.height) == [2] && standing.votes.map(\.bytes) == [[2]])
        try folder.place.unmarkBehind()
        #expect(try folder.place.standing().isBehind == false)
    }

    @Test func `chunks and their messages have one bound`() {
        #expect(Snapshot.chunkBytesMax == SnapshotMessage.chunkBytesMax)
    }

    @Test(arguments: [
        "", "5", ":", "5:", "0:" + String(repeating: "a", count: 64), "5:" + String(repeating: "a", count: 63),
        "9223372036854775807:" + String(repeating: "a", count: 64), "5:6:" + String(repeating: "a", count: 64),
        "-5:" + String(repeating: "a", count: 64), "5:" + String(repeating: "g", count: 64),
    ])
    func `what is no header's height and hash is refused`(_ text: String) {
        #expect(TrustedHeader(text) == nil)
    }

    @Test func `a header's height and hash are read as they are written`() {
        let text = "5:" + String(repeating: "0a", count: 32)
        #expect(TrustedHeader(text).map { "\($0)" } == text)
    }
}
