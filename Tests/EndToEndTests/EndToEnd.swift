import Testing

/// The real binary, started as an operator starts it, with peers that are not ours.
///
/// The peers are curl, and Python programs that share no code with it. One test at a time: each has processes of its own.
@Suite("End to end", .serialized, .enabled(if: Tool.isReady))
enum EndToEnd {}
