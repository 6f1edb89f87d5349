import NIOCore

/// How long the gateway waits for a client, and how much it keeps for one that does not come back.
///
/// One number scales all of it, so that an operator has one thing to choose.
struct Patience: Sendable {
    /// Seconds for a body to arrive, and for an answer to be taken.
    let seconds: Int

    init(seconds: Int) {
        precondition(seconds > 0, "a client has some time")
        self.seconds = seconds
    }

    /// From the connection to the end of the TLS handshake: a round trip and some computing.
    var handshake: TimeAmount { .seconds(Int64(min(seconds, 10))) }
    /// A whole body, whatever its size.
    var body: TimeAmount { .seconds(Int64(seconds)) }
    /// An answer that stands in our buffers: from one sign of life to the next.
    var answer: TimeAmount { .seconds(Int64(seconds)) }
    /// The rest of a body that nobody wants, after the answer.
    var rest: TimeAmount { .seconds(Int64(min(seconds, 10))) }
    /// A connection without a request.
    var idle: Duration { .seconds(2 * seconds) }
    /// The same where the libraries' own end of an idle connection was not heeded.
    var idleAtMost: TimeAmount { .seconds(Int64(2 * seconds + 10)) }

    /// Where many answers wait, one that is not taken for so long goes.
    static let answerWhenCrowded: TimeAmount = .seconds(2)
    /// How often a waiting answer is looked at.
    static let look: TimeAmount = .seconds(2)
    /// A large answer has further time at this rate, which is below any line that is in use.
    static let answerBytesPerSecond = 16 << 10
    /// Bytes of an unwanted body that are read on, so that the client reads our answer and no reset connection.
    static let restBytesMax = 16 << 20
}
