import Codec
import Cryptography
package import LedgerModel

/// What a signer keeps on its disk: for which ledger its key signs, and what it signed last.
///
/// As bytes three parts: chain id and genesis hash, both empty before the first ledger; then the ``SignState``, empty
/// before the first signature.
package struct SignerRecord: Hashable, Sendable {
    package var ledger: LedgerIdentity?
    package var last: SignState?

    package init(ledger: LedgerIdentity? = nil, last: SignState? = nil) {
        self.ledger = ledger
        self.last = last
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.part(Array((ledger?.chainID.text ?? "").utf8))
        writer.part(ledger?.genesisHash.bytes ?? [])
        writer.part(last?.encoded ?? [])
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(ConsensusFault) {
        var reader = ByteReader(bytes)
        guard let chain = try? reader.part(), let genesis = try? reader.part(), let last = try? reader.part(),
            reader.remaining == 0
        else { throw .malformed }
        if !chain.isEmpty || !genesis.isEmpty {
            guard let text = String(validating: chain, as: UTF8.self), let chainID = try? ChainID(text),
                let hash = Digest(genesis)
            else { throw .malformed }
            ledger = LedgerIdentity(chainID: chainID, genesisHash: hash)
        }
        if !last.isEmpty { self.last = try SignState(decoding: last) }
    }
}
