import Codec
import Consensus
package import Cryptography
import LedgerModel
package import LedgerRuntime
import LedgerStore
package import Logging
import Proofs
import StateTree

/// Snapshots of a node's ledger: made by hand of a stopped node and by a running one for others, and taken in.
///
/// A snapshot is of height h and carries the header of h + 1, whose commit proves the state's root (D4), and before it the
/// first and the last header of every set of validators since genesis. The proof is of two parts a header, each behind its
/// u32 length: protobuf SignedHeader, protobuf ValidatorSet.
package enum NodeSnapshot {
    /// What was exported or imported.
    package struct Summary: Equatable, Sendable {
        package var height: UInt64
        package var appHash: Digest
        package var logSize: UInt64
        package var chunkCount: Int
    }

    /// What a snapshot of the state after a block is made from.
    struct Material {
        var height: UInt64
        var forest: StoreForest
        var log: LogFrontier
        var note: ChainNote.Entry
        /// The block and its commit, as the block log holds them.
        var block: [UInt8]
        var commit: [UInt8]

        /// The manifest, with headers that lead from genesis' validators to the one that proves the state.
        func manifest(_ genesis: Genesis, headers: [SignedHeader]) throws -> Snapshot.Manifest {
            guard let last = headers.last?.header, last.height == Int64(height + 1),
                last.appHash == forest.appHash.bytes
            else { throw NodeFailure.inconsistent("no header proves the state after block \(height)") }
            var proof = ByteWriter()
            for signed in headers {
                let header = signed.header
                let set = try ValidatorRegistry.set(at: Height(UInt64(header.height)), in: BlockState(forest))
                proof.part(signed.encoded)
                proof.part(set.encoded(proposer: header.proposer))
            }
            return Snapshot.Manifest(
                chainID: genesis.chainID.text, genesisHash: genesis.hash, height: height, appHash: forest.appHash,
                logSize: log.size, logRoot: log.root, note: ChainNote.encode(note), block: block, commit: commit,
                proof: proof.bytes)
        }

        /// Heights of the headers that lead there, the one that proves the state aside.
        var headerHeights: [UInt64] {
            get throws {
                HeaderPath.bounds(of: try ValidatorRegistry.terms(in: BlockState(forest))).filter { $0 <= height }
            }
        }
    }

    /// Writes the newest provable state into a new folder, with the genesis beside it.
    /// - Throws: ``NodeFailure``; `inconsistent` where the last block moved the state, so that no header proves it yet.
    package static func export(_ configuration: NodeConfiguration, to folder: String, logger: Logger)
        throws(NodeFailure) -> Summary
    {
        let start = try NodeStart.open(configuration, logger: logger)
        let tip = start.tip
        do {
            guard tip.height >= configuration.genesis.base.value + 2 else {
                throw NodeFailure.inconsistent("the ledger has no provable state yet")
            }
            let (last, lastCommit) = try start.blocks.block(tip.height)
            let header = try Block(decoding: last).header
            guard header.appHash == tip.forest.appHash.bytes else {
                throw NodeFailure.inconsistent(
                    "the last block moved the state and no header proves it yet; start the node for a moment first")
            }
            let (block, commit) = try start.blocks.block(tip.height - 1)
            // After a proof block the state before it is the same one.
            let material = Material(
                height: tip.height - 1, forest: tip.forest, log: tip.log, note: start.note.before, block: block,
                commit: commit)
            let headers = try material.headerHeights.compactMap { try start.header($0) }
            let proving = SignedHeader(header: header, commit: try Commit(decoding: lastCommit))
            let manifest = try material.manifest(configuration.genesis, headers: headers + [proving])
            return summary(try Snapshot.export(manifest, forest: tip.forest, tiles: start.tiles, to: folder))
        } catch let failure as NodeFailure {
            throw failure
        } catch let failure as StoreFailure {
            throw .store(failure)
        } catch {
            throw .inconsistent("\(error)")
        }
    }

    /// Begins a ledger folder from a snapshot, after checking that it is of this genesis and that the genesis' validators,
    /// or those that they led to, signed the header that proves its root.
    package static func `import`(from folder: String, genesis: Genesis, into ledger: String) throws(NodeFailure)
        -> Summary
    {
        let manifest: Snapshot.Manifest
        do { manifest = try Snapshot.manifest(in: folder) } catch { throw .store(error) }
        return try install(manifest, from: folder, genesis: genesis, into: ledger, votes: [])
    }

    /// The same of a manifest that was read before, with the votes that this node's key has cast (D23).
    static func install(
        _ manifest: Snapshot.Manifest, from folder: String, genesis: Genesis, into ledger: String,
        votes: [(height: UInt64, bytes: [UInt8])]
    ) throws(NodeFailure) -> Summary {
        let headers = try check(manifest, genesis: genesis)
        do {
            return summary(
                try Snapshot.install(
                    from: folder, into: ledger, stores: StoreName.allCases.map(\.rawValue),
                    headers: headers.dropLast().map { (UInt64($0.header.height), $0.signed.encoded) }, votes: votes))
        } catch { throw .store(error) }
    }

    /// Holds a manifest against the genesis; the headers that lead to its state, the last of which proves it.
    @discardableResult
    static func check(_ manifest: Snapshot.Manifest, genesis: Genesis) throws(NodeFailure) -> [VerifiedHeader] {
        do {
            guard manifest.chainID.utf8.elementsEqual(genesis.chainID.text.utf8), manifest.genesisHash == genesis.hash
            else { throw NodeFailure.inconsistent("the snapshot is of another ledger than the genesis") }
            let headers = try verified(manifest.proof, genesis: genesis)
            guard let last = headers.last?.header, manifest.height < Int64.max,
                last.height == Int64(manifest.height) + 1, last.appHash == manifest.appHash.bytes
            else { throw NodeFailure.inconsistent("the snapshot's header does not prove its state") }
            try check(manifest, before: last)
            return headers
        } catch let failure as NodeFailure {
            throw failure
        } catch {
            throw .inconsistent("the snapshot does not hold: \(error)")
        }
    }

    /// Whether headers that lead to a snapshot contain the one that the operator knows, or lead over it, or to it.
    ///
    /// `anchor`: that header itself, where the snapshot does not contain it; nil where nobody has sent it.
    /// - Returns: nil where they do, or else why not.
    static func refusal(
        of headers: [VerifiedHeader], by trusted: TrustedHeader, anchor: UnverifiedHeader?
    ) -> String? {
        let height = Int64(trusted.height)
        if let held = headers.first(where: { $0.header.height == height }) {
            return held.header.hash == trusted.hash ? nil : "its header \(height) is not the trusted one"
        }
        guard let anchor, let before = headers.last(where: { $0.header.height < height }) else {
            return "it does not lead to the trusted header \(height)"
        }
        do {
            var at = try HeaderStep.follow(anchor, from: before)
            guard at.header.hash == trusted.hash, at.header.height == height else {
                return "the trusted header \(height) is another one"
            }
            for next in headers where next.header.height > height {
                at = try HeaderStep.follow(
                    UnverifiedHeader(signed: next.signed, validators: next.validators), from: at)
            }
            return nil
        } catch { return "its headers do not lead over the trusted one: \(error)" }
    }

    /// The headers of a snapshot's proof, each reached from the one before it, the first from genesis' set.
    private static func verified(_ proof: [UInt8], genesis: Genesis) throws -> [VerifiedHeader] {
        var reader = ByteReader(proof)
        var headers: [VerifiedHeader] = []
        while reader.remaining > 0 {
            let next = UnverifiedHeader(
                signed: try SignedHeader(decoding: try reader.part()),
                validators: try ValidatorSet(decoding: try reader.part()))
            headers.append(
                try headers.last.map { try HeaderStep.follow(next, from: $0) }
                    ?? HeaderStep.begin(
                        next, chainID: genesis.chainID.text, trustedValidatorsHash: try genesis.validatorSet().hash))
        }
        return headers
    }

    /// The last block, and what is noted of the chain after it, are those from which the next header follows.
    ///
    /// Whose turn it is no header tells: where that is wrong, this node refuses the others' proposals, and nothing else.
    private static func check(_ manifest: Snapshot.Manifest, before next: BlockHeader) throws {
        let commit = try Commit(decoding: manifest.commit)
        let block = ProposedBlock(try Block(decoding: manifest.block))
        guard commit.blockID == next.lastBlockID, block.id == next.lastBlockID else {
            throw NodeFailure.inconsistent("the snapshot's last block is not the one before its header")
        }
        guard let note = ChainNote.decode(entry: manifest.note), note.resultsHash.bytes == next.lastResultsHash,
            note.validators.last.hash.bytes == block.block.header.validatorsHash,
            note.validators.current.hash.bytes == next.validatorsHash,
            note.validators.next.hash.bytes == next.nextValidatorsHash
        else { throw NodeFailure.inconsistent("the snapshot's note of results and validators is not its header's") }
        _ = try CommitVerification.verify(
            SignedHeader(header: block.block.header, commit: commit), by: note.validators.last)
    }

    private static func summary(_ manifest: Snapshot.Manifest) -> Summary {
        Summary(
            height: manifest.height, appHash: manifest.appHash, logSize: manifest.logSize,
            chunkCount: manifest.chunks.count)
    }
}
