package import Cryptography

/// Makes vectors of texts; a value without state that every thread may share.
///
/// The head of `Embedding.swift` has the steps.
package struct TextEmbedder: Sendable {
    /// The embedder of this version of the ledger.
    package static let standard = TextEmbedder()

    /// What names the embedder: the SHA-256 of its description.
    package static let id = SHA256.hash(Array(embedderDescription.utf8))

    /// The description, ASCII lines.
    package static var description: String { embedderDescription }

    /// The longest text, in bytes.
    package let byteCountMax: Int
    /// The most words in a text.
    package let wordCountMax: Int
    /// How many components a vector has.
    package let dimension: Int
    /// How long vectors are, up to rounding: that of a collection of metric cosine and scale 8.
    package let length: Int

    private let runCountMax: Int
    private let componentMax: Int
    private let wordSeed: UInt64
    private let trigramSeed: UInt64
    private let weights: (word: UInt64, trigram: UInt64)
    private let quietWeights: (word: UInt64, trigram: UInt64)
    private let characters: CharacterTable
    /// The keys' upper 60 bits of the words that count for less, sorted.
    private let quiet: [UInt64]

    private static let golden: UInt64 = 0x9e37_79b9_7f4a_7c15
    private static let weightMask: UInt64 = 15
    private static let laneCount = 8

    private init() {
        let description = EmbedderDescription(embedderDescription)
        func weight(_ name: String) -> UInt64 {
            let value = description.parameter(name)
            precondition((1...15).contains(value))
            return UInt64(value)
        }
        byteCountMax = description.parameter("bytes")
        wordCountMax = description.parameter("words")
        runCountMax = description.parameter("run")
        dimension = description.parameter("dimension")
        length = description.parameter("length")
        componentMax = description.parameter("component")
        let seed = UInt64(description.parameter("word-seed"))
        wordSeed = seed
        trigramSeed = UInt64(description.parameter("trigram-seed"))
        weights = (weight("word-weight"), weight("trigram-weight"))
        quietWeights = (weight("quiet-word-weight"), weight("quiet-trigram-weight"))
        characters = CharacterTable(description)
        quiet = description.quiet.map { word in
            word.unicodeScalars.reduce(seed) { Self.step($0, $1.value) } & ~Self.weightMask
        }.sorted()
        precondition(description.parameter("lanes") == Self.laneCount)
        precondition(dimension % Self.laneCount == 0 && dimension / Self.laneCount < 1 << 15)
        precondition(byteCountMax <= 1 << 16 && componentMax <= 127)
    }

    /// The vector of a text, `dimension` components from -127 to 127.
    ///
    /// - Complexity: O(n log n) in the bytes, and a pass over the dimension.
    /// - Throws: `tooLong`, `notUTF8`, `tooManyWords`, `noWords`; `degenerate` for what cancels itself out.
    package func vector(of text: [UInt8]) throws(EmbeddingFailure) -> [Int8] {
        try vector(ofSums: sums(of: features(of: text)))
    }

    /// The same of a string's UTF-8.
    package func vector(of text: String) throws(EmbeddingFailure) -> [Int8] { try vector(of: Array(text.utf8)) }

    // MARK: Steps 1 to 3

    /// The keys of all features, sorted; equal ones stand beside each other.
    func features(of text: [UInt8]) throws(EmbeddingFailure) -> [UInt64] {
        guard text.count <= byteCountMax else { throw .tooLong(byteCount: text.count) }
        var keys: [UInt64] = []
        keys.reserveCapacity(text.count + text.count / 4)
        var word: [UInt32] = []
        word.reserveCapacity(runCountMax)
        var wordCount = 0
        var points = CodePoints(text)
        while let point = try points.next() {
            let folded = characters.folded(point)
            if let folded { word.append(folded) }
            if folded == nil && !word.isEmpty || word.count == runCountMax {
                wordCount += 1
                if wordCount <= wordCountMax { append(word, to: &keys) }
                word.removeAll(keepingCapacity: true)
            }
        }
        if !word.isEmpty {
            wordCount += 1
            append(word, to: &keys)
        }
        // Only now, so that what is no UTF-8 is always called that.
        guard wordCount <= wordCountMax else { throw .tooManyWords(max: wordCountMax) }
        guard !keys.isEmpty else { throw .noWords }
        keys.sort()
        return keys
    }

    private func append(_ word: [UInt32], to keys: inout [UInt64]) {
        var key = wordSeed
        for point in word { key = Self.step(key, point) }
        key &= ~Self.weightMask
        let weights = isQuiet(key) ? quietWeights : weights
        keys.append(key | weights.word)
        let blank: UInt64 = 0x20
        var before = blank
        var middle = UInt64(word[0])
        for index in 1...word.count {
            let after = index < word.count ? UInt64(word[index]) : blank
            let trigram = before << 42 | middle << 21 | after
            keys.append(Self.mix(trigram &+ trigramSeed) & ~Self.weightMask | weights.trigram)
            (before, middle) = (middle, after)
        }
    }

    /// Whether a word's key is among the quiet ones.
    private func isQuiet(_ key: UInt64) -> Bool {
        var low = 0
        var high = quiet.count
        while low < high {
            let middle = (low + high) / 2
            if quiet[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < quiet.count && quiet[low] == key
    }

    /// The key of a feature that is no word; unlike a word's it says nothing of the weight.
    func key(ofFeature bytes: [UInt8]) -> UInt64 {
        bytes.reduce(Self.mix(wordSeed)) { Self.step($0, UInt32($1)) }
    }

    // MARK: Steps 4 and 5

    /// The sum of what the features add.
    func sums(of keys: [UInt64]) -> [Int64] {
        var sums = [Int64](repeating: 0, count: dimension)
        // Most keys occur once: their root is 256.
        var index = 0
        while index < keys.count {
            let key = keys[index]
            var next = index + 1
            while next < keys.count, keys[next] == key { next += 1 }
            let root = next - index == 1 ? 256 : Int64(Self.squareRoot(UInt64(next - index) << 16))
            add(Int64(key & Self.weightMask) * root, of: key, to: &sums)
            index = next
        }
        return sums
    }

    /// Adds a key's weight in its places, one in each eighth.
    @inline(__always)
    func add(_ weight: Int64, of key: UInt64, to sums: inout [Int64]) {
        let width = UInt64(dimension / Self.laneCount)
        var lanes: UInt64 = 0
        for lane in 0..<Self.laneCount {
            if lane & 3 == 0 { lanes = Self.mix(lane == 0 ? key : key &+ Self.golden) }
            let place = lane * Int(width) + Int((((lanes & 0xffff) >> 1) * width) >> 15)
            sums[place] += lanes & 1 == 0 ? weight : -weight
            lanes >>= 16
        }
    }

    /// The sum brought to the vectors' length.
    func vector(ofSums sums: [Int64]) throws(EmbeddingFailure) -> [Int8] {
        let root = Int64(Self.squareRoot(UInt64(sums.reduce(0) { $0 &+ $1 &* $1 })))
        guard root > 0 else { throw .degenerate }
        let divisor = 2 * root
        let most = Int64(componentMax)
        // 2^40 / divisor instead of a division each: the dividend is below 2^39 and 127 divisors, so the product stays below
        // 2^47, and the quotient is right or one too small, which the line after it sees.
        let reciprocal = (1 << 40) / divisor
        var squared = 0
        let vector = sums.map { sum -> Int8 in
            let dividend = 2 &* Int64(length) &* abs(sum) &+ root
            var magnitude = most
            if dividend < most &* divisor {
                magnitude = (dividend &* reciprocal) >> 40
                if (magnitude &+ 1) &* divisor <= dividend { magnitude &+= 1 }
            }
            squared &+= Int(magnitude &* magnitude)
            return Int8(truncatingIfNeeded: sum < 0 ? -magnitude : magnitude)
        }
        guard squared * 256 >= length * length * 225, squared * 256 <= length * length * 289 else { throw .degenerate }
        return vector
    }

    // MARK: Arithmetic

    @inline(__always)
    private static func step(_ hash: UInt64, _ point: UInt32) -> UInt64 { mix((hash ^ UInt64(point)) &+ golden) }

    /// SplitMix64's output function.
    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// The largest integer whose square is not above the value.
    static func squareRoot(_ value: UInt64) -> UInt64 {
        var remainder = value
        var root: UInt64 = 0
        // The largest power of four that is not above the value.
        var bit: UInt64 = value == 0 ? 0 : 1 << UInt64((63 - value.leadingZeroBitCount) & ~1)
        while bit != 0 {
            if remainder >= root + bit {
                remainder -= root + bit
                root = root >> 1 + bit
            } else {
                root >>= 1
            }
            bit >>= 2
        }
        return root
    }
}
