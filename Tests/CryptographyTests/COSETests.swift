import Codec
import Cryptography
import Testing

struct COSETests {
    static let algorithms: [COSEAlgorithm] = [.edDSA, .es256, .es256K]

    static func message(_ key: SigningKey, header: [CBOR.Entry] = []) -> COSESign1 {
        let protected = CBOR.map([CBOR.Entry(1, key.publicKey.algorithm.cbor)] + header).encoded()
        return COSESign1.sign(protected: protected, payload: [1, 2, 3], externalAAD: [9], key: key)
    }

    @Test(arguments: algorithms)
    func `a message is read back and its signature holds`(algorithm: COSEAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let message = Self.message(key)
        #expect(message.signature.count == 64)
        let read = try COSESign1.decode(message.encoded())
        #expect(read == message)
        #expect(read.isSigned(by: key.publicKey, externalAAD: [9]))
        #expect(!read.isSigned(by: key.publicKey))
        #expect(!read.isSigned(by: try SigningKey.generate(algorithm).publicKey, externalAAD: [9]))
        #expect(!read.isSigned(by: key.publicKey, externalAAD: [9], detached: [1, 2, 3]))
        var detached = read
        detached.payload = nil
        #expect(detached.isSigned(by: key.publicKey, externalAAD: [9], detached: [1, 2, 3]))
        #expect(!detached.isSigned(by: key.publicKey, externalAAD: [9]))
        #expect(!detached.isSigned(by: key.publicKey, externalAAD: [9], detached: [1, 2]))
    }

    @Test(arguments: algorithms)
    func `any changed bit of a signature breaks it`(algorithm: COSEAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let message = Self.message(key)
        for bit in stride(from: 0, to: 512, by: 7) {
            var damaged = message
            damaged.signature[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!damaged.isSigned(by: key.publicKey, externalAAD: [9]))
        }
        for signature in [[], Array(message.signature.dropLast()), message.signature + [0]] {
            #expect(!key.publicKey.isValid(signature: signature, for: []))
        }
    }

    @Test func `critical parameters and another algorithm are refused`() throws {
        let key = try SigningKey.generate(.edDSA)
        #expect(
            !Self.message(key, header: [.init(2, [99]), .init(99, 1)]).isSigned(by: key.publicKey, externalAAD: [9]))
        let other = CBOR.map([CBOR.Entry(1, COSEAlgorithm.es256.cbor)]).encoded()
        let message = COSESign1.sign(protected: other, payload: [1], key: key)
        #expect(!message.isSigned(by: key.publicKey))
        #expect(!COSESign1.sign(protected: [], payload: [1], key: key).isSigned(by: key.publicKey))
    }

    @Test(arguments: [
        CBOR.array([.bytes([]), .map([]), .null, .bytes([])]),
        .tagged(98, [.bytes([]), .map([]), .null, .bytes([])]),
        .tagged(18, [.bytes([]), .map([]), .null]),
        .tagged(18, [.map([]), .map([]), .null, .bytes([])]),
        .tagged(18, [.bytes([]), .bytes([]), .null, .bytes([])]),
        .tagged(18, [.bytes([]), .map([]), "text", .bytes([])]),
        .tagged(18, [.bytes([]), .map([]), .null, .null]),
        .tagged(18, [.bytes([1]), .map([]), .null, .bytes([])]),
        .tagged(18, [.bytes([0xa0]), .map([]), .null, .bytes([])]),
        .tagged(18, [.bytes([0xa1, 1, 0x26]), [1: -7], .null, .bytes([])]),
        .tagged(18, [.bytes([0xa2, 1, 0x26, 1, 0x26]), .map([]), .null, .bytes([])]),
    ])
    func `another structure is no COSE_Sign1`(item: CBOR) {
        #expect(throws: COSEFailure.self) { try COSESign1.decode(item.encoded()) }
    }

    @Test func `each signer of a COSE_Sign is checked alone`() throws {
        let keys = try Self.algorithms.map { try SigningKey.generate($0) }
        let rows = keys.map { key in
            let inner = CBOR.map([.init(1, key.publicKey.algorithm.cbor)]).encoded()
            let message = COSESign.toBeSigned(
                protected: [], signerProtected: inner, externalAAD: [7], payload: [1, 2])
            return COSESign.Signature(protected: inner, signature: key.sign(message))
        }
        let message = COSESign(protected: [], payload: [1, 2], signatures: rows)
        let read = try COSESign.decode(message.encoded())
        #expect(read == message)
        for (index, key) in keys.enumerated() {
            #expect(read.isSigned(at: index, by: key.publicKey, externalAAD: [7]))
            #expect(!read.isSigned(at: index, by: key.publicKey))
            #expect(!read.isSigned(at: (index + 1) % 3, by: key.publicKey, externalAAD: [7]))
        }
        #expect(!read.isSigned(at: 3, by: keys[0].publicKey, externalAAD: [7]))
        #expect(throws: COSEFailure.self) {
            try COSESign.decode(COSESign(protected: [], payload: [1], signatures: []).encoded())
        }
    }

    @Test(arguments: algorithms)
    func `a key is read back, and its thumbprint is over its encoding`(algorithm: COSEAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        #expect(key.publicKey.algorithm == algorithm)
        #expect(key.publicKey.isPoint)
        #expect(try COSEKey(decoding: key.publicKey.encoded) == key.publicKey)
        #expect(key.publicKey.thumbprint == SHA256.hash(key.publicKey.encoded))
        let read = try SigningKey(encoded: key.encodedSecret())
        #expect(read.publicKey == key.publicKey)
        #expect(read.publicKey.isValid(signature: read.sign([5]), for: [5]))
        // The private part is no part of a public key.
        #expect(throws: COSEFailure.self) { try COSEKey(decoding: key.encodedSecret()) }
        #expect(throws: COSEFailure.self) { try SigningKey(encoded: key.publicKey.encoded) }
    }

    /// RFC 9679 §6, example of an EC2 P-256 key.
    @Test func `the thumbprint is the one of RFC 9679`() throws {
        let x = try #require(Hex.decode("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"))
        let y = try #require(Hex.decode("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"))
        let thumbprint = COSEKey.p256(x: x, y: y).thumbprint
        #expect(thumbprint.hex == "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec")
    }

    static let zeros = CBOR.bytes([UInt8](repeating: 0, count: 32))

    @Test(
        arguments: [
            [], [1: 1, -1: 6], [1: 1, -1: 6, -2: .bytes([1])], [1: 1, -1: 4, -2: zeros], [1: 2, -1: 1, -2: zeros],
            [1: 2, -1: 2, -2: zeros, -3: zeros], [1: 1, -1: 6, -2: zeros, -3: zeros],
            [1: 2, -1: 1, -2: zeros, -3: true],
            [1: 1, -1: 6, -2: zeros, 2: .bytes([1])], [1: 1, -1: 6, -2: "text"],
            [1: 2, -1: 8, -2: zeros, -3: .bytes([UInt8](repeating: 0, count: 33))],
        ] as [CBOR])
    func `another map is no key`(map: CBOR) {
        #expect(throws: COSEFailure.self) { try COSEKey(cbor: map) }
    }

    @Test func `no signature holds under coordinates off the curve`() throws {
        let signature = try SigningKey.generate(.es256).sign([1])
        for key in [
            COSEKey.p256(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 1, count: 32)),
            .secp256k1(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 1, count: 32)),
        ] {
            #expect(!key.isPoint)
            #expect(!key.isValid(signature: signature, for: [1]))
        }
    }

    @Test(arguments: [COSEAlgorithm.es256, .es256K])
    func `secrets out of range are refused`(algorithm: COSEAlgorithm) {
        for byte: UInt8 in [0, 0xff] {
            #expect(throws: COSEFailure.self) {
                try SigningKey(algorithm, secret: [UInt8](repeating: byte, count: 32))
            }
        }
        #expect(throws: COSEFailure.self) { try SigningKey(algorithm, secret: [1]) }
    }

    @Test func `a key file whose public part is another's is refused`() throws {
        let (one, two) = (try SigningKey.generate(.edDSA), try SigningKey.generate(.edDSA))
        var entries = try #require(CBOR.decode(one.encodedSecret()).map)
        let other = try #require(CBOR.decode(two.encodedSecret())[-4])
        entries.removeAll { $0.key == -4 }
        entries.append(.init(-4, other))
        #expect(throws: COSEFailure.self) { try SigningKey(encoded: CBOR.map(entries).encoded()) }
    }
}
