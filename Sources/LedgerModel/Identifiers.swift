package import Codec
package import Cryptography

/// A block's number: 0 stands for genesis, blocks begin with 1.
package struct Height: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package var next: Height { Height(value + 1) }
    package var description: String { String(value) }

    package static func < (left: Height, right: Height) -> Bool { left.value < right.value }
}

/// A moment: seconds since 1970 and nanoseconds within them, as `google.protobuf.Timestamp` has them.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var seconds: Int64
    /// 0 to 999,999,999.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Nanoseconds since 1970.
    package init(nanosecondsSince1970 value: UInt64) {
        self.init(seconds: Int64(value / 1_000_000_000), nanoseconds: Int32(value % 1_000_000_000))
    }

    /// 0001-01-01T00:00:00Z, which Go calls the zero time.
    package static let zero = Timestamp(seconds: -62_135_596_800, nanoseconds: 0)
    /// 9999-12-31T23:59:59Z.
    static let secondsMax: Int64 = 253_402_300_799

    /// Within the years 1 to 9999.
    package var isValid: Bool {
        Self.zero.seconds...Self.secondsMax ~= seconds && 0..<1_000_000_000 ~= nanoseconds
    }

    /// Nanoseconds since 1970, where they fit 64 bits.
    package var nanosecondsSince1970: Int64? {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = product.addingReportingOverflow(Int64(nanoseconds))
        return overflow || overflowToo ? nil : sum
    }

    /// The moment so many nanoseconds later.
    package func advanced(byNanoseconds amount: UInt64) -> Timestamp {
        let total = UInt64(nanoseconds) + amount % 1_000_000_000
        return Timestamp(
            seconds: seconds + Int64(amount / 1_000_000_000) + Int64(total / 1_000_000_000),
            nanoseconds: Int32(total % 1_000_000_000))
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

/// Why a value of the ledger is refused.
package enum LedgerModelFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not protobuf in its one spelling.
    case protobuf(ProtobufFailure)
    /// Not CBOR in its one spelling.
    case cbor(CBORFailure)
    /// COSE that is not of the shape.
    case cose(COSEFailure)
    /// A field out of its range, of another type or missing, and which.
    case invalid(String)

    package var description: String {
        switch self {
        case .protobuf(let failure): "not protobuf as the ledger writes it: \(failure)"
        case .cbor(let failure): "not CBOR as the ledger writes it: \(failure)"
        case .cose(let failure): "\(failure)"
        case .invalid(let what): what
        }
    }
}

/// A ledger's chain id (D1): `name-N`, at most 50 bytes, read as ibc-go reads it.
package struct ChainID: Hashable, Sendable, CustomStringConvertible {
    package static let byteCountMax = 50
    package let text: String
    /// N, 1 to 2^63 - 1.
    package let revision: UInt64

    package init(_ text: String) throws(LedgerModelFailure) {
        guard text.utf8.count <= Self.byteCountMax else { throw .invalid("chain id is longer than 50 bytes") }
        guard let revision = Self.revision(of: text) else { throw .invalid("chain id is not name-N") }
        guard revision > 0 else { throw .invalid("chain id is not name-N") }
        self.text = text
        self.revision = revision
    }

    package var description: String { text }

    /// The next revision's.
    /// - Throws: `invalid` where it would be too long, or N too large.
    package var next: ChainID {
        get throws(LedgerModelFailure) {
            try numbered(revision + 1)
        }
    }

    /// The revision before; nil for the first.
    package var previous: ChainID? { revision > 1 ? try? numbered(revision - 1) : nil }

    private func numbered(_ number: UInt64) throws(LedgerModelFailure) -> ChainID {
        guard let dash = text.lastIndex(of: "-") else { preconditionFailure("a chain id is name-N") }
        return try ChainID("\(text[...dash])\(number)")
    }

    /// The N of `name-N`: no leading zero, no dash or line break just before the last dash, no line break in the name;
    /// 0 for other text, nil where N exceeds 2^63 - 1.
    package static func revision(of text: String) -> UInt64? {
        let utf8 = Array(text.utf8)
        guard let dash = utf8.lastIndex(of: UInt8(ascii: "-")), dash > 0 else { return 0 }
        let digits = utf8[(dash + 1)...]
        guard let first = digits.first, first != UInt8(ascii: "0"),
            digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), utf8[dash - 1] != UInt8(ascii: "-"),
            !utf8[..<dash].contains(UInt8(ascii: "\n"))
        else { return 0 }
        guard let value = UInt64(String(decoding: digits, as: UTF8.self)), value <= UInt64(Int64.max) else {
            return nil
        }
        return value
    }
}

/// Which ledger: its chain id and the hash of its genesis.
///
/// Everything that is signed for a ledger names both.
package struct LedgerIdentity: Hashable, Sendable {
    package var chainID: ChainID
    package var genesisHash: Digest

    package init(chainID: ChainID, genesisHash: Digest) {
        self.chainID = chainID
        self.genesisHash = genesisHash
    }

    /// The constant subject of statements and receipts.
    package var logName: String { "vivian-log:\(chainID.text)" }

    /// An account's decentralised identifier.
    package func did(_ account: AccountID) -> String { "did:vivian:\(chainID.text):\(Hex.encode(account.bytes))" }
}

/// The address of a consensus key: the first 20 bytes of its SHA-256.
package struct Address: Hashable, Comparable, Sendable {
    package static let byteCount = 20
    package let bytes: [UInt8]

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The address of an Ed25519 key of 32 bytes.
    package init(ed25519 key: [UInt8]) { bytes = Array(SHA256.hash(key).bytes.prefix(Self.byteCount)) }

    package static func < (left: Address, right: Address) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

/// An account: the thumbprint of its first key, 32 bytes.
///
/// It stays when keys change.
package struct AccountID: Hashable, Sendable {
    package let digest: Digest

    package init(_ digest: Digest) { self.digest = digest }

    package init?(_ bytes: [UInt8]) {
        guard let digest = Digest(bytes) else { return nil }
        self.digest = digest
    }

    package var bytes: [UInt8] { digest.bytes }
}

/// A transaction's id: what it says, whoever encodes it (D5).
package struct TransactionID: Hashable, Sendable {
    package let digest: Digest

    package init(_ digest: Digest) { self.digest = digest }

    package init?(_ bytes: [UInt8]) {
        guard let digest = Digest(bytes) else { return nil }
        self.digest = digest
    }

    package var bytes: [UInt8] { digest.bytes }
}

/// The ledger's stores, in the order of their names; all exist from genesis.
package enum StoreName: String, CaseIterable, Sendable {
    case account, anchor, bank, contract, governance, ibc, index, market, nft, params, registry, schema, staking,
        upgrade
    case vector
}

/// The state, as everything that executes sees it.
package protocol StateAccess {
    func value(_ store: StoreName, _ key: [UInt8]) -> [UInt8]?
    /// Values are never empty (D3).
    mutating func set(_ store: StoreName, _ key: [UInt8], _ value: [UInt8])
    mutating func remove(_ store: StoreName, _ key: [UInt8])
}
