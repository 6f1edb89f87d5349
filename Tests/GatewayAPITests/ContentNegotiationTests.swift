import Compression
import Testing

@testable import GatewayAPI

struct ContentNegotiationTests {
    @Test(
        arguments: [
            nil, "", "*/*", "application/json", "application/*", "text/html, application/json;q=0.1",
            "APPLICATION/JSON",
            "text/html;q=0.5,*/*;q=0.1", "application/json; q=1.000", "nonsense",
        ] as [String?])
    func `JSON is given to who takes it`(_ field: String?) {
        let isNonsense = field == "nonsense"
        #expect(ContentNegotiation.accepts(field, oneOf: ["application/json"]) == !isNonsense)
    }

    @Test(
        arguments: [
            "text/html", "application/xml", "application/json;q=0", "*/*;q=0", "application/*;q=0, text/*",
            "*/*, application/json;q=0.0", "application/jsonx",
        ])
    func `and to nobody else`(_ field: String) {
        #expect(!ContentNegotiation.accepts(field, oneOf: ["application/json"]))
    }

    @Test func `the coding that is liked best is used`() {
        #expect(ContentNegotiation.coding(nil) == nil)
        #expect(ContentNegotiation.coding("") == nil)
        #expect(ContentNegotiation.coding("identity") == nil)
        #expect(ContentNegotiation.coding("br") == nil)
        #expect(ContentNegotiation.coding("gzip") == .gzip)
        #expect(ContentNegotiation.coding("gzip, zstd") == .zstd)
        #expect(ContentNegotiation.coding("gzip;q=1, zstd;q=0.5") == .gzip)
        #expect(ContentNegotiation.coding("gzip;q=0") == nil)
        #expect(ContentNegotiation.coding("*") == .zstd)
        #expect(ContentNegotiation.coding("*, zstd;q=0") == .gzip)
        #expect(ContentNegotiation.coding("gzip;q=2") == nil)
        #expect(ContentNegotiation.coding("gzip;q=0.1234") == nil)
    }

    @Test(arguments: ["", "q", "0.", "1.0", "0.001", "1.001", "-1", "0,5"])
    func `weights are read as RFC 9110 spells them`(_ text: String) {
        let weight = ContentNegotiation.weighted("a;q=\(text)").first?.weight
        let wanted: Int? = ["0.": 0, "1.0": 1000, "0.001": 1][text]
        #expect(weight == (text == "0,5" ? 0 : wanted))
    }
}
