package import Codec
import LedgerModel

/// A height of a foreign ledger (`ibc.core.client.v1.Height`: revision_number 1, revision_height 2): revisions first.
package struct ClientHeight: Hashable, Comparable, Sendable, CustomStringConvertible, CanonicalMessage {
    package var revision: UInt64
    package var height: UInt64

    package init(revision: UInt64, height: UInt64) {
        self.revision = revision
        self.height = height
    }

    package init() { self.init(revision: 0, height: 0) }

    package var isZero: Bool { revision == 0 && height == 0 }

    /// `1-5`, as keys have it.
    package var description: String { "\(revision)-\(height)" }

    package static func < (left: ClientHeight, right: ClientHeight) -> Bool {
        (left.revision, left.height) < (right.revision, right.height)
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: revision = try field.unsigned()
        case 2: height = try field.unsigned()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.unsigned(1, revision)
        writer.unsigned(2, height)
    }
}

/// A span of time (`google.protobuf.Duration`: seconds 1, nanos 2).
package struct Period: Hashable, Sendable, CanonicalMessage {
    package var seconds: Int64
    /// 0 to 999,999,999 in a span that is not negative.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package init() { self.init(seconds: 0) }

    /// The span in nanoseconds where it is positive and fits 63 bits, as Go's time.Duration must.
    package var positiveNanoseconds: UInt64? {
        guard seconds >= 0, 0..<1_000_000_000 ~= nanoseconds else { return nil }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowToo) = product.addingReportingOverflow(Int64(nanoseconds))
        return overflow || overflowToo || sum == 0 ? nil : UInt64(sum)
    }

    init(positiveNanoseconds value: UInt64) {
        self.init(seconds: Int64(value / 1_000_000_000), nanoseconds: Int32(value % 1_000_000_000))
    }

    package mutating func take(_ field: ProtobufField) throws(ProtobufFailure) {
        switch field.number {
        case 1: seconds = try field.int64()
        case 2: nanoseconds = try field.int32()
        default: throw .unknownField(field.number)
        }
    }

    package func write(to writer: inout ProtobufWriter) {
        writer.int64(1, seconds)
        writer.int64(2, Int64(nanoseconds))
    }
}
