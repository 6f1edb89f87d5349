/// One event in its canonical form (EPCIS 2.0 §7.4).
///
/// Values are kept as they were written, with three exceptions, which make the bindings equal: words and URNs of the core
/// business vocabulary are Web URIs (`https://ref.gs1.org/cbv/BizStep-shipping`), CURIEs are expanded, and names of
/// extensions carry their namespace.
package struct EPCISEvent: Hashable, Sendable {
    /// The five event types.
    package enum Kind: UInt8, CaseIterable, Sendable {
        case object, aggregation, transaction, transformation, association

        /// Made once; `allCases` makes a list each time.
        private static let all = allCases

        package var name: StaticString {
            switch self {
            case .object: "ObjectEvent"
            case .aggregation: "AggregationEvent"
            case .transaction: "TransactionEvent"
            case .transformation: "TransformationEvent"
            case .association: "AssociationEvent"
            }
        }

        init?(name: some Collection<UInt8>) {
            guard let kind = Self.all.first(where: { $0.name.isEqual(to: name) }) else { return nil }
            self = kind
        }
    }

    package var kind: Kind
    // When.
    package var eventTime: UTF8Text = []
    package var recordTime: UTF8Text = []
    package var eventTimeZoneOffset: UTF8Text = []
    // About the event itself.
    package var eventID: UTF8Text = []
    package var certificationInfo: [UTF8Text] = []
    package var errorDeclaration: ErrorDeclaration?
    // What.
    package var parentID: UTF8Text = []
    package var epcList: [UTF8Text] = []
    package var childEPCs: [UTF8Text] = []
    package var inputEPCList: [UTF8Text] = []
    package var outputEPCList: [UTF8Text] = []
    package var quantityList: [QuantityElement] = []
    package var childQuantityList: [QuantityElement] = []
    package var inputQuantityList: [QuantityElement] = []
    package var outputQuantityList: [QuantityElement] = []
    package var transformationID: UTF8Text = []
    /// Instance or lot master data; present and empty is not the same as absent.
    package var ilmd: [ExtensionNode]?
    // Where.
    package var readPoint: Location?
    package var bizLocation: Location?
    // Why.
    package var action: UTF8Text = []
    package var bizStep: UTF8Text = []
    package var disposition: UTF8Text = []
    package var persistentDisposition = PersistentDisposition()
    package var bizTransactionList: [TypedIdentifier] = []
    package var sourceList: [TypedIdentifier] = []
    package var destinationList: [TypedIdentifier] = []
    // How.
    package var sensorElementList: [SensorElement] = []
    /// Fields of other namespaces, and fields that the standard does not know.
    package var extensions: [ExtensionNode] = []

    package init(kind: Kind) { self.kind = kind }
}

extension StaticString {
    /// Whether these are the literal's bytes.
    func isEqual(to bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count == utf8CodeUnitCount else { return false }
        return withUTF8Buffer { literal in
            bytes.withContiguousStorageIfAvailable { bytes in
                literal.indices.allSatisfy { literal[$0] == bytes[$0] }
            } ?? literal.elementsEqual(bytes)
        }
    }

    var bytes: UTF8Text { withUTF8Buffer { Array($0) } }
}
