import Cryptography
import LedgerModel
import SupplyChain
import Testing
import Verification

/// `revision`: a record of an earlier revision of the ledger, after a recovery (D23).
@Suite struct RevisionTests {
    /// A good bundle: the statement is of grove-1, which ended with block 6; the record was logged in block 5.
    private static var good: MadeLedger {
        var made = MadeLedger()
        made.home = MadeLedger.old
        made.revisions = ["grove-1": RevisionEntry(genesisHash: MadeLedger.old.genesisHash, last: Height(6))]
        made.shownRevision = "grove-1"
        return made
    }

    @Test func `a record of this ledger is accepted without one`() { #expect(MadeLedger().outcome().reason == nil) }

    @Test func `a record of an earlier revision is accepted and told so`() {
        let outcome = Self.good.outcome()
        #expect(outcome.reason == nil)
        #expect(outcome.report.holds.contains { $0.hasPrefix("revision: grove-2 continues grove-1") })
    }

    @Test func `a record logged in the revision's last block is accepted`() {
        var made = Self.good
        made.loggedAt = Height(6)
        #expect(made.outcome().reason == nil)
    }

    @Test func `a record logged after the revision's last block is refused`() {
        var made = Self.good
        made.loggedAt = Height(7)
        #expect(made.outcome().reason?.contains("last of the statement's revision") == true)
    }

    @Test func `a record of an earlier revision without the entry is refused`() {
        var made = Self.good
        made.shownRevision = nil
        #expect(made.outcome().reason?.contains("another ledger") == true)
    }

    @Test func `an entry of another chain is refused`() {
        var made = Self.good
        made.revisions["grove-7"] = made.revisions["grove-1"]
        made.shownRevision = "grove-7"
        #expect(made.outcome().reason?.contains("not that of the statement's chain id") == true)
    }

    @Test func `a statement under another genesis than the revision's is refused`() {
        var made = Self.good
        made.revisions["grove-1"]?.genesisHash = SHA256.hash([7])
        #expect(made.outcome().reason?.contains("another ledger") == true)
    }

    @Test func `an entry beside a statement of this ledger is refused`() {
        var made = Self.good
        made.home = MadeLedger.new
        #expect(made.outcome().reason?.contains("of this ledger") == true)
    }

    @Test func `an absent entry is refused`() {
        var bundle = Self.good.bundle()
        bundle.revision?.value = nil
        #expect(Verifier.verify(bundle.encoded(), policy: Self.good.policy, now: nil).reason != nil)
    }

    @Test func `an entry of another store under the same key is refused`() {
        var bundle = Self.good.bundle()
        bundle.revision?.store = "contract"
        #expect(Verifier.verify(bundle.encoded(), policy: Self.good.policy, now: nil).reason != nil)
    }
}

/// `hashes.cbv`: computed from the document, never trusted.
@Suite struct EventHashTests {
    private static var event: MadeLedger {
        var made = MadeLedger()
        made.mediaType = "application/ld+json"
        made.document = Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
            "creationDate":"2026-09-21T14:00:00Z","epcisBody":{"eventList":[{"action":"OBSERVE",\
            "epcList":["urn:epc:id:sgtin:0614141.107346.2017"],"eventTime":"2026-09-21T13:00:00Z",\
            "eventTimeZoneOffset":"+00:00","type":"ObjectEvent"}]},"schemaVersion":"2.0","type":"EPCISDocument"}
            """.utf8)
        return made
    }

    @Test func `the event's own hash holds`() throws {
        var made = Self.event
        let hash: String = try #require(EventHash.compute(document: made.document))
        made.eventHash = hash
        let outcome = made.outcome()
        #expect(outcome.reason == nil)
        #expect(outcome.report.holds.contains { $0.contains(hash) })
    }

    @Test func `without a claim the record is accepted, and nothing is said of it`() {
        let outcome = Self.event.outcome()
        #expect(outcome.reason == nil)
        #expect(!outcome.report.holds.contains { $0.contains("ver=CBV2.0") })
    }

    @Test(arguments: [
        "ni:///sha-256;\(String(repeating: "0", count: 64))?ver=CBV2.0", "ni:///sha-256;?ver=CBV2.0", "x",
    ])
    func `another hash is refused`(_ claim: String) {
        var made = Self.event
        made.eventHash = claim
        #expect(made.outcome().reason?.contains("hashes.cbv") == true)
    }

    @Test func `the hash in other letters is refused`() throws {
        var made = Self.event
        let hash: String = try #require(EventHash.compute(document: made.document))
        made.eventHash = hash.uppercased()
        #expect(made.outcome().reason?.contains("hashes.cbv") == true)
    }

    @Test func `a hash beside a document that is no event is refused`() throws {
        var made = MadeLedger()
        let hash: String = try #require(EventHash.compute(document: Self.event.document))
        made.eventHash = hash
        #expect(made.outcome().reason?.contains("hashes.cbv") == true)
    }
}
