import Codec
package import Consensus
import Dispatch
import LedgerModel
import LedgerStore
package import Logging
import ServiceLifecycle
import Synchronization

/// `vivian signer`: one key, its record, and one node at a time.
///
/// One thread does everything, so that a request is checked, signed, noted on the disk and answered before the next is
/// read. A second node is turned away as long as the first is connected; what a node may ask is ``SigningGuard``'s to say.
package final class SignerService: Service {
    /// How long a connection may take to name its ledger, or to finish a frame that it began.
    private static let patienceMilliseconds = 5_000
    /// How long a node may take to read an answer.
    private static let writeMilliseconds = 1_000

    /// The connected node.
    private struct Session {
        let socket: LocalSocket
        var frames = SignerFrames()
        var isOpen = false
        /// When it must have done what it began.
        var deadline: Int?
    }

    /// What the thread owns.
    ///
    /// `@unchecked Sendable`: used by the one thread of `run`, which is called once.
    private final class State: @unchecked Sendable {
        var guardian: SigningGuard
        let record: SlotFile
        var session: Session?

        init(_ guardian: SigningGuard, _ record: SlotFile) {
            self.guardian = guardian
            self.record = record
        }
    }

    private let state: State
    private let key: any SignerKey
    private let listener: LocalSocket
    private let address: SignerAddress
    private let logger: Logger
    private let isStopping = Atomic(false)
    private let bell: (ring: LocalSocket, wait: LocalSocket)
    /// Held for as long as the signer lives.
    private let lock: FolderLock

    /// Opens a signer's folder and listens.
    package init(
        folder: String, key: any SignerKey, at address: SignerAddress, logger: Logger
    ) throws(SignerFailure) {
        do { lock = try FolderLock(folder: folder) } catch { throw SignerFailure(.record, "\(error)") }
        let (record, file) = try SignerFolder.open(folder)
        if file.isHalf {
            logger.notice(
                "one of the two copies of the record does not hold: a write was cut short, or the disk is bad")
        }
        state = State(SigningGuard(record, publicKey: key.ed25519), file)
        self.key = key
        self.address = address
        self.logger = logger
        bell = try LocalSocket.pair()
        listener = try LocalSocket.listen(at: address)
        logger.notice(
            "listening",
            metadata: [
                "address": "\(address)", "ledger": "\(record.ledger?.chainID.text ?? "none yet")",
                "last": "\(record.last?.placeText ?? "nothing signed")",
            ])
    }

    /// Answers until the process is asked to stop.
    /// - Throws: what keeps the record from its disk: nothing is signed after that.
    package func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue(label: "vivian.signer", qos: .userInitiated).async {
                    continuation.resume(with: Result { try self.serve() })
                }
            }
        } onCancelOrGracefulShutdown: {
            self.stop()
        }
    }

    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        try? bell.ring.write([1], milliseconds: 0)
    }

    // MARK: On the thread

    func serve() throws {
        while !isStopping.load(ordering: .sequentiallyConsistent) {
            let session = state.session
            let sockets = [bell.wait, listener] + (session.map { [$0.socket] } ?? [])
            let found = LocalSocket.wait(
                for: sockets, milliseconds: session?.deadline.map { max($0 - LocalSocket.now, 0) })
            // A node that has gone makes room for the one that waits.
            if found.count > 2, found[2] { try hear() }
            if let deadline = state.session?.deadline, deadline <= LocalSocket.now { end("took too long") }
            if found[1] { greet() }
        }
        state.session = nil
        LocalSocket.leave(address)
    }

    private func greet() {
        guard let socket = listener.accept() else { return }
        guard state.session == nil else {
            logger.warning("a second node was turned away")
            let busy = SignerAnswer.refused(.busy, "another node is connected to this signer")
            try? socket.write(SignerFrames.frame(busy.encoded), milliseconds: 0)
            return
        }
        state.guardian.disconnected()
        state.session = Session(socket: socket, deadline: LocalSocket.now + Self.patienceMilliseconds)
    }

    /// Reads what the node sent, and answers every whole request.
    private func hear() throws {
        do {
            guard let bytes = try state.session?.socket.read() else { return }
            state.session?.frames.append(bytes)
            while let bytes = try state.session?.frames.next() {
                let request: SignerRequest
                do { request = try SignerRequest(decoding: bytes) } catch { throw Unreadable() }
                let answer = try state.guardian.answer(request, key: key) { record in
                    do { try state.record.replace(by: record.encoded) } catch { throw Lost(reason: "\(error)") }
                }
                note(answer, to: request)
                try state.session?.socket.write(
                    SignerFrames.frame(answer.encoded), milliseconds: Self.writeMilliseconds)
            }
            let isBusy = state.session.map { !$0.isOpen || $0.frames.isPartial } ?? false
            if !isBusy { state.session?.deadline = nil }
            if isBusy, state.session?.deadline == nil {
                state.session?.deadline = LocalSocket.now + Self.patienceMilliseconds
            }
        } catch let error as SignerFailure {
            end(error.description)
        } catch let lost as Lost {
            throw SignerFailure(
                .record,
                "what was signed cannot be kept, so nothing is signed any more; see to the disk (\(lost.reason))")
        } catch {
            let answer = SignerAnswer.refused(.malformed, "the request cannot be read")
            try? state.session?.socket.write(SignerFrames.frame(answer.encoded), milliseconds: 0)
            end("a request that cannot be read")
        }
    }

    private struct Unreadable: Error {}
    private struct Lost: Error { let reason: String }

    private func note(_ answer: SignerAnswer, to request: SignerRequest) {
        switch (request, answer) {
        case (_, .refused(let refusal, let text)):
            logger.error("refused", metadata: ["refusal": "\(refusal)", "reason": "\(text)"])
        case (.open(let ledger, _), _):
            state.session?.isOpen = true
            logger.notice("a node is connected", metadata: ["ledger": "\(ledger.chainID.text)"])
        case (.sign(let message), _):
            logger.debug(
                "signed",
                metadata: ["place": "\(SignState(message).placeText)", "block": "\(Hex.encode(message.blockHash))"])
        default: break
        }
    }

    private func end(_ reason: String) {
        state.session = nil
        state.guardian.disconnected()
        logger.notice("the node is gone", metadata: ["reason": "\(reason)"])
    }
}

extension SignedMessage {
    /// Of the block that it is for; empty for nil.
    fileprivate var blockHash: [UInt8] {
        switch self {
        case .proposal(let proposal): proposal.blockID.hash
        case .vote(let vote): vote.blockID.hash
        }
    }
}
