package import Codec

/// A protobuf message of `tendermint.types`, in the one spelling of gogoproto: fields ascending, defaults left out,
/// non-nullable messages always there, nothing unknown.
package protocol CanonicalMessage {
    /// Takes one field over.
    mutating func take(_ field: ProtobufField) throws(ProtobufFailure)
    /// Writes all fields in order.
    func write(to writer: inout ProtobufWriter)
    init()
}

extension CanonicalMessage {
    /// The message's bytes.
    package var protobuf: [UInt8] {
        var writer = ProtobufWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Reads fields in any spelling: whoever reads the outermost message compares its bytes.
    package init(reading bytes: [UInt8]) throws(ProtobufFailure) {
        self.init()
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() { try take(field) }
    }

    /// Reads a message and refuses any other spelling of it.
    package init(canonical bytes: [UInt8]) throws(LedgerModelFailure) {
        do throws(ProtobufFailure) {
            try self.init(reading: bytes)
            guard protobuf == bytes else { throw ProtobufFailure.notCanonical }
        } catch {
            throw .protobuf(error)
        }
    }
}

extension Timestamp: CanonicalMessage {
    package init() { self.init(seconds: 0, nanoseconds: 0) }

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
