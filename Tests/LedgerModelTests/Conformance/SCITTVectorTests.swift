import Codec
import Cryptography
import Foundation
import LedgerModel
import Proofs
import TestSupport
import Testing

/// Statements and receipts of other SCITT services: they are read as COSE, their signature's input is the standard's,
/// their inclusion proof is followed, and none of them passes for one of ours.
///
/// No file holds the key of its signer in a kind that this house has (PS256, PS384, ES384, and an ES256 key that was not
/// published), so no signature is checked here: that is `COSEVectorTests`' part.
@Suite(.enabled(if: VectorFolder.shouldRun("scitt")))
struct SCITTVectorTests {
    struct Message: Sendable, CustomTestStringConvertible {
        var file: URL
        var testDescription: String { file.pathComponents.suffix(2).joined(separator: "/") }
        func bytes() throws -> [UInt8] { try VectorFolder.bytes(of: file) }
        func message() throws -> COSESign1 { try COSESign1.decode(bytes(), as: .general) }
    }

    static let messages = [".cose", ".cbor"].flatMap { VectorFolder.files("scitt", endingWith: $0) }.map {
        Message(file: $0)
    }

    /// Those that say which kind of log signed them (RFC 9942: label 395).
    static let receipts = messages.filter { (try? $0.message().header(as: .general)[395]) != nil }

    /// Endings of files that hold no message, and why they are here.
    static let others = [
        "cddl": "grammar, which the readers follow by hand", "json": "keys of a service whose log is of another kind",
        "diag": "read beside its message", "txt": "licence", "md": "licence",
    ]

    @Test func `every file is read, or left out for a reason`() {
        #expect(Self.messages.count >= 2 && !Self.receipts.isEmpty)
        for file in VectorFolder.files("scitt", endingWith: "")
        where !Self.messages.contains(where: { $0.file == file }) {
            let isFolder = (try? file.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
            let isKnown = file.lastPathComponent.hasPrefix("ORIGIN") || Self.others[file.pathExtension] != nil
            #expect(isFolder || isKnown, "\(file.path) is not read")
        }
    }

    @Test(arguments: messages) func `a message is read as COSE, and written as it was`(_ item: Message) throws {
        let message = try item.message()
        #expect(message.encoded() == (try item.bytes()))
        #expect(message.signature.count >= 64)
        #expect(try message.header(as: .general)[1] != nil)
    }

    @Test(arguments: messages) func `what is signed is Sig_structure of RFC 9052`(_ item: Message) throws {
        let message = try item.message()
        let payload = message.payload ?? [1, 2, 3]
        let spelled =
            [0x84, 0x6a] + Array("Signature1".utf8) + CBOR.bytes(message.protected).encoded() + [0x40]
            + CBOR.bytes(payload).encoded()
        #expect(COSESign1.toBeSigned(protected: message.protected, payload: payload) == spelled)
    }

    @Test(arguments: messages) func `a message cut short, or with a byte too many, is refused`(_ item: Message) throws {
        let bytes = try item.bytes()
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200)) {
            #expect(throws: COSEFailure.self) { try COSESign1.decode(Array(bytes.prefix(count)), as: .general) }
        }
        #expect(throws: COSEFailure.self) { try COSESign1.decode(bytes + [0], as: .general) }
        #expect(throws: COSEFailure.self) { try COSESign1.decode(Array(bytes.dropFirst()), as: .general) }
    }

    @Test(arguments: messages) func `none is a statement or a receipt of ours`(_ item: Message) throws {
        let bytes = try item.bytes()
        #expect(throws: LedgerModelFailure.self) { try Statement.decode(bytes) }
        #expect(throws: LedgerModelFailure.self) { try Receipt.decode(bytes) }
    }

    @Test(arguments: receipts) func `a receipt's path leads from its leaf to one root, and no other path does`(
        _ item: Message
    ) throws {
        let message = try item.message()
        try #require(try message.header(as: .general)[395] == 1)
        #expect(message.payload == nil)
        let proofs = try #require(message.unprotected[396]?[-1]?.array)
        for proof in proofs {
            let encoded = try #require(proof.bytes)
            let items = try #require(try CBOR.decode(encoded, as: .general).array)
            let size = try #require(items[0].unsigned)
            let index = try #require(items[1].unsigned)
            let path = try #require(items[2].array).compactMap { $0.bytes.flatMap { Digest($0) } }
            #expect(path.count == items[2].array?.count)
            let leaf = TransparencyLog.leafHash(entry: [7])
            func root(_ index: UInt64, _ size: UInt64, _ path: [Digest]) throws -> Digest {
                try TransparencyLog.root(fromInclusionOf: leaf, index: index, size: size, path: path)
            }
            let wanted = try root(index, size, path)
            #expect(throws: ProofFailure.self) { try root(index, size, Array(path.dropLast())) }
            #expect(throws: ProofFailure.self) { try root(index, size, path + [leaf]) }
            #expect(throws: ProofFailure.self) { try root(size, size, path) }
            #expect((try? root(index ^ 1, size, path)) != wanted)
            #expect(try root(index, size, path.reversed()) != wanted)
        }
        // The diagnostic notation beside it shows the same bytes, size and leaf.
        let notation = item.file.deletingPathExtension().appendingPathExtension("diag")
        guard let text = try? String(contentsOf: notation, encoding: .utf8) else { return }
        let hex = text.components(separatedBy: "## Hex").last?.filter(\.isHexDigit) ?? ""
        #expect(Hex.decode(hex.lowercased()) == (try item.bytes()))
        let encoded = try #require(proofs.first?.bytes)
        let first = try CBOR.decode(encoded, as: .general).array ?? []
        #expect(text.contains("/ size / \(first[0].unsigned ?? 0), / leaf / \(first[1].unsigned ?? 0),"))
    }
}
