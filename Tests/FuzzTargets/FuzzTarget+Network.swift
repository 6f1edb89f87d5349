import Consensus
import PeerNetwork

extension FuzzTarget {
    /// What a peer sends after TLS: frames, and what control frames carry.
    static let network: [FuzzTarget] = [
        // In one portion and byte by byte: the same frames, the same end, and each frame as it is spelt.
        FuzzTarget("peer-frames", byteCountMax: 1 << 12) { bytes in
            let (whole, single) = (frames(bytes, portion: .max), frames(bytes, portion: 1))
            guard whole.frames == single.frames, whole.failure == single.failure else { return "portions matter" }
            let spelling = whole.frames.flatMap(\.encoded)
            return bytes.starts(with: spelling) ? nil : "frames are spelt otherwise when written"
        },
        // Each byte a frame: its low bits the lane, the next whether more follow, full or almost.
        FuzzTarget("peer-messages", byteCountMax: 256) { bytes in
            var assembly = MessageAssembly()
            for byte in bytes {
                guard let lane = Lane(rawValue: byte & 3) else { return "two bits are a lane" }
                let payload = [UInt8](repeating: 0, count: Frame.payloadBytesMax - Int(byte >> 7))
                do throws(WireFailure) {
                    if byte & 4 == 0 {
                        guard try assembly.last(payload, in: lane).count <= lane.messageBytesMax else {
                            return "a message above its lane's bound"
                        }
                    } else {
                        try assembly.piece(payload, in: lane)
                    }
                } catch { return error == .messageLength(lane) || byte >= 128 ? nil : "a good piece is refused" }
            }
            return nil
        },
        canonical("peer-hello", byteCountMax: 1_024) { try Hello.decode($0).encoded },
        canonical("peer-addresses") { AddressList.encode(try AddressList.decode($0)) },
        canonical("peer-goodbye", byteCountMax: 512) { Goodbye.encode(try Goodbye.decode($0)) },
        FuzzTarget("peer-address", byteCountMax: 512) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let address = PeerAddress(text) else { return nil }
            return "\(address)".utf8.elementsEqual(text.utf8) ? nil : "written otherwise"
        },
        // The socket between node and signer.
        canonical("signer-request", byteCountMax: 1_024) { try SignerRequest(decoding: $0).encoded },
        canonical("signer-answer", byteCountMax: 1_024) { try SignerAnswer(decoding: $0).encoded },
        canonical("signer-record", byteCountMax: 1_024) { try SignerRecord(decoding: $0).encoded },
        // In one portion and byte by byte: the same frames, the same end.
        FuzzTarget("signer-frames", byteCountMax: 1 << 12) { bytes in
            let (whole, single) = (contents(bytes, portion: .max), contents(bytes, portion: 1))
            guard whole == single else { return "portions matter" }
            let spelling = whole.flatMap(SignerFrames.frame)
            return bytes.starts(with: spelling) ? nil : "frames are spelt otherwise when written"
        },
    ]

    private static func contents(_ bytes: [UInt8], portion: Int) -> [[UInt8]] {
        var frames = SignerFrames()
        var found: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            frames.append(rest.prefix(portion))
            rest = rest.dropFirst(portion)
            do {
                while let content = try frames.next() { found.append(content) }
            } catch { return found }
        }
        return found
    }

    private static func frames(_ bytes: [UInt8], portion: Int) -> (frames: [Frame], failure: WireFailure?) {
        var stream = FrameStream()
        var found: [Frame] = []
        var rest = bytes[...]
        do throws(WireFailure) {
            while !rest.isEmpty {
                let next = rest.prefix(portion)
                rest = rest.dropFirst(next.count)
                stream.append(next)
                while let frame = try stream.next() { found.append(frame) }
            }
            return (found, nil)
        } catch { return (found, error) }
    }
}
