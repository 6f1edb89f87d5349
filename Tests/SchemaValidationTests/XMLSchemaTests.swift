import TestSupport
import Testing

@testable import SchemaValidation

@Suite("XML Schema")
struct XMLSchemaTests {
    private static let types = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns:t="urn:t">
          <xs:simpleType name="Count"><xs:restriction base="xs:int"><xs:maxInclusive value="9"/></xs:restriction></xs:simpleType>
        </xs:schema>
        """
    private static let main = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:m" xmlns:t="urn:t">
          <xs:import namespace="urn:t" schemaLocation="./types.xsd"/>
          <xs:element name="list"><xs:complexType><xs:sequence>
            <xs:element name="count" type="t:Count" minOccurs="1" maxOccurs="unbounded"/>
          </xs:sequence><xs:attribute name="id" type="xs:NCName" use="required"/></xs:complexType></xs:element>
        </xs:schema>
        """

    private func schema() throws -> XMLSchema {
        try XMLSchema(
            documents: ["main.xsd": Array(Self.main.utf8), "types.xsd": Array(Self.types.utf8)], main: "main.xsd")
    }

    @Test("accepts a valid document and returns its tree")
    func accepts() throws {
        let text = "<m:list xmlns:m='urn:m' id='a'><count>1</count><count>9</count></m:list>"
        let (tree, violations) = try schema().parse(Array(text.utf8))
        #expect(violations.isEmpty)
        #expect(tree.root.elements("count").map(\.text) == ["1", "9"])
    }

    @Test("tells path, line and column of what is wrong")
    func tells() throws {
        let text = "<m:list xmlns:m='urn:m'>\n  <count>1</count>\n  <count>10</count><other/>\n</m:list>"
        let violations = try schema().validate(Array(text.utf8))
        #expect(violations.first?.instancePointer == "/m:list")
        #expect(violations.first?.line == 1)
        let value = try #require(violations.first { $0.instancePointer == "/m:list/count[2]" })
        #expect((value.line, value.column) == (3, 3))
        #expect(violations.contains { $0.instancePointer == "/m:list/other" && $0.column == 20 })
        #expect(try schema().validate(Array(text.utf8), limit: 1).count == 1)
    }

    @Test(
        "refuses documents that are not ours to read, whatever the schema",
        arguments: [
            ("<!DOCTYPE m:list><m:list xmlns:m='urn:m' id='a'><count>1</count></m:list>", .documentType),
            ("<m:list xmlns:m='urn:m' id='a'><count>1</count>", .notWellFormed),
            ("<m:list xmlns:m='urn:m' id='a'><count>&x;</count></m:list>", .notWellFormed),
            ("<n:list id='a'/>", .notWellFormed),
            (String(repeating: "<a>", count: 100), .tooDeep),
        ] as [(String, XMLFailure.Reason)])
    func refuses(text: String, reason: XMLFailure.Reason) throws {
        let schema = try schema()
        #expect { try schema.validate(Array(text.utf8)) } throws: { ($0 as? XMLFailure)?.reason == reason }
    }

    @Test("reads imports from the given documents alone")
    func imports() throws {
        #expect(throws: SchemaFailure.self) {
            try XMLSchema(documents: ["main.xsd": Array(Self.main.utf8)], main: "main.xsd")
        }
        let outside = Self.main.replacing("./types.xsd", with: "file:///etc/passwd")
        #expect(throws: SchemaFailure.self) {
            try XMLSchema(documents: ["main.xsd": Array(outside.utf8)], main: "main.xsd")
        }
        let doctype = "<!DOCTYPE x>" + Self.types
        #expect(throws: SchemaFailure.self) {
            try XMLSchema(
                documents: ["main.xsd": Array(Self.main.utf8), "types.xsd": Array(doctype.utf8)], main: "main.xsd")
        }
        #expect(throws: SchemaFailure.self) { try XMLSchema(documents: [:], main: "main.xsd") }
    }

    @Test("takes no schema from the document")
    func hints() throws {
        let text = """
            <m:list xmlns:m='urn:m' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'
              xsi:schemaLocation='urn:m http://localhost:1/x.xsd' id='a'><count>99</count></m:list>
            """
        #expect(try !schema().validate(Array(text.utf8)).isEmpty)
    }

    @Test("serves many threads at once")
    func threads() async throws {
        let schema = try schema()
        let good = Array("<m:list xmlns:m='urn:m' id='a'><count>1</count></m:list>".utf8)
        let bad = Array("<m:list xmlns:m='urn:m' id='a'><count>x</count></m:list>".utf8)
        let results = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let isGood = number % 2 == 0
                    return (try? schema.validate(isGood ? good : bad).isEmpty) == isGood
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.allSatisfy { $0 })
    }
}
