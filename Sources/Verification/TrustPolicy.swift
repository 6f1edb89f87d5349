import Codec

/// What the verifier brings along: nothing of it comes from the file.
public struct TrustPolicy: Sendable {
    /// Hashes of validator sets that are trusted, 32 bytes each.
    ///
    /// Without one nothing is proven.
    public var trustedValidators: [[UInt8]] = []
    /// The ledger that is expected; nil: not checked, and said so.
    public var chainID: String?
    /// 32 bytes; no header states the genesis hash, so give it when you know it.
    public var genesisHash: [UInt8]?
    /// How old the first header's set may be, in seconds.
    public var trustingPeriodSeconds: UInt64?
    /// Receipts by distinct validators that a record must carry.
    public var minReceipts = 0
    /// Distinct operators, known from the receipts' registry entries.
    public var minOperators = 0

    /// A policy that trusts nobody and demands nothing.
    public init() {}

    /// Reads a policy file.
    ///
    /// JSON with any of `trustedValidators` [hex], `chainId`, `genesisHash`, `trustingPeriod` in seconds, `minReceipts`,
    /// `minOperators`. Other members are refused, so that a misspelt demand is not lost.
    /// - Throws: ``PolicyFailure`` with the member that is wrong.
    public init(parsing bytes: [UInt8]) throws(PolicyFailure) {
        self.init()
        let root: JSONNode
        do { root = try JSONDocument(parsing: bytes, limits: .bundle).root } catch {
            throw PolicyFailure("the policy is not JSON: \(error)")
        }
        guard root.kind == .object else { throw PolicyFailure("the policy is no object") }
        for member in root.members {
            let value = member.value
            switch member.name {
            case "trustedValidators":
                guard value.kind == .array else { throw PolicyFailure("trustedValidators is no list") }
                guard value.count > 0 else { throw PolicyFailure("trustedValidators is empty") }
                for item in value.elements { trustedValidators.append(try Self.hash(item, "trustedValidators")) }
            case "chainId":
                guard let text = value.string, !text.isEmpty else { throw PolicyFailure("chainId is no text") }
                chainID = text
            case "genesisHash": genesisHash = try Self.hash(value, "genesisHash")
            case "trustingPeriod": trustingPeriodSeconds = UInt64(try Self.count(value, "trustingPeriod"))
            case "minReceipts": minReceipts = try Self.count(value, "minReceipts")
            case "minOperators": minOperators = try Self.count(value, "minOperators")
            default: throw PolicyFailure("unknown member \(VerificationOutcome.printable(member.name))")
            }
        }
    }

    /// A hash as people hand it around: 64 lower-case hex digits; nil for anything else.
    public static func hash(hex text: String) -> [UInt8]? {
        guard let bytes = Hex.decode(text), bytes.count == 32 else { return nil }
        return bytes
    }

    private static func hash(_ node: JSONNode, _ name: String) throws(PolicyFailure) -> [UInt8] {
        guard let bytes = node.string.flatMap(hash(hex:)) else {
            throw PolicyFailure("\(name) is not 32 bytes in lower-case hex")
        }
        return bytes
    }

    private static func count(_ node: JSONNode, _ name: String) throws(PolicyFailure) -> Int {
        guard let value = node.int64, 0...Int64(Int32.max) ~= value else {
            throw PolicyFailure("\(name) is no whole number")
        }
        return Int(value)
    }
}

/// Why a policy file is refused.
public struct PolicyFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Which member, and what is wrong with it.
    public let description: String
    init(_ description: String) { self.description = description }
}
