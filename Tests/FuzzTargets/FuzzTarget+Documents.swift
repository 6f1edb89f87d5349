import Codec
import Compression
import SchemaValidation
import SupplyChain

extension FuzzTarget {
    /// Documents of users: schemas, patterns, XML and EPCIS.
    static let documents: [FuzzTarget] = [
        FuzzTarget("content-coding", byteCountMax: 1 << 13) { bytes in
            for coding in ContentCoding.allCases {
                let limits = DecompressionLimits(bytesMax: 1 << 20)
                if let text = try? coding.decompress(bytes, limits: limits) {
                    if text.count > limits.bytesMax { return "more than the limit came out" }
                    if (try? coding.decompress(
                        coding.compress(text), limits: .init(bytesMax: 1 << 20, ratioMax: 1 << 20)))
                        != text
                    {
                        return "does not read what it wrote"
                    }
                }
            }
            return nil
        },
        // A schema, a zero byte, a document.
        FuzzTarget("json-schema", byteCountMax: 1 << 13) { bytes in
            let (schemaText, text) = halves(bytes)
            guard let schemaDocument = try? JSONDocument(parsing: schemaText),
                let schema = try? JSONSchema(compiling: schemaDocument), let document = try? JSONDocument(parsing: text)
            else { return nil }
            let isValid = schema.accepts(document)
            guard isValid == schema.validate(document).isEmpty else { return "accepts and validate differ" }
            return schema.output(document, format: .basic).isValid == isValid ? nil : "accepts and output differ"
        },
        // Two versions of a schema and a document, with zero bytes between.
        FuzzTarget("schema-compatibility", byteCountMax: 1 << 12) { bytes in
            let (oldText, rest) = halves(bytes)
            let (newText, text) = halves(rest)
            guard let old = try? JSONDocument(parsing: oldText), let new = try? JSONDocument(parsing: newText),
                let findings = try? SchemaCompatibility.compare(old: old, new: new, mode: .backward), findings.isEmpty,
                let document = try? JSONDocument(parsing: text), let written = try? JSONSchema(compiling: old),
                let reading = try? JSONSchema(compiling: new)
            else { return nil }
            return written.accepts(document) && !reading.accepts(document) ? "called compatible, and is not" : nil
        },
        // A pattern, a zero byte, a text.
        FuzzTarget("pattern", byteCountMax: 1024) { bytes in
            let (pattern, text) = halves(bytes)
            let schemaText = JSON.object([
                .init("pattern", .string(String(decoding: pattern, as: UTF8.self)))
            ]).serialized()
            let document = JSON.string(String(decoding: text, as: UTF8.self)).serialized()
            guard let schemaDocument = try? JSONDocument(parsing: schemaText),
                let schema = try? JSONSchema(compiling: schemaDocument),
                let value = try? JSONDocument(parsing: document)
            else { return nil }
            _ = schema.accepts(value)
            return nil
        },
        FuzzTarget("format", byteCountMax: 512) { bytes in
            let document = JSON.string(String(decoding: bytes, as: UTF8.self)).serialized()
            guard let value = try? JSONDocument(parsing: document) else { return "cannot read its own string" }
            for schema in formats { _ = schema.accepts(value) }
            return nil
        },
        FuzzTarget("epcis-json", byteCountMax: 1 << 14) { bytes in
            guard let document = try? JSONDocument(parsing: bytes) else { return nil }
            if let schema = try? EPCISSchemas.json20() { _ = schema.validate(document) }
            return records(of: document)
        },
        FuzzTarget("xml-tree", byteCountMax: 1 << 14) { bytes in
            _ = try? XMLTree(parsing: bytes)
            return nil
        },
        FuzzTarget("xml-schema-limits", byteCountMax: 1 << 13) { bytes in
            try? XMLSchemaLimits.registered.check(["schema.xsd": bytes])
            return nil
        },
        FuzzTarget("epcis-xml", byteCountMax: 1 << 14) { bytes in
            for schema in [try? EPCISSchemas.xml20(), try? EPCISSchemas.xml12()] {
                _ = try? schema?.validate(bytes)
            }
            guard let tree = try? XMLTree(parsing: bytes), let document = try? EPCISDocument(xml: tree) else {
                return nil
            }
            if let records = try? EventRecord.records(of: document) {
                let hashes = records.map { EventHash.compute(document: $0.document) }
                guard hashes == records.map(\.eventHash) else { return "a record hashes otherwise than its event" }
            }
            return roundTrip(document)
        },
    ]

    private static let formats: [JSONSchema] = [
        "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
        "uri",
        "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer",
        "regex",
    ].compactMap { name in
        let text = JSON.object([.init("format", .string(name))]).serialized()
        return (try? JSONDocument(parsing: text)).flatMap { try? JSONSchema(compiling: $0) }
    }

    /// What capture makes of a document; a record's document has a hash, or is none.
    private static func records(of document: JSONDocument) -> String? {
        guard let records = try? EventRecord.records(of: document) else { return nil }
        for record in records {
            _ = EventHash.compute(document: record.document)
            _ = EventHash.compute(document: record.document, order: .standardText)
            guard (try? JSONDocument(parsing: record.document)) != nil else { return "a record is no JSON" }
        }
        return (try? EPCISDocument(jsonLD: document)).flatMap(roundTrip)
    }

    /// What is written in any binding reads with the same hashes.
    private static func roundTrip(_ document: EPCISDocument) -> String? {
        let hashes = document.eventHashes()
        if let json = try? document.jsonLD() {
            guard let parsed = try? JSONDocument(parsing: json), let back = try? EPCISDocument(jsonLD: parsed),
                back.eventHashes() == hashes
            else { return "JSON-LD changes a hash" }
        }
        for binding in [EPCISBinding.xml20, .xml12] {
            guard let xml = try? document.xml(binding) else { continue }
            guard let tree = try? XMLTree(parsing: xml), let back = try? EPCISDocument(xml: tree),
                back.eventHashes() == hashes
            else { return "\(binding.rawValue) changes a hash" }
        }
        return nil
    }

    /// What stands before the first zero byte, and after it.
    private static func halves(_ bytes: [UInt8]) -> ([UInt8], [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        return (Array(parts[0]), parts.count > 1 ? Array(parts[1]) : [])
    }
}
