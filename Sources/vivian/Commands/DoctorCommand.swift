import ArgumentParser
import Codec
import Cryptography
import Foundation
import GatewayClient
import LedgerRuntime
import Records

/// `vivian doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the installation, and say what to do about what is wrong.")
    @OptionGroup var client: ClientOptions

    private struct Finding {
        var what: String
        /// Nil where it is well.
        var remedy: String?
    }

    func run() async throws {
        let folder = client.data.folder
        var findings: [Finding] = []
        func check(_ what: String, _ remedy: String?) { findings.append(Finding(what: what, remedy: remedy)) }

        let genesis: Genesis?
        do {
            genesis = try folder.genesis()
            check("ledger/genesis.json", nil)
        } catch {
            genesis = nil
            check("ledger/genesis.json", "\(error)")
        }
        let signer = (try? Configuration.read(folder))?.signer
        if let signer {
            do {
                try folder.refuseSecondKey(signer)
                check("keys/consensus.key is the signer's alone", nil)
            } catch { check("keys/consensus.key is the signer's alone", "\(error)") }
        }
        for name in ["account", "consensus", "receipt"] where name != "consensus" || signer == nil {
            do {
                _ = try genesis.map { try folder.key(name, of: $0) } ?? folder.key(name)
                check("keys/\(name).key", Self.modeRemedy(folder.keys.appending(path: "\(name).key")))
            } catch { check("keys/\(name).key", "\(error)") }
        }
        check("keys/records.keys", Self.modeRemedy(folder.recordKeysFile))
        do {
            let generations = try GroupKeyFile.recordIDGenerations(at: folder.recordKeysFile)
            let now = UInt64(Date().timeIntervalSince1970 * 1e9)
            check(RecordIDText.summary(generations), RecordIDGeneration.overdue(generations, at: now))
        } catch { check("secret for record ids", "\(error)") }
        check("keys/admin-api-key", Self.modeRemedy(folder.adminKeyFile))
        do {
            _ = try Configuration.read(folder)
            check("vivian.json", nil)
        } catch {
            for problem in error.problems { check("vivian.json", problem) }
        }
        check("keys/tls/server.pem", Self.existence(folder.certificate))
        check("keys/tls/server.key", Self.modeRemedy(folder.certificateKey))
        let free = try? folder.url.resourceValues(forKeys: [.volumeAvailableCapacityKey]).volumeAvailableCapacity
        if let free {
            check(
                "free disk space",
                free < 1 << 30 ? "less than 1 GiB is free, and the node stops when the disk is full; make room" : nil)
        }
        if folder.runningGateway() != nil {
            do {
                let status = try await client.withClient { try await $0.status() }
                let isSame = genesis.map { status.genesisHash == $0.hash.hex } ?? true
                check("the gateway answers", isSame ? nil : "another ledger listens where this folder's should")
            } catch { check("the gateway answers", "\(error)") }
        } else {
            check("the gateway answers", "it does not run; start it with `vivian start --data \(client.data.path)`")
        }

        if client.json {
            Output.json(
                .array(
                    findings.map {
                        [
                            "check": .string($0.what), "ok": .boolean($0.remedy == nil),
                            "remedy": .string($0.remedy ?? ""),
                        ]
                    }))
        } else {
            for finding in findings {
                Output.line((finding.remedy == nil ? "ok    " : "FAIL  ") + finding.what)
                if let remedy = finding.remedy { Output.line("      \(remedy)") }
            }
        }
        if findings.contains(where: { $0.remedy != nil }) { throw ExitCode(1) }
    }

    private static func existence(_ url: URL) -> String? {
        FileManager.default.fileExists(atPath: url.path)
            ? nil : "\(url.lastPathComponent) is missing; restore it from its backup"
    }

    /// Secrets are their owner's alone.
    private static func modeRemedy(_ url: URL) -> String? {
        if let missing = existence(url) { return missing }
        let mode = (try? FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int) ?? nil
        return (mode ?? 0) & 0o077 == 0 ? nil : "others may read it; run chmod 600 \(url.path)"
    }
}
