import Foundation
import Testing
import TestSupport

@testable import SchemaValidation

@Suite("XML tree")
struct XMLTreeTests {
    private func parse(_ text: String) throws(XMLFailure) -> XMLElement { try XMLTree(parsing: Array(text.utf8)).root }

    @Test("holds names, namespaces, attributes, text and places")
    func reads() throws {
        let root = try parse(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- left out -->
            <e:a xmlns:e="urn:e" xmlns="urn:d" one="1 &amp; 2"
                 e:two='b'>
              <b>x<![CDATA[<y>]]>z&#x41;</b><c xmlns=""/>
            </e:a>
            """)
        #expect(root.name == XMLName(namespace: "urn:e", localName: "a"))
        #expect(root.prefix == "e")
        #expect((root.line, root.column) == (3, 1))
        #expect(root.attribute("one") == "1 & 2")
        #expect(root.attribute("two", namespace: "urn:e") == "b")
        #expect(root.namespaceDeclarations.map(\.prefix) == ["e", ""])
        let b = try #require(root.element("b", namespace: "urn:d"))
        #expect(b.text == "x<y>zA")
        #expect((b.line, b.column) == (5, 3))
        let c = try #require(root.element("c"))
        #expect((c.line, c.column) == (5, 33))
        #expect(c.isEmpty && c.namespace(forPrefix: "") == "" && c.namespace(forPrefix: "e") == "urn:e")
        #expect(c.parent?.localName == "a")
        #expect(root.elements.map(\.localName) == ["b", "c"])
        #expect(
            root.children.map { if case .text = $0 { "text" } else { "element" } }
                == ["text", "element", "element", "text"])
    }

    @Test(
        "refuses what is not a document of ours",
        arguments: [
            ("", .notWellFormed), ("<a>", .notWellFormed), ("<a></b>", .notWellFormed), ("<a/><b/>", .notWellFormed),
            ("<a b='1' b='2'/>", .notWellFormed), ("<p:a/>", .notWellFormed), ("<a>&unknown;</a>", .notWellFormed),
            ("<a>\u{1}</a>", .notWellFormed), ("<a b='<'/>", .notWellFormed), ("text", .notWellFormed),
            ("<!DOCTYPE a><a/>", .documentType),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", .documentType),
            ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", .documentType),
            ("<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>", .documentType),
            ("<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>", .unsupportedEncoding),
            ("<?xml version='1.0' encoding='UTF-16'?><a/>", .unsupportedEncoding),
            (String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65), .tooDeep),
            (String(repeating: "<a>", count: 100_000), .tooDeep),
            ("<a " + (0..<300).map { "b\($0)='1'" }.joined(separator: " ") + "/>", .tooManyAttributes),
        ] as [(String, XMLFailure.Reason)])
    func refuses(text: String, reason: XMLFailure.Reason) {
        #expect { try parse(text) } throws: { ($0 as? XMLFailure)?.reason == reason }
    }

    @Test("says where a document is broken")
    func places() {
        #expect { try parse("<a>\n  <b>\n</a>") } throws: { ($0 as? XMLFailure)?.line == 3 }
        #expect { try parse("<a>\n <!DOCTYPE b>") } throws: { ($0 as? XMLFailure)?.line == 2 }
    }

    @Test("reads UTF-8, UTF-16 and ISO-8859-1, and nothing that breaks them")
    func encodings() throws {
        let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xe9] + Array("</a>".utf8)
        #expect(try XMLTree(parsing: latin).root.text == "é")
        let units = Array("<?xml version='1.0' encoding='UTF-16'?><a>é😀</a>".utf16)
        let big: [UInt8] =
            [0xfe, 0xff] + units.flatMap { (unit) -> [UInt8] in [UInt8(unit >> 8), UInt8(unit & 0xff)] }
        let little: [UInt8] =
            [0xff, 0xfe] + units.flatMap { (unit) -> [UInt8] in [UInt8(unit & 0xff), UInt8(unit >> 8)] }
        #expect(try XMLTree(parsing: big).root.text == "é😀")
        #expect(try XMLTree(parsing: little).root.text == "é😀")
        #expect(try XMLTree(parsing: [0xef, 0xbb, 0xbf] + Array("<a>é</a>".utf8)).root.text == "é")
        for broken in [Array("<a>".utf8) + [0xff] + Array("</a>".utf8), Array(big.dropLast()), [0x3c, 0, 0x61, 0]] {
            #expect(throws: XMLFailure.self) { try XMLTree(parsing: broken) }
        }
    }

    @Test("keeps to its size limit")
    func size() {
        let limits = XMLLimits(byteCountMax: 3, depthMax: 8, attributeCountMax: 8)
        #expect { try XMLTree(parsing: Array("<a/>".utf8), limits: limits) } throws: {
            ($0 as? XMLFailure)?.reason == .tooLarge
        }
    }

    @Test("reads every published EPCIS document", .enabled(if: VectorFolder.shouldRun("epcis")))
    func published() throws {
        let files = VectorFolder.files("epcis", endingWith: ".xml")
        #expect(!files.isEmpty)
        for file in files {
            let bytes = try VectorFolder.bytes(of: file)
            // A few of the examples carry an empty DOCTYPE, which is refused all the same.
            if String(decoding: bytes, as: UTF8.self).contains("<!DOCTYPE") {
                #expect { try XMLTree(parsing: bytes) } throws: { ($0 as? XMLFailure)?.reason == .documentType }
                continue
            }
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try XMLTree(parsing: bytes) }
        }
    }
}
