package import Cryptography

/// How a node that has no ledger, or one that nobody can lead on from, begins from another node's state: whom to ask, what
/// is believed, whom to ask no more, and when to follow block by block instead.
///
/// A pure state machine: the host sends what it says, keeps the chunks, judges a manifest (its headers must lead from
/// genesis' validators) and begins the ledger (its roots must come out). Times are nanoseconds of a steady clock.
///
/// 1. *Asking.* Every peer is asked what it offers and which blocks it holds. Once all that are expected have answered, or
///    ``Settings/settleNanoseconds`` after the first, the decision falls.
/// 2. *Manifest.* Of one peer at a time. Contents are the same on all honest nodes, manifests are not.
/// 3. *Chunks.* Of every peer that offers the content, ``asksMax`` at a time each; a chunk counts when its digest is the
///    manifest's. Who sends another one is banned. Who is late is passed over.
/// 4. *Beginning.* Where the roots do not come out, all who offer the content are banned, and the next one is taken.
///
/// What is bounded: each refusal takes a peer or a content away, and without a chunk that holds for
/// ``Settings/silenceNanoseconds`` it ends with what is there, which is to follow block by block.
package struct SnapshotFetch: Sendable {
    /// Chunks asked of one peer at a time: the next is on its way while one is written.
    static let asksMax = 2
    /// A chunk must come in 30 s: 140 KB/s, as slow as CometBFT lets a peer of block sync be.
    static let chunkNanoseconds: UInt64 = 30_000_000_000
    /// A part of a manifest, which is a quarter of a chunk, in 15 s.
    static let partNanoseconds: UInt64 = 15_000_000_000
    /// Late chunks after which a peer is passed over.
    static let latenessMax = 3
    /// Chances for those who were late: of what a busy server drops, four in a row are hardly ever an honest one's.
    static let pardonsMax = 3
    /// Above it a manifest is none: 256 changes of a set of 100 validators and a million chunks fit.
    static let manifestBytesMax: UInt32 = 64 << 20

    package struct Settings: Sendable {
        /// The last block that this node holds; 0 for none.
        package var height: UInt64
        /// Peers that are known to be there: once all have answered nobody is waited for.
        package var peersExpected: Int
        /// Blocks behind which a new node follows from its genesis.
        package var blocksMin: UInt64
        /// From the first answer to the decision.
        package var settleNanoseconds: UInt64
        /// Time without anything new after which this node goes on with what it has.
        package var silenceNanoseconds: UInt64
        /// A content whose chunks lie here from a start that was interrupted.
        package var preferred: Digest?

        /// Fewer blocks than this are executed in the time that a snapshot takes to be fetched and taken in.
        package static let blocksMinDefault: UInt64 = 1_000
        /// What slow links need to be made after the first one.
        package static let settleNanosecondsDefault: UInt64 = 3_000_000_000
        package static let silenceNanosecondsDefault: UInt64 = 10_000_000_000

        package init(
            height: UInt64, peersExpected: Int, blocksMin: UInt64 = blocksMinDefault,
            settleNanoseconds: UInt64 = settleNanosecondsDefault,
            silenceNanoseconds: UInt64 = silenceNanosecondsDefault, preferred: Digest? = nil
        ) {
            self.height = height
            self.peersExpected = peersExpected
            self.blocksMin = blocksMin
            self.settleNanoseconds = settleNanoseconds
            self.silenceNanoseconds = silenceNanoseconds
            self.preferred = preferred
        }
    }

    package enum Input: Sendable {
        case connected(NodeID)
        case disconnected(NodeID)
        case received(SnapshotMessage, from: NodeID)
        /// The manifest holds: the digests of all chunks, and which of them lie here already.
        case manifestHolds([Digest], held: Set<UInt32>)
        case manifestRefused(reason: String)
        /// The ledger stands on the snapshot now; or its roots do not come out.
        case begun
        case beginningRefused(reason: String)
        /// About once a second.
        case tick
    }

    package enum Effect: Equatable, Sendable {
        case send(SnapshotMessage, to: NodeID)
        /// Hold a manifest against the genesis, its content and the operator's anchor, and answer.
        case judge(manifest: [UInt8], of: SnapshotOffer)
        /// Keep a chunk that holds.
        case keep(index: UInt32, bytes: [UInt8])
        /// All chunks are kept: begin the ledger from them, and answer.
        case begin(SnapshotOffer)
        case ban(NodeID, reason: String)
        /// The end.
        case finish(Outcome)
    }

    package enum Outcome: Equatable, Sendable {
        /// The ledger stands on the state after a block.
        case begun(height: UInt64)
        /// Follow block by block, and why.
        case blocks(Reason)
    }

    package enum Reason: Equatable, Sendable {
        /// Nobody is far enough ahead.
        case isNear
        /// The next block is held by a peer, and this node has a ledger.
        case nextBlockIsHeld
        /// Nobody offers anything that holds.
        case noOffer
        /// Nobody answers any more.
        case silence
    }

    struct Peer {
        var offers: SnapshotOffers?
        /// Chunks that it was asked for.
        var asked: Set<UInt32> = []
        var lateness = 0
    }

    struct Manifest {
        var offer: SnapshotOffer
        var source: NodeID
        var bytes: [UInt8] = []
        var nextPart: UInt32 = 0
        var deadline: UInt64
    }

    struct Chunks {
        var offer: SnapshotOffer
        var digests: [Digest]
        /// Chunks that nobody was asked for, the next one last.
        var waiting: [UInt32]
        var asked: [UInt32: (peer: NodeID, deadline: UInt64)] = [:]
        var missingCount: Int
    }

    enum Phase {
        case asking
        case manifest(Manifest)
        case judging(Manifest)
        case chunks(Chunks)
        case beginning(SnapshotOffer)
        case finished
    }

    let settings: Settings
    var phase = Phase.asking
    var peers: [NodeID: Peer] = [:]
    /// Peers that are asked no more.
    var refused: Set<NodeID> = []
    /// Contents that do not hold.
    var refusedContents: Set<Digest> = []
    /// How often all who were late have got another chance; each of them takes ``partNanoseconds`` of it.
    var pardons = 0
    var firstAnswer: UInt64?
    /// When something new came last.
    var lastNews: UInt64
    var effects: [Effect] = []

    package init(_ settings: Settings, at now: UInt64) {
        self.settings = settings
        lastNews = now
    }

    /// How far the chunks are, for whoever waits.
    package var progress: (kept: Int, count: Int)? {
        guard case .chunks(let chunks) = phase else { return nil }
        return (chunks.digests.count - chunks.missingCount, chunks.digests.count)
    }

    /// What is to be done now.
    package mutating func receive(_ input: Input, at now: UInt64) -> [Effect] {
        if case .finished = phase { return [] }
        switch input {
        case .connected(let peer): connected(peer)
        case .disconnected(let peer): lost(peer, at: now)
        case .received(let message, let sender): take(message, from: sender, at: now)
        case .manifestHolds(let digests, let held): fetchChunks(digests, held: held, at: now)
        case .manifestRefused(let reason): refuseManifest(reason, at: now)
        case .begun: if case .beginning(let offer) = phase { finish(.begun(height: offer.height)) }
        case .beginningRefused(let reason): refuseContent(reason, at: now)
        case .tick: tick(at: now)
        }
        defer { effects = [] }
        return effects
    }

    mutating func finish(_ outcome: Outcome) {
        phase = .finished
        effects.append(.finish(outcome))
    }

    /// Asks a peer no more.
    mutating func ban(_ peer: NodeID, _ reason: String, at now: UInt64) {
        refused.insert(peer)
        effects.append(.ban(peer, reason: reason))
        lost(peer, at: now)
    }

    /// Peers that offer a content and have not been found wanting, in the order of their names.
    func sources(of content: Digest) -> [NodeID] {
        peers.filter { _, peer in
            peer.lateness < Self.latenessMax && peer.offers?.offers.contains { $0.content == content } == true
        }.keys.sorted()
    }

    // MARK: Peers

    private mutating func connected(_ peer: NodeID) {
        guard !refused.contains(peer) else { return }
        peers[peer] = Peer()
        effects.append(.send(.ask, to: peer))
    }

    private mutating func lost(_ peer: NodeID, at now: UInt64) {
        guard peers.removeValue(forKey: peer) != nil else { return }
        switch phase {
        case .manifest(let manifest) where manifest.source == peer: choose(at: now)
        case .chunks: passOn(from: peer, at: now)
        default: break
        }
    }

    private mutating func take(_ message: SnapshotMessage, from sender: NodeID, at now: UInt64) {
        guard peers[sender] != nil else { return }
        switch message {
        case .ask:
            // Others begin as well; what this node holds is its blocks, and it serves none of them now.
            effects.append(.send(.offers(SnapshotOffers(first: 0, newest: settings.height, offers: [])), to: sender))
        case .wantManifest(let content, _), .wantChunk(let content, _):
            effects.append(.send(.gone(content: content), to: sender))
        case .offers(let offers): take(offers, from: sender, at: now)
        case .manifest(let content, let part, let bytes): takePart(content, part, bytes, from: sender, at: now)
        case .chunk(let content, let index, let bytes): takeChunk(content, index, bytes, from: sender, at: now)
        case .gone(let content): withdraw(content, of: sender, at: now)
        case .wantHeader, .header: break
        }
    }

    private mutating func take(_ offers: SnapshotOffers, from sender: NodeID, at now: UInt64) {
        if peers[sender]?.offers == nil { lastNews = now }
        peers[sender]?.offers = offers
        firstAnswer = firstAnswer ?? now
        switch phase {
        case .asking: decide(at: now)
        case .chunks: assign(at: now)
        default: break
        }
    }

    private mutating func withdraw(_ content: Digest, of peer: NodeID, at now: UInt64) {
        peers[peer]?.offers?.offers.removeAll { $0.content == content }
        switch phase {
        case .manifest(let manifest) where manifest.source == peer && manifest.offer.content == content:
            choose(at: now)
        case .chunks(let chunks) where chunks.offer.content == content: passOn(from: peer, at: now)
        default: break
        }
    }

    private mutating func tick(at now: UInt64) {
        switch phase {
        case .asking:
            // What was said may have been lost, and what is offered changes.
            for peer in peers.keys.sorted() { effects.append(.send(.ask, to: peer)) }
            decide(at: now)
        case .manifest(let manifest) where manifest.deadline <= now:
            peers[manifest.source]?.lateness = Self.latenessMax
            choose(at: now)
        case .chunks: passOverLate(at: now)
        default: break
        }
    }
}
