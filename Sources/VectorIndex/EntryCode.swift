/// What is scanned of an entry: signs and two numbers, of which a query's key follows.
///
/// Let c be the list's centroid, r = x - c, s the signs of r (1 where not negative). A query q has magnitudes of five bits,
/// q' its rounded self. The dot product <x, q> is estimated as <c, q> + <r, c> + f x (<s, q'> - <s, c>) with
/// f = |r|^2 / |r|_1, which is what RaBitQ (arXiv:2405.12497) estimates, without its rotation and in integers:
///
/// | number | is | bytes of a chunk |
/// |---|---|---|
/// | factor | 128 x sum(r^2) / sum(abs r), rounded down, 0 for r = 0; below 2^15 | u16, little-endian |
/// | offset | <r, c> - floor(factor x <s, c> / 128) | |
/// | base | minus the offset; for squared L2 <x, x> minus twice the offset | i32, little-endian |
///
/// A chunk is its planes (plane p: bits 8p to 8p + 7 of the 16 entries, a byte each, the lowest bit first), its 16 factors,
/// its 16 bases. What no entry takes is zero. The key of an entry, smaller for nearer, is `base - weight x (<c, q> + part)`
/// with weight 2 for squared L2 and else 1; `CVectorKernels` has the rest. Nothing overflows 32 bits: an offset is below
/// 2^28, a base below 2^30, a key below 2^31 at 4,096 dimensions of 127.
struct EntryCode {
    var bits: [UInt8]
    var factor: UInt16
    var base: Int32

    /// Room for a code.
    init(planeCount: Int) {
        bits = [UInt8](repeating: 0, count: planeCount)
        factor = 0
        base = 0
    }

    init(_ vector: [Int8], centroid: [Int8], parameters: CollectionParameters, kernels: Kernels) {
        self.init(planeCount: parameters.planeCount)
        encode(row: 0, of: vector.span, centroid: centroid, parameters: parameters, kernels: kernels)
    }

    /// The code of one row of many.
    mutating func encode(
        row: Int, of rows: Span<Int8>, centroid: [Int8], parameters: CollectionParameters, kernels: Kernels
    ) {
        let residual = kernels.residual(row: row, of: rows, centroid, bits: &bits)
        let factor = residual.magnitudes == 0 ? 0 : (residual.squares << 7) / residual.magnitudes
        let offset = residual.centroid - (factor * residual.signedCentroid) >> 7
        self.factor = UInt16(factor)
        base = Int32(parameters.metric == .squaredL2 ? residual.norm - 2 * offset : -offset)
    }

    /// How many low bits of a sum of magnitudes, with its sign, are left out so that it fits 16 bits.
    static func sumShift(dimension: Int) -> UInt32 {
        var shift: UInt32 = 0
        while (dimension * 31) >> shift > 32_767 { shift += 1 }
        return shift
    }

    /// Writes this code as entry `place` of a list's chunks.
    func write(to codes: inout [UInt8], place: Int, chunkBytes: Int) {
        let start = place / IndexRules.chunk * chunkBytes
        let entry = place % IndexRules.chunk
        for (plane, byte) in bits.enumerated() { codes[start + plane * IndexRules.chunk + entry] = byte }
        let factors = start + bits.count * IndexRules.chunk
        codes[factors + 2 * entry] = UInt8(truncatingIfNeeded: factor)
        codes[factors + 2 * entry + 1] = UInt8(truncatingIfNeeded: factor >> 8)
        let bases = factors + 2 * IndexRules.chunk
        let word = UInt32(bitPattern: base)
        for byte in 0..<4 { codes[bases + 4 * entry + byte] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(byte))) }
    }
}
