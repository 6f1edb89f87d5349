import SupplyChain
import Testing

@Suite struct GS1IdentifierTests {
    static func canonical(_ text: String) -> String? {
        GS1Identifier.canonicalDigitalLink(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("urn:epc:id:sgtin:401234.5678901.1", "https://id.gs1.org/01/54012346789014/21/1"),
        ("urn:epc:id:sgln:123456789012..0", "https://id.gs1.org/414/1234567890128"),
        ("urn:epc:id:sgcn:4012345.67890.04711", "https://id.gs1.org/255/401234567890104711"),
        ("urn:epc:idpat:sgtin:4012345.011111.*", "https://id.gs1.org/01/04012345111118"),
        ("urn:epc:idpat:upui:4012345.011111.*", "https://id.gs1.org/01/04012345111118"),
        ("http://shop.example/x/y/gtin/4012345111118/ser/9#here", nil),
        ("https://shop.example/x/y/gtin/4012345111118/ser/9", "https://id.gs1.org/01/04012345111118/21/9"),
        ("https://id.gs1.org/01/04012345111118/10/L/21/S", "https://id.gs1.org/01/04012345111118/21/S"),
        ("https://id.gs1.org/8010/4012345AB/12", "https://id.gs1.org/8010/4012345AB/12"),
    ]) func `an identifier has one canonical form`(_ input: String, _ canonical: String?) {
        #expect(Self.canonical(input) == canonical)
    }

    @Test(arguments: [
        "", "u", "h", "urn:epc:id:", "urn:epc:id:sgtin:", "urn:epc:id:sgtin:4012345.011111.",
        "urn:epc:id:sgtin:4012345.01111.1",
        "urn:epc:id:sgtin:40123.45011111.1", "urn:epc:id:sgtin:4012345.011111.123456789012345678901",
        "urn:epc:id:sgtin:4012345.011111.a%2", "urn:epc:id:sgtin:4012345.011111.a%20",
        "urn:epc:id:sgtin:4012345.011111.a/b",
        "urn:epc:id:sscc:4012345.31111111111", "urn:epc:id:sgtin:4012345.011111.*x%", "urn:epc:idpat:sgtin:4012345.*.*",
        "urn:epc:idpat:sgtin:4012345.011111.1", "urn:epc:id:cpi:4012345.ab.1",
        "urn:epc:id:cpi:4012345.AB.1234567890123",
        "urn:epc:id:gsrn:4012345.0000006765.1", "urn:epc:raw:64.x0123", "https://id.gs1.org", "https://id.gs1.org/01",
        "https://id.gs1.org/01/04012345111118/", "https://id.gs1.org/01/123456789",
        "https://id.gs1.org/01/04012345111118/21/a%20b",
        "https://id.gs1.org/01/04012345111118/99/x", "https://id.gs1.org/8018/4012345", "https:", "http://",
        "ftp://id.gs1.org/01/04012345111118",
        "https://id.gs1.org/01/04012345111118/22/A/22/B/22/C/22/D/E/F/G/H",
    ]) func `other text is left alone`(_ input: String) {
        #expect(Self.canonical(input) == nil)
    }
}
