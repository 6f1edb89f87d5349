import Codec
package import Cryptography
package import LedgerAccess
package import LedgerModel
import LedgerStore
import Proofs
import StateTree

extension Node: LedgerAccess {
    package nonisolated func status() async throws(LedgerAccessFailure) -> LedgerStatus { view.status }

    package nonisolated func submit(_ transaction: [UInt8]) async throws(LedgerAccessFailure) -> TransactionID {
        switch try check(transaction) {
        case .known(let id): return id
        case .candidate(let candidate): return try await take(candidate)
        }
    }

    package nonisolated func transaction(_ id: TransactionID) async throws(LedgerAccessFailure) -> TransactionStatus {
        view.fate(of: id)
    }

    package nonisolated func entry(
        _ store: StoreName, key: [UInt8], at height: Height?
    ) async throws(LedgerAccessFailure) -> StateEntry {
        switch try view.source(at: height) {
        case .held(let height, let forest):
            guard let proof = forest.proof(store: store.rawValue, key: key) else { throw .notFound("no such store") }
            return StateEntry(
                stateHeight: height, store: store.rawValue, key: key, value: forest.value(store.rawValue, key),
                merkleProof: proof)
        case .past(let past):
            let header = try await signedHeader(past.height.next).header
            guard let appHash = Digest(header.appHash),
                let entry = try await history.entry(store.rawValue, key: key, past, appHash: appHash)
            else { throw view.pruned(past.height, isLost: true) }
            return entry
        }
    }

    package nonisolated func value(_ store: StoreName, key: [UInt8]) async throws(LedgerAccessFailure) -> [UInt8]? {
        view.newest.value(store.rawValue, key)
    }

    package nonisolated func headers(
        for heights: [Height], from trusted: Digest?
    ) async throws(LedgerAccessFailure) -> [LinkedHeader] {
        try await headers(HeaderPath(terms: view.terms, wanted: heights, trusted: trusted))
    }

    nonisolated func signedHeader(_ height: Height) async throws(LedgerAccessFailure) -> SignedHeader {
        if let signed = view.header(height) { return signed }
        if let signed = await keptHeader(height) { return signed }
        let committed = try await committed(height)
        return SignedHeader(header: committed.block.header, commit: committed.commit)
    }

    package nonisolated func block(_ height: Height) async throws(LedgerAccessFailure) -> CommittedBlock {
        try await committed(height)
    }

    package nonisolated func logInclusion(
        of index: UInt64, treeSize: UInt64
    ) async throws(LedgerAccessFailure) -> [Digest] {
        guard treeSize <= tiles.size else { throw .notFound("the log has \(tiles.size) leaves") }
        guard index < treeSize else { throw .notFound("leaf \(index) is not in a log of \(treeSize) leaves") }
        return try node { source throws(StoreFailure) in
            try TransparencyLog.inclusionPath(of: index, size: treeSize, node: source)
        }
    }

    package nonisolated func logConsistency(
        from first: UInt64, to second: UInt64
    ) async throws(LedgerAccessFailure) -> [Digest] {
        guard second <= tiles.size else { throw .notFound("the log has \(tiles.size) leaves") }
        guard first >= 1, first <= second else { throw .notFound("sizes are 1 to the second one") }
        return try node { source throws(StoreFailure) in
            try TransparencyLog.consistencyPath(from: first, to: second, node: source)
        }
    }

    private nonisolated func node(
        _ make: (TransparencyLog.NodeSource<StoreFailure>) throws(StoreFailure) -> [Digest]
    ) throws(LedgerAccessFailure) -> [Digest] {
        let tiles = tiles
        do {
            return try make { level, index throws(StoreFailure) in try tiles.node(level: level, index: index) }
        } catch { throw .unavailable("\(error)") }
    }

    package nonisolated func logTile(
        level: Int, index: UInt64, width: Int
    ) async throws(LedgerAccessFailure) -> [Digest] {
        let found: [Digest]?
        do { found = try tiles.tile(level: level, index: index, width: width) } catch {
            throw .unavailable("\(error)")
        }
        guard let found else { throw .notFound("the log does not have that tile yet") }
        return found
    }

    package nonisolated func receiptSignatures(
        at height: Height
    ) async throws(LedgerAccessFailure) -> [ReceiptSignature] {
        let entry = try await entry(.anchor, key: LogState.key, at: height)
        guard let bytes = entry.value, let log = try? LogState(decoding: bytes) else { return [] }
        let subject = try receiptSubject(log, at: entry.stateHeight)
        let own = ownReceipt(subject)
        guard network != nil, subject.signers.count > (own == nil ? 0 : 1) else { return own.map { [$0] } ?? [] }
        return await receipts.collect(subject, own: own) { self.askForReceipts(at: subject.height) }
    }

    /// C2SP tlog-checkpoint: origin, size and root, signed as a note by this validator's receipt key.
    package nonisolated func checkpoint() async throws(LedgerAccessFailure) -> String {
        guard let bytes = try await entry(.anchor, key: LogState.key, at: nil).value,
            let log = try? LogState(decoding: bytes),
            let key = receiptKey, case .ed25519(let publicKey) = key.publicKey
        else { throw .unavailable("this node has no receipt key") }
        let origin = identity.logName
        let body = "\(origin)\n\(log.size)\n\(Base64.encode(log.root.bytes))\n"
        let name = Array(origin.utf8)
        let keyID = SHA256.hash(name + [0x0a, 0x01] + publicKey).bytes.prefix(4)
        let signature = Base64.encode(Array(keyID) + key.sign(Array(body.utf8)))
        return body + "\n\u{2014} \(origin) \(signature)\n"
    }

    package nonisolated func commits() -> AsyncStream<CommitNotice> { fanOut.listen() }
}
