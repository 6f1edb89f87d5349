extension CBOR {
    /// What a decoder accepts.
    package struct Profile: Hashable, Sendable {
        /// Whether only the one encoding of RFC 8949 §4.2.1 passes, without floats, with integer or text keys.
        package var isDeterministic: Bool
        /// The tags that pass; nil for all.
        package var tags: [UInt64]?
        /// How many levels of items may nest; a lone integer is one level.
        package var depthMax: Int
        /// The longest input in bytes.
        package var byteCountMax: Int

        /// COSE_Sign1 (RFC 9052 §4.2), the one tag in proof bundles.
        private static let tagSign1: UInt64 = 18

        /// What proof bundles, statements and state values hold: integers, strings, arrays, maps, false, true, null and
        /// tag 18, in deterministic encoding, 16 levels, 4 MiB.
        package static let deterministic = deterministic(tags: [tagSign1])

        /// The same with other tags.
        package static func deterministic(tags: [UInt64]) -> Profile {
            Profile(isDeterministic: true, tags: tags, depthMax: 16, byteCountMax: 4 << 20)
        }

        /// All of RFC 8949, well-formed and valid (§5.3: no duplicate keys, text is UTF-8); 64 levels, 64 MiB.
        package static let general = Profile(isDeterministic: false, tags: nil, depthMax: 64, byteCountMax: 64 << 20)
    }
}
