import Codec
import LedgerModel
import Verification

extension FuzzTarget {
    /// What a stranger hands to the verifier.
    static let bundles: [FuzzTarget] = [
        FuzzTarget("statement") { bytes in
            _ = try? Statement.decode(bytes)
            return nil
        },
        FuzzTarget("receipt") { bytes in
            _ = try? Receipt.decode(bytes)
            return nil
        },
        canonical("record-file") { bytes in
            // Its own media type where it can be told, so that the inside is reached.
            let content = bytes.dropFirst("vivian/record/1".utf8.count + 32)
            let label = String(decoding: content.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            return try RecordFile(decoding: bytes, mediaType: label).encoded
        },
        FuzzTarget("record-bundle", byteCountMax: 1 << 16) { bytes in
            guard let bundle = try? RecordBundle(decoding: bytes) else { return nil }
            let text = bundle.encoded()
            guard let again = try? RecordBundle(decoding: text) else { return "does not read what it wrote" }
            return again.encoded() == text ? nil : "the written form is not stable"
        },
        FuzzTarget("state-proof-file", byteCountMax: 1 << 16) { bytes in
            guard let file = try? StateProofFile(decoding: bytes) else { return nil }
            let text = file.encoded()
            guard let again = try? StateProofFile(decoding: text) else { return "does not read what it wrote" }
            return again == file ? nil : "the written form says something else"
        },
        FuzzTarget("search-proof-file", byteCountMax: 1 << 16) { bytes in
            guard let file = try? SearchProofFile(decoding: bytes) else { return nil }
            let text = file.encoded()
            guard let again = try? SearchProofFile(decoding: text) else { return "does not read what it wrote" }
            return again == file ? nil : "the written form says something else"
        },
        FuzzTarget("similar-proof-file", byteCountMax: 1 << 16) { bytes in
            guard let file = try? SimilarProofFile(decoding: bytes) else { return nil }
            let text = file.encoded()
            guard let again = try? SimilarProofFile(decoding: text) else { return "does not read what it wrote" }
            return again == file ? nil : "the written form says something else"
        },
        canonical("index-commitment") { try IndexCommitment(decoding: $0).encoded() },
        FuzzTarget("verifier", byteCountMax: 1 << 16) { bytes in
            // Trusts whatever set the file begins with, so that the rules behind the first are reached.
            var policy = TrustPolicy()
            if let subject = Verifier.subject(of: bytes) {
                policy.trustedValidators = [subject.firstValidatorsHash]
            } else if let file = try? StateProofFile(decoding: bytes), let first = file.headers.first {
                policy.trustedValidators = [first.signedHeader.header.validatorsHash]
            } else if let file = try? SearchProofFile(decoding: bytes), let first = file.headers.first {
                policy.trustedValidators = [first.signedHeader.header.validatorsHash]
            } else if let file = try? SimilarProofFile(decoding: bytes),
                let subject = Verifier.subject(of: file.commitment)
            {
                policy.trustedValidators = [subject.firstValidatorsHash]
            }
            _ = Verifier.verify(bytes, policy: policy, now: 1_800_000_000_000_000_000)
            policy.minReceipts = 1
            policy.trustingPeriodSeconds = 1_209_600
            return Verifier.verify(bytes, policy: TrustPolicy(), now: nil).reason == nil
                ? "accepted without trust" : nil
        },
        FuzzTarget("trust-policy") { bytes in
            _ = try? TrustPolicy(parsing: bytes)
            return nil
        },
    ]
}
