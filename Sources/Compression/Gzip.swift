import CZlib

/// RFC 1952 by zlib.
enum Gzip {
    /// Window of 32 KiB, with gzip's header and checksum.
    private static let windowBits: Int32 = 15 + 16
    private static let level: Int32 = 6

    static func decompress(_ bytes: [UInt8], limits: DecompressionLimits) throws(CompressionFailure) -> [UInt8] {
        var stream = unsafe z_stream()
        guard unsafe vivian_inflate_init(&stream, windowBits) == Z_OK else { throw .malformed }
        defer { unsafe inflateEnd(&stream) }
        var output: [UInt8] = []
        var step = [UInt8](repeating: 0, count: ContentCoding.stepBytes)
        var consumed = 0
        var status = Z_OK
        while consumed < bytes.count {
            if status == Z_STREAM_END {
                guard unsafe inflateReset(&stream) == Z_OK else { throw .malformed }
            }
            // zlib reads `avail_in` bytes from `next_in` and writes `avail_out` to `next_out`, within this call only.
            let (read, written, result) = unsafe run(&stream, bytes, from: consumed, into: &step) {
                unsafe inflate(&$0, Z_NO_FLUSH)
            }
            status = result
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { throw .malformed }
            consumed += read
            output += step[..<written]
            try limits.check(output: output.count, input: consumed)
            if read == 0, written == 0, status != Z_STREAM_END { throw .truncated }
        }
        // What did not fit into the last step.
        while status == Z_OK {
            let (_, written, result) = unsafe run(&stream, bytes, from: consumed, into: &step) {
                unsafe inflate(&$0, Z_NO_FLUSH)
            }
            guard result == Z_OK || result == Z_STREAM_END else { throw .truncated }
            status = result
            output += step[..<written]
            try limits.check(output: output.count, input: consumed)
            if written == 0, status != Z_STREAM_END { throw .truncated }
        }
        guard status == Z_STREAM_END else { throw .truncated }
        return output
    }

    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var stream = unsafe z_stream()
        guard unsafe vivian_deflate_init(&stream, level, windowBits) == Z_OK else {
            preconditionFailure("zlib takes its own default level")
        }
        defer { unsafe deflateEnd(&stream) }
        var output: [UInt8] = []
        var step = [UInt8](repeating: 0, count: ContentCoding.stepBytes)
        var consumed = 0
        while true {
            // As above.
            let (read, written, status) = unsafe run(&stream, bytes, from: consumed, into: &step) {
                unsafe deflate(&$0, Z_FINISH)
            }
            consumed += read
            output += step[..<written]
            if status == Z_STREAM_END { return output }
        }
    }

    /// One call of zlib over what is left of the input: bytes read, bytes written, and its answer.
    private static func run(
        _ stream: inout z_stream, _ bytes: [UInt8], from start: Int, into step: inout [UInt8],
        _ body: (inout z_stream) -> Int32
    ) -> (read: Int, written: Int, status: Int32) {
        let available = min(bytes.count - start, Int(UInt32.max))
        let room = step.count
        // Both buffers live as long as the closures, and zlib keeps neither pointer past `body`. It does not write to
        // its input; the C declaration merely lacks the `const`.
        return unsafe bytes.withUnsafeBufferPointer { input in
            unsafe step.withUnsafeMutableBufferPointer { output in
                unsafe stream.next_in = unsafe UnsafeMutablePointer(
                    mutating: input.baseAddress.map { unsafe $0 + start })
                unsafe stream.avail_in = UInt32(available)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(room)
                let status = unsafe body(&stream)
                return unsafe (available - Int(stream.avail_in), room - Int(stream.avail_out), status)
            }
        }
    }
}
