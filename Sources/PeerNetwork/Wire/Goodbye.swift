/// Why a node closes a connection, as the other end is told: up to 256 printable ASCII characters.
package enum Goodbye {
    package static let byteCountMax = 256

    /// The reason with whatever may not stand there replaced, and cut to its length.
    package static func encode(_ reason: String) -> [UInt8] {
        reason.utf8.prefix(byteCountMax).map { isPrintable($0) ? $0 : UInt8(ascii: "?") }
    }

    package static func decode(_ bytes: [UInt8]) throws(WireFailure) -> String {
        guard bytes.count <= byteCountMax, bytes.allSatisfy(isPrintable) else { throw .malformed(.goodbye) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7e).contains(byte) }
}
