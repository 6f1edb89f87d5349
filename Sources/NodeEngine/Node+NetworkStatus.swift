import Consensus
package import LedgerAccess
import LedgerModel
import LedgerRuntime
import PeerNetwork

/// What operators see of the network.
extension Node {
    package func network() async throws(LedgerAccessFailure) -> NetworkStatus {
        let seen = replica.overview
        let links = network?.peers() ?? []
        let spoken = Dictionary(uniqueKeysWithValues: seen.peers.map { ($0.node, $0) })
        return NetworkStatus(
            height: Height(UInt64(seen.height)), round: UInt32(clamping: seen.round),
            phase: NetworkStatus.Phase(seen.phase),
            proposer: Address(seen.proposer), power: seen.set.power, prevoted: seen.prevoted,
            precommitted: seen.precommitted, halted: failure.map { "\($0)" }, validators: validators(of: seen),
            peers: links.map { link in
                let peer = spoken[NodeID(link.id)]
                let traffic = Lane.allCases.map { link.traffic[$0] }
                return NetworkStatus.Peer(
                    id: "\(link.id)", address: "\(link.address)", isOutbound: link.isOutbound,
                    connectedSince: link.connectedSince, height: peer.map { Height(UInt64($0.height)) },
                    validator: peer?.validator, roundTrip: link.roundTripNanoseconds.map { $0 / 1_000 },
                    bytesIn: traffic.reduce(0) { $0 + $1.bytesIn }, bytesOut: traffic.reduce(0) { $0 + $1.bytesOut })
            },
            refusals: refusals())
    }

    private func validators(of seen: ReplicaOverview) -> [NetworkStatus.Validator] {
        let state = BlockState(tip.forest)
        let linked = Set(seen.peers.compactMap(\.validator) + [replica.own].compactMap { $0 })
        return seen.set.members.compactMap { member in
            guard let address = Address(member.address) else { return nil }
            let heard = seen.lastHeard[address]
            return NetworkStatus.Validator(
                address: address, operatorName: ValidatorRegistry.entry(address, in: state)?.operatorName ?? "",
                power: member.votingPower, lastHeard: heard.map { Height(UInt64($0)) },
                isMissing: (heard ?? 0) < seen.height - 1
                    || (!linked.contains(address) && seen.silent.contains(address)))
        }
    }

    private func refusals() -> [NetworkStatus.Refusal] {
        let refused = (network?.refusals() ?? []).map {
            NetworkStatus.Refusal(
                id: $0.id.map { "\($0)" }, address: "\($0.address)", reason: $0.reason, time: $0.time, bannedUntil: nil)
        }
        let banned = (network?.bans() ?? []).map {
            NetworkStatus.Refusal(
                id: "\($0.id)", address: nil, reason: $0.reason, time: $0.since, bannedUntil: $0.until)
        }
        return refused + banned
    }
}

extension NetworkStatus.Phase {
    fileprivate init(_ phase: ReplicaOverview.Phase) {
        self =
            switch phase {
            case .askingForLastVotes(let answers): .askingForLastVotes(answers: answers)
            case .catchingUp(let height): .catchingUp(toward: Height(UInt64(height)))
            case .idle: .idle
            case .propose: .propose
            case .prevote: .prevote
            case .precommit: .precommit
            }
    }
}
