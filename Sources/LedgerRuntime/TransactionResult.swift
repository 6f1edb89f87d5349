import Codec
package import Cryptography
package import LedgerModel
import Proofs

/// What became of one transaction of a block.
///
/// Any code but 0 means that it changed nothing; from the first message on it has used up its right to run and paid its
/// fee all the same, but for `vectorGasBlock`.
package struct TransactionResult: Equatable, Sendable {
    /// Result codes; they are part of the ledger's history, so a number never changes its meaning.
    package enum Code: UInt32, Sendable {
        case ok = 0
        case accountUnknown = 1
        case expired = 2
        case expiryTooFar = 3
        case duplicate = 4
        case tooManyPending = 5
        case sequenceMismatch = 6
        case notTheSigner = 7
        case notInTheseRules = 8
        case anchorSize = 10
        case anchorNotNext = 11
        case recordExists = 12
        case recordUnknown = 13
        case notTheIssuer = 14
        case recordErased = 15
        case keyExists = 20
        case keyUnknown = 21
        case tooManyKeys = 22
        case lastKey = 23
        case keyEndInThePast = 24
        case tooManyMessages = 25
        case accountExists = 26
        case schemaExists = 30
        case schemaNotNext = 31
        case feeTooSmall = 40
        case balanceTooSmall = 41
        case recipientUnknown = 42
        case notTheAuthority = 50
        case validatorUnknown = 51
        case validatorConvicted = 52
        case noValidatorLeft = 53
        case validatorSetInvalid = 54
        case receiptKeyTaken = 55
        case collectionExists = 60
        case collectionUnknown = 61
        case collectionInvalid = 62
        case tooManyCollections = 63
        case collectionFull = 64
        case vectorBatchSize = 65
        case vectorInvalid = 66
        case vectorNorm = 67
        case vectorNotPermitted = 68
        case vectorUnknown = 69
        case vectorGasTransaction = 70
        case vectorGasBlock = 71
        case registryExists = 80
        case registryNotNext = 81
        case registryEdgeUnknown = 82
        case registryEdgeWithdrawn = 83
        case registryUnknown = 84
        case registryWithdrawn = 85

        /// Whether it is the last word: else the next block may carry the same transaction out.
        package var isFinal: Bool { self != .vectorGasBlock }

        /// What it means and what to do, for people.
        package var text: String {
            switch self {
            case .ok: "carried out"
            case .accountUnknown: "the account does not exist on this ledger"
            case .expired: "validUntil has passed: sign it again with a later one"
            case .expiryTooFar: "validUntil is more than 10 minutes ahead of the block"
            case .duplicate: "this transaction was carried out before"
            case .tooManyPending:
                "too many unordered transactions of this account at once: wait a minute, or use sequences"
            case .sequenceMismatch: "the sequence is not the account's next one"
            case .notTheSigner: "a message is for an account that did not sign"
            case .notInTheseRules: "the ledger's rules do not have what this transaction asks for"
            case .anchorSize: "an anchor holds 1 to 10,000 records"
            case .anchorNotNext: "the first number is not the issuer's next one"
            case .recordExists: "a record id is on the ledger already"
            case .recordUnknown: "no such record id"
            case .notTheIssuer: "only the record's issuer may do this"
            case .recordErased: "the record is marked as erased already"
            case .keyExists: "the account lists this key already"
            case .keyUnknown: "the account lists no open key with this thumbprint"
            case .tooManyKeys: "the account lists as many keys as it may"
            case .lastKey: "an account keeps at least one open key"
            case .keyEndInThePast: "a key cannot end before the block that says so"
            case .tooManyMessages: "too many messages in one transaction"
            case .accountExists: "the account exists already"
            case .schemaExists: "this version of the schema is on the ledger with another digest or media type"
            case .schemaNotNext: "the version is not the schema's next one"
            case .feeTooSmall: "the fee is below the ledger's least one"
            case .balanceTooSmall: "the account does not have that much"
            case .recipientUnknown: "the recipient does not exist on this ledger"
            case .notTheAuthority: "only the authority named in genesis may change the validators"
            case .validatorUnknown: "who is to leave is not in the set of validators"
            case .validatorConvicted: "the key has misbehaved and can never be a validator's again"
            case .noValidatorLeft: "nobody would be left in the set of validators"
            case .validatorSetInvalid: "the set would be too large or have too much power"
            case .receiptKeyTaken: "a receipt key is another validator's"
            case .collectionExists: "the account has a collection of this name"
            case .collectionUnknown: "there is no collection of this number"
            case .collectionInvalid: "a collection's metric, policy, dimension, scale, quota or norm is out of range"
            case .tooManyCollections: "the account or the ledger has as many collections as it may"
            case .collectionFull: "the collection holds as many vectors as its quota allows"
            case .vectorBatchSize: "one message holds 1 to 1,000 vectors"
            case .vectorInvalid: "a vector has another dimension than the collection, or a component of -128"
            case .vectorNorm: "a vector is longer or shorter than the collection takes"
            case .vectorNotPermitted: "only who put a vector and the collection's owner may do this"
            case .vectorUnknown: "a subject has no vector in the collection"
            case .vectorGasTransaction: "the vectors take more work than one transaction may: send fewer at once"
            case .vectorGasBlock:
                "the block had no room left for the work of these vectors: it may still be carried out"
            case .registryExists: "this version is in the registry with another card: publish the next one"
            case .registryNotNext: "the version is not the subject's next one"
            case .registryEdgeUnknown: "an edge leads to a version that is not in the registry"
            case .registryEdgeWithdrawn: "an edge leads to a version that was withdrawn"
            case .registryUnknown: "there is no such version in the registry"
            case .registryWithdrawn: "the version was withdrawn before"
            }
        }
    }

    package var id: TransactionID
    package var code: Code

    package init(id: TransactionID, code: Code) {
        self.id = id
        self.code = code
    }

    /// CometBFT's root over the results of a block: the next header's `last_results_hash`.
    package static func root(of results: [TransactionResult]) -> Digest {
        SimpleMerkle.root(
            of: results.map { result in
                var writer = ProtobufWriter()
                writer.unsigned(1, UInt64(result.code.rawValue))
                return writer.bytes
            })
    }
}
