import Codec
import Cryptography
import LedgerModel

/// What a light client keeps between runs: JSON with the members below, which its owner must be able to rely on as on the
/// trusted set itself.
///
/// | member | content |
/// |---|---|
/// | `format` | `vivian-light/1` |
/// | `chainId`, `genesisHash` | the ledger; missing before the first proof |
/// | `trustedValidators` | the set that the owner named, hex |
/// | `trustingPeriod` | seconds |
/// | `headers` | the newest verified ones, rising, each as {`signedHeader`, `validatorSet`} in base64 |
extension LightClient {
    static let format = "vivian-light/1"
    /// Headers that are kept: with fewer, a fork of yesterday could not be told after a restart.
    static let savedMax = 64
    private static let members: Set<String> = [
        "format", "chainId", "genesisHash", "trustedValidators", "trustingPeriod", "headers",
    ]

    /// The file's bytes.
    public var saved: [UInt8] {
        var members: [JSON.Member] = [.init(name: "format", value: .string(Self.format))]
        if let chainID = trust.chainID { members.append(.init(name: "chainId", value: .string(chainID))) }
        if let hash = trust.genesisHash { members.append(.init(name: "genesisHash", value: .string(Hex.encode(hash)))) }
        members += [
            .init(name: "trustedValidators", value: .string(Hex.encode(trust.validators))),
            .init(name: "trustingPeriod", value: .string(String(trust.periodSeconds))),
            .init(
                name: "headers",
                value: .array(
                    blocks.suffix(Self.savedMax).map { block in
                        .object([
                            .init(name: "signedHeader", value: .string(Base64.encode(block.signed.encoded))),
                            .init(name: "validatorSet", value: .string(Base64.encode(block.validators.encoded))),
                        ])
                    })),
        ]
        return JSON.object(members).serialized()
    }

    /// Reads what ``saved`` wrote.
    ///
    /// Each header must be signed by the set beside it; that this set is to be trusted the file alone says.
    /// - Throws: ``LightClientFailure``, `unproven` where it is damaged.
    public init(restoring bytes: [UInt8]) throws(LightClientFailure) {
        do throws(LedgerModelFailure) {
            let file = try BundleReader(try Self.root(bytes), "the light client's file", members: Self.members)
            guard try file.text("format").utf8.elementsEqual(Self.format.utf8) else {
                throw .invalid("the light client's file: format is not \(Self.format)")
            }
            self.init(
                Trust(
                    validators: try file.digest(hex: "trustedValidators").bytes,
                    chainID: file.has("chainId") ? try file.text("chainId") : nil,
                    genesisHash: file.has("genesisHash") ? try file.digest(hex: "genesisHash").bytes : nil,
                    periodSeconds: try file.number("trustingPeriod")))
            for node in try file.possiblyEmpty("headers", max: Self.savedMax) {
                let item = try BundleReader(node, "a header", members: ["signedHeader", "validatorSet"])
                try restore(
                    UnverifiedHeader(
                        signed: try SignedHeader(decoding: try item.bytes("signedHeader")),
                        validators: try ValidatorSet(decoding: try item.bytes("validatorSet"))))
            }
        } catch { throw .unproven("\(error)") }
    }

    private static func root(_ bytes: [UInt8]) throws(LedgerModelFailure) -> JSONNode {
        do { return try JSONDocument(parsing: bytes, limits: .bundle).root } catch {
            throw .invalid("the light client's file is no JSON: \(error)")
        }
    }

    private mutating func restore(_ header: UnverifiedHeader) throws(LedgerModelFailure) {
        guard let chainID = trust.chainID, header.signed.header.height > blocks.last?.header.height ?? 0 else {
            throw .invalid("the light client's file: its headers do not rise")
        }
        do throws(VerificationFailure) {
            blocks.append(
                try HeaderStep.begin(
                    header, chainID: chainID,
                    trustedValidatorsHash: Digest(header.signed.header.validatorsHash) ?? .zero))
        } catch {
            throw .invalid("the light client's file: \(Refusal(error, header: header.signed.header.height).reason)")
        }
    }
}
