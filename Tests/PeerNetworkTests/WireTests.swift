import PeerNetwork
import Testing

/// Frames and what they carry, without sockets.
struct WireTests {
    static let id = PeerID(publicKey: [UInt8](repeating: 7, count: 32))
    static let hello = Hello(
        network: "chain-1/abc", listen: PeerAddress("127.0.0.1:26656"), nonce: [UInt8](repeating: 3, count: 16))

    static let kinds: [FrameKind] =
        [.hello, .ping, .pong, .addresses, .goodbye] + Lane.allCases.map { .last($0) }
        + Lane.allCases.map { .piece($0) }

    /// Every frame of a stream, or what it breaks by.
    static func frames(_ bytes: [UInt8], portion: Int = .max) throws(WireFailure) -> [Frame] {
        var stream = FrameStream()
        var found: [Frame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let next = rest.prefix(portion)
            rest = rest.dropFirst(next.count)
            stream.append(next)
            while let frame = try stream.next() { found.append(frame) }
        }
        return found
    }

    @Test(arguments: kinds) func `a frame of every kind comes back`(_ kind: FrameKind) throws {
        #expect(FrameKind(code: kind.code) == kind)
        let frame = Frame(kind, [1, 2, 3])
        #expect(try Self.frames(frame.encoded) == [frame])
    }

    @Test func `every other kind is refused as soon as it is seen`() {
        let known = Set(Self.kinds.map(\.code))
        for code in UInt8.min...UInt8.max where !known.contains(code) {
            #expect(throws: WireFailure.unknownKind(code)) { try Self.frames([0, 0, 1, 0, code]) }
        }
    }

    @Test(arguments: [0, 65_538, 1 << 20, UInt32.max])
    func `a length that no frame has is refused before anything of the frame is there`(_ length: UInt32) {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32($0))) }
        #expect(throws: WireFailure.frameLength(length)) { try Self.frames(bytes) }
    }

    @Test(arguments: [1, 2, 3, 7, 4_096]) func `portions do not matter`(_ portion: Int) throws {
        let sent = [
            Frame(.hello, Self.hello.encoded), Frame(.last(.votes), []), Frame(.ping, [UInt8](repeating: 9, count: 8)),
            Frame(.piece(.sync), [UInt8](repeating: 5, count: Frame.payloadBytesMax)), Frame(.last(.sync), [1]),
        ]
        #expect(try Self.frames(sent.flatMap(\.encoded), portion: portion) == sent)
    }

    @Test func `a frame that is not whole yet is no frame`() throws {
        let bytes = Frame(.last(.votes), [1, 2, 3, 4]).encoded
        for count in bytes.indices { #expect(try Self.frames(Array(bytes[..<count])).isEmpty) }
    }

    @Test(arguments: Lane.allCases) func `the longest message of a lane comes together and a longer one does not`(
        _ lane: Lane
    ) throws {
        let full = [UInt8](repeating: 1, count: Frame.payloadBytesMax)
        var assembly = MessageAssembly()
        let pieces = lane.messageBytesMax / full.count
        for _ in 1..<pieces { try assembly.piece(full, in: lane) }
        #expect(try assembly.last(full, in: lane).count == lane.messageBytesMax)
        for _ in 0..<pieces { try assembly.piece(full, in: lane) }
        #expect(throws: WireFailure.messageLength(lane)) { try assembly.last([1], in: lane) }
        #expect(throws: WireFailure.messageLength(lane)) { try assembly.piece(full, in: lane) }
    }

    @Test func `pieces of one lane do not mix with another's`() throws {
        let full = [UInt8](repeating: 1, count: Frame.payloadBytesMax)
        var assembly = MessageAssembly()
        try assembly.piece(full, in: .sync)
        #expect(try assembly.last([2], in: .votes) == [2])
        #expect(try assembly.last([], in: .blocks) == [])
        #expect(try assembly.last([3], in: .sync) == full + [3])
    }

    @Test(arguments: [0, 1, Frame.payloadBytesMax - 1]) func `a piece that is not full is refused`(_ count: Int) {
        var assembly = MessageAssembly()
        #expect(throws: WireFailure.shortPiece(.blocks)) {
            try assembly.piece([UInt8](repeating: 0, count: count), in: .blocks)
        }
    }

    @Test func `a hello comes back`() throws {
        #expect(try Hello.decode(Self.hello.encoded) == Self.hello)
        let silent = Hello(network: "n", listen: nil, nonce: [UInt8](repeating: 0, count: 16))
        #expect(try Hello.decode(silent.encoded) == silent)
    }

    @Test func `a hello of another version is told apart from a broken one`() {
        #expect(throws: WireFailure.version(2)) { try Hello.decode([0, 2]) }
        #expect(throws: WireFailure.version(0)) { try Hello.decode([0, 0, 1, 2, 3]) }
        let bytes = Self.hello.encoded
        for count in [0, 1] + Array(2..<bytes.count) {
            #expect(throws: WireFailure.malformed(.hello)) { try Hello.decode(Array(bytes[..<count])) }
        }
        #expect(throws: WireFailure.malformed(.hello)) { try Hello.decode(bytes + [0]) }
    }

    @Test(arguments: [
        Hello(network: "", listen: nil, nonce: hello.nonce),
        Hello(network: String(repeating: "x", count: 257), listen: nil, nonce: hello.nonce),
        Hello(network: "n", listen: PeerAddress("127.0.0.1:0"), nonce: hello.nonce),
        Hello(network: "n", listen: PeerAddress("\(id)@127.0.0.1:1"), nonce: hello.nonce),
        Hello(network: "n", listen: nil, nonce: []),
    ])
    func `a hello that says what none may is refused`(_ hello: Hello) {
        #expect(throws: WireFailure.malformed(.hello)) { try Hello.decode(hello.encoded) }
    }

    @Test func `addresses come back, and lists that are none are refused`() throws {
        let list = ["\(Self.id)@a.example:1", "\(Self.id)@[::1]:65535"].compactMap { PeerAddress($0) }
        let bytes = AddressList.encode(list)
        #expect(try AddressList.decode(bytes) == list)
        for count in bytes.indices {
            #expect(throws: WireFailure.malformed(.addresses)) { try AddressList.decode(Array(bytes[..<count])) }
        }
        let bad = ["a.example:1", "\(Self.id)@a.example:0", "\(Self.id)@a b:1", "\(Self.id)@:1", ""]
        for text in bad {
            let one = [0, 1, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
            #expect(throws: WireFailure.malformed(.addresses)) { try AddressList.decode(one) }
        }
        #expect(throws: WireFailure.malformed(.addresses)) { try AddressList.decode([0, 65]) }
    }

    @Test func `a goodbye holds printable text of a bounded length`() throws {
        #expect(try Goodbye.decode(Goodbye.encode("because\nof ü")) == "because?of ??")
        #expect(try Goodbye.decode(Goodbye.encode(String(repeating: "a", count: 999))).utf8.count == 256)
        #expect(throws: WireFailure.malformed(.goodbye)) { try Goodbye.decode([0x1b]) }
        #expect(throws: WireFailure.malformed(.goodbye)) { try Goodbye.decode([UInt8](repeating: 0x41, count: 257)) }
    }

    @Test(arguments: ["a.example:1", "127.0.0.1:65535", "[::1]:26656", "[fe80::1]:0", "\(id)@host:80"])
    func `an address has one spelling`(_ text: String) throws {
        #expect(try "\(#require(PeerAddress(text)))" == text)
    }

    @Test(arguments: [
        "", ":", ":1", "a:", "a", "a:-1", "a:+1", "a:01", "a:65536", "a b:1", "::1:80", "[]:1", "[::1]", "[a]:1",
        "[::1%eth0]:1", "@a:1", "00@a:1", "\(id)@", "\(id)@\(id)@a:1", "\(id.description.uppercased())@a:1", "ä:1",
        String(repeating: "a", count: 254) + ":1",
    ])
    func `what is no address is refused`(_ text: String) { #expect(PeerAddress(text) == nil) }

    @Test func `an identity is the hash of the key`() {
        #expect("\(Self.id)" == "\(PeerID("\(Self.id)")!)")
        #expect(PeerID("00") == nil)
        // SHA-256 of 32 zero bytes, from another implementation.
        #expect(
            "\(PeerID(publicKey: [UInt8](repeating: 0, count: 32)))"
                == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925")
    }
}
