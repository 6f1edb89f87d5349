import Consensus
import Cryptography
import LedgerModel
import Synchronization

/// A set of validators whose keys a test holds, and what they can say.
struct Council: Sendable {
    static let chainID = "council-1"
    /// The last block's time.
    static let previousTime = Timestamp(seconds: 1_700_000_000, nanoseconds: 0)
    /// The time of every block of these tests.
    static let blockTime = Timestamp(seconds: 1_700_000_001, nanoseconds: 0)
    static let height: Int64 = 5

    let set: ValidatorSet
    /// In set order.
    let keys: [SigningKey]
    let rotation: ProposerRotation

    init(powers: [Int64]) {
        let keys = powers.indices.map { index in
            (try? SigningKey(.edDSA, secret: [UInt8](repeating: UInt8(index + 1), count: 32)))!
        }
        let publicKeys = keys.map { key in
            guard case .ed25519(let x) = key.publicKey else { preconditionFailure("not an Ed25519 key") }
            return x
        }
        let set =
            (try? ValidatorSet(members: zip(publicKeys, powers).map { Validator(publicKey: $0, votingPower: $1) }))!
        let places = publicKeys.map { set.index(of: Address(ed25519: $0).bytes)! }
        self.set = set
        self.keys = set.members.indices.map { place in keys[places.firstIndex(of: place)!] }
        rotation = ProposerRotation(set)
    }

    init(_ count: Int) { self.init(powers: Array(repeating: 10, count: count)) }

    func machine(
        of own: Int?, recovery: Recovery = Recovery(), timeouts: Timeouts = Timeouts()
    ) -> RoundStateMachine {
        RoundStateMachine(
            height: Self.height, set: set, own: own.map { set.members[$0].address }, rotation: rotation,
            previousTime: Self.previousTime, timeouts: timeouts, recovery: recovery)
    }

    /// The place of a round's proposer.
    func proposer(_ round: Int) -> Int {
        set.index(of: (round == 0 ? rotation : rotation.advanced(by: round)).proposer)!
    }

    func sign(_ message: SignedMessage, by index: Int) -> SignedMessage {
        message.signed(keys[index].sign(message.signBytes(chainID: Self.chainID)))
    }

    /// A signed vote for a block, or for nil.
    func vote(
        _ type: VoteType, _ index: Int, _ round: Int32, _ block: BlockID?, height: Int64 = Self.height
    ) -> Vote {
        let vote = Vote(
            type: type, height: height, round: round, blockID: block ?? BlockID(),
            timestamp: block == nil ? Self.previousTime : Self.blockTime, validator: set.members[index].address,
            validatorIndex: Int32(index), signature: [])
        guard case .vote(let signed) = sign(.vote(vote), by: index) else { preconditionFailure() }
        return signed
    }

    func verified(_ vote: Vote) throws -> VerifiedVote {
        try VerifiedVote(checking: vote, by: set, on: Self.chainID, isValid: SignatureMemory.shared.isValid)
    }

    /// A checked proposal by the round's proposer, or by another.
    func proposal(
        _ round: Int32, _ block: BlockID, polRound: Int32 = -1, polka: [Vote] = [], by index: Int? = nil,
        time: Timestamp = blockTime, height: Int64 = Self.height
    ) throws -> VerifiedProposal {
        let index = index ?? proposer(Int(round))
        let unsigned = BlockProposal(
            height: height, round: round, polRound: polRound, blockID: block, timestamp: time)
        guard case .proposal(let signed) = sign(.proposal(unsigned), by: index) else { preconditionFailure() }
        return try VerifiedProposal(
            checking: signed, polka: polka, from: set.members[index].address, by: set, on: Self.chainID,
            isValid: SignatureMemory.shared.isValid)
    }
}

/// Remembers which signatures were checked: a simulation checks each of them once, not once a receiver.
final class SignatureMemory: Sendable {
    static let shared = SignatureMemory()

    private struct Question: Hashable {
        var signature: [UInt8]
        var message: [UInt8]
        var publicKey: [UInt8]
    }
    private let answers = Mutex<[Question: Bool]>([:])

    var isValid: SignaturePredicate {
        { signature, message, publicKey in
            let question = Question(signature: signature, message: message, publicKey: publicKey)
            if let known = self.answers.withLock({ $0[question] }) { return known }
            let answer = voteSignaturePredicate(signature, message, publicKey)
            self.answers.withLock { $0[question] = answer }
            return answer
        }
    }
}

/// Blocks by a letter: `BlockID.a` is that whose hashes are all "A".
extension BlockID {
    static func named(_ letter: Character) -> BlockID {
        let bytes = [UInt8](repeating: letter.asciiValue!, count: 32)
        return BlockID(hash: bytes, parts: PartSetHeader(total: 1, hash: bytes))
    }
    static let a = named("A")
    static let b = named("B")

    var letter: String { hash.first.map { String(UnicodeScalar($0)) } ?? "nil" }
}
