package import Codec

/// Whether a new version of a schema may follow an old one, as schema registries ask it.
///
/// The comparison is conservative: no finding means that every document of the one is one of the other; a finding means
/// that this is not so, or that it could not be shown. docs/decisions has what it can and cannot tell.
package enum SchemaCompatibility {
    /// What must stay possible.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// What was written by the old version is read by the new one.
        case backward
        /// What is written by the new version is read by the old one.
        case forward
        /// Both.
        case full
    }

    /// One reason why a document of one version may be refused by the other.
    package struct Finding: Hashable, Sendable {
        /// `backward` where the new version refuses, `forward` where the old one does.
        package var direction: Mode
        /// The keyword that may refuse, or `limits` where the comparison was given up.
        package var rule: String
        /// Where that keyword stands in the refusing schema: a JSON Pointer (RFC 6901), behind `location#` where it is in
        /// another document.
        package var pointer: String
        /// What is wrong, in a sentence.
        package var message: String
    }

    /// Schemas compared in all, before it is given up.
    static let stepCountMax = 20_000
    /// Findings told of one direction.
    static let findingCountMax = 100

    /// Compares two versions of a JSON Schema; no finding where they are compatible.
    ///
    /// References of both may lead to documents of the registry; nothing else is ever looked up.
    /// - Throws: why one of the schemas cannot be used.
    package static func compare(
        old: JSONDocument, new: JSONDocument, mode: Mode, registry: SchemaRegistry = .init(),
        options: SchemaOptions = SchemaOptions()
    ) throws(SchemaFailure) -> [Finding] {
        let location = "urn:vivian:schema"
        var sides: [CompatibilitySide] = []
        for document in [old, new] {
            // Only schemas that can be used are compared.
            _ = try JSONSchema(compiling: document, at: location, registry: registry, options: options)
            var own = registry
            try own.register(document, at: location, defaultDraft7: options.defaultDraft7)
            guard let resource = own.resource(location) else { throw .unresolvedReference(location, at: location) }
            sides.append(CompatibilitySide(registry: own, location: location, resource: resource))
        }
        guard JSONEquality.areEqual(0, in: old.tape, 0, in: new.tape) == false else { return [] }
        var told: [Finding] = []
        if mode != .forward { told += reasons(from: sides[0], to: sides[1], .backward) }
        if mode != .backward { told += reasons(from: sides[1], to: sides[0], .forward) }
        return told
    }

    private static func reasons(
        from written: CompatibilitySide, to reading: CompatibilitySide, _ direction: Mode
    ) -> [Finding] {
        var reasons: [CompatibilityReason] = []
        if let foreign = [reading.root, written.root].first(where: {
            !$0.dialect.vocabularies.isSuperset(of: [.applicator, .validation])
        }) {
            reasons = [
                CompatibilityReason(rule: "$schema", place: foreign, message: "its vocabularies are not compared")
            ]
        } else {
            var comparison = CompatibilityComparison()
            reasons = comparison.reasons(why: [written.root], mayBeRefusedBy: reading.root)
            if comparison.isExhausted || reading.trials.isExhausted || written.trials.isExhausted {
                reasons.append(
                    CompatibilityReason(rule: "limits", place: reading.root, message: "the comparison was given up"))
            }
        }
        // A schema that is reached in several ways is told of once.
        var told: Set<Finding> = []
        let findings = reasons.map {
            Finding(direction: direction, rule: $0.rule, pointer: $0.place.pointer, message: $0.message)
        }
        return Array(findings.filter { told.insert($0).inserted }.prefix(findingCountMax))
    }

    /// What can be said of two versions of an XML Schema.
    package enum XMLResult: Hashable, Sendable {
        /// The same documents, byte for byte.
        case equal
        /// They differ, and whether it matters is not known.
        case notCompared
    }

    /// Compares two versions of an XML Schema, each by its documents' locations.
    package static func compareXML(old: [String: [UInt8]], new: [String: [UInt8]]) -> XMLResult {
        old == new ? .equal : .notCompared
    }
}

/// One version with all that it refers to.
final class CompatibilitySide: Sendable {
    let registry: SchemaRegistry
    let location: String
    let trials = PatternTrials()
    private let resource: Int

    init(registry: SchemaRegistry, location: String, resource: Int) {
        (self.registry, self.location, self.resource) = (registry, location, resource)
    }

    var root: CompatibilityPlace {
        CompatibilityPlace(side: self, location: registry.resources[resource].root, resource: resource)
    }
}

/// A schema, or a value within one, of one version.
struct CompatibilityPlace: Hashable, Sendable {
    let side: CompatibilitySide
    let location: SchemaLocation
    /// The resource to which its references are relative.
    let resource: Int

    static func == (one: Self, other: Self) -> Bool { one.side === other.side && one.location == other.location }
    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(side))
        hasher.combine(location)
    }

    var node: JSONNode { side.registry.node(location) }
    var dialect: SchemaDialect { side.registry.resources[resource].dialect }

    /// A value within this one.
    func at(_ value: JSONNode) -> CompatibilityPlace {
        let location = location.at(value.index)
        return CompatibilityPlace(
            side: side, location: location, resource: side.registry.resource(of: location) ?? resource)
    }

    /// The value of a member, if it is there.
    func member(_ name: String) -> CompatibilityPlace? { node[name].map(at) }
    var elements: [CompatibilityPlace] { node.elements.map(at) }

    /// Where a reference leads.
    func target(_ reference: String) -> CompatibilityPlace? {
        side.registry.find(reference, from: resource).map {
            CompatibilityPlace(side: side, location: $0.location, resource: $0.resource)
        }
    }

    var pointer: String {
        let text = side.registry.description(of: location)
        return text.hasPrefix(side.location + "#") ? String(text.dropFirst(side.location.count + 1)) : text
    }
}

/// A finding before its direction is known.
struct CompatibilityReason {
    var rule: String
    var place: CompatibilityPlace
    var message: String
}
