/// Observations of one or several sensors (EPCIS 2.0 §7.3.7).
package struct SensorElement: Hashable, Sendable {
    package var metadata: SensorMetadata?
    package var reports: [SensorReport] = []
    package var extensions: [ExtensionNode] = []

    package init() {}
}

/// What holds for all reports of a sensor element.
package typealias SensorMetadata = SensorFields<SensorMetadataField>
/// One measured property.
package typealias SensorReport = SensorFields<SensorReportField>

/// Named values and extensions.
package struct SensorFields<Field: SensorField>: Hashable, Sendable {
    private var values: [UTF8Text]
    package var extensions: [ExtensionNode] = []

    package init() { values = Array(repeating: [], count: Field.ordered.count) }

    /// A field's value, empty where it is absent.
    package subscript(field: Field) -> UTF8Text {
        get { values[field.rawValue] }
        set { values[field.rawValue] = newValue }
    }
}

/// A field of a sensor's metadata or report.
package protocol SensorField: RawRepresentable<Int>, Hashable, Sendable {
    /// All fields, in the order of the hash; raw values count from 0 in this order.
    static var ordered: [Self] { get }
    var name: StaticString { get }
    var form: SensorValueForm { get }
}

/// How a binding spells a field of a sensor.
package enum SensorValueForm: Sendable {
    case text, time, number, boolean
    case vocabulary(Vocabulary)
}

/// Fields in the order of the hash.
package enum SensorMetadataField: Int, SensorField, CaseIterable {
    case time, startTime, endTime, deviceID, deviceMetadata, rawData, dataProcessingMethod, bizRules

    package static let ordered = allCases

    package var name: StaticString {
        switch self {
        case .time: "time"
        case .startTime: "startTime"
        case .endTime: "endTime"
        case .deviceID: "deviceID"
        case .deviceMetadata: "deviceMetadata"
        case .rawData: "rawData"
        case .dataProcessingMethod: "dataProcessingMethod"
        case .bizRules: "bizRules"
        }
    }

    package var form: SensorValueForm {
        switch self {
        case .time, .startTime, .endTime: .time
        default: .text
        }
    }
}

/// Fields in the order of the hash.
///
/// `bizRules`, which the JSON Schema allows here as well, is unknown to the hash's order and to the XSD; it is kept as an
/// extension.
package enum SensorReportField: Int, SensorField, CaseIterable {
    case type, exception, deviceID, deviceMetadata, rawData, dataProcessingMethod, time, microorganism
    case chemicalSubstance, value, component, stringValue, booleanValue, hexBinaryValue, uriValue, minValue, maxValue
    case meanValue, sDev, percRank, percValue, uom, coordinateReferenceSystem

    package static let ordered = allCases

    package var name: StaticString {
        switch self {
        case .type: "type"
        case .exception: "exception"
        case .deviceID: "deviceID"
        case .deviceMetadata: "deviceMetadata"
        case .rawData: "rawData"
        case .dataProcessingMethod: "dataProcessingMethod"
        case .time: "time"
        case .microorganism: "microorganism"
        case .chemicalSubstance: "chemicalSubstance"
        case .value: "value"
        case .component: "component"
        case .stringValue: "stringValue"
        case .booleanValue: "booleanValue"
        case .hexBinaryValue: "hexBinaryValue"
        case .uriValue: "uriValue"
        case .minValue: "minValue"
        case .maxValue: "maxValue"
        case .meanValue: "meanValue"
        case .sDev: "sDev"
        case .percRank: "percRank"
        case .percValue: "percValue"
        case .uom: "uom"
        case .coordinateReferenceSystem: "coordinateReferenceSystem"
        }
    }

    package var form: SensorValueForm {
        switch self {
        case .type: .vocabulary(.measurementType)
        case .exception: .vocabulary(.sensorAlert)
        case .component: .vocabulary(.component)
        case .time: .time
        case .value, .minValue, .maxValue, .meanValue, .sDev, .percRank, .percValue: .number
        case .booleanValue: .boolean
        default: .text
        }
    }
}
