package import Consensus
import Dispatch
package import LedgerModel
package import Logging
import ServiceLifecycle
import Synchronization

/// The validator's key in another process (`vivian signer`).
///
/// A thread of its own talks to it, so that no answer that is late or missing holds up the node: whoever waits is that
/// thread. A connection that fails is made again with growing pauses, and what is still wanted is asked again; until then
/// the validator is silent, and follows.
package final class RemoteSigner: ConsensusSigner, Service {
    /// Pauses between attempts to connect, in milliseconds: the first, and the longest, each twice the last.
    private static let pauseFirst = 100
    private static let pauseMax = 2_000

    package let publicKey: [UInt8]
    package let lastSigned: SignState?
    package let signatures: AsyncStream<SignedMessage>
    private let address: SignerAddress
    private let ledger: LedgerIdentity
    private let node: NodeID?
    private let bindingSignature: [UInt8]?
    private let logger: Logger
    private let queue = Mutex(SignerQueue())
    private let isStopping = Atomic(false)
    private let answers: AsyncStream<SignedMessage>.Continuation
    /// Wakes the thread: what is written to the first end it reads from the second.
    private let bell: (ring: LocalSocket, wait: LocalSocket)

    /// Connects for the first time.
    ///
    /// Blocks for up to `seconds`: a signer that is started together with the node may need a moment.
    /// - Parameters:
    ///   - address: where it listens.
    ///   - ledger: what it is to sign for.
    ///   - node: this node's id, where it has links to others.
    ///   - seconds: how long to try.
    ///   - logger: where to say that it does not answer.
    /// - Throws: why it cannot be used.
    package init(
        _ address: SignerAddress, ledger: LedgerIdentity, node: NodeID?, seconds: Int = 10, logger: Logger
    ) throws(SignerFailure) {
        let deadline = LocalSocket.now + seconds * 1_000
        var found: (key: [UInt8], last: SignState?, binding: [UInt8]?)?
        while found == nil {
            do {
                let connection = try SignerConnection(to: address)
                let (key, last) = try connection.identify()
                found = (key, last, try Self.open(connection, ledger, node))
            } catch {
                guard error.mayPass, LocalSocket.now < deadline else { throw error }
                _ = LocalSocket.wait(for: [], milliseconds: Self.pauseFirst)
            }
        }
        guard let found else { preconditionFailure("the loop ends with one") }
        (publicKey, lastSigned, bindingSignature) = found
        self.address = address
        self.ledger = ledger
        self.node = node
        self.logger = logger
        bell = try LocalSocket.pair()
        (signatures, answers) = AsyncStream.makeStream()
    }

    /// The public key that a signer holds, asked once.
    package static func publicKey(at address: SignerAddress) throws(SignerFailure) -> [UInt8] {
        try SignerConnection(to: address).identify().key
    }

    package var isElsewhere: Bool { true }

    package func binding(of node: NodeID, on ledger: LedgerIdentity) -> NodeBinding? {
        guard node == self.node, ledger == self.ledger, let bindingSignature else { return nil }
        return NodeBinding(validator: Address(ed25519: publicKey), signature: bindingSignature)
    }

    package func sign(_ message: SignedMessage, on ledger: LedgerIdentity) -> SignedMessage? { nil }

    package func ask(_ message: SignedMessage) {
        queue.withLock { $0.ask(message) }
        ring()
    }

    package func know(_ message: SignedMessage) {
        queue.withLock { $0.know(message) }
        ring()
    }

    /// Talks to the signer until the process is asked to stop.
    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "vivian.signer", qos: .userInitiated).async {
                    self.talk()
                    continuation.resume()
                }
            }
        } onCancelOrGracefulShutdown: {
            self.stop()
        }
    }

    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        ring()
    }

    // MARK: On the thread

    private var isOver: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    func talk() {
        var pause = Self.pauseFirst
        var isSilent = false
        while !isOver {
            do {
                let connection = try connect()
                if isSilent { logger.notice("the signer answers again", metadata: ["signer": "\(address)"]) }
                (isSilent, pause) = (false, Self.pauseFirst)
                try serve(connection)
            } catch {
                if !isSilent {
                    logger.error(
                        "the signer does not answer: this validator is silent until it does",
                        metadata: ["signer": "\(address)", "reason": "\(error)"])
                }
                isSilent = true
                rest(milliseconds: pause)
                pause = min(2 * pause, Self.pauseMax)
            }
        }
        answers.finish()
    }

    private func connect() throws(SignerFailure) -> SignerConnection {
        let connection = try SignerConnection(to: address)
        guard try connection.identify().key == publicKey else {
            throw SignerFailure(.malformed, "it holds another key than when this node started")
        }
        _ = try Self.open(connection, ledger, nil)
        queue.withLock { $0.connected() }
        return connection
    }

    /// Asks what there is to ask until the connection fails or the process stops.
    private func serve(_ connection: SignerConnection) throws(SignerFailure) {
        while !isOver {
            guard let request = queue.withLock({ $0.next }) else {
                let found = LocalSocket.wait(for: [connection.socket, bell.wait], milliseconds: nil)
                _ = try? bell.wait.read()
                // Nobody answers before being asked: it has ended.
                guard !found[0] else { throw SignerFailure(.unreachable, "the connection has ended") }
                continue
            }
            try take(connection.ask(request), to: request)
        }
    }

    private func take(_ answer: SignerAnswer, to request: SignerRequest) throws(SignerFailure) {
        switch (request, answer) {
        case (.sign(let message), .signed(let signed))
        where signed == message.signed(signed.signature)
            && voteSignaturePredicate(signed.signature, signed.signBytes(chainID: ledger.chainID.text), publicKey):
            queue.withLock { $0.ended(request, signed: signed) }
            answers.yield(signed)
        case (.know, .noted): queue.withLock { $0.ended(request) }
        // A token that was pulled may come back.
        case (_, .refused(.key, _)): throw SignerConnection.unexpected(answer)
        default:
            // Asked again it would say the same; the round goes on without this vote.
            queue.withLock { $0.ended(request) }
            logger.error(
                "the signer refuses", metadata: ["reason": "\(SignerConnection.unexpected(answer))"])
        }
    }

    private static func open(
        _ connection: SignerConnection, _ ledger: LedgerIdentity, _ node: NodeID?
    ) throws(SignerFailure) -> [UInt8]? {
        switch try connection.ask(.open(ledger, node: node)) {
        case .opened(let binding) where (binding == nil) == (node == nil): return binding
        case let answer: throw SignerConnection.unexpected(answer)
        }
    }

    private func ring() { try? bell.ring.write([1], milliseconds: 0) }

    private func rest(milliseconds: Int) {
        let deadline = LocalSocket.now + milliseconds
        while !isOver, LocalSocket.now < deadline {
            _ = LocalSocket.wait(for: [bell.wait], milliseconds: deadline - LocalSocket.now)
            _ = try? bell.wait.read()
        }
    }
}

extension SignerFailure {
    /// Whether it may be another a moment later.
    fileprivate var mayPass: Bool {
        switch code {
        case .unreachable, .silent, .refused(.busy), .refused(.key): true
        case .refused, .malformed, .place, .record: false
        }
    }
}
