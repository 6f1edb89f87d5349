import Cryptography
import Embedding
import Glibc

/// Texts a second of one core, the median of five rounds by the thread's CPU time, beside SHA-256 of the same bytes and
/// the additions alone that a vector is made of.
enum Speed {
    static func run(_ texts: [[UInt8]]) {
        let embedder = TextEmbedder.standard
        let byteCount = texts.reduce(0) { $0 + $1.count }
        report("embedder.vector texts=\(texts.count) bytes=\(byteCount / texts.count)", texts.count) {
            for text in texts { _ = try? embedder.vector(of: text) }
        }
        let adds = texts.map { Additions(featureCount: $0.count + 12) }
        var sums = [Int32](repeating: 0, count: embedder.dimension)
        report("embedder.ceiling (as many hashes and additions, and the components written)", texts.count) {
            for one in adds { one.run(into: &sums) }
        }
        report("sha256 of the same texts", texts.count) {
            for text in texts { _ = SHA256.hash(text) }
        }
        let long = Array(texts.joined(separator: [32]).prefix(embedder.byteCountMax))
        report("embedder.vector bytes=\(long.count)", 1) { _ = try? embedder.vector(of: long) }
        guard sums[0] != .max else { return print(sums) }
    }

    private static func report(_ name: String, _ items: Int, _ body: () -> Void) {
        body()
        let times = (0..<5).map { _ in
            let began = now()
            body()
            return now() - began
        }.sorted()
        let each = times[2] / Double(items) * 1e6
        print("\(name): \(Int(1e6 / each))/s, \((each * 100).rounded() / 100) us each (CPU)")
        fflush(nil)
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// What nobody can leave out: two hashes and eight additions a feature, and a pass over the components.
struct Additions {
    var featureCount: Int

    func run(into sums: inout [Int32]) {
        for index in sums.indices { sums[index] = 0 }
        var state = UInt64(featureCount)
        for _ in 0..<featureCount {
            for half in 0..<2 {
                state &+= 0x9e37_79b9_7f4a_7c15
                var lanes = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
                lanes = (lanes ^ lanes >> 27) &* 0x94d0_49bb_1331_11eb
                lanes ^= lanes >> 31
                for lane in 0..<4 {
                    let place = (half * 4 + lane) * 48 + Int(((lanes & 0xffff) >> 1) * 48 >> (15 as UInt64))
                    sums[place] &+= Int32(1 - 2 * Int(lanes & 1))
                    lanes >>= 16
                }
            }
        }
    }
}
