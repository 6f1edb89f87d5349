import Cryptography
import LedgerModel

/// What a light client pays for a header of a hundred validators, whose signatures are the ceiling.
enum LightClientBenchmarks {
    private static let count = 100

    static func run() throws {
        let keys = try (0..<2 * count).map { try SigningKey(.edDSA, secret: SHA256.hash([UInt8($0)]).bytes) }
        let old = try set(keys[..<count])
        // Two thirds of them stay: more than a third of the old power has signed the new header.
        let changed = try set(keys[count / 3..<count + count / 3])
        let first = header(1, of: old, next: old, keys)
        let trusted = try HeaderStep.begin(first, chainID: "bench-1", trustedValidatorsHash: old.hash)
        for (name, set) in [("same", old), ("changed", changed)] {
            let far = header(1_000, of: set, next: set, keys)
            try Harness.report("light.skip validators=\(count) set=\(name)", items: 20, note: "; target 15,000 us") {
                for _ in 0..<20 { _ = try HeaderStep.follow(far, from: trusted) }
            }
        }
    }

    private static func set(_ keys: ArraySlice<SigningKey>) throws -> ValidatorSet {
        try ValidatorSet(members: keys.map { Validator(publicKey: publicBytes($0), votingPower: 10) })
    }

    private static func publicBytes(_ key: SigningKey) -> [UInt8] {
        guard case .ed25519(let bytes) = key.publicKey else { fatalError("no Ed25519 key") }
        return bytes
    }

    /// A header that all of a set have signed.
    private static func header(_ height: Int64, of set: ValidatorSet, next: ValidatorSet, _ keys: [SigningKey])
        -> UnverifiedHeader
    {
        var header = BlockHeader()
        header.blockVersion = 11
        header.chainID = "bench-1"
        header.height = height
        header.time = Timestamp(seconds: 1_790_000_000 + height, nanoseconds: 0)
        header.validatorsHash = set.hash.bytes
        header.nextValidatorsHash = next.hash.bytes
        header.proposer = set.members[0].address
        let id = BlockID(
            hash: header.hash.bytes, parts: PartSetHeader(total: 1, hash: [UInt8](repeating: 1, count: 32)))
        let signatures = set.members.map { member in
            let message = CanonicalVote.signBytes(
                type: .precommit, chainID: header.chainID, height: height, round: 0, blockID: id,
                timestamp: header.time)
            let key = keys.first { publicBytes($0) == member.publicKey.ed25519 }
            return CommitSignature(
                flag: .commit, validator: member.address, timestamp: header.time, signature: key?.sign(message) ?? [])
        }
        return UnverifiedHeader(
            signed: SignedHeader(
                header: header, commit: Commit(height: height, round: 0, blockID: id, signatures: signatures)),
            validators: set.withProposer(header.proposer))
    }
}
