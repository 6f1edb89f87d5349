/// What goes wrong, how badly and for how long: each seed draws its own.
struct Weather {
    /// How long before everything heals.
    var chaos: UInt64
    /// Messages lost, doubled and corrupted, in a thousand.
    var lost = 0
    var doubled = 0
    var corrupted = 0
    /// Precommits and decided blocks lost, in a thousand: many lock, few decide, and the lock has to hold.
    var decidingLost = 0
    /// Prevotes lost on the way to one node, another every few seconds, in a thousand: it learns of no polka and proposes
    /// another block, and the locks of the others have to hold.
    var deafness = 0
    var delay: ClosedRange<UInt64> = millisecond...10 * millisecond
    /// Whether a link keeps the order of its messages, as TCP does.
    var isOrdered = true
    /// Links that are slow, in a thousand, and how slow: nanoseconds a byte.
    var slowLinks = 0
    var slowness: UInt64 = 0
    /// Pairs of nodes that have no link at all, in a thousand.
    var missingLinks = 0
    /// Links cut in one direction or both, for a while.
    var partitions = false
    /// Connections that end and are made again, in a thousand a message.
    var resets = 0
    /// Power failures, in a thousand an effect.
    var crashes = 0
    /// Everybody loses power at once.
    var blackout = false
    /// How long a disk takes to make a log durable, a block to execute, a key to sign.
    var sync: ClosedRange<UInt64> = 0...0
    var execution: ClosedRange<UInt64> = 0...0
    var signing: ClosedRange<UInt64> = 0...0
    /// How far the clocks of correct nodes lie apart: within CometBFT's precision.
    var clockSkew: UInt64 = 0
    /// Clocks of a few nodes leap.
    var clockJumps = false
    /// Between two transactions.
    var transactionInterval: ClosedRange<UInt64> = second...3 * second

    /// Nothing goes wrong.
    static var calm: Weather { Weather(chaos: 2 * second) }

    private init(chaos: UInt64) { self.chaos = chaos }

    /// Each seed draws which troubles there are.
    init(_ random: inout SimulatedRandom) {
        chaos = random.within(2 * second...12 * second)
        if random.happens(500) { lost = random.below(400) }
        if random.happens(300) { doubled = random.below(200) }
        if random.happens(150) { corrupted = random.below(8) }
        if random.happens(400) { decidingLost = 300 + random.below(650) }
        if random.happens(300) { deafness = 700 + random.below(300) }
        if random.happens(500) { delay = millisecond...random.within(20 * millisecond...400 * millisecond) }
        isOrdered = random.happens(400)
        if random.happens(200) { (slowLinks, slowness) = (200, random.within(1_000...200_000)) }
        if random.happens(200) { missingLinks = random.below(250) }
        partitions = random.happens(400)
        if random.happens(200) { resets = random.below(10) }
        if random.happens(500) { crashes = 1 + random.below(8) }
        blackout = random.happens(200)
        if random.happens(500) { sync = 0...random.within(millisecond...40 * millisecond) }
        if random.happens(400) { execution = 0...random.within(millisecond...300 * millisecond) }
        if random.happens(200) { signing = 0...random.within(millisecond...20 * millisecond) }
        if random.happens(500) { clockSkew = 100 * millisecond }
        clockJumps = random.happens(200)
        if random.happens(200) { transactionInterval = 100 * millisecond...500 * millisecond }
    }

    /// After healing.
    static let calmDelay: ClosedRange<UInt64> = millisecond...10 * millisecond
}
