import Consensus

/// Who is connected with whom, and what their links do to messages.
struct SimulatedNetwork {
    /// A message on its way, as bytes.
    struct Parcel {
        var from: Int
        var to: Int
        /// The connection that it travels on: it is lost when that ends.
        var epoch: Int
        var bytes: [UInt8]
        var isCorrupted = false
    }

    /// One direction of a link.
    private struct Way {
        var isBlocked = false
        /// When the last message arrives, where order is kept.
        var lastArrival: UInt64 = 0
        var nanosecondsPerByte: UInt64 = 0
    }

    private let count: Int
    private var ways: [Way]
    /// Whether two nodes have a link at all.
    private var isLinked: [Bool]
    /// The connection of a link: 0 where there is none now.
    private var epochs: [Int]
    private var lastEpoch = 0

    init(count: Int, weather: Weather, random: inout SimulatedRandom, needed: (Int, Int) -> Bool) {
        self.count = count
        ways = Array(repeating: Way(), count: count * count)
        isLinked = Array(repeating: false, count: count * count)
        epochs = Array(repeating: 0, count: count * count)
        for one in 0..<count {
            for other in (one + 1)..<max(count, one + 1) {
                let isLink = needed(one, other) || !random.happens(weather.missingLinks)
                (isLinked[one * count + other], isLinked[other * count + one]) = (isLink, isLink)
                for place in [one * count + other, other * count + one] where random.happens(weather.slowLinks) {
                    ways[place].nanosecondsPerByte = weather.slowness
                }
            }
        }
    }

    func hasLink(_ one: Int, _ other: Int) -> Bool { isLinked[one * count + other] }
    func epoch(_ one: Int, _ other: Int) -> Int { epochs[one * count + other] }
    func isBlocked(from: Int, to: Int) -> Bool { ways[from * count + to].isBlocked }
    func neighbours(of node: Int) -> [Int] { (0..<count).filter { $0 != node && hasLink(node, $0) } }
    func peers(of node: Int) -> [Int] { (0..<count).filter { epochs[node * count + $0] > 0 } }

    mutating func connect(_ one: Int, _ other: Int) {
        lastEpoch += 1
        epochs[one * count + other] = lastEpoch
        epochs[other * count + one] = lastEpoch
    }

    mutating func disconnect(_ one: Int, _ other: Int) {
        epochs[one * count + other] = 0
        epochs[other * count + one] = 0
    }

    mutating func block(from: Int, to: Int, _ isBlocked: Bool) { ways[from * count + to].isBlocked = isBlocked }

    mutating func heal() {
        for place in ways.indices {
            ways[place].isBlocked = false
            ways[place].nanosecondsPerByte = 0
        }
    }

    /// When a message that is sent now arrives.
    mutating func arrival(from: Int, to: Int, byteCount: Int, delay: UInt64, now: UInt64, isOrdered: Bool) -> UInt64 {
        let place = from * count + to
        var time = now + delay + UInt64(byteCount) * ways[place].nanosecondsPerByte
        if isOrdered { time = max(time, ways[place].lastArrival) }
        ways[place].lastArrival = max(ways[place].lastArrival, time)
        return time
    }
}
