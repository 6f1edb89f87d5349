/// What the keywords do that the specification lets an implementation choose.
package struct SchemaOptions: Hashable, Sendable {
    /// Whether a keyword's rule must be met, or only says something to the reader.
    package enum Policy: Hashable, Sendable {
        case asserted, annotated
    }

    /// `format` (2020-12 Validation §7.2); asserted unless said otherwise.
    package var formats: Policy
    /// `contentEncoding` and `contentMediaType` (draft-07 Validation §8; 2020-12 §8 has them as annotations).
    package var content: Policy
    /// Whether a schema without `$schema` is of draft-07 rather than of 2020-12.
    package var defaultDraft7: Bool

    /// Options; those left out are the gateway's own.
    package init(formats: Policy = .asserted, content: Policy = .annotated, defaultDraft7: Bool = false) {
        self.formats = formats
        self.content = content
        self.defaultDraft7 = defaultDraft7
    }
}
