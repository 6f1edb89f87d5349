import Cryptography

/// What is decided of the answers.
extension SnapshotFetch {
    /// Decides once enough have answered.
    mutating func decide(at now: UInt64) {
        let answers = peers.values.compactMap(\.offers)
        let isSilent = now >= lastNews + settings.silenceNanoseconds
        let isSettled = firstAnswer.map { now >= $0 + settings.settleNanoseconds } ?? false
        guard answers.count >= settings.peersExpected || isSettled || isSilent else { return }
        if answers.isEmpty {
            if isSilent || settings.peersExpected == 0 { finish(.blocks(.silence)) }
            return
        }
        if let reason = reasonForBlocks(answers) { return finish(.blocks(reason)) }
        if let offer = best() { return begin(offer, at: now) }
        // Whoever holds the next block leads on, slowly; where nobody does, somebody may offer something yet.
        if answers.contains(where: { $0.holds(settings.height + 1) }) || isSilent { finish(.blocks(.noOffer)) }
    }

    /// Why block by block is the way, whatever is offered.
    ///
    /// A ledger that is here is left behind only where no peer holds the block after its last one.
    private func reasonForBlocks(_ answers: [SnapshotOffers]) -> Reason? {
        let newest = answers.map(\.newest).max() ?? 0
        guard newest > settings.height else { return .isNear }
        guard answers.contains(where: { $0.holds(settings.height + 1) }) else { return nil }
        if settings.height > 0 { return .nextBlockIsHeld }
        return newest - settings.height > settings.blocksMin ? nil : .isNear
    }

    /// The next content, of the one that several offer the highest, or else the highest.
    ///
    /// What lies here in part comes first; nothing counts from which nobody leads on.
    private func best() -> SnapshotOffer? {
        var counts: [Digest: Int] = [:]
        var offers: [Digest: SnapshotOffer] = [:]
        for peer in peers.keys.sorted() {
            guard let held = peers[peer], held.lateness < Self.latenessMax else { continue }
            for offer in held.offers?.offers ?? [] where isUsable(offer) {
                counts[offer.content, default: 0] += 1
                offers[offer.content] = offers[offer.content] ?? offer
            }
        }
        if let preferred = settings.preferred.flatMap({ offers[$0] }) { return preferred }
        return offers.values.max { left, right in
            let (one, two) = (counts[left.content] ?? 0, counts[right.content] ?? 0)
            return (min(one, 2), left.height, one, left.content) < (min(two, 2), right.height, two, right.content)
        }
    }

    private func isUsable(_ offer: SnapshotOffer) -> Bool {
        offer.height > settings.height && offer.manifestBytes <= Self.manifestBytesMax
            && !refusedContents.contains(offer.content)
            && peers.values.contains { $0.offers?.holds(offer.height + 1) == true }
    }

    /// Takes the next offer, or asks again where there is none.
    ///
    /// Where only peers are left that were late, they get another chance, a few times: a server that is busy drops what it is
    /// asked for.
    mutating func choose(at now: UInt64) {
        if let offer = best() { return begin(offer, at: now) }
        if pardons < Self.pardonsMax, peers.values.contains(where: { $0.lateness >= Self.latenessMax }) {
            pardons += 1
            for peer in peers.keys { peers[peer]?.lateness = 0 }
            if let offer = best() { return begin(offer, at: now) }
        }
        phase = .asking
        decide(at: now)
    }

    // MARK: The manifest

    private mutating func begin(_ offer: SnapshotOffer, at now: UInt64) {
        guard let source = sources(of: offer.content).first,
            let own = peers[source]?.offers?.offers.first(where: { $0.content == offer.content })
        else { return finish(.blocks(.noOffer)) }
        phase = .manifest(Manifest(offer: own, source: source, deadline: now + Self.partNanoseconds))
        effects.append(.send(.wantManifest(content: own.content, part: 0), to: source))
    }

    mutating func takePart(_ content: Digest, _ part: UInt32, _ bytes: [UInt8], from sender: NodeID, at now: UInt64) {
        guard case .manifest(var manifest) = phase, manifest.source == sender, manifest.offer.content == content,
            manifest.nextPart == part
        else { return }
        guard bytes.count == manifest.offer.byteCount(ofPart: part) else {
            return ban(sender, "a part of a snapshot's manifest that is not as long as was said", at: now)
        }
        lastNews = now
        manifest.bytes += bytes
        manifest.nextPart += 1
        manifest.deadline = now + Self.partNanoseconds
        guard manifest.nextPart == manifest.offer.manifestParts else {
            phase = .manifest(manifest)
            return effects.append(.send(.wantManifest(content: content, part: manifest.nextPart), to: sender))
        }
        phase = .judging(manifest)
        effects.append(.judge(manifest: manifest.bytes, of: manifest.offer))
    }

    /// The manifest is its sender's own; another one of the same content may hold.
    mutating func refuseManifest(_ reason: String, at now: UInt64) {
        guard case .judging(let manifest) = phase else { return }
        phase = .asking
        ban(manifest.source, "a snapshot's manifest that does not hold: \(reason)", at: now)
        choose(at: now)
    }

    /// The content is that of all who offer it.
    mutating func refuseContent(_ reason: String, at now: UInt64) {
        guard case .beginning(let offer) = phase else { return }
        refusedContents.insert(offer.content)
        phase = .asking
        let liars = peers.filter { $0.value.offers?.offers.contains { $0.content == offer.content } == true }
        for peer in liars.keys.sorted() { ban(peer, "a snapshot that does not hold: \(reason)", at: now) }
        choose(at: now)
    }
}
