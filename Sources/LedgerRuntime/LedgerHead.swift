import Codec
package import Cryptography
package import LedgerModel

/// Where a revision of the ledger ended, as the genesis of the next one names it (D23).
///
/// In that genesis the member `continues`: {`appHash` hex, `chainId`, `genesisHash` hex, `height` decimal, `logRoot` hex,
/// `logSize` decimal}. Block numbers and the record log go on from here.
package struct LedgerHead: Equatable, Sendable {
    package var ledger: LedgerIdentity
    /// Of the last block, at least 1.
    package var height: Height
    /// Of the state after it.
    package var appHash: Digest
    /// The record log after it.
    package var logSize: UInt64
    package var logRoot: Digest

    package init(ledger: LedgerIdentity, height: Height, appHash: Digest, logSize: UInt64, logRoot: Digest) {
        self.ledger = ledger
        self.height = height
        self.appHash = appHash
        self.logSize = logSize
        self.logRoot = logRoot
    }

    var json: JSON {
        [
            "appHash": .string(appHash.hex), "chainId": .string(ledger.chainID.text),
            "genesisHash": .string(ledger.genesisHash.hex), "height": .string(String(height.value)),
            "logRoot": .string(logRoot.hex), "logSize": .string(String(logSize)),
        ]
    }

    init?(_ node: JSONNode) {
        guard let chainID = node["chainId"]?.string.flatMap({ try? ChainID($0) }),
            let genesisHash = Self.digest(node["genesisHash"]), let appHash = Self.digest(node["appHash"]),
            let height = node["height"]?.string.flatMap(UInt64.init), 1..<UInt64(Int64.max) ~= height,
            let logSize = node["logSize"]?.string.flatMap(UInt64.init), let logRoot = Self.digest(node["logRoot"])
        else { return nil }
        self.init(
            ledger: LedgerIdentity(chainID: chainID, genesisHash: genesisHash), height: Height(height),
            appHash: appHash, logSize: logSize, logRoot: logRoot)
    }

    private static func digest(_ node: JSONNode?) -> Digest? {
        node?.string.flatMap(Hex.decode).flatMap { Digest($0) }
    }
}
