import Codec
import Foundation
import TestSupport
import Testing
import Verification

/// The independent checker in Python gives the same verdict on every bundle of the set and on damaged ones.
@Suite(.enabled(if: Judge.shouldRun, "the independent checker or its Python packages are not there"))
struct JudgeTests {
    @Test func `both checkers agree on every bundle of the set`() throws {
        try agree(BundleCase.all.map { ($0, try $0.bytes()) })
    }

    /// A member left out, emptied, doubled, or changed in one place that follows from its position.
    @Test func `both checkers agree on damaged bundles`() throws {
        var damaged: [(BundleCase, [UInt8])] = []
        for item in BundleCase.all where item.isAccepted && !item.file.contains("100-validators") {
            let root = JSON(try JSONDocument(parsing: try item.bytes()).root)
            for (index, member) in Member.all(of: root, in: item.file).enumerated() {
                var content = member.content
                switch index % 4 {
                case 0: content[index * 31 % content.count] ^= 1 << UInt8(index % 8)
                case 1: content.removeLast()
                case 2: content.append(0)
                default: content[content.count - 1 - index % content.count] &+= 1
                }
                damaged.append(
                    (item, member.replacing(with: .string(Base64.encode(content)), in: root).serialized()))
            }
            guard case .object(let members) = root else { continue }
            for index in members.indices {
                var rest = members
                rest.remove(at: index)
                damaged.append((item, JSON.object(rest).serialized()))
                rest = members
                rest[index].value = .null
                damaged.append((item, JSON.object(rest).serialized()))
                rest[index].value = .string("1")
                damaged.append((item, JSON.object(rest).serialized()))
            }
        }
        try agree(damaged)
    }

    private func agree(_ files: [(item: BundleCase, bytes: [UInt8])]) throws {
        let verdicts = try Judge.verdicts(files)
        try #require(verdicts.count == files.count)
        for (index, file) in files.enumerated() {
            let reason = file.item.verify(file.bytes).reason
            #expect(
                (reason == nil) == (verdicts[index] == "OK"),
                "\(file.item.file), file \(index): \(reason ?? "OK"); the other checker: \(verdicts[index])")
        }
    }
}

/// Runs the checker in one process: it reads a list of files with what the verifier brings along, and prints a verdict each.
enum Judge {
    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let folder: URL? = VectorFolder.root?.deletingLastPathComponent().appending(path: "judges")

    /// The environment that deploy/bootstrap makes, else the system's Python.
    private static let python: String = {
        let own = package.appending(path: ".build-python/bin/python3").path
        return FileManager.default.fileExists(atPath: own) ? own : "/usr/bin/python3"
    }()

    /// Absent, the checker is a reason to skip; where everything must run, it is not.
    static let shouldRun: Bool = {
        guard !VectorFolder.isRequired else { return true }
        guard let folder, FileManager.default.fileExists(atPath: folder.path) else { return false }
        let probe = Process()
        probe.executableURL = URL(fileURLWithPath: python)
        probe.arguments = ["-c", "import cryptography"]
        probe.standardError = FileHandle.nullDevice
        guard (try? probe.run()) != nil else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }()

    private static let program = """
        import json, sys
        sys.dont_write_bytecode = True
        sys.path.insert(0, sys.argv[1])
        from vivian_judge import bundle
        from vivian_judge.errors import Refused
        for case in json.load(open(sys.argv[2])):
            trust = bundle.Trust(
                validators_hash=bytes.fromhex(case["validators"]), chain_id=case.get("chainId"),
                genesis_hash=bytes.fromhex(case["genesis"]) if "genesis" in case else None,
                now=int(case["now"]) if "now" in case else None,
                trusting_period=int(case["period"]) if "period" in case else None)
            check = bundle.check_record if case["record"] else bundle.check_state_proof
            try:
                check(case["text"].encode(), trust, bundle.Report())
                print("OK")
            except Refused as reason:
                print(ascii(str(reason)))
        """

    static func verdicts(_ files: [(item: BundleCase, bytes: [UInt8])]) throws -> [String] {
        let cases = files.map { file in
            var members: [JSON.Member] = [
                .init(name: "validators", value: .string(Hex.encode(file.item.policy.trustedValidators[0]))),
                .init(name: "record", value: .boolean(file.item.file.hasSuffix(".record.json"))),
                .init(name: "text", value: .string(String(decoding: file.bytes, as: UTF8.self))),
            ]
            func add(_ name: String, _ text: String?) {
                if let text { members.append(.init(name: name, value: .string(text))) }
            }
            add("chainId", file.item.policy.chainID)
            add("genesis", file.item.policy.genesisHash.map { Hex.encode($0) })
            add("now", file.item.now.map { String($0) })
            add("period", file.item.trustingPeriod.map { String($0) })
            return JSON.object(members)
        }
        let list = FileManager.default.temporaryDirectory.appending(path: "vivian-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: list) }
        try Data(JSON.array(cases).serialized()).write(to: list)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", program, folder?.path ?? "judges", list.path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }
}
