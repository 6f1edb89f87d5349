import LedgerModel

/// What a log and a signer in another process say together.
///
/// Whatever is asked of such a signer is noted in the log first, without its signature, and is on disk before the request
/// leaves (D17). So the signer has never signed anything later than the log's last note, unless the log is a restored
/// backup (D23).
extension Recovery {
    /// Takes the log's next record of what was signed; an answer takes the place of its note.
    package mutating func add(_ state: SignState) {
        guard let message = state.message,
            let index = signatures.firstIndex(where: { $0.message?.unsigned == message.unsigned })
        else { return signatures.append(state) }
        // A note that was written again after a restart says nothing new.
        if !message.signature.isEmpty { signatures[index] = state }
    }

    /// Holds the log against what the signer signed last.
    ///
    /// Of the log's last note the signature may be the signer's alone; it is taken over. Of a later one the log is a
    /// restored backup: then it bars everything through that height, as the start rule does.
    /// - Returns: the height, where it bars.
    package mutating func join(_ signed: SignState?, decided: Int64) -> Int64? {
        guard let signed, signed.height > decided else { return nil }
        let place = (signed.height, signed.round, signed.step)
        if let last = lastSignature {
            if (last.height, last.round, last.step) > place { return nil }
            if (last.height, last.round, last.step) == place, last.message?.unsigned == signed.message?.unsigned {
                add(signed)
                return nil
            }
        }
        self = Recovery(signatures: [.barring(through: signed.height)])
        return signed.height
    }
}
