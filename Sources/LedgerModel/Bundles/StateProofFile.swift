import Codec

/// A state proof, `application/vnd.vivian.proof+json` (bundles.md): one entry and the headers that it stands under.
package struct StateProofFile: Hashable, Sendable {
    package static let format = "vivian-proof/1"

    package var ledger: LedgerIdentity
    package var headers: [LinkedHeader]
    package var entry: StateEntry

    package init(ledger: LedgerIdentity, headers: [LinkedHeader], entry: StateEntry) {
        self.ledger = ledger
        self.headers = headers
        self.entry = entry
    }

    package func encoded() -> [UInt8] {
        JSON.object(BundleHead.json(format: Self.format, ledger: ledger, headers: headers) + entry.json).serialized()
    }

    /// Reads a file; nothing is said about what it proves.
    package init(decoding bytes: [UInt8]) throws(LedgerModelFailure) {
        let reader = try BundleHead.parse(
            bytes, "state proof", members: BundleHead.members.union(StateEntry.members))
        let head = try BundleHead(reader, format: Self.format)
        self.init(ledger: head.ledger, headers: head.headers, entry: try StateEntry(reader))
    }
}
