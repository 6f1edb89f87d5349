/// Where the ledger stands.
public struct StatusAnswer: GatewayAnswer {
    /// The chain's id.
    public let chainID: String
    /// Hex, as all hashes.
    public let genesisHash: String
    /// The block height.
    public let height: UInt64
    /// The first block that is still held.
    public let firstHeight: UInt64
    /// The newest block's, RFC 3339.
    public let time: String
    /// The hash by which trust begins.
    public let validatorsHash: String
    /// Entries of the record log, the genesis among them.
    public let logSize: UInt64
    /// This node's own address, where it is a validator.
    public let validator: String?
    /// Transactions on their way into a block.
    public let pendingTransactions: Int
    /// The gateway's program.
    public let version: String
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        chainID = try reader.text("chainId")
        genesisHash = try reader.text("genesisHash")
        height = try reader.number("height")
        firstHeight = try reader.number("firstHeight")
        time = try reader.text("time")
        validatorsHash = try reader.text("validatorsHash")
        logSize = try reader.number("logSize")
        validator = reader.optionalText("validator")
        pendingTransactions = try reader.count("pendingTransactions")
        version = try reader.text("version")
        json = reader.json
    }
}

/// One key of the ledger's state, without a proof.
public struct StateAnswer: GatewayAnswer {
    /// The block after which the state is meant.
    public let height: UInt64
    /// The store's name.
    public let store: String
    /// The key in that store.
    public let key: [UInt8]
    /// Nil where the key is absent.
    public let value: [UInt8]?
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        height = try reader.number("stateHeight")
        store = try reader.text("store")
        key = try reader.bytes("key")
        value = try reader.optionalBytes("value")
        json = reader.json
    }
}

/// One block.
public struct BlockAnswer: GatewayAnswer {
    /// One of its transactions.
    public struct Item: Hashable, Sendable {
        /// Nil where its bytes are no transaction.
        public let id: String?
        /// The transaction as it was signed.
        public let bytes: [UInt8]
    }

    /// The block height.
    public let height: UInt64
    /// Hex, as all hashes.
    public let hash: String
    /// RFC 3339, UTC with nine decimals.
    public let time: String
    /// The root of the state that the header commits to.
    public let appHash: String
    /// The proposer's address.
    public let proposer: String
    /// In the order of the block.
    public let transactions: [Item]
    /// Header and commit (CometBFT's SignedHeader).
    public let signedHeader: [UInt8]
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        height = try reader.number("height")
        hash = try reader.text("hash")
        time = try reader.text("time")
        appHash = try reader.text("appHash")
        proposer = try reader.text("proposer")
        var items: [Item] = []
        for item in try reader.objects("transactions") {
            items.append(Item(id: item.optionalText("id"), bytes: try item.bytes("bytes")))
        }
        transactions = items
        signedHeader = try reader.bytes("signedHeader")
        json = reader.json
    }
}

/// What became of a transaction.
public struct TransactionAnswer: GatewayAnswer {
    /// Its id, hex.
    public let id: String
    /// Whether it stands in a block; else it is on its way.
    public let isIncluded: Bool
    /// The block height.
    public let height: UInt64?
    /// Its place in the block.
    public let index: UInt64?
    /// 0 where it had its effect.
    public let code: UInt64?
    /// Why it had none, in words.
    public let log: String?
    /// The answer as it came.
    public let json: [UInt8]

    init(_ reader: AnswerReader) throws(GatewayFailure) {
        id = try reader.text("id")
        isIncluded = try reader.text("state") == "included"
        height = reader.optionalNumber("height")
        index = reader.optionalNumber("index")
        code = reader.optionalNumber("code")
        log = reader.optionalText("log")
        json = reader.json
    }
}
