/// What an operation did, counted so that a runtime can price it; the same on every machine.
package struct VectorCost: Hashable, Sendable {
    /// Dot products of whole vectors.
    package var distances = 0
    /// Codes that were scanned or made; one costs about a fifth of a distance.
    package var codes = 0
    /// Lists that were read or written.
    package var lists = 0
    /// Bytes of vectors and codes that were read or written.
    package var bytes = 0

    package init(distances: Int = 0, codes: Int = 0, lists: Int = 0, bytes: Int = 0) {
        self.distances = distances
        self.codes = codes
        self.lists = lists
        self.bytes = bytes
    }

    package static func += (left: inout VectorCost, right: VectorCost) {
        left.distances += right.distances
        left.codes += right.codes
        left.lists += right.lists
        left.bytes += right.bytes
    }
}
