import Codec
package import Cryptography

/// The event hash of CBV 2.0 §8.9: SHA-256 of a string made of all that an event says, whichever binding it came in.
///
/// | part | written |
/// |---|---|
/// | field | `name=value`; a parent writes its name alone, a list its name once; absent and empty fields nothing |
/// | list | its elements in byte order of their strings; `type=` stands before the value that it qualifies |
/// | extension, ilmd | `{namespace}local=value`, nested, in byte order |
/// | left out | recordTime, eventID, errorDeclaration, comments, ``EPCISDocument/ignoredFields`` |
/// | value | as ``CanonicalValue``; fields with "time" in their name as ``CanonicalTime`` |
///
/// Deviations from the reference program (1.9.3), all where it treats JSON and XML differently or fails: `type` always
/// stands before its value, also where JSON has it after; booleans are lower-case; CURIEs of `gs1` and `cbv` are expanded
/// whether declared or not; names with a prefix of the GS1 context are expanded; fractions of .9995 and more carry over;
/// comments are left out of XML as well; bare words of the core vocabulary in XML are Web URIs; a scalar field of
/// an extension whose name ends in `List` is not wrapped.
package enum EventHash {
    /// The order of fields.
    ///
    /// Two are in use, so an event may have two hashes.
    package enum Order: String, CaseIterable, Sendable {
        /// That of the reference program: certificationInfo after the offset, parentID before epcList, sensor elements after
        /// bizLocation, then transactions, destinations, ilmd, sources and extensions in one sort. Extensions inside a
        /// standard field stay there only if their namespace ends in `/`; times are rounded half to even.
        case referenceProgram = "reference-program"
        /// That of the standard's table: epcList before parentID, no certificationInfo, transactions, sources,
        /// destinations, sensor elements, ilmd, extensions; the fourth decimal of a time rounds.
        case standardText = "standard-text"
    }

    /// `ni:///sha-256;<64 hex digits>?ver=CBV2.0` (RFC 6920).
    ///
    /// `names` are left out (``EPCISDocument/ignoredFields``).
    /// - Complexity: linear in the event, n log n in lists that are not sorted.
    package static func compute(
        _ event: EPCISEvent, order: Order = .referenceProgram, ignoring names: [EPCISName] = []
    ) -> String {
        var hasher = EventHasher(order: order, ignoring: names)
        return hasher.hash(event)
    }

    /// The hash of the one event of a record's document, from its bytes alone; nil where it is no document with exactly
    /// one event.
    package static func compute(document bytes: [UInt8], order: Order = .referenceProgram) -> String? {
        guard let parsed = try? JSONDocument(parsing: bytes), let document = try? EPCISDocument(jsonLD: parsed),
            document.events.count == 1
        else { return nil }
        return document.eventHashes(order: order)[0]
    }

    /// The string that is hashed, as UTF-8.
    package static func prehash(
        _ event: EPCISEvent, order: Order = .referenceProgram, ignoring names: [EPCISName] = []
    ) -> [UInt8] {
        var hasher = EventHasher(order: order, ignoring: names)
        return hasher.prehash(event)
    }

    /// The URI of a digest.
    package static func uri(_ digest: Digest) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(88)
        text.append("ni:///sha-256;")
        digest.appendHex(to: &text)
        text.append("?ver=CBV2.0")
        return String(decoding: text, as: UTF8.self)
    }
}

/// Makes the hashes of one event after another, in one buffer.
package struct EventHasher: Sendable {
    private var prehash: Prehash
    private let ignored: [EPCISName]

    package init(order: EventHash.Order = .referenceProgram, ignoring names: [EPCISName] = []) {
        prehash = Prehash(order: order)
        ignored = names
    }

    /// As ``EventHash/compute(_:order:ignoring:)``.
    package mutating func hash(_ event: EPCISEvent) -> String {
        write(event)
        return EventHash.uri(SHA256.hash(prehash.bytes))
    }

    mutating func prehash(_ event: EPCISEvent) -> [UInt8] {
        write(event)
        return prehash.bytes
    }

    private mutating func write(_ event: EPCISEvent) {
        prehash.clear()
        if ignored.isEmpty { prehash.append(event) } else { prehash.append(event.without(ignored)) }
    }
}
