import Codec
import Cryptography
import LedgerModel
import Testing

/// Messages about the registry: the one spelling, and what no other may do.
struct RegistryMessageTests {
    static let digest = SHA256.hash(Array("subject".utf8))
    static let account = AccountID(digest)
    static let edge: CBOR = .array([1, 2, .bytes(digest.bytes), 3])

    static func read(_ message: CBOR) -> Message? {
        let body = CBOR.map([
            .init(1, .array([.bytes(digest.bytes)])), .init(2, .bytes(digest.bytes)), .init(3, 9),
            .init(5, .array([message])),
        ])
        return try? TransactionBody(decoding: body.encoded()).messages.first
    }

    static func publish(_ change: (inout [CBOR]) -> Void = { _ in }) -> Message? {
        var items: [CBOR] = [
            11, .bytes(digest.bytes), 1, "acme/sorter", 1, .bytes(digest.bytes), "Sorts orders",
            "A card.\n\tTwo lines.",
            "Apache-2.0", .array([edge]), .array([.array(["accuracy", "0.93"])]),
        ]
        change(&items)
        return read(.array(items))
    }

    static func withdraw(_ change: (inout [CBOR]) -> Void = { _ in }) -> Message? {
        var items: [CBOR] = [12, .bytes(digest.bytes), 1, "acme/sorter", 1, 0]
        change(&items)
        return read(.array(items))
    }

    @Test func `each kind is read as it was made, and needs version 3 of the rules`() throws {
        let name = try #require(RegistryName("acme/sorter"))
        let subject = name.subject(.dataset, of: Self.account)
        let card = RegistryCard(
            digest: Self.digest, title: "Größe", text: "words", licence: "MIT",
            edges: RegistryRelation.allCases.map {
                RegistryEdge($0, RegistryVersion(subject: subject, number: .max))
            }, measures: [.init(name: "f1", value: "0.5")])
        let messages: [Message] = [
            .publish(
                PublishMessage(publisher: Self.account, kind: .model, name: name, version: .max, card: card)),
            .withdraw(
                WithdrawMessage(publisher: Self.account, kind: .statement, name: name, version: 1, reason: .max)),
        ]
        let body = TransactionBody(
            signers: [Self.account], feePayer: Self.account, validUntil: 9, sequence: nil, messages: messages)
        #expect(try TransactionBody(decoding: body.encoded()) == body)
        #expect(body.rulesVersionMin == 3 && messages.allSatisfy { $0.account == Self.account })
    }

    @Test func `a subject's id depends on kind, publisher and name, and on nothing else`() throws {
        let (one, other) = (try #require(RegistryName("a/b")), try #require(RegistryName("a")))
        let ids = Set([
            one.subject(.model, of: Self.account), one.subject(.dataset, of: Self.account),
            other.subject(.model, of: Self.account),
            one.subject(.model, of: AccountID(SHA256.hash([1]))),
        ])
        #expect(ids.count == 4)
        // Computed apart: SHA-256 of "vivian/registry/subject/v1", 0001, the account, "a/b".
        let expected = SHA256.hash(
            Array("vivian/registry/subject/v1".utf8) + [0, 1] + Self.account.bytes + Array("a/b".utf8))
        #expect(one.subject(.model, of: Self.account).id == expected)
    }

    @Test func `a member too few, too many or of another type is refused`() {
        #expect(Self.publish() != nil && Self.withdraw() != nil)
        for index in 1..<11 {
            #expect(Self.publish { $0.remove(at: index) } == nil, "\(index)")
            for value in [CBOR.null, -1, .map([]), .float(1)] {
                #expect(Self.publish { $0[index] = value } == nil, "\(index)")
            }
        }
        for index in 1..<6 {
            #expect(Self.withdraw { $0.remove(at: index) } == nil, "\(index)")
            for value in [CBOR.null, -1, .array([]), .float(1)] {
                #expect(Self.withdraw { $0[index] = value } == nil, "\(index)")
            }
        }
        #expect(Self.publish { $0.append(0) } == nil && Self.withdraw { $0.append(0) } == nil)
    }

    @Test func `kinds, names, versions and relations that there are not are refused`() {
        for kind: CBOR in [0, 4, 65_537] {
            #expect(Self.publish { $0[2] = kind } == nil && Self.withdraw { $0[2] = kind } == nil)
        }
        for name: CBOR in ["", "A", "a//b", "/a", "a/", "a b", .text(String(repeating: "a", count: 129))] {
            #expect(Self.publish { $0[3] = name } == nil && Self.withdraw { $0[3] = name } == nil)
        }
        #expect(Self.publish { $0[4] = 0 } == nil && Self.withdraw { $0[4] = 0 } == nil)
        let id = CBOR.bytes(Self.digest.bytes)
        let edges: [CBOR] = [
            .array([0, 2, id, 3]), .array([5, 2, id, 3]), .array([1, 65_536, id, 3]), .array([1, 2, id, 0]),
            .array([1, 2, .bytes([1]), 3]), .array([1, 2, id]), .array([1, 2, id, 3, 4]), 7,
        ]
        for edge in edges { #expect(Self.publish { $0[9] = .array([edge]) } == nil) }
        for measure: CBOR in [.array(["a"]), .array(["a", 1]), .array(["", "1"]), .array(["a", ""]), 7] {
            #expect(Self.publish { $0[10] = .array([measure]) } == nil)
        }
    }

    @Test func `limits hold to the byte`() {
        func text(_ count: Int) -> CBOR { .text(String(repeating: "x", count: count)) }
        func edge(_ number: Int) -> CBOR { .array([1, 2, .bytes(Self.digest.bytes), .unsigned(UInt64(number))]) }
        let limits: [(index: Int, good: CBOR, bad: CBOR)] = [
            (6, text(256), text(257)), (6, text(1), ""), (7, text(8_192), text(8_193)), (8, text(128), text(129)),
            (9, .array((1...64).map(edge)), .array((1...65).map(edge))),
            (
                10, .array((0..<32).map { .array([.text("m\($0)"), text(64)]) }),
                .array((0..<33).map { .array([.text("m\($0)"), text(64)]) })
            ),
            (10, .array([.array([text(64), "1"])]), .array([.array([text(65), "1"])])),
        ]
        for (index, good, bad) in limits {
            #expect(Self.publish { $0[index] = good } != nil, "\(index)")
            #expect(Self.publish { $0[index] = bad } == nil, "\(index)")
        }
        #expect(Self.publish { $0[9] = .array([edge(1), edge(1)]) } == nil)
        for control: CBOR in ["a\nb", "a\u{0}b", "a\u{7f}"] {
            for index in [6, 8] { #expect(Self.publish { $0[index] = control } == nil) }
        }
        #expect(Self.publish { $0[7] = "a\u{1b}[31m" } == nil)
    }

    @Test func `a statement's digest is that of its text`() {
        func statement(_ digest: [UInt8]) -> Message? {
            Self.publish {
                $0[2] = 3
                $0[7] = "Pipes from Ghent"
                $0[5] = .bytes(digest)
            }
        }
        #expect(statement(SHA256.hash(Array("Pipes from Ghent".utf8)).bytes) != nil)
        #expect(statement(SHA256.hash(Array("Pipes from Gent".utf8)).bytes) == nil)
    }

    @Test func `an entry of the state is read as it was written, and no other`() throws {
        let name = try #require(RegistryName("n"))
        var entry = RegistryEntry(
            publisher: Self.account, name: name, card: RegistryCard(digest: Self.digest, title: "t"),
            height: Height(7), time: Timestamp(nanosecondsSince1970: UInt64(9)))
        #expect(try RegistryEntry(decoding: entry.encoded()) == entry)
        entry.withdrawal = .init(reason: 4, height: Height(8), time: Timestamp(nanosecondsSince1970: UInt64(10)))
        let bytes = entry.encoded()
        #expect(try RegistryEntry(decoding: bytes) == entry)
        for count in 0..<bytes.count {
            #expect(throws: LedgerModelFailure.self) { try RegistryEntry(decoding: Array(bytes.prefix(count))) }
        }
        #expect(throws: LedgerModelFailure.self) { try RegistryEntry(decoding: bytes + [0]) }
    }
}
