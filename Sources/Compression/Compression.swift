// Compression knows the content codings gzip (RFC 1952, by zlib) and zstd (RFC 8878, by libzstd): bytes in, bytes out.
// It must never import any module of ours. It alone wraps the two libraries.
//
// What comes from outside is a bomb until it is unpacked: every call has a limit on the bytes that come out, and one on
// how many come out of each that went in.

/// A content coding (RFC 9110 §8.4.1) by its registered name.
package enum ContentCoding: String, CaseIterable, Sendable {
    case gzip, zstd
}

/// Why bytes are not unpacked.
package enum CompressionFailure: Error, Equatable, Sendable {
    /// Not this coding, damaged, or with something behind its end.
    case malformed
    /// The end is missing.
    case truncated
    /// More than so many bytes come out.
    case tooLarge(bytesMax: Int)
    /// More than so many times the bytes that went in come out.
    case ratioTooHigh(max: Int)
}

/// What unpacking may make.
package struct DecompressionLimits: Sendable {
    package var bytesMax: Int
    /// Bytes out for each byte in; 1,000 alike EPCIS events reach about 40.
    package var ratioMax: Int

    package static let ratioMaxDefault = 200
    /// Up to so many bytes the ratio says nothing: a few hundred zeros are no bomb.
    static let ratioFreeBytes = 64 << 10
    /// Decoder memory of a zstd frame: RFC 8878 §3.1.1.1.2 recommends that decoders support 8 MiB.
    static let zstdWindowLog: Int32 = 23

    package init(bytesMax: Int, ratioMax: Int = ratioMaxDefault) {
        precondition(bytesMax > 0 && ratioMax > 0, "limits are positive")
        self.bytesMax = bytesMax
        self.ratioMax = ratioMax
    }

    /// Whether so many bytes may come out of so many.
    func check(output: Int, input: Int) throws(CompressionFailure) {
        guard output <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        guard output <= Self.ratioFreeBytes || output / ratioMax <= input else { throw .ratioTooHigh(max: ratioMax) }
    }
}

extension ContentCoding {
    /// Bytes handled in one step.
    static let stepBytes = 64 << 10

    /// Unpacks all of it.
    ///
    /// Several members or frames one after the other are one text, as both RFCs have it.
    package func decompress(_ bytes: [UInt8], limits: DecompressionLimits) throws(CompressionFailure) -> [UInt8] {
        switch self {
        case .gzip: try Gzip.decompress(bytes, limits: limits)
        case .zstd: try Zstd.decompress(bytes, limits: limits)
        }
    }

    /// Packs, at the library's own default level.
    package func compress(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .gzip: Gzip.compress(bytes)
        case .zstd: Zstd.compress(bytes)
        }
    }
}
