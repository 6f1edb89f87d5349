import Codec
package import Cryptography

/// A header that the operator knows to be the ledger's: an anchor for whoever begins from a snapshot.
///
/// A new node believes what the validators of genesis, and those that they led to, have signed. Keys of validators that
/// left long ago, and have nothing at stake any more, can sign another past at any time (the long-range attack); nothing
/// in the blocks tells the two apart for somebody who was not there. A header of recent weeks, from somebody who was
/// there, does.
package struct TrustedHeader: Hashable, Sendable, CustomStringConvertible {
    package let height: UInt64
    package let hash: Digest

    package init(height: UInt64, hash: Digest) {
        self.height = height
        self.hash = hash
    }

    /// `HEIGHT:HASH`, the hash as 64 digits of hex.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let height = UInt64(parts[0]), height > 0, height < UInt64(Int64.max),
            let hash = Hex.decode(String(parts[1])).flatMap({ Digest($0) })
        else { return nil }
        self.init(height: height, hash: hash)
    }

    package var description: String { "\(height):\(hash.hex)" }
}
