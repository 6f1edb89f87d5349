/// The fields that the standard gives to events, and which event type has which.
enum EventField: Int, CaseIterable, Sendable {
    case eventTime, recordTime, eventTimeZoneOffset, eventID, errorDeclaration, certificationInfo
    case parentID, epcList, childEPCs, inputEPCList, inputQuantityList, outputEPCList, outputQuantityList
    case transformationID, action, bizStep, disposition, readPoint, bizLocation, bizTransactionList
    case quantityList, childQuantityList, sourceList, destinationList, sensorElementList, persistentDisposition, ilmd
    /// JSON only: the event type, and prefixes of the event's own.
    case type, context

    var name: StaticString {
        switch self {
        case .eventTime: "eventTime"
        case .recordTime: "recordTime"
        case .eventTimeZoneOffset: "eventTimeZoneOffset"
        case .eventID: "eventID"
        case .errorDeclaration: "errorDeclaration"
        case .certificationInfo: "certificationInfo"
        case .parentID: "parentID"
        case .epcList: "epcList"
        case .childEPCs: "childEPCs"
        case .inputEPCList: "inputEPCList"
        case .inputQuantityList: "inputQuantityList"
        case .outputEPCList: "outputEPCList"
        case .outputQuantityList: "outputQuantityList"
        case .transformationID: "transformationID"
        case .action: "action"
        case .bizStep: "bizStep"
        case .disposition: "disposition"
        case .readPoint: "readPoint"
        case .bizLocation: "bizLocation"
        case .bizTransactionList: "bizTransactionList"
        case .quantityList: "quantityList"
        case .childQuantityList: "childQuantityList"
        case .sourceList: "sourceList"
        case .destinationList: "destinationList"
        case .sensorElementList: "sensorElementList"
        case .persistentDisposition: "persistentDisposition"
        case .ilmd: "ilmd"
        case .type: "type"
        case .context: "@context"
        }
    }

    /// Fields by the length of their names, which alone decides most questions.
    private static let byLength: [[(name: StaticString, field: EventField)]] = (0...24).map { length in
        allCases.filter { $0.name.utf8CodeUnitCount == length }.map { ($0.name, $0) }
    }

    /// The field of a name.
    init?(_ name: ArraySlice<UInt8>) {
        guard name.count < Self.byLength.count else { return nil }
        for entry in Self.byLength[name.count] where entry.name.isEqual(to: name) {
            self = entry.field
            return
        }
        return nil
    }

    /// Fields of all events, in the order of both XSDs.
    static let common: [EventField] = [.eventTime, .recordTime, .eventTimeZoneOffset]

    /// A type's own fields in the order of the XSD of EPCIS 2.0, without those of all events.
    static func fields(of kind: EPCISEvent.Kind) -> [EventField] {
        switch kind {
        case .object:
            [.epcList, .action] + whyAndWhere
                + [.bizTransactionList, .quantityList] + parties + [.sensorElementList, .persistentDisposition, .ilmd]
        case .aggregation:
            [.parentID, .childEPCs, .action] + whyAndWhere + [.bizTransactionList, .childQuantityList] + parties
                + [.sensorElementList, .persistentDisposition]
        case .association:
            [.parentID, .childEPCs, .childQuantityList, .action] + whyAndWhere + [.bizTransactionList] + parties
                + [.sensorElementList, .persistentDisposition]
        case .transaction:
            [.bizTransactionList, .parentID, .epcList, .action] + whyAndWhere + [.quantityList] + parties
                + [.sensorElementList, .persistentDisposition]
        case .transformation:
            [.inputEPCList, .inputQuantityList, .outputEPCList, .outputQuantityList, .transformationID] + whyAndWhere
                + [.bizTransactionList] + parties + [.sensorElementList, .persistentDisposition, .ilmd]
        }
    }

    private static let whyAndWhere: [EventField] = [.bizStep, .disposition, .readPoint, .bizLocation]
    private static let parties: [EventField] = [.sourceList, .destinationList]
}

extension EPCISEvent {
    /// Whether a field holds something.
    func has(_ field: EventField) -> Bool {
        switch field {
        case .eventTime: !eventTime.isEmpty
        case .recordTime: !recordTime.isEmpty
        case .eventTimeZoneOffset: !eventTimeZoneOffset.isEmpty
        case .eventID: !eventID.isEmpty
        case .errorDeclaration: errorDeclaration != nil
        case .certificationInfo: !certificationInfo.isEmpty
        case .parentID: !parentID.isEmpty
        case .epcList: !epcList.isEmpty
        case .childEPCs: !childEPCs.isEmpty
        case .inputEPCList: !inputEPCList.isEmpty
        case .inputQuantityList: !inputQuantityList.isEmpty
        case .outputEPCList: !outputEPCList.isEmpty
        case .outputQuantityList: !outputQuantityList.isEmpty
        case .transformationID: !transformationID.isEmpty
        case .action: !action.isEmpty
        case .bizStep: !bizStep.isEmpty
        case .disposition: !disposition.isEmpty
        case .readPoint: readPoint != nil
        case .bizLocation: bizLocation != nil
        case .bizTransactionList: !bizTransactionList.isEmpty
        case .quantityList: !quantityList.isEmpty
        case .childQuantityList: !childQuantityList.isEmpty
        case .sourceList: !sourceList.isEmpty
        case .destinationList: !destinationList.isEmpty
        case .sensorElementList: !sensorElementList.isEmpty
        case .persistentDisposition: !persistentDisposition.isEmpty
        case .ilmd: ilmd != nil
        case .type, .context: false
        }
    }

    /// Empties a field.
    mutating func clear(_ field: EventField) {
        switch field {
        case .eventTime: eventTime = []
        case .recordTime: recordTime = []
        case .eventTimeZoneOffset: eventTimeZoneOffset = []
        case .eventID: eventID = []
        case .errorDeclaration: errorDeclaration = nil
        case .certificationInfo: certificationInfo = []
        case .parentID: parentID = []
        case .epcList: epcList = []
        case .childEPCs: childEPCs = []
        case .inputEPCList: inputEPCList = []
        case .inputQuantityList: inputQuantityList = []
        case .outputEPCList: outputEPCList = []
        case .outputQuantityList: outputQuantityList = []
        case .transformationID: transformationID = []
        case .action: action = []
        case .bizStep: bizStep = []
        case .disposition: disposition = []
        case .readPoint: readPoint = nil
        case .bizLocation: bizLocation = nil
        case .bizTransactionList: bizTransactionList = []
        case .quantityList: quantityList = []
        case .childQuantityList: childQuantityList = []
        case .sourceList: sourceList = []
        case .destinationList: destinationList = []
        case .sensorElementList: sensorElementList = []
        case .persistentDisposition: persistentDisposition = PersistentDisposition()
        case .ilmd: ilmd = nil
        case .type, .context: break
        }
    }
}
