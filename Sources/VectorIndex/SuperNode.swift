internal import Cryptography

/// A super-centroid's lists, by rising id, beside the table of their centroids.
struct SuperNode: Sendable {
    let id: UInt32
    var centroids: CentroidTable
    var lists: [PostingList] = []
    /// Hashes of the children as of the last commit.
    var childHashes: [Digest] = []
    var root = Commitment.superNode([])

    init(id: UInt32, dimension: Int) {
        self.id = id
        centroids = CentroidTable(dimension: dimension)
    }

    mutating func append(_ list: PostingList, _ centroid: Centroid) {
        centroids.append(list.id, centroid)
        lists.append(list)
        childHashes.append(.zero)
    }

    /// Puts a list where its id belongs.
    mutating func insert(_ list: PostingList, _ centroid: Centroid) {
        let index = centroids.insert(list.id, centroid)
        lists.insert(list, at: index)
        childHashes.insert(.zero, at: index)
    }

    mutating func remove(_ index: Int) {
        centroids.remove(index)
        lists.remove(at: index)
        childHashes.remove(at: index)
    }

    /// Brings the hashes of these children, and the root, up to date.
    mutating func commit(_ changed: some Sequence<Int>, chunkBytes: Int) {
        for index in changed {
            lists[index].commit(chunkBytes: chunkBytes)
            childHashes[index] = Commitment.child(
                id: lists[index].id, count: lists[index].count, centroid: centroids.encoded(index),
                list: lists[index].root)
        }
        root = Commitment.superNode(childHashes)
    }
}
