import LedgerModel
package import Proofs

extension TendermintClient {
    /// Checks that the foreign ledger's state of a height holds `value` at a path, or nothing where it is nil.
    ///
    /// The path is [store, key], or longer where there are more trees; the height is that of the header whose app_hash
    /// the proof leads to.
    package func verify(
        _ value: [UInt8]?, at path: [[UInt8]], height: ClientHeight, proof: MerkleProof
    ) throws(ClientFailure) {
        let client = try activeClient()
        guard height <= client.latestHeight else { throw .notYetKnown(height) }
        guard value != [] else { throw .message("an empty value") }
        try Self.verify(value, at: path, proof: proof, root: try consensusState(height).root, client)
    }

    static func verify(
        _ value: [UInt8]?, at path: [[UInt8]], proof: MerkleProof, root: [UInt8], _ client: ClientState
    ) throws(ClientFailure) {
        var specs: [ProofSpec] = []
        for published in client.proofSpecs {
            guard let spec = published.known else { throw .clientState("a proof spec of an unknown tree") }
            specs.append(spec)
        }
        do throws(ProofFailure) {
            try ICS23.verifyPath(root: root, specs: specs, path: path, value: value, proof: proof)
        } catch {
            throw .proof(error)
        }
    }
}
