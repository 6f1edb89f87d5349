import Consensus
import LedgerModel

/// Who validates when: the genesis set, and the changes that marked blocks name.
///
/// What a block names comes into force two heights later, as in CometBFT.
struct SetPlan {
    private(set) var changes: [(height: Int64, set: ValidatorSet)]

    init(genesis: ValidatorSet) { changes = [(0, genesis)] }

    var genesis: ValidatorSet { changes[0].set }

    mutating func add(_ set: ValidatorSet, at height: Int64) { changes.append((height, set)) }

    /// The set that executing the block of a height names.
    func named(by height: Int64) -> ValidatorSet { changes.last { $0.height <= height }!.set }

    /// The set in force at a height.
    func inForce(at height: Int64) -> ValidatorSet { named(by: max(height - 2, 0)) }

    /// Who proposes the rounds of a height: as CometBFT's `updateState` moves the priorities, height by height.
    func rotation(at height: Int64) -> ProposerRotation {
        var rotation = ProposerRotation(genesis)
        var place: Int64 = 1
        while place < height {
            place += 1
            if inForce(at: place) != inForce(at: place - 1) { rotation.update(to: inForce(at: place)) }
            rotation.advance(by: 1)
        }
        return rotation
    }

    var sets: [ValidatorSet] { changes.map(\.set) }
}
