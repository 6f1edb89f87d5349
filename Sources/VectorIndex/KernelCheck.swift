extension Kernels {
    /// Whether another set computes the same from a fixed sample: every function, at lengths with and without a rest.
    ///
    /// Half a millisecond, once a process.
    func computes(as other: Kernels) -> Bool {
        Self.sampleDimensions.allSatisfy { sample(dimension: $0) == other.sample(dimension: $0) }
    }

    private static let sampleDimensions = [1, 17, 100, 384, 2_111]

    private struct Sample: Equatable {
        var dots: [Int32] = []
        var sums: [Int32]
        var bits: [UInt8]
        var residual: [Int] = []
        var kept: [Selection.Candidate] = []
    }

    private func sample(dimension: Int) -> Sample {
        var bytes = SampleBytes()
        let planes = (dimension + 15) / 16 * 2
        var sample = Sample(
            sums: [Int32](repeating: 0, count: dimension), bits: [UInt8](repeating: 0, count: planes))
        let rows = (0..<5 * dimension).map { _ in bytes.component() }
        let query = (0..<dimension).map { _ in bytes.component() }
        dots(query, rows: rows, count: 5, into: &sample.dots)
        var scattered = RowAddresses(dimension: dimension, capacity: 5)
        for row in [3, 0, 4, 1, 3] { scattered.append(Self.address(of: rows) + UInt(row * dimension)) }
        withExtendedLifetime(rows) { sample.dots += dots(query, scattered) + squares(scattered) }
        add(row: 4, of: rows.span, to: &sample.sums)
        let residual = residual(row: 2, of: rows.span, query, bits: &sample.bits)
        sample.residual = [
            residual.squares, residual.magnitudes, residual.centroid, residual.signedCentroid, residual.norm,
        ]
        let codes = (0..<4 * (planes * IndexRules.chunk + 6 * IndexRules.chunk)).map { _ in bytes.next() }
        for metric in [Metric.dot, .squaredL2] {
            var scan = Scan(self, query: query, metric: metric, planeCount: planes, capacity: 9)
            var (all, some) = (ScanLists(planeCount: planes, capacity: 1), ScanLists(planeCount: planes, capacity: 1))
            all.append(codes: Self.address(of: codes), count: 61, centroid: 1_000)
            some.append(codes: Self.address(of: codes), count: 40, centroid: -77, masks: [0x5555, 1, 0x00ff])
            withExtendedLifetime(codes) {
                scan.lists(all)
                scan.lists(some)
            }
            sample.kept += scan.smallest()
        }
        var sorted = Selection(self, capacity: 30)
        sorted.offer(sample.sums.span)
        sample.kept += sorted.sorted()
        return sample
    }
}

/// Bytes that look like any: xorshift64 (Marsaglia, Journal of Statistical Software 8, 2003).
private struct SampleBytes {
    private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func next() -> UInt8 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 32)
    }

    /// -127 to 127.
    mutating func component() -> Int8 { max(-127, Int8(bitPattern: next())) }
}
