import Codec
import Foundation
import Logging
import Testing
import Verification

@testable import LightProxy

@Suite struct LightFollowerTests {
    /// A follower without gateways in a fresh folder that holds these files.
    static func follower(_ files: [String: String] = [:], trusted: [UInt8]? = nil) throws -> LightFollower {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vivian-light-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return try LightFollower(
            trusted.map { LightClient.Trust(validators: $0) }, gateways: [], folder: folder,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { 0 })
    }

    static let set = [UInt8](repeating: 7, count: 32)

    @Test func `without a named set and without a memory there is nothing to begin with`() {
        #expect(throws: LightClientFailure.self) { try Self.follower() }
    }

    @Test(arguments: ["", "{}", "[]", #"{"format":"vivian-light/2"}"#, #"{"format":"vivian-light/1"}"#])
    func `a damaged memory is refused, whatever set is named`(_ text: String) {
        #expect(throws: LightClientFailure.self) { try Self.follower(["light.json": text], trusted: Self.set) }
    }

    @Test func `without a gateway that answers nothing is proven`() async throws {
        let follower = try Self.follower(trusted: Self.set)
        try await follower.follow()
        #expect(await follower.status.head == nil)
        await #expect(throws: LightFollower.Failure.self) {
            _ = try await follower.value(of: [1], in: "anchor", height: nil)
        }
        await #expect(throws: LightFollower.Failure.self) {
            _ = try await follower.bundle(of: Self.set, receipts: false)
        }
    }

    @Test(arguments: [#"{"height":"9","blocks":["07"],"evidence":[]}"#, "", "not even JSON"])
    func `after a fork nothing is answered, even where the note of it cannot be read`(_ text: String) async throws {
        let follower = try Self.follower(["fork.json": text], trusted: Self.set)
        await #expect(throws: LightFollower.Failure.self) { try await follower.follow() }
        await #expect(throws: LightFollower.Failure.self) {
            _ = try await follower.value(of: [1], in: "anchor", height: nil)
        }
        #expect(await follower.status.fork != nil)
    }

    @Test func `the status says what is trusted, and nothing of what is not known`() async throws {
        let json = await (try Self.follower(trusted: Self.set)).status.json
        #expect(json["trustedValidators"] == .string(Hex.encode(Self.set)))
        #expect(json["head"] == .null && json["fork"] == .null && json["chainId"] == .null)
    }
}
