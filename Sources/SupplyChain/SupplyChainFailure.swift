package import Codec

/// Where in a source document something stands.
package struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    /// JSON Pointer (RFC 6901); in XML the names of the elements down to the place, written the same way.
    package var pointer: String
    /// Line and column, from 1; zero where there is no source text.
    package var line: Int
    package var column: Int

    package init(pointer: String, line: Int = 0, column: Int = 0) {
        self.pointer = pointer
        self.line = line
        self.column = column
    }

    /// `pointer (line L, column C)`.
    package var description: String { line > 0 ? "\(pointer) (line \(line), column \(column))" : pointer }
}

/// Why a document is not one that events or records can be made of, and where; or why events cannot be written.
package enum SupplyChainFailure: Error, Equatable, Sendable {
    /// A member is missing or of another type: its place and what is wanted.
    case malformed(SourcePlace, wanted: String)
    /// An event of a type that the model does not hold.
    case unknownEventType(SourcePlace, name: String)
    /// A number beyond what RFC 8785 can write.
    case number(JSONFailure)
    /// The binding has no way to say this: the event's index in the list and what it is.
    case notExpressible(EPCISBinding, event: Int, what: String)
}

/// The three ways to write EPCIS documents.
package enum EPCISBinding: String, CaseIterable, Sendable {
    case jsonLD = "JSON-LD 2.0"
    case xml20 = "XML 2.0"
    case xml12 = "XML 1.2"
}
