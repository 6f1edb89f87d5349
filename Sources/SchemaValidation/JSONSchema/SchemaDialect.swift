/// Which keywords a schema resource has, and what they mean.
struct SchemaDialect: Hashable, Sendable {
    /// The drafts of the specification; 2019-09 only as far as references from newer schemas into older ones need it.
    enum Draft: Sendable, Hashable { case draft7, draft201909, draft202012 }

    /// Vocabularies of 2020-12; a draft-07 schema has all of its keywords always.
    struct Vocabularies: OptionSet, Hashable, Sendable {
        let rawValue: UInt8
        static let applicator = Vocabularies(rawValue: 1)
        static let validation = Vocabularies(rawValue: 2)
        static let unevaluated = Vocabularies(rawValue: 4)
        static let formatAssertion = Vocabularies(rawValue: 8)
    }

    var draft: Draft
    var vocabularies: Vocabularies

    static let draft202012 = SchemaDialect(
        draft: .draft202012, vocabularies: [.applicator, .validation, .unevaluated])
    static let draft7 = SchemaDialect(draft: .draft7, vocabularies: [.applicator, .validation])
    static let draft201909 = SchemaDialect(
        draft: .draft201909, vocabularies: [.applicator, .validation, .unevaluated])

    /// The dialect of a standard meta-schema's URI, or nil.
    init?(metaSchema uri: String) {
        switch uri.hasSuffix("#") ? String(uri.dropLast()) : uri {
        case "https://json-schema.org/draft/2020-12/schema": self = .draft202012
        case "https://json-schema.org/draft/2019-09/schema": self = .draft201909
        // draft-06 schemas mean the same where they use the same words.
        case "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema",
            "http://json-schema.org/draft-06/schema":
            self = .draft7
        default: return nil
        }
    }

    init(draft: Draft, vocabularies: Vocabularies) {
        self.draft = draft
        self.vocabularies = vocabularies
    }

    /// A vocabulary's URI: known and ours (a set), known and without effect (empty), or unknown (nil).
    static func vocabulary(_ uri: String) -> Vocabularies? {
        for draft in ["2020-12", "2019-09"] {
            switch uri {
            case "https://json-schema.org/draft/\(draft)/vocab/applicator":
                return draft == "2019-09" ? [.applicator, .unevaluated] : .applicator
            case "https://json-schema.org/draft/\(draft)/vocab/validation": return .validation
            case "https://json-schema.org/draft/\(draft)/vocab/unevaluated": return .unevaluated
            case "https://json-schema.org/draft/\(draft)/vocab/format-assertion": return .formatAssertion
            case "https://json-schema.org/draft/\(draft)/vocab/core",
                "https://json-schema.org/draft/\(draft)/vocab/meta-data",
                "https://json-schema.org/draft/\(draft)/vocab/format-annotation",
                "https://json-schema.org/draft/\(draft)/vocab/format",
                "https://json-schema.org/draft/\(draft)/vocab/content":
                return []
            default: continue
            }
        }
        return nil
    }

    // Where schemas stand within a schema.

    /// Keywords whose value is one schema.
    static let single: Set<String> = [
        "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else", "unevaluatedItems",
        "unevaluatedProperties", "contentSchema", "additionalItems",
    ]
    /// Keywords whose value is a list of schemas.
    static let lists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems", "items"]
    /// Keywords whose value is a map to schemas.
    static let maps: Set<String> = [
        "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies",
    ]
}
