import Codec
import Consensus
package import Cryptography
import LedgerModel
package import LedgerRuntime
import LedgerStore
package import Logging
import Proofs
import StateTree

/// Snapshots of a node's ledger, made and taken in while the node is stopped.
///
/// A snapshot is of height h and carries the header of h + 1, whose commit proves the state's root (D4). The proof is two
/// parts, each behind its u32 length: protobuf SignedHeader, protobuf ValidatorSet.
package enum NodeSnapshot {
    /// What was exported or imported.
    package struct Summary: Equatable, Sendable {
        package var height: UInt64
        package var appHash: Digest
        package var logSize: UInt64
        package var chunkCount: Int
    }

    /// Writes the newest provable state into a new folder, with the genesis beside it.
    /// - Throws: ``NodeFailure``; `inconsistent` where the last block moved the state, so that no header proves it yet.
    package static func export(_ configuration: NodeConfiguration, to folder: String, logger: Logger)
        throws(NodeFailure) -> Summary
    {
        let start = try NodeStart.open(configuration, logger: logger)
        let tip = start.tip
        do {
            guard tip.height >= 2 else { throw NodeFailure.inconsistent("the ledger has no provable state yet") }
            let (last, lastCommit) = try start.blocks.block(tip.height)
            let header = try Block(decoding: last).header
            guard header.appHash == tip.forest.appHash.bytes else {
                throw NodeFailure.inconsistent(
                    "the last block moved the state and no header proves it yet; start the node for a moment first")
            }
            let (block, commit) = try start.blocks.block(tip.height - 1)
            var proof = ByteWriter()
            proof.part(SignedHeader(header: header, commit: try Commit(decoding: lastCommit)).encoded)
            proof.part(tip.chain.validators.last.encoded(proposer: header.proposer))
            let genesis = configuration.genesis
            let made = try Snapshot.export(
                Snapshot.Manifest(
                    chainID: genesis.chainID.text, genesisHash: genesis.hash, height: tip.height - 1,
                    appHash: tip.forest.appHash, logSize: tip.log.size, logRoot: tip.log.root,
                    note: ChainNote.encode(start.note.before), block: block, commit: commit, proof: proof.bytes),
                forest: tip.forest, tiles: start.tiles, to: folder)
            return summary(made)
        } catch let failure as NodeFailure {
            throw failure
        } catch let failure as StoreFailure {
            throw .store(failure)
        } catch {
            throw .inconsistent("\(error)")
        }
    }

    /// Begins a ledger folder from a snapshot, after checking that it is of this genesis and that the genesis' validators
    /// signed the header that proves its root.
    package static func `import`(from folder: String, genesis: Genesis, into ledger: String) throws(NodeFailure)
        -> Summary
    {
        do {
            let manifest = try Snapshot.manifest(in: folder)
            guard manifest.chainID.utf8.elementsEqual(genesis.chainID.text.utf8), manifest.genesisHash == genesis.hash
            else { throw NodeFailure.inconsistent("the snapshot is of another ledger than the genesis") }
            var reader = ByteReader(manifest.proof)
            let signed = try SignedHeader(decoding: try reader.part())
            let set = try ValidatorSet(decoding: try reader.part())
            try reader.finish()
            let header = try HeaderStep.begin(
                UnverifiedHeader(signed: signed, validators: set), chainID: genesis.chainID.text,
                trustedValidatorsHash: try genesis.validatorSet().hash)
            guard header.header.height == Int64(manifest.height + 1), header.header.appHash == manifest.appHash.bytes
            else { throw NodeFailure.inconsistent("the snapshot's header does not prove its state") }
            return summary(
                try Snapshot.install(from: folder, into: ledger, stores: StoreName.allCases.map(\.rawValue)))
        } catch let failure as NodeFailure {
            throw failure
        } catch let failure as StoreFailure {
            throw .store(failure)
        } catch {
            throw .inconsistent("the snapshot does not hold: \(error)")
        }
    }

    private static func summary(_ manifest: Snapshot.Manifest) -> Summary {
        Summary(
            height: manifest.height, appHash: manifest.appHash, logSize: manifest.logSize,
            chunkCount: manifest.chunks.count)
    }
}
