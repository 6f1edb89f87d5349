import Consensus
import Cryptography
import Foundation
import LedgerModel
import Logging
import Testing

@testable import NodeEngine

/// A signer and those who ask it, over real sockets.
@Suite(.serialized) struct SignerTests {
    /// A signer's folder and socket, with its process's part on a thread of its own: other tests may hold all of the pool.
    ///
    /// `@unchecked Sendable`: its variables change before and after the thread runs, never beside it.
    final class Desk: @unchecked Sendable {
        let folder: URL
        let key: SigningKey
        private var service: SignerService?
        private let ended = DispatchSemaphore(value: 0)

        init() throws {
            // A socket's path has at most 107 bytes (unix(7)), and a temporary folder's alone may have as many.
            folder = URL(fileURLWithPath: "/tmp/vs-\(UUID().uuidString.prefix(8))")
            key = try SigningKey.generate(.edDSA)
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try SignerFolder.create(folder.path, SignerRecord())
        }

        deinit {
            stop()
            try? FileManager.default.removeItem(at: folder)
        }

        var address: SignerAddress {
            guard let address = SignerAddress("unix:\(folder.path)/s") else { preconditionFailure("a short path") }
            return address
        }

        func start() throws {
            let service = try SignerService(folder: folder.path, key: key, at: address, logger: Self.logger)
            self.service = service
            let ended = ended
            Thread { [weak service] in
                try? service?.serve()
                ended.signal()
            }.start()
        }

        func stop() {
            guard let service else { return }
            service.stop()
            ended.wait()
            self.service = nil
        }

        /// Starts once the folder's last user has let go of it.
        func startWhenFree() throws {
            for _ in 0..<200 {
                do { return try start() } catch let failure as SignerFailure where failure.code == .record {
                    usleep(10_000)
                }
            }
            try start()
        }

        static var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

        func vote(_ type: VoteType, _ height: Int64, _ block: UInt8 = 1) -> SignedMessage {
            let hash = [UInt8](repeating: block, count: 32)
            return .vote(
                Vote(
                    type: type, height: height, round: 0,
                    blockID: BlockID(hash: hash, parts: PartSetHeader(total: 1, hash: hash)),
                    timestamp: Timestamp(seconds: 1_700_000_000, nanoseconds: 0),
                    validator: Address(ed25519: key.ed25519).bytes, validatorIndex: 0, signature: []))
        }
    }

    private static func ledger(_ chain: String = "desk-1") throws -> LedgerIdentity {
        LedgerIdentity(chainID: try ChainID(chain), genesisHash: .zero)
    }

    /// A node's side.
    private static func remote(_ desk: Desk) throws -> RemoteSigner {
        let remote = try RemoteSigner(desk.address, ledger: ledger(), node: nil, logger: Desk.logger)
        Thread { remote.talk() }.start()
        return remote
    }

    @Test(.timeLimit(.minutes(5))) func `votes are signed in order, and the same again is the same`() async throws {
        let desk = try Desk()
        try desk.start()
        let remote = try Self.remote(desk)
        defer { remote.stop() }
        var answers = remote.signatures.makeAsyncIterator()
        let asked = [desk.vote(.prevote, 1), desk.vote(.precommit, 1), desk.vote(.prevote, 2)]
        for message in asked {
            remote.ask(message)
            let signed = try #require(await answers.next())
            #expect(signed == message.signed(desk.key.sign(message.signBytes(chainID: "desk-1"))))
        }
        // What is refused has no answer; what comes after it has.
        remote.ask(desk.vote(.prevote, 2, 9))
        remote.ask(desk.vote(.prevote, 2))
        #expect(await answers.next()?.signed([]) == desk.vote(.prevote, 2))
        desk.stop()
    }

    @Test(.timeLimit(.minutes(5))) func `a signer that comes back is asked what is still wanted`() async throws {
        let desk = try Desk()
        try desk.start()
        let remote = try Self.remote(desk)
        defer { remote.stop() }
        var answers = remote.signatures.makeAsyncIterator()
        remote.ask(desk.vote(.prevote, 1))
        _ = await answers.next()
        desk.stop()
        // Asking returns at once although nobody listens; of the older height nothing is wanted any more.
        remote.ask(desk.vote(.precommit, 1))
        remote.ask(desk.vote(.prevote, 2))
        try await Task.sleep(for: .milliseconds(300))
        try desk.startWhenFree()
        #expect(await answers.next()?.signed([]) == desk.vote(.prevote, 2))
        desk.stop()
    }

    @Test(.timeLimit(.minutes(5))) func `a restored record is lifted before anything is signed`() async throws {
        let desk = try Desk()
        let copy = try Data(contentsOf: desk.folder.appending(path: "signed"))
        try desk.start()
        let remote = try Self.remote(desk)
        defer { remote.stop() }
        var answers = remote.signatures.makeAsyncIterator()
        remote.ask(desk.vote(.precommit, 7))
        _ = await answers.next()
        desk.stop()
        try copy.write(to: desk.folder.appending(path: "signed"))
        try desk.startWhenFree()
        remote.ask(desk.vote(.prevote, 8))
        #expect(await answers.next()?.signed([]) == desk.vote(.prevote, 8))
        desk.stop()
        try copy.write(to: desk.folder.appending(path: "signed"))
        try desk.startWhenFree()
        // The node's thread tells what it knows as soon as it is connected again.
        while try SignerFolder.open(desk.folder.path).0.last?.height != 8 {
            try await Task.sleep(for: .milliseconds(50))
        }
        desk.stop()
    }

    @Test(.timeLimit(.minutes(5))) func `a second node is turned away while the first is there`() async throws {
        let desk = try Desk()
        try desk.start()
        var first: SignerConnection? = try SignerConnection(to: desk.address)
        #expect(try first?.identify().key == desk.key.ed25519)
        let second = try SignerConnection(to: desk.address)
        #expect(throws: SignerFailure.self) { try second.identify() }
        first = nil
        #expect(first == nil)
        #expect(try SignerConnection(to: desk.address).identify().key == desk.key.ed25519)
        desk.stop()
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [[0, 0, 4, 1], [255, 255, 255, 255], [0, 0, 0, 0], [0, 0, 0, 3, 1, 2, 3]] as [[UInt8]])
    func `an oversized frame and garbage end the connection`(_ bytes: [UInt8]) async throws {
        let desk = try Desk()
        try desk.start()
        let socket = try LocalSocket.connect(to: desk.address)
        try socket.write(bytes, milliseconds: 1_000)
        var frames = SignerFrames()
        var ended = false
        while !ended {
            _ = LocalSocket.wait(for: [socket], milliseconds: 5_000)
            do { frames.append(try socket.read()) } catch { ended = true }
        }
        guard case .refused(.malformed, _) = try SignerAnswer(decoding: #require(try frames.next())) else {
            Issue.record("not refused")
            return
        }
        #expect(try SignerConnection(to: desk.address).identify().last == nil)
        desk.stop()
    }

    @Test(.timeLimit(.minutes(5))) func `a signer of another ledger is refused at once`() async throws {
        let desk = try Desk()
        try desk.start()
        try Self.remote(desk).stop()
        let failure = #expect(throws: SignerFailure.self) {
            try RemoteSigner(desk.address, ledger: Self.ledger("other-1"), node: nil, logger: Desk.logger)
        }
        #expect(failure?.code == .refused(.otherLedger))
        desk.stop()
    }

    @Test(.timeLimit(.minutes(5))) func `where nobody listens the start waits for as long as it is told`() throws {
        let desk = try Desk()
        let failure = #expect(throws: SignerFailure.self) {
            try RemoteSigner(desk.address, ledger: Self.ledger(), node: nil, seconds: 1, logger: Desk.logger)
        }
        #expect(failure?.code == .unreachable)
    }

    @Test func `one folder and one socket have one signer, in a folder that others cannot enter`() async throws {
        let desk = try Desk()
        try desk.start()
        #expect(throws: SignerFailure.self) { try desk.start() }
        desk.stop()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: desk.folder.path)
        let failure = #expect(throws: SignerFailure.self) { try desk.startWhenFree() }
        #expect(failure?.code == .place)
        try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: desk.folder.path)
        try desk.startWhenFree()
        let mode = try FileManager.default.attributesOfItem(atPath: desk.address.path)[.posixPermissions] as? Int
        #expect(mode == 0o660)
        desk.stop()
    }

    @Test func `without its record a key signs nothing`() throws {
        let desk = try Desk()
        try FileManager.default.removeItem(at: desk.folder.appending(path: "signed"))
        let failure = #expect(throws: SignerFailure.self) { try desk.start() }
        #expect(failure?.code == .record)
    }

    @Test func `an address is unix and a path that the system takes`() {
        for text in ["", "unix:", "/run/s", "tcp:127.0.0.1:1", "unix:/" + String(repeating: "x", count: 107)] {
            #expect(SignerAddress(text) == nil)
        }
        #expect(SignerAddress("unix:/run/s")?.path == "/run/s")
        #expect(SignerAddress("unix:s", in: "/data")?.path == "/data/s")
    }

    @Test func `requests that wait are bounded, and none of a lower height stays`() throws {
        let desk = try Desk()
        var queue = SignerQueue()
        for block in 1...40 as ClosedRange<UInt8> { queue.ask(desk.vote(.prevote, 3, block)) }
        #expect(queue.waiting.count == SignerQueue.countMax)
        #expect(queue.waiting.last == desk.vote(.prevote, 3, 40))
        queue.ask(desk.vote(.prevote, 4))
        #expect(queue.waiting == [desk.vote(.prevote, 4)])
        queue.ask(desk.vote(.prevote, 4))
        #expect(queue.waiting.count == 1)
    }
}
