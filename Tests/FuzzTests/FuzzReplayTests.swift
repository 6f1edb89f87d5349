import Foundation
import FuzzTargets
import Testing

/// Inputs that once broke a decoder or verifier, kept under Tests/Vectors/fuzz/<target>, through the same functions.
struct FuzzReplayTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/fuzz")

    /// Every kept input: `<target>/<file>`.
    static let inputs: [String] = {
        let targets = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return targets.sorted().flatMap { target in
            let files =
                (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: target).path)) ?? []
            return files.sorted().map { "\(target)/\($0)" }
        }
    }()

    @Test(arguments: inputs) func `an input that once broke its target does so no more`(_ input: String) throws {
        let name = String(input.split(separator: "/")[0])
        let target = try #require(FuzzTarget.named(name), "no target of that name is in the registry")
        #expect(target.run(Array(try Data(contentsOf: Self.folder.appending(path: input)))) == nil)
    }

    @Test(arguments: FuzzTarget.all.map(\.name)) func `a target stands the shortest inputs`(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        #expect(target.run([]) == nil)
        for byte in UInt8.min...UInt8.max { #expect(target.run([byte]) == nil) }
    }

    @Test(arguments: FuzzTarget.all.map(\.name)) func `a target has inputs to begin from`(_ name: String) throws {
        let seeds = try String(
            contentsOf: Self.folder.appending(path: "../../../Fuzz/seeds").standardizedFileURL, encoding: .utf8)
        #expect(seeds.contains("\"\(name)\""), "Fuzz/seeds keeps nothing for it")
    }

    @Test func `names in the registry are told apart`() {
        #expect(Set(FuzzTarget.all.map(\.name)).count == FuzzTarget.all.count)
    }
}
