import Codec
import Cryptography
import LedgerModel

/// Follows a ledger's headers from a set of validators that its owner trusts, and believes no answer that does not stand
/// under one (CometBFT `light/client.go`, skipping verification).
///
/// It has no clock, file or network: whoever hosts it fetches proofs that lead from ``trustedValidators``, and hands them
/// in. What it learned moves its trust on, so that the set which its owner named is needed once.
public struct LightClient: Sendable {
    /// What its owner brings along.
    public struct Trust: Hashable, Sendable {
        /// Two weeks: shorter than validators stay bound to what they signed.
        public static let periodSecondsDefault: UInt64 = 14 * 86_400

        /// Hash of a validator set, 32 bytes.
        public var validators: [UInt8]
        /// The ledger that is expected; nil: that of the first proof.
        public var chainID: String?
        /// 32 bytes; nil: that of the first proof, which no header states.
        public var genesisHash: [UInt8]?
        /// How long after its newest header the client still believes that header's validators, in seconds.
        public var periodSeconds: UInt64

        /// Trust in a set of validators.
        public init(
            validators: [UInt8], chainID: String? = nil, genesisHash: [UInt8]? = nil,
            periodSeconds: UInt64 = periodSecondsDefault
        ) {
            self.validators = validators
            self.chainID = chainID
            self.genesisHash = genesisHash
            self.periodSeconds = periodSeconds
        }
    }

    /// Blocks that it remembers to compare others with; older ones are forgotten.
    static let blocksMax = 1_024
    /// How much older than the newest header a header may be under which a newest value is shown: gateways are not all at
    /// the same block.
    static let lagMax: UInt64 = 10_000_000_000

    /// What it trusts; the ledger is known after the first proof.
    public private(set) var trust: Trust
    /// Verified headers with their sets, rising; the last one is the head.
    var blocks: [VerifiedHeader] = []

    /// A client that has seen nothing yet.
    public init(_ trust: Trust) { self.trust = trust }

    /// The newest header; nil before the first proof.
    public var head: LightHead? { blocks.last.map(LightHead.init) }

    /// Hash of the set from which the next proof must lead, 32 bytes.
    public var trustedValidators: [UInt8] { blocks.last?.header.validatorsHash ?? trust.validators }

    /// Reads a state proof: what a key held, once the headers that it stands under are verified.
    ///
    /// They move the head, if they are newer.
    /// `isNewest`: whether a header that is far behind the head is refused.
    /// `now`: nanoseconds since 1970.
    /// - Throws: ``LightClientFailure``; nothing was learned then.
    public mutating func value(
        of key: [UInt8], in store: String, from proof: [UInt8], isNewest: Bool, now: UInt64
    ) throws(LightClientFailure) -> LightValue {
        let file: StateProofFile
        do { file = try StateProofFile(decoding: proof) } catch { throw .unproven("\(error)") }
        guard file.entry.store.utf8.elementsEqual(store.utf8), file.entry.key == key else {
            throw .unproven("the proof is about another key than the one asked for")
        }
        let outcome = Verifier.verify(proof, policy: policy, now: now)
        if let reason = outcome.reason { throw .unproven(reason) }
        let height = try learn(file.headers, of: file.ledger, showing: file.entry, isNewest: isNewest, now: now)
        return LightValue(value: file.entry.value, height: height)
    }

    /// Reads a record bundle, and returns what its check says, once it holds and is about that record.
    ///
    /// `id`: record id, 32 bytes.
    public mutating func record(_ id: [UInt8], from bundle: [UInt8], now: UInt64) throws(LightClientFailure)
        -> VerificationReport
    {
        let file: RecordBundle
        do { file = try RecordBundle(decoding: bundle) } catch { throw .unproven("\(error)") }
        guard let named = Verifier.subject(of: bundle)?.recordID else {
            throw .unproven("the record was anchored by interval, whose bundle does not say which record it is of")
        }
        guard named == id else { throw .unproven("the bundle is about another record than the one asked for") }
        let outcome = Verifier.verify(bundle, policy: policy, now: now)
        if let reason = outcome.reason { throw .unproven(reason) }
        _ = try learn(file.headers, of: file.ledger, showing: file.logState, isNewest: true, now: now)
        return outcome.report
    }

    /// Sees whether another gateway's header of a height is the one that this client knows.
    ///
    /// The proof must lead from the set of the known header.
    /// - Returns: the height that was compared.
    /// - Throws: `forked` where both are signed and differ.
    public func compare(_ proof: [UInt8], now: UInt64) throws(LightClientFailure) -> UInt64 {
        var other = self
        let file: StateProofFile
        do { file = try StateProofFile(decoding: proof) } catch { throw .unproven("\(error)") }
        let outcome = Verifier.verify(proof, policy: policy, now: now)
        if let reason = outcome.reason { throw .unproven(reason) }
        return try other.learn(file.headers, of: file.ledger, showing: file.entry, isNewest: false, now: now)
    }

    // MARK: Learning

    private var policy: TrustPolicy {
        var policy = TrustPolicy()
        policy.trustedValidators = [trustedValidators]
        policy.chainID = trust.chainID
        policy.genesisHash = trust.genesisHash
        return policy
    }

    /// Takes verified headers in; the height of the one that shows an entry comes back.
    private mutating func learn(
        _ links: [LinkedHeader], of ledger: LedgerIdentity, showing entry: StateEntry, isNewest: Bool, now: UInt64
    ) throws(LightClientFailure) -> UInt64 {
        try checkPeriod(now)
        let verified: [VerifiedHeader]
        var report = VerificationReport()
        do throws(Refusal) {
            verified = try HeaderChain.verify(
                links, ledger: ledger, entries: [("entry", entry)], policy, now, &report
            ).headers
        } catch { throw .unproven(error.reason) }
        try checkFork(verified)
        let height = entry.stateHeight.next.value
        if isNewest, let head = blocks.last?.header, let shown = verified.last?.header,
            shown.time.advanced(byNanoseconds: Self.lagMax) < head.time
        {
            throw .stale("the answer is of block \(shown.height), the newest known one is \(head.height)")
        }
        trust.chainID = ledger.chainID.text
        trust.genesisHash = ledger.genesisHash.bytes
        keep(verified)
        return height
    }

    /// Beyond the trusting period old keys may be anybody's: a header signed by them proves nothing any more.
    private func checkPeriod(_ now: UInt64) throws(LightClientFailure) {
        guard let head = blocks.last?.header else { return }
        let (end, isEndless) = head.time.seconds.addingReportingOverflow(Int64(clamping: trust.periodSeconds))
        guard isEndless || Int64(clamping: now / 1_000_000_000) < end else {
            throw .expired("block \(head.height) is older than the trusting period")
        }
    }

    private func checkFork(_ verified: [VerifiedHeader]) throws(LightClientFailure) {
        for other in verified {
            guard let known = blocks.first(where: { $0.header.height == other.header.height }),
                known.header.hash != other.header.hash
            else { continue }
            let common = blocks.last { $0.header.height < known.header.height }
            throw .forked(LightFork(kept: known, other: other, common: common))
        }
    }

    private mutating func keep(_ verified: [VerifiedHeader]) {
        for header in verified where !blocks.contains(where: { $0.header.height == header.header.height }) {
            blocks.insert(
                header, at: blocks.firstIndex { $0.header.height > header.header.height } ?? blocks.endIndex)
        }
        if blocks.count > Self.blocksMax { blocks.removeFirst(blocks.count - Self.blocksMax) }
    }
}

/// A verified header, in short.
public struct LightHead: Hashable, Sendable {
    /// Its height; the state after the block before it is what it proves.
    public let height: UInt64
    /// 32 bytes.
    public let hash: [UInt8]
    /// Hash of the set that signed it, 32 bytes.
    public let validatorsHash: [UInt8]
    /// Members of that set.
    public let validatorCount: Int
    /// RFC 3339 in UTC.
    public let time: String
    /// Nanoseconds since 1970; 0 for a time before.
    public let nanoseconds: UInt64

    init(_ verified: VerifiedHeader) {
        let header = verified.header
        height = UInt64(header.height)
        hash = header.hash.bytes
        validatorsHash = header.validatorsHash
        validatorCount = verified.validators.members.count
        time = TimeText.show(header.time)
        nanoseconds = UInt64(clamping: header.time.seconds) * 1_000_000_000 + UInt64(clamping: header.time.nanoseconds)
    }
}

/// A proven value.
public struct LightValue: Hashable, Sendable {
    /// Nil: the key is proven to be absent.
    public let value: [UInt8]?
    /// Height of the header that proves it.
    public let height: UInt64
}

/// Why a light client does not believe an answer.
public enum LightClientFailure: Error, Sendable {
    /// It does not hold.
    case unproven(String)
    /// It holds, and is too old to be the newest.
    case stale(String)
    /// The client has not followed for longer than its trusting period: its owner must name a set again.
    case expired(String)
    /// It holds, and what was believed before holds as well: the validators signed two ledgers.
    case forked(LightFork)
}
