/// UTF-8, as it was read; empty means absent.
package typealias UTF8Text = [UInt8]

/// A prefix that stands for a namespace.
package struct EPCISNamespace: Hashable, Sendable {
    package var prefix: UTF8Text
    package var uri: UTF8Text

    package init(prefix: UTF8Text, uri: UTF8Text) {
        self.prefix = prefix
        self.uri = uri
    }
}

/// The name of a field of an event: a namespace, empty for names of the standard, and a local name.
package struct EPCISName: Hashable, Sendable {
    package var namespace: UTF8Text
    package var local: UTF8Text

    package init(namespace: UTF8Text = [], local: UTF8Text) {
        self.namespace = namespace
        self.local = local
    }
}

/// A document with events, whichever binding it came in: EPCISDocument, EPCISQueryDocument or a single event.
package struct EPCISDocument: Hashable, Sendable {
    /// What the outermost object or element is.
    package enum Kind: Hashable, Sendable {
        case document
        case query(name: UTF8Text, subscriptionID: UTF8Text)
        case singleEvent
    }

    package var kind: Kind
    /// As written; empty for a single event, and where a query document has none.
    package var schemaVersion: UTF8Text
    package var creationDate: UTF8Text
    /// Prefixes in the order of their declaration; those of single events follow.
    package var namespaces: [EPCISNamespace]
    /// What the document asks to leave out of the hash (`ignoreFields`, CBV 2.0 §8.9).
    package var ignoredFields: [EPCISName]
    package var events: [EPCISEvent]

    package init(
        kind: Kind = .document, schemaVersion: UTF8Text, creationDate: UTF8Text, namespaces: [EPCISNamespace] = [],
        ignoredFields: [EPCISName] = [], events: [EPCISEvent] = []
    ) {
        self.kind = kind
        self.schemaVersion = schemaVersion
        self.creationDate = creationDate
        self.namespaces = namespaces
        self.ignoredFields = ignoredFields
        self.events = events
    }

    /// The event hashes, in document order, with regard to ``ignoredFields``.
    package func eventHashes(order: EventHash.Order = .referenceProgram) -> [String] {
        var hasher = EventHasher(order: order, ignoring: ignoredFields)
        return events.indices.map { hasher.hash(events[$0]) }
    }
}
