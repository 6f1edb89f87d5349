import Codec
import Cryptography
import Foundation
import TestSupport
import Testing

@testable import PeerNetwork

/// A peer that is not ours: `EndToEndTests/Peers/peer_network.py`, by Python's TLS and OpenSSL.
@Suite(.serialized) struct ForeignPeerTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// The Python of `deploy/bootstrap`: `VIVIAN_PYTHON`, else `.build-python/bin/python`.
    static let python =
        ProcessInfo.processInfo.environment["VIVIAN_PYTHON"]
        ?? tests.deletingLastPathComponent().appending(path: ".build-python/bin/python").path

    static var isReady: Bool { VectorFolder.isRequired || FileManager.default.isExecutableFile(atPath: python) }

    /// Starts a scenario; what it prints.
    static func play(_ scenario: String, against node: TestNode) throws -> Task<JSON, any Error> {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [
            "-W", "ignore", tests.appending(path: "EndToEndTests/Peers/peer_network.py").path, scenario,
            "\(try node.address.port)", TestNode.network,
        ]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        return Task.detached {
            let text = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return JSON(try JSONDocument(parsing: Array(text)).root)
        }
    }

    @Test(.enabled(if: isReady)) func `a peer in Python talks with a node`() async throws {
        let node = try await TestNode()
        let answer = try Self.play("talk", against: node)
        try await until("it is connected") { !node.service.peers().isEmpty }
        let id = try #require(node.service.peers().first).id
        let long = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try await until("its messages arrive") {
            node.received(.votes, from: id) == [Array("a vote from Python".utf8)]
                && node.received(.sync, from: id) == [long]
        }
        #expect(node.service.send(long, lane: .blocks, to: id))
        try await until("the block has left") { node.service.peers().first?.traffic[.blocks].bytesQueued == 0 }
        #expect(node.service.send([1, 2], lane: .votes, to: id))
        let said = try await answer.value
        #expect(said["node"]?.string == "\(node.id)")
        #expect(said["network"]?.string == TestNode.network)
        #expect(said["tls"]?.string == "TLSv1.3")
        let messages = try #require(said["messages"]?.array).map { String(decoding: $0.serialized(), as: UTF8.self) }
        #expect(
            Set(messages) == [
                "[0,2,\"\(SHA256.hash([1, 2]).hex)\"]", "[1,200000,\"\(SHA256.hash(long).hex)\"]",
            ])
        try await until("it said goodbye") { node.ends(of: id) == ["closed by the peer: enough"] }
        await node.stop()
    }

    @Test(
        .enabled(if: isReady),
        arguments: [
            ("plain", "no TLS handshake"), ("no-certificate", "no TLS handshake"), ("rsa", "no TLS handshake"),
            ("p256", "no TLS handshake"), ("two-certificates", "2 certificates, 1 is expected"),
            ("tls12", "no TLS handshake"),
        ])
    func `whoever proves no node key gets nothing`(_ scenario: String, _ reason: String) async throws {
        let node = try await TestNode()
        let said = try await Self.play(scenario, against: node).value
        #expect(said["refused"]?.string != nil, "\(said)")
        try await until("it is refused") { node.isRefused(reason) }
        #expect(node.service.refusals().allSatisfy { $0.id == nil })
        #expect(node.events.isEmpty && node.service.peers().isEmpty)
        await node.stop()
    }
}
