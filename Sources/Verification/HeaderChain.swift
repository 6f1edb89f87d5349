import Codec
import Cryptography
import LedgerModel
import Proofs

/// A bundle's headers after they were checked: each reached from the trusted set and signed by more than 2/3 of its own.
struct HeaderChain {
    /// Largest difference between the verifier's clock and a header from ahead of it: 10 s, as 07-tendermint clients have.
    static let clockDriftMax: UInt64 = 10_000_000_000
    /// Rising.
    let headers: [VerifiedHeader]
    let trusted: [UInt8]

    /// bundles.md, "headers": the entries' headers are there, the last one is needed, the first set is the trusted one,
    /// and each later one follows.
    ///
    /// Trust is looked at before signatures, so that a stranger's file costs little.
    static func verify(
        _ links: [LinkedHeader], ledger: LedgerIdentity, entries: [(name: String, entry: StateEntry)],
        _ policy: TrustPolicy, _ now: UInt64?, _ report: inout VerificationReport
    ) throws(Refusal) -> HeaderChain {
        try require(
            policy.chainID.map { $0.utf8.elementsEqual(ledger.chainID.text.utf8) } ?? true,
            "chain \(ledger.chainID.text) is not the expected one")
        try require(
            policy.genesisHash.map { $0 == ledger.genesisHash.bytes } ?? true,
            "the genesis hash is not the expected one")
        let heights = Set(links.map(\.signedHeader.header.height))
        for (name, entry) in entries {
            try require(
                heights.contains(Int64(entry.stateHeight.value + 1)),
                "\(name): the header of the state height + 1 is not in headers")
        }
        guard let first = links.first?.signedHeader.header, let last = links.last?.signedHeader.header else {
            throw Refusal("headers: none")
        }
        try require(
            entries.contains { Int64($0.entry.stateHeight.value + 1) == last.height },
            "headers: nothing is under the last one")
        let own = Hex.encode(first.validatorsHash)
        try require(
            policy.trustedValidators.isEmpty || policy.trustedValidators.contains(first.validatorsHash),
            "headers: the first set in the file, \(own), is not the trusted one")
        try checkAge(first: first, last: last, policy, now)

        var verified: [VerifiedHeader] = []
        for (index, link) in links.enumerated() {
            let header = try unverified(link, after: index > 0 ? verified[index - 1] : nil)
            do throws(VerificationFailure) {
                if let before = verified.last {
                    verified.append(try HeaderStep.follow(header, from: before))
                } else {
                    verified.append(
                        try HeaderStep.begin(
                            header, chainID: ledger.chainID.text,
                            trustedValidatorsHash: Digest(first.validatorsHash) ?? .zero))
                }
            } catch { throw Refusal(error, header: link.signedHeader.header.height) }
            let count = verified[index].count
            report.holds.append(
                "header \(verified[index].header.height) of \(ledger.chainID.text), \(TimeText.show(verified[index].header.time)), "
                    + "hash \(verified[index].header.hash.hex): \(count.voters) valid votes counted, power \(count.power) "
                    + "of \(count.total)")
        }
        try require(
            !policy.trustedValidators.isEmpty,
            "headers: say which validators hash you trust; without one the first set in the file, \(own), may be anybody"
        )
        report.holds.append(
            links.count == 1
                ? "the validator set of \(last.height) is the trusted one"
                : "the validator set of \(last.height) is reached from the trusted one over \(links.count - 1) headers")
        return HeaderChain(headers: verified, trusted: first.validatorsHash)
    }

    /// The set stands there just where it changes, in the one form of what no hash covers (bundles.md, "ValidatorSet").
    private static func unverified(_ link: LinkedHeader, after before: VerifiedHeader?) throws(Refusal)
        -> UnverifiedHeader
    {
        let header = link.signedHeader.header
        let what = "header \(header.height)"
        let isSame = before.map { $0.header.validatorsHash == header.validatorsHash } ?? false
        guard let set = link.validatorSet else {
            guard let before, isSame else { throw Refusal("\(what): validatorSet is left out, though it changes") }
            try require(
                before.validators.index(of: header.proposer) != nil, "\(what): the proposer is not a member of the set")
            return UnverifiedHeader(
                signed: link.signedHeader, validators: before.validators.withProposer(header.proposer))
        }
        try require(!isSame, "\(what): validatorSet is given, though it is that of the header before")
        guard let proposer = set.proposer else { throw Refusal("\(what): validator set without proposer") }
        try require(proposer.address == header.proposer, "\(what): the set's proposer is not the header's")
        try require(set.members.contains(proposer), "\(what): the proposer is not a member of the set")
        try require(
            set.members.allSatisfy { $0.proposerPriority == 0 } && set.totalVotingPower == 0,
            "\(what): priorities or total power are written out")
        return UnverifiedHeader(signed: link.signedHeader, validators: set)
    }

    private static func checkAge(first: BlockHeader, last: BlockHeader, _ policy: TrustPolicy, _ now: UInt64?)
        throws(Refusal)
    {
        guard let now else { return }
        // Not yet known to be signed by anybody: a time out of range must not reach the sums below.
        try require(first.time.isValid && last.time.isValid, "headers: a time is out of range")
        let limit = Timestamp(nanosecondsSince1970: now).advanced(byNanoseconds: clockDriftMax)
        try require(last.time < limit, "headers: the time of the last one is in the future")
        if let period = policy.trustingPeriodSeconds {
            // A period too long to count never ends.
            let (end, isEndless) = first.time.seconds.addingReportingOverflow(Int64(clamping: period))
            try require(
                isEndless
                    || Timestamp(seconds: end, nanoseconds: first.time.nanoseconds)
                        > Timestamp(nanosecondsSince1970: now),
                "headers: the trusting period is over")
        }
    }

    /// The header of a height; only heights that entries ask for are sure to be there.
    func header(_ height: Height) -> VerifiedHeader? { headers.first { $0.header.height == Int64(height.value) } }

    /// Who signed what the file proves, and as of when (D22).
    func describeTrust(
        at height: Height, _ what: String, _ policy: TrustPolicy, _ now: UInt64?, _ report: inout VerificationReport
    ) {
        guard let header = header(height) else { return }
        let count = header.validators.members.count
        report.restsOn.append(
            count == 1
                ? "one validator: its operator signed this, and nobody else"
                : "\(count) validators: that less than a third of their power (\(header.validators.power)) is dishonest"
        )
        report.restsOn.append("the trusted validators hash \(Hex.encode(trusted)), given by you")
        report.restsOn.append(
            "\(what)as of \(TimeText.show(header.header.time)), the time of header \(header.header.height)")
        if policy.genesisHash == nil {
            report.unchecked.append("genesis hash: no header states it; compare it with --genesis-hash")
        }
        if now == nil || policy.trustingPeriodSeconds == nil {
            report.unchecked.append("age of the trusted set: give a trusting period in a policy file")
        }
    }
}

/// One entry: the Merkle proof leads from key and value, or from absence, to the app hash of the next header.
enum EntryCheck {
    static func run(_ entry: StateEntry, _ name: String, under headers: HeaderChain, _ report: inout VerificationReport)
        throws(Refusal)
    {
        guard let header = headers.header(entry.stateHeight.next) else { throw Refusal("\(name): no header") }
        do {
            try ICS23.verifyPath(
                root: header.header.appHash, specs: ProofSpec.ledger, path: [Array(entry.store.utf8), entry.key],
                value: entry.value, proof: entry.merkleProof)
        } catch { throw Refusal("\(name): \(error)") }
        let shown =
            entry.value.map { "has \($0.count) bytes, SHA-256 \(SHA256.hash($0).hex)" } ?? "is absent"
        report.holds.append(
            "\(name): store \(entry.store), key \(show(entry.key)) \(shown), in the state after block \(entry.stateHeight)"
        )
    }

    static func show(_ key: [UInt8]) -> String {
        key.allSatisfy { 0x20...0x7e ~= $0 } ? String(decoding: key, as: UTF8.self) : Hex.encode(key)
    }
}
