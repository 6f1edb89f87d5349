import Consensus
import Cryptography
import LedgerAccess
import LedgerModel
import LedgerRuntime
import PeerNetwork
import StateTree

/// Receipts: what this validator signs of the log, and what the others are asked for (D7).
extension Node {
    /// Who signs receipts of the log after a block: the validators of the next header.
    nonisolated func receiptSubject(_ log: LogState, at height: Height) throws(LedgerAccessFailure) -> ReceiptSubject {
        let set = try validators(at: height.next)
        let state = BlockState(view.newest)
        var signers: [Address: ReceiptSubject.Signer] = [:]
        for member in set.members {
            guard let address = Address(member.address),
                let listing = ValidatorRegistry.entry(address, in: state)?.receiptKeys
                    .first(where: { $0.covers(height) })
            else { continue }
            signers[address] = ReceiptSubject.Signer(key: listing.key, power: member.votingPower)
        }
        return ReceiptSubject(ledger: identity, height: height, log: log, signers: signers, power: set.power)
    }

    /// This validator's own; nil where it has no say, or the registry lists another key.
    nonisolated func ownReceipt(_ subject: ReceiptSubject) -> ReceiptSignature? {
        guard let key = receiptKey, let validator = view.status.validator,
            subject.signers[validator]?.key == key.publicKey
        else { return nil }
        let made = Receipt.signRoot(
            subject.log.root, treeSize: subject.log.size, height: subject.height, ledger: identity,
            validator: validator, key: key)
        return ReceiptSignature(
            validator: validator, height: subject.height, treeSize: subject.log.size, protected: made.protected,
            signature: made.signature)
    }

    nonisolated func askForReceipts(at height: Height) {
        _ = network?.broadcast(ReceiptMessage.ask(height).encoded, lane: .receipts)
    }

    func takeReceipt(_ bytes: [UInt8], from peer: NodeID) {
        switch try? ReceiptMessage(decoding: bytes) {
        case .ask(let height)?: answerReceipt(at: height, to: peer)
        case .answer(let height, let validator, let signature)?:
            receipts.take(height, validator: validator, signature: signature)
        case nil: disconnect(peer, reason: "a receipt message that cannot be read")
        }
    }

    /// Only of states that memory holds: a look-up on disk is not for others to cause.
    private func answerReceipt(at height: Height, to peer: NodeID) {
        guard case .held(_, let forest)? = try? view.source(at: height),
            let bytes = forest.value(StoreName.anchor.rawValue, LogState.key),
            let log = try? LogState(decoding: bytes), let subject = try? receiptSubject(log, at: height),
            let own = ownReceipt(subject)
        else { return }
        let answer = ReceiptMessage.answer(height, validator: own.validator, signature: own.signature)
        _ = network?.send(answer.encoded, lane: .receipts, to: PeerID(peer))
    }
}
