/// Punycode (RFC 3492).
enum Punycode {
    private static let base = 36

    private static func adapt(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var k = 0
        while delta > 455 {
            delta /= 35
            k += base
        }
        return k + 36 * delta / (delta + 38)
    }

    private static func threshold(_ k: Int, _ bias: Int) -> Int { min(max(k - bias, 1), 26) }

    /// The scalars of a label without its `xn--`, or nil.
    static func decode(_ text: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
        var output: [UInt32] = []
        var rest = text
        if let hyphen = text.lastIndex(of: UInt8(ascii: "-")) {
            output = text[..<hyphen].map { UInt32($0) }
            rest = text[(hyphen + 1)...]
        }
        guard !rest.isEmpty else { return nil }
        var (n, i, bias) = (128, 0, 72)
        var iterator = rest.makeIterator()
        var next = iterator.next()
        while next != nil {
            let old = i
            var (weight, k) = (1, base)
            while true {
                guard let byte = next else { return nil }
                next = iterator.next()
                let digit: Int
                switch byte {
                case 0x61...0x7a: digit = Int(byte - 0x61)
                case 0x41...0x5a: digit = Int(byte - 0x41)
                case 0x30...0x39: digit = Int(byte - 0x30) + 26
                default: return nil
                }
                i += digit * weight
                guard i < 1 << 32 else { return nil }
                let t = threshold(k, bias)
                if digit < t { break }
                weight *= base - t
                k += base
                guard weight < 1 << 32 else { return nil }
            }
            bias = adapt(i - old, output.count + 1, isFirst: old == 0)
            n += i / (output.count + 1)
            i %= output.count + 1
            guard n <= 0x10_ffff else { return nil }
            output.insert(UInt32(n), at: i)
            i += 1
        }
        let scalars = output.compactMap(Unicode.Scalar.init)
        return scalars.count == output.count ? scalars : nil
    }

    /// A label in Punycode, without `xn--` and in small letters; nil on overflow.
    static func encode(_ label: [Unicode.Scalar]) -> [UInt8]? {
        guard label.count <= labelCountMax else { return nil }
        var output = label.filter(\.isASCII).map { UInt8($0.value) }
        let basic = output.count
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var (n, delta, bias, handled) = (128, 0, 72, basic)
        while handled < label.count {
            guard let next = label.map({ Int($0.value) }).filter({ $0 >= n }).min() else { return nil }
            delta += (next - n) * (handled + 1)
            n = next
            for scalar in label {
                if Int(scalar.value) < n { delta += 1 }
                guard Int(scalar.value) == n else { continue }
                var (q, k) = (delta, base)
                while true {
                    let t = threshold(k, bias)
                    if q < t { break }
                    output.append(digit(t + (q - t) % (base - t)))
                    q = (q - t) / (base - t)
                    k += base
                }
                output.append(digit(q))
                bias = adapt(delta, handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            n += 1
        }
        return output
    }

    /// More scalars than any label has.
    private static let labelCountMax = 252

    private static func digit(_ value: Int) -> UInt8 {
        value < 26 ? UInt8(ascii: "a") + UInt8(value) : UInt8(ascii: "0") + UInt8(value - 26)
    }
}
