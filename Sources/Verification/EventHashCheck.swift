import SupplyChain

/// `hashes.cbv` of a bundle: the CBV event hash of the record's document, computed again and never trusted.
enum EventHashCheck {
    static func run(_ claimed: String, document: [UInt8], _ report: inout VerificationReport) throws(Refusal) {
        guard let hash = EventHash.compute(document: document) else {
            throw Refusal("record: hashes.cbv beside a document that is no EPCIS event")
        }
        try require(hash.utf8.elementsEqual(claimed.utf8), "record: hashes.cbv is not the document's event hash")
        report.holds.append("event hash: \(hash), computed from the document")
    }
}
