import Cryptography
import LedgerAccess
import LedgerModel
import LedgerRuntime

/// Which headers lead a light client from a set that it trusts to those that proofs stand under.
///
/// A client steps over any gap as long as more than a third of the set that it stands on signed the header it steps to
/// (``HeaderStep``). Where the sets differ by too much, the last header of the one and the first of the next lie between:
/// these pruning never takes.
struct HeaderPath {
    /// Where the client begins: the lowest wanted height if that is of the trusted set, or else that set's last one.
    let start: UInt64
    /// Heights to be shown after it, rising.
    let wanted: [UInt64]
    /// Heights after the beginning on which a client may stand, rising: the wanted ones, and the bounds of terms.
    let stones: [UInt64]

    /// - Throws: `unknownTrustedSet` where no term of that set begins at or before the lowest wanted height.
    init(terms: [ValidatorTerm], wanted heights: [Height], trusted: Digest?) throws(LedgerAccessFailure) {
        let wanted = Set(heights.map(\.value)).sorted()
        guard let lowest = wanted.first, let highest = wanted.last else { throw .notFound("no height was asked for") }
        let start: UInt64
        if let trusted {
            guard let term = terms.lastIndex(where: { $0.hash == trusted && $0.first.value <= lowest }) else {
                throw .unknownTrustedSet(first: terms.first { $0.hash == trusted }?.first)
            }
            let end = terms.indices.contains(term + 1) ? terms[term + 1].first.value - 1 : .max
            start = min(lowest, end)
        } else {
            start = lowest
        }
        self.start = start
        self.wanted = wanted.filter { $0 > start }
        stones = Set(Self.bounds(of: terms).filter { start < $0 && $0 < highest } + self.wanted).sorted()
    }

    /// The first and the last height of every term that has ended, and the first of the newest one, rising.
    static func bounds(of terms: [ValidatorTerm]) -> [UInt64] {
        var bounds: [UInt64] = []
        for term in terms {
            let first = max(term.first.value, 1)
            if !bounds.isEmpty, bounds.last != first - 1 { bounds.append(first - 1) }
            bounds.append(first)
        }
        return bounds
    }
}

extension Node {
    /// Walks a path with as few headers as a search by halves finds.
    nonisolated func headers(_ path: HeaderPath) async throws(LedgerAccessFailure) -> [LinkedHeader] {
        var at = try await signedHeader(Height(path.start))
        var set = try validators(of: at.header)
        var links = [LinkedHeader(signedHeader: at, validatorSet: set)]
        for target in path.wanted {
            while UInt64(at.header.height) < target {
                let next = try await step(from: at, set, over: path.stones, to: target)
                let isSame = next.header.validatorsHash == at.header.validatorsHash
                let nextSet = isSame ? set.withProposer(next.header.proposer) : try validators(of: next.header)
                links.append(LinkedHeader(signedHeader: next, validatorSet: isSame ? nil : nextSet))
                (at, set) = (next, nextSet)
            }
        }
        return links
    }

    /// The farthest of the stones up to the target that a client reaches, tried by halves of the way.
    private nonisolated func step(
        from at: SignedHeader, _ set: ValidatorSet, over stones: [UInt64], to target: UInt64
    ) async throws(LedgerAccessFailure) -> SignedHeader {
        var ahead = stones.filter { UInt64(at.header.height) < $0 && $0 <= target }
        while true {
            guard let height = ahead.last else { throw .unavailable("the next header is not there") }
            let next = try await signedHeader(Height(height))
            if ahead.count == 1 || next.header.height == at.header.height + 1
                || (try? CommitVerification.verifyTrusting(next, by: set)) != nil
            {
                return next
            }
            ahead.removeLast(ahead.count - ahead.count / 2)
        }
    }

    /// The set of a header, with its proposer, as bundles hold it.
    private nonisolated func validators(of header: BlockHeader) throws(LedgerAccessFailure) -> ValidatorSet {
        try validators(at: Height(UInt64(header.height))).withProposer(header.proposer)
    }

    /// The set of a height up to the newest header's.
    nonisolated func validators(at height: Height) throws(LedgerAccessFailure) -> ValidatorSet {
        guard let term = view.terms.last(where: { $0.first <= height }) else { throw .notFound("no such block") }
        do { return try ValidatorRegistry.set(from: term.first, in: BlockState(view.newest)) } catch {
            throw .unavailable("\(error)")
        }
    }
}
