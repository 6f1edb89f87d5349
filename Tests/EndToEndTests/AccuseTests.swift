import Codec
import Foundation
import Testing

extension EndToEnd {
    /// A validator's receipt of a log that the ledger did not have is evidence against it (D7).
    @Suite("A wrong receipt convicts its signer", .enabled(if: Tool.isReady))
    struct AccuseTests {
        @Test("The bundle is refused, the command hands in what it shows, and the ledger remembers it")
        func accuse() throws {
            let node = try RunningNode.started()
            let id = try #require(try node.captured(Samples.document("one", events: 3)).first)
            try node.settle([id])
            let (right, wrong) = (
                node.folder.appending(path: "right.record.json"), node.folder.appending(path: "wrong.record.json")
            )
            try Data(node.get("/records/\(id)/bundle?receipts=true").body).write(to: right)
            try Data(
                Tool.peer("wrong_receipt", right.path, node.data.appending(path: "keys/receipt.key").path)
            ).write(to: wrong)
            let set = try #require(try node.status()["validatorsHash"]?.string)
            for (file, status) in [(right, Int32(0)), (wrong, 1)] {
                let verified = try node.vivianAlone("verify", file.path, "--trusted-validators", set)
                #expect(verified.status == status, "\(verified.text)")
            }
            // Right ones accuse nobody, and what is no bundle with receipts says so.
            let honest = try node.vivian("net", "accuse", right.path)
            #expect(honest.status == 1 && honest.errors.contains("the log that the ledger had"), "\(honest.errors)")
            let bare = node.folder.appending(path: "bare.record.json")
            try Data(node.get("/records/\(id)/bundle").body).write(to: bare)
            #expect(try node.vivian("net", "accuse", bare.path).errors.contains("no receipts"))
            let accused = try node.vivian("net", "accuse", wrong.path, "--json")
            #expect(accused.status == 0, "\(accused.errors)")
            let finding = try #require(
                Array(try JSONDocument(parsing: Array(accused.text.utf8).dropLast()).root.elements).first)
            let validator = try #require(try node.status()["validator"]?.string)
            #expect(finding["validator"]?.string == validator)
            let height = try #require(finding["height"]?.string.flatMap(UInt64.init))
            let key = Base64.encodeURL(Array("misbehaviour/\(validator)/\(height + 1)".utf8))
            try node.wait("the conviction") { try node.get("/state/staking/\(key)").json["value"]?.string != nil }
            // Once is enough, and it stands after a restart.
            let again = try node.vivian("net", "accuse", wrong.path)
            #expect(again.status == 2 && again.errors.contains("has it already"), "\(again.errors)")
            #expect(node.stop() == 0)
            try node.start()
            try node.settle(try node.captured(Samples.document("two")))
            #expect(try node.get("/state/staking/\(key)").json["value"]?.string != nil)
            #expect(node.stop() == 0)
        }
    }
}
