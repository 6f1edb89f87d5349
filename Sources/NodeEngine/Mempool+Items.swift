import LedgerModel

extension Mempool {
    /// A transaction as the pool looks at it.
    struct Item: Sendable {
        var id: TransactionID
        var bytes: [UInt8]
        /// Nanoseconds since 1970.
        var validUntil: UInt64
        var payer: AccountID
        var fee: Amount
        /// Its place in a row of its account's, where it has one.
        var place: Place?

        /// Where a transaction stands in a row.
        struct Place: Hashable, Sendable {
            var row: Row
            var number: UInt64
        }

        /// Transactions that only hold in order.
        enum Row: Hashable, Sendable {
            case sequences(AccountID)
            case anchors(AccountID)
        }
    }

    /// What became of a transaction.
    enum Insertion: Equatable, Sendable {
        /// It waits, in the place of others.
        case inserted(evicted: [TransactionID])
        /// It waits already.
        case known
        case refused(Refusal)
    }

    enum Refusal: Equatable, Sendable {
        /// Nothing that pays less for a byte could make room.
        case full
        /// The account has its share.
        case accountFull
        /// The account's waiting fees exceed its balance.
        case feesExceedBalance
        /// Another one with this number waits, and pays as much for a byte.
        case outbid
        /// A sequence before it is missing.
        case sequenceGap

        /// What it means and what to do, for people.
        var text: String {
            switch self {
            case .full: "more transactions wait than the node may hold, and none of them pays less"
            case .accountFull: "as many transactions of this account wait as may"
            case .feesExceedBalance: "the account cannot pay the fees of all its transactions that wait"
            case .outbid: "another transaction with this number waits: pay more for a byte to replace it"
            case .sequenceGap: "a sequence before this one is missing"
            }
        }
    }
}

extension Mempool.Item {
    init(_ transaction: SignedTransaction) {
        let body = transaction.body
        id = transaction.id
        bytes = transaction.encoded
        validUntil = body.validUntil
        payer = body.feePayer
        fee = body.fee
        place = Self.place(in: body)
    }

    private static func place(in body: TransactionBody) -> Place? {
        if let sequence = body.sequence { return Place(row: .sequences(body.feePayer), number: sequence) }
        for case .anchor(let anchor) in body.messages {
            return Place(row: .anchors(anchor.issuer), number: anchor.first)
        }
        return nil
    }
}
