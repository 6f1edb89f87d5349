import SupplyChain

/// `hashes.cbv` of a bundle: the CBV event hash of the record's document.
enum EventHashCheck {
    static func run(_ claimed: String, document: [UInt8], _ report: inout VerificationReport) throws(Refusal) {
        try require(isWellFormed(claimed), "record: hashes.cbv is malformed")
        report.unchecked.append("hashes.cbv: not computed")
    }

    /// `ni:///sha-256;` and 64 hex digits, then `?ver=CBV2.0`.
    private static func isWellFormed(_ text: String) -> Bool {
        let utf8 = Array(text.utf8)
        let head = Array("ni:///sha-256;".utf8)
        let tail = Array("?ver=CBV2.0".utf8)
        guard utf8.count == head.count + 64 + tail.count, utf8.starts(with: head), utf8.suffix(tail.count) == tail[...]
        else { return false }
        return utf8[head.count..<head.count + 64].allSatisfy {
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
        }
    }
}
