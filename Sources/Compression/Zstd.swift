import CZstd

/// RFC 8878 by libzstd.
enum Zstd {
    private static let level: Int32 = 3

    static func decompress(_ bytes: [UInt8], limits: DecompressionLimits) throws(CompressionFailure) -> [UInt8] {
        guard let stream = unsafe ZSTD_createDStream() else { throw .malformed }
        defer { unsafe ZSTD_freeDStream(stream) }
        let bound = unsafe ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, DecompressionLimits.zstdWindowLog)
        guard ZSTD_isError(bound) == 0 else { throw .malformed }
        var output: [UInt8] = []
        var step = [UInt8](repeating: 0, count: ContentCoding.stepBytes)
        var consumed = 0
        // libzstd's hint: 0 once a frame is whole and flushed.
        var hint = 1
        while consumed < bytes.count || hint > 0 {
            // Both buffers live as long as the closures, and libzstd keeps no pointer past the call.
            let (read, written, result) = unsafe bytes.withUnsafeBufferPointer { input in
                unsafe step.withUnsafeMutableBufferPointer { room in
                    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: consumed)
                    var target = unsafe ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                    let result = unsafe ZSTD_decompressStream(stream, &target, &source)
                    return unsafe (source.pos - consumed, target.pos, result)
                }
            }
            guard ZSTD_isError(result) == 0 else { throw .malformed }
            hint = result
            consumed += read
            output += step[..<written]
            try limits.check(output: output.count, input: consumed)
            if read == 0, written == 0 {
                guard hint == 0 else { throw .truncated }
                break
            }
        }
        guard hint == 0, consumed == bytes.count else { throw .truncated }
        return output
    }

    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        let room = ZSTD_compressBound(bytes.count)
        return unsafe [UInt8](unsafeUninitializedCapacity: room) { output, count in
            // libzstd writes at most `room` bytes, and says how many.
            let written = unsafe bytes.withUnsafeBufferPointer { input in
                unsafe ZSTD_compress(output.baseAddress, room, input.baseAddress, input.count, level)
            }
            precondition(ZSTD_isError(written) == 0, "the room is the library's own bound")
            count = written
        }
    }
}
