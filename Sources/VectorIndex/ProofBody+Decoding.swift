internal import Codec
internal import Cryptography

extension ProofBody {
    /// Reads what `encode` writes, and computes the hashes on the way.
    static func decode(_ bytes: [UInt8], isExact: Bool, isFiltered: Bool, kernels: Kernels) throws(ProofFailure)
        -> ProvenCollection
    {
        do {
            var decoder = Decoder(reader: ByteReader(bytes), isExact: isExact, isFiltered: isFiltered)
            return try decoder.collection(kernels)
        } catch let failure as ProofFailure {
            throw failure
        } catch {
            throw .truncated
        }
    }

    private struct Decoder {
        var reader: ByteReader
        let isExact: Bool
        let isFiltered: Bool

        mutating func collection(_ kernels: Kernels) throws -> ProvenCollection {
            guard let parameters = try? CollectionParameters(decoding: try reader.bytes(CollectionParameters.byteCount))
            else {
                throw ProofFailure.malformed
            }
            let total = try reader.uint32()
            let count = Int(try reader.uint32())
            guard count <= IndexRules.superMax else { throw ProofFailure.malformed }
            var collection = ProvenCollection(parameters: parameters, total: total, kernels: kernels)
            for _ in 0..<count {
                let (id, centroid) = try head(parameters, after: collection.superCentroids.ids.last)
                collection.superCentroids.append(id, centroid)
                let node = try flag(1) == 0 ? ProvenNode(root: try digest()) : try self.node(parameters)
                collection.nodes.append(node)
            }
            try reader.finish()
            return collection
        }

        private mutating func node(_ parameters: CollectionParameters) throws -> ProvenNode {
            let count = Int(try reader.uint16())
            guard 1...IndexRules.fanOutMax ~= count else { throw ProofFailure.malformed }
            var table = CentroidTable(dimension: parameters.dimension)
            var lists: [ProvenList] = []
            var hashes: [Digest] = []
            for _ in 0..<count {
                let id = try reader.uint32()
                guard id > table.ids.last ?? 0 else { throw ProofFailure.malformed }
                let entries = Int(try reader.uint16())
                guard entries <= IndexRules.listMax else { throw ProofFailure.malformed }
                let (bytes, centroid) = try self.centroid(parameters)
                table.append(id, centroid)
                let list =
                    try flag(1) == 0
                    ? ProvenList(count: entries, root: try digest()) : try self.list(entries, parameters)
                lists.append(list)
                hashes.append(Commitment.child(id: id, count: entries, centroid: bytes, list: list.root))
            }
            return ProvenNode(root: Commitment.superNode(hashes), centroids: table, lists: lists)
        }

        private mutating func list(_ count: Int, _ parameters: CollectionParameters) throws -> ProvenList {
            var list = ProvenList(count: count, root: .zero)
            var hashes: [Digest] = []
            var codes: [UInt8] = []
            for chunk in 0..<IndexRules.chunks(count) {
                let places = ProofBody.places(chunk, count)
                if isExact {
                    let codesHash = try digest()
                    let records = try records(places, parameters, into: &list)
                    let entries = places.compactMap { list.entries[$0]?.label }
                    guard entries.count == places.count else { throw ProofFailure.incomplete }
                    let rest = Commitment.rest(labels: Commitment.labels(entries[...]), records: records)
                    hashes.append(Commitment.chunk(codes: codesHash, rest: rest))
                    continue
                }
                let packed = try reader.bytes(parameters.codeChunkBytes / IndexRules.chunk * places.count)
                let bytes = ProofBody.filled(packed, count: places.count, chunkBytes: parameters.codeChunkBytes)
                codes += bytes
                let rest = try self.rest(places, parameters, into: &list)
                hashes.append(Commitment.chunk(codes: Commitment.codes(bytes[...]), rest: rest))
            }
            if !isExact {
                list.codes = codes
                if !isFiltered { list.labels = nil }
            }
            list.isOpened = true
            list.root = Commitment.list(hashes)
            return list
        }

        private mutating func rest(
            _ places: Range<Int>, _ parameters: CollectionParameters, into list: inout ProvenList
        )
            throws -> Digest
        {
            let flag = try flag(3)
            guard (flag & 1 == 1) == isFiltered else { throw ProofFailure.malformed }
            guard flag != 0 else { return try digest() }
            let labels = isFiltered ? try self.labels(places, into: &list) : try digest()
            let records = flag & 2 == 0 ? try digest() : try records(places, parameters, into: &list)
            return Commitment.rest(labels: labels, records: records)
        }

        private mutating func labels(_ places: Range<Int>, into list: inout ProvenList) throws -> Digest {
            var labels: [EntryLabel] = []
            for place in 0..<IndexRules.chunk {
                let label = EntryLabel(tag: try reader.uint32(), owner: try reader.uint32())
                if place < places.count {
                    labels.append(label)
                } else if label != EntryLabel(tag: 0, owner: 0) {
                    throw ProofFailure.malformed
                }
            }
            list.labels = (list.labels ?? []) + labels
            return Commitment.labels(labels[...])
        }

        /// Root of a chunk's records from those that are carried and the hashes beside their paths.
        private mutating func records(
            _ places: Range<Int>, _ parameters: CollectionParameters, into list: inout ProvenList
        ) throws -> Digest {
            let mask = try reader.uint16()
            guard mask != 0, Int(mask) < 1 << places.count else { throw ProofFailure.malformed }
            var level = [Digest?](repeating: nil, count: IndexRules.chunk)
            for index in 0..<IndexRules.chunk {
                if index >= places.count { level[index] = .zero }
                guard mask >> UInt16(index) & 1 == 1 else { continue }
                let id = try reader.uint64()
                let record = try reader.bytes(VectorEntry.headBytes + parameters.dimension)
                guard let entry = VectorEntry(id: id, record: record, dimension: parameters.dimension) else {
                    throw ProofFailure.malformed
                }
                list.entries[places.lowerBound + index] = entry
                level[index] = Commitment.record(entry)
            }
            while level.count > 1 {
                for index in level.indices where level[index] == nil && level[index ^ 1] != nil {
                    level[index] = try digest()
                }
                level = (0..<level.count / 2).map { index in
                    guard let left = level[2 * index], let right = level[2 * index + 1] else { return nil }
                    return Commitment.pair(left, right)
                }
            }
            guard let root = level[0] else { throw ProofFailure.malformed }
            return root
        }

        private mutating func head(_ parameters: CollectionParameters, after last: UInt32?) throws -> (UInt32, Centroid)
        {
            let id = try reader.uint32()
            guard id > last ?? 0 else { throw ProofFailure.malformed }
            return (id, try centroid(parameters).1)
        }

        private mutating func centroid(_ parameters: CollectionParameters) throws -> ([UInt8], Centroid) {
            let bytes = try reader.bytes(Centroid.byteCount(dimension: parameters.dimension))
            guard let centroid = Centroid(decoding: bytes[...], dimension: parameters.dimension),
                centroid.encoded() == bytes
            else { throw ProofFailure.malformed }
            return (bytes, centroid)
        }

        private mutating func flag(_ largest: UInt8) throws -> UInt8 {
            let flag = try reader.uint8()
            guard flag <= largest else { throw ProofFailure.malformed }
            return flag
        }

        private mutating func digest() throws -> Digest {
            guard let digest = Digest(try reader.bytes(32)) else { throw ProofFailure.truncated }
            return digest
        }
    }
}
