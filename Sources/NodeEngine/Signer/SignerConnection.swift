import Consensus

/// The node's side of a connection to a signer: one request at a time, each with a time limit.
final class SignerConnection {
    /// How long an answer may take; a disk that syncs takes a few.
    static let patienceMilliseconds = 2_000

    let socket: LocalSocket
    private var frames = SignerFrames()

    init(to address: SignerAddress) throws(SignerFailure) { socket = try LocalSocket.connect(to: address) }

    /// Sends a request and waits for its answer.
    func ask(_ request: SignerRequest) throws(SignerFailure) -> SignerAnswer {
        let deadline = LocalSocket.now + Self.patienceMilliseconds
        try socket.write(SignerFrames.frame(request.encoded), milliseconds: Self.patienceMilliseconds)
        while true {
            do {
                if let bytes = try frames.next() { return try SignerAnswer(decoding: bytes) }
            } catch { throw SignerFailure(.malformed, "the signer's answer cannot be read") }
            let left = deadline - LocalSocket.now
            guard left > 0 else { throw SignerFailure(.silent, "no answer after \(Self.patienceMilliseconds) ms") }
            if LocalSocket.wait(for: [socket], milliseconds: left)[0] { frames.append(try socket.read()) }
        }
    }

    /// Whose key it is, and what it signed last.
    func identify() throws(SignerFailure) -> (key: [UInt8], last: SignState?) {
        switch try ask(.identify) {
        case .identity(let key, let last): return (key, last)
        case let answer: throw Self.unexpected(answer)
        }
    }

    static func unexpected(_ answer: SignerAnswer) -> SignerFailure {
        guard case .refused(let refusal, let text) = answer else {
            return SignerFailure(.malformed, "the signer answers what it was not asked")
        }
        return SignerFailure(.refused(refusal), text)
    }
}
