package import Cryptography
package import LedgerModel

/// Where a ledger stands.
package struct LedgerStatus: Equatable, Sendable {
    package var chainID: ChainID
    package var genesisHash: Digest
    /// Height of the newest committed header.
    package var height: Height
    /// Lowest block still held.
    package var firstHeight: Height
    /// Block time of the newest header.
    package var time: Timestamp
    /// Hash of the validator set of the newest header.
    package var validatorsHash: Digest
    /// Number of leaves of the record log in the newest executed state.
    package var logSize: UInt64
    /// This node's validator, if it is one.
    package var validator: Address?
    /// Transactions waiting for a block.
    package var pendingCount: Int

    package init(
        chainID: ChainID, genesisHash: Digest, height: Height, firstHeight: Height, time: Timestamp,
        validatorsHash: Digest, logSize: UInt64, validator: Address?, pendingCount: Int
    ) {
        self.chainID = chainID
        self.genesisHash = genesisHash
        self.height = height
        self.firstHeight = firstHeight
        self.time = time
        self.validatorsHash = validatorsHash
        self.logSize = logSize
        self.validator = validator
        self.pendingCount = pendingCount
    }
}

/// What became of a transaction.
package enum TransactionStatus: Equatable, Sendable {
    /// Nobody here has seen it, or it was forgotten after its expiry.
    case unknown
    /// It waits for a block.
    case pending
    /// It stands in a block. Code 0 means that it was carried out, any other that it changed nothing.
    case included(height: Height, index: Int, code: UInt32, log: String)
}

/// A block and the commit that decided it.
package struct CommittedBlock: Sendable {
    package var block: Block
    package var commit: Commit

    package init(block: Block, commit: Commit) {
        self.block = block
        self.commit = commit
    }
}

/// One committed block, as those who wait for something need it.
package struct CommitNotice: Sendable {
    package var height: Height
    package var time: Timestamp
    /// Id and result code of each transaction, in block order.
    package var transactions: [(id: TransactionID, code: UInt32)]
    /// Number of leaves of the record log after this block.
    package var logSize: UInt64

    package init(
        height: Height, time: Timestamp, transactions: [(id: TransactionID, code: UInt32)], logSize: UInt64
    ) {
        self.height = height
        self.time = time
        self.transactions = transactions
        self.logSize = logSize
    }
}

/// What one validator signed of the log after block `height`: all receipts of that block share it (D7).
package struct ReceiptSignature: Equatable, Sendable {
    package var validator: Address
    package var height: Height
    package var treeSize: UInt64
    /// The receipts' protected header, encoded.
    package var protected: [UInt8]
    package var signature: [UInt8]

    package init(validator: Address, height: Height, treeSize: UInt64, protected: [UInt8], signature: [UInt8]) {
        self.validator = validator
        self.height = height
        self.treeSize = treeSize
        self.protected = protected
        self.signature = signature
    }
}
