import Codec
import Cryptography
import LedgerModel
import Proofs

/// Receipts of distinct validators of the header over the log state, with keys that the registry lists.
enum ReceiptCheck {
    /// - Returns: the operators that the registry names.
    static func run(
        _ bundle: RecordBundle, entry: Digest, _ headers: HeaderChain, _ report: inout VerificationReport
    ) throws(Refusal) -> Set<String> {
        guard let header = headers.header(bundle.logState.stateHeight.next) else {
            throw Refusal("logState: no header")
        }
        let set = header.validators
        var signers = Set<[UInt8]>()
        var operators = Set<String>()
        var power: Int64 = 0
        for (index, (bytes, registry)) in zip(bundle.receipts, bundle.receiptKeys).enumerated() {
            let what = "receipt \(index)"
            let receipt: Receipt
            do { receipt = try Receipt.decode(bytes) } catch { throw Refusal("\(what): \(error)") }
            try require(
                receipt.chainID.utf8.elementsEqual(bundle.ledger.chainID.text.utf8)
                    && receipt.genesisHash == bundle.ledger.genesisHash
                    && receipt.height == bundle.logState.stateHeight,
                "\(what): made for another ledger or height than logState's")
            try require(
                LogInclusion(leafIndex: receipt.leafIndex, treeSize: receipt.treeSize, path: receipt.path)
                    == bundle.log,
                "\(what): its inclusion proof is not that of log")
            let (key, address, name) = try registered(registry, receipt, bundle, what)
            guard let member = set.index(of: address) else {
                throw Refusal("\(what): its signer is not a validator of header \(header.header.height)")
            }
            try require(signers.insert(address).inserted, "\(what): a second one by the same validator")
            try require(receipt.isSigned(by: key, entry: entry), "\(what): the signature does not hold")
            operators.insert(name)
            power += set.members[member].votingPower
        }
        if !signers.isEmpty {
            report.holds.append(
                "receipts: \(signers.count) of \(set.members.count) validators, power \(power) of \(set.power)")
        }
        return operators
    }

    /// The receipt key with the receipt's kid in a validator's registry entry; its address and operator.
    private static func registered(
        _ entry: StateEntry, _ receipt: Receipt, _ bundle: RecordBundle, _ what: String
    ) throws(Refusal) -> (COSEKey, [UInt8], String) {
        guard entry.store == StoreName.staking.rawValue, let value = entry.value else {
            throw Refusal("\(what): its key is not proven by store staking")
        }
        let validator: ValidatorEntry
        do { validator = try ValidatorEntry(decoding: value) } catch { throw Refusal("\(what): \(error)") }
        let address = Address(ed25519: validator.consensusKey)
        try require(
            entry.key == ValidatorEntry.key(address), "\(what): the registry entry is not under its validator's key")
        try require(
            entry.stateHeight >= bundle.logState.stateHeight, "\(what): the registry entry is older than logState")
        guard let listing = validator.receiptKeys.first(where: { $0.key.thumbprint == receipt.keyThumbprint }) else {
            throw Refusal("\(what): its key is not listed")
        }
        try require(
            validator.receiptKeys.contains {
                $0.key == listing.key && $0.covers(bundle.logState.stateHeight)
            }, "\(what): its key is not listed for height \(bundle.logState.stateHeight)")
        return (listing.key, address.bytes, validator.operatorName)
    }
}
