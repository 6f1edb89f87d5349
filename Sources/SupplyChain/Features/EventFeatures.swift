import Codec

/// What an event is compared by: named values, each with a weight.
///
/// Two events are the closer the more of them they share, by weight: of the squared length of the event's vector, a value
/// has its weight squared. Values are in their canonical form (``CanonicalValue``), so it does not matter in which binding
/// an event came.
///
/// | value | weight | why |
/// |---|---|---|
/// | `bizStep` | 10 | what was done |
/// | `readPoint`, `bizLocation` | 8 each | where |
/// | `bizStep` at `bizLocation`, or at `readPoint` where there is none | 8 | a usual step at a place where it is not usual |
/// | location without its extension (AI 254) | 4 | another door of the same house |
/// | type of event, `disposition` | 6 each | |
/// | `action` | 4 | |
/// | day of `eventTime` | 2 | of equal events that of the same day comes first; captured again with another time is near |
/// | classes of what it is about (GTIN without serial, kind of key) | 64 in all | |
/// | the objects and lots themselves | 64 in all | one more changes little |
/// | transactions, sources, destinations | 36 in all | |
/// | instance and lot master data, extensions, sensors' types and devices | 36 in all | |
///
/// "64 in all" is of squared weights: each of n values weighs floor(sqrt(64 / n)), but at least 1; of more than 64 those
/// 64 with the smallest hashes count, so that lists that differ little are cut alike. An event's number of objects thus
/// never outweighs what was done and where.
///
/// Left out: eventID, recordTime, the time of day, error declarations, quantities, sensors' values, comments.
package struct EventFeatures: Equatable, Sendable {
    package struct Feature: Hashable, Sendable {
        /// `name=value`.
        package var text: UTF8Text
        /// 1 to 15.
        package var weight: UInt64
    }

    /// In no order that means anything; none twice.
    package private(set) var features: [Feature] = []
    private var seen: Set<UTF8Text> = []

    /// Values of a kind of which there may be many: what their squared weights come to, and how many count.
    private static let objectsTotal = 64
    private static let partiesTotal = 36
    private static let detailsTotal = 36

    /// - Complexity: linear in the event; n log n in lists beyond 64.
    package init(_ event: EPCISEvent) {
        add("type", event.kind.name.bytes, 6)
        let step = Self.canonical(event.bizStep)
        add("bizStep", step, 10)
        add("disposition", Self.canonical(event.disposition), 6)
        add("action", event.action, 4)
        add("day", UTF8Text(event.eventTime.prefix(10)), 2)
        place("readPoint", event.readPoint)
        place("bizLocation", event.bizLocation)
        if let place = event.bizLocation ?? event.readPoint, !step.isEmpty {
            add("bizStep at", step + [0x20] + Self.canonical(place.id), 8)
        }
        objects(event)
        let parties =
            [("transaction", event.bizTransactionList), ("source", event.sourceList)]
            + [("destination", event.destinationList)]
        add(
            parties.flatMap { name, list in
                list.map { Self.text(name, Self.canonical($0.type) + [0x20] + Self.canonical($0.id)) }
            }, total: Self.partiesTotal)
        add(details(event), total: Self.detailsTotal)
    }

    private mutating func place(_ name: StaticString, _ location: Location?) {
        guard let location else { return }
        let id = Self.canonical(location.id)
        add(name, id, 8)
        add("house", Self.house(id), 4)
    }

    private mutating func objects(_ event: EPCISEvent) {
        var objects: [UTF8Text] = []
        var classes: [UTF8Text] = []
        func take(_ name: String, _ ids: [UTF8Text]) {
            for id in ids where !id.isEmpty {
                let link = Self.canonical(id)
                objects.append(Self.text(name, link))
                classes.append(Self.text("class of \(name)", Self.objectClass(link)))
            }
        }
        take("epc", event.epcList + event.quantityList.map(\.epcClass))
        take("child", event.childEPCs + event.childQuantityList.map(\.epcClass))
        take("input", event.inputEPCList + event.inputQuantityList.map(\.epcClass))
        take("output", event.outputEPCList + event.outputQuantityList.map(\.epcClass))
        take("parent", [event.parentID])
        take("transformation", [event.transformationID])
        add(objects, total: Self.objectsTotal)
        add(classes, total: Self.objectsTotal)
    }

    private func details(_ event: EPCISEvent) -> [UTF8Text] {
        var details: [UTF8Text] = []
        func visit(_ nodes: [ExtensionNode], _ path: UTF8Text) {
            for node in nodes where !node.isComment {
                let path = path + [0x2f] + node.name.namespace + [0x23] + node.name.local
                if !node.text.isEmpty { details.append(path + [0x3d] + Self.canonical(node.text)) }
                visit(node.children, path)
            }
        }
        visit(event.ilmd ?? [], Array("ilmd".utf8))
        visit(event.extensions, [])
        for location in [event.readPoint, event.bizLocation] {
            visit(location?.extensions ?? [], Array("place".utf8))
        }
        for element in event.sensorElementList {
            if let device = element.metadata?[.deviceID], !device.isEmpty {
                details.append(Self.text("device", Self.canonical(device)))
            }
            for report in element.reports {
                for field in [SensorReportField.type, .exception, .deviceID] where !report[field].isEmpty {
                    details.append(Self.text("sensor \(field.name)", Self.canonical(report[field])))
                }
            }
        }
        details += (event.persistentDisposition.set).map { Self.text("set", Self.canonical($0)) }
        details += (event.persistentDisposition.unset).map { Self.text("unset", Self.canonical($0)) }
        return details
    }

    // MARK: Weights

    /// Adds a value in its canonical form.
    private mutating func add(_ name: StaticString, _ value: UTF8Text, _ weight: UInt64) {
        guard !value.isEmpty else { return }
        add(name.bytes + [0x3d] + value, weight)
    }

    private mutating func add(_ text: UTF8Text, _ weight: UInt64) {
        if seen.insert(text).inserted { features.append(Feature(text: text, weight: weight)) }
    }

    /// Shares a total of squared weights.
    private mutating func add(_ texts: [UTF8Text], total: Int) {
        var texts = Array(Set(texts))
        guard !texts.isEmpty else { return }
        if texts.count > total {
            texts = texts.map { (hash: Self.hash($0), text: $0) }.sorted { left, right in
                left.hash == right.hash ? left.text.lexicographicallyPrecedes(right.text) : left.hash < right.hash
            }.prefix(total).map(\.text)
        }
        var weight = 1
        while (weight + 1) * (weight + 1) * texts.count <= total { weight += 1 }
        for text in texts { add(text, UInt64(weight)) }
    }

    /// FNV-1a of 64 bits: which of many values count must be the same for two events, in every process.
    private static func hash(_ text: UTF8Text) -> UInt64 {
        text.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    // MARK: Values

    private static func text(_ name: String, _ value: UTF8Text) -> UTF8Text { Array(name.utf8) + [0x3d] + value }

    private static func canonical(_ value: UTF8Text) -> UTF8Text {
        var bytes: UTF8Text = []
        CanonicalValue.append(CanonicalValue.trimmed(value[...]), to: &bytes)
        return bytes
    }

    /// A location without the extension of its number; others as they are.
    private static func house(_ link: UTF8Text) -> UTF8Text {
        let parts = link.split(separator: 0x2f, omittingEmptySubsequences: false)
        guard link.starts(with: GS1Identifier.domain), parts.count > 5 else { return link }
        return Array(parts.prefix(5).joined(separator: [0x2f]))
    }

    /// What an object is one of: of a GTIN the GTIN without serial and lot, of other keys of GS1 the kind of key alone,
    /// of other identifiers what stands before the last `/`, `:`, `#` or `.`.
    private static func objectClass(_ link: UTF8Text) -> UTF8Text {
        if link.starts(with: GS1Identifier.domain) {
            let parts = link.split(separator: 0x2f, omittingEmptySubsequences: false)
            // https: / / id.gs1.org / AI / value / ...
            let isTradeItem = parts.count > 3 && parts[3].elementsEqual("01".utf8)
            return Array(parts.prefix(isTradeItem ? 5 : 4).joined(separator: [0x2f]))
        }
        let end = link.lastIndex { [0x2f, 0x3a, 0x23, 0x2e].contains($0) }
        return end.map { Array(link[..<$0]) } ?? []
    }
}

extension EventFeatures {
    /// Those of a record's document; nil where it is no document with exactly one event.
    package init?(document bytes: [UInt8]) {
        guard let parsed = try? JSONDocument(parsing: bytes), let document = try? EPCISDocument(jsonLD: parsed),
            document.events.count == 1
        else { return nil }
        self.init(document.events[0])
    }
}
