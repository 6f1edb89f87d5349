import Cryptography

/// Chunks: asked of all who have them, each held against its digest.
extension SnapshotFetch {
    mutating func fetchChunks(_ digests: [Digest], held: Set<UInt32>, at now: UInt64) {
        guard case .judging(let manifest) = phase else { return }
        lastNews = now
        let waiting = (0..<UInt32(digests.count)).filter { !held.contains($0) }
        phase = .chunks(
            Chunks(
                offer: manifest.offer, digests: digests, waiting: waiting.reversed(), missingCount: waiting.count))
        assign(at: now)
    }

    /// Asks for what is waiting, of whoever is asked for the least.
    mutating func assign(at now: UInt64) {
        guard case .chunks(var chunks) = phase else { return }
        guard chunks.missingCount > 0 else {
            phase = .beginning(chunks.offer)
            return effects.append(.begin(chunks.offer))
        }
        let sources = sources(of: chunks.offer.content)
        // Nobody has it any more: what else is there, or who comes back.
        guard !sources.isEmpty else { return choose(at: now) }
        while let index = chunks.waiting.last,
            let peer = sources.filter({ peers[$0]?.asked.count ?? 0 < Self.asksMax })
                .min(by: { peers[$0]?.asked.count ?? 0 < peers[$1]?.asked.count ?? 0 })
        {
            chunks.waiting.removeLast()
            chunks.asked[index] = (peer, now + Self.chunkNanoseconds)
            peers[peer]?.asked.insert(index)
            effects.append(.send(.wantChunk(content: chunks.offer.content, index: index), to: peer))
        }
        phase = .chunks(chunks)
    }

    /// Takes a chunk, late ones too: what was asked of somebody else meanwhile need not come twice.
    mutating func takeChunk(
        _ content: Digest, _ index: UInt32, _ bytes: [UInt8], from sender: NodeID, at now: UInt64
    ) {
        guard case .chunks(var chunks) = phase, chunks.offer.content == content, index < chunks.digests.count else {
            return
        }
        let isMissing = chunks.asked[index] != nil || chunks.waiting.contains(index)
        guard isMissing else { return }
        guard SHA256.hash(bytes) == chunks.digests[Int(index)] else {
            return ban(sender, "chunk \(index) of a snapshot does not hold", at: now)
        }
        lastNews = now
        if let asked = chunks.asked.removeValue(forKey: index) { peers[asked.peer]?.asked.remove(index) }
        peers[sender]?.asked.remove(index)
        chunks.waiting.removeAll { $0 == index }
        chunks.missingCount -= 1
        phase = .chunks(chunks)
        effects.append(.keep(index: index, bytes: bytes))
        assign(at: now)
    }

    /// What a peer was asked for that has it no more is asked of others.
    mutating func passOn(from peer: NodeID, at now: UInt64) {
        guard case .chunks(var chunks) = phase else { return }
        let indices = chunks.asked.filter { $0.value.peer == peer }.keys.sorted()
        for index in indices { chunks.asked[index] = nil }
        chunks.waiting += indices.reversed()
        peers[peer]?.asked = []
        phase = .chunks(chunks)
        assign(at: now)
    }

    mutating func passOverLate(at now: UInt64) {
        guard case .chunks(var chunks) = phase else { return }
        for (index, asked) in chunks.asked.filter({ $0.value.deadline <= now }).sorted(by: { $0.key < $1.key }) {
            chunks.asked[index] = nil
            chunks.waiting.append(index)
            peers[asked.peer]?.asked.remove(index)
            peers[asked.peer]?.lateness += 1
        }
        phase = .chunks(chunks)
        assign(at: now)
    }
}
