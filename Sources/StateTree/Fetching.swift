import Cryptography

/// Reads the nodes that a few neighbouring changes will meet, all ways at once, a level after another.
///
/// A big tree lies in no cache: whoever walks one way after another waits for each node alone. Reads of different ways do
/// not depend on each other, so that the processor waits for many of them together.
enum Fetching {
    /// Ways at once; more would push each other out of the nearest cache.
    static let count = 32

    /// Goes down from a node at a depth along places, which are given by their first 64 bits.
    static func fetch(below node: InnerNode, depth: Int, places: some Sequence<UInt64>) -> UInt64 {
        var read: UInt64 = 0
        withUnsafeTemporaryAllocation(of: Way.self, capacity: count) { ways in
            var count = 0
            for place in places.prefix(Self.count) {
                ways.initializeElement(at: count, to: Way(place: place << UInt64(depth), node: .passUnretained(node)))
                count += 1
            }
            // Deeper than the first 64 bits lies next to nothing.
            var left = UInt64.bitWidth - depth
            while count > 0 && left > 0 {
                var kept = 0
                for index in 0..<count {
                    let way = ways[index]
                    // The caller holds the node that all of them are below, which nobody changes.
                    let (next, word) = way.node._withUnsafeGuaranteedRef { $0.step(right: way.place >> 63 == 1) }
                    read ^= word
                    guard let next else { continue }
                    ways[kept] = Way(place: way.place << 1, node: next)
                    kept += 1
                }
                count = kept
                left -= 1
            }
        }
        return read
    }

    /// A node that is looked at, and the place's bits from its depth on.
    private struct Way {
        var place: UInt64
        var node: Unmanaged<InnerNode>
    }
}

extension InnerNode {
    /// One step down: the inner node there, and something of what stands beside the way.
    @inline(__always)
    fileprivate func step(right: Bool) -> (next: Unmanaged<InnerNode>?, word: UInt64) {
        var next: Unmanaged<InnerNode>?
        var word: UInt64 = 0
        switch right ? self.right : left {
        case .inner(let node): next = .passUnretained(node)
        case .leaf(let leaf): word = leaf.hash.prefix
        case .empty: break
        }
        switch right ? left : self.right {
        case .inner(let node): word ^= node.hash.prefix
        case .leaf(let leaf): word ^= leaf.hash.prefix
        case .empty: break
        }
        return (next, word)
    }
}
