import ArgumentParser
import Codec
import Foundation
import GatewayClient
import Verification

/// `vivian net accuse`.
struct NetAccuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accuse",
        abstract: "Hold a bundle's receipts against the ledger, and hand in what convicts a validator.",
        discussion: """
            A receipt is a validator's signature over the record log after a block. `vivian verify` refuses a bundle whose \
            receipts do not fit its log; this asks the ledger, by way of a gateway other than the one that made the bundle, \
            what log there was. A validator that signed another one loses its place for good.
            Exit code 1 where no receipt accuses anybody.
            """)
    @OptionGroup var client: ClientOptions
    @Argument(help: "FILE.record.json with receipts (`vivian record ID --bundle --receipts`).") var file: String

    func run() async throws {
        let accusation: ReceiptAccusation
        let bytes = try FileInput.bytes(file)
        do { accusation = try ReceiptAccusation(bundle: bytes) } catch {
            throw CommandFailure(
                "\(file) accuses nobody: \(error); name a bundle that was fetched with receipts, as "
                    + "`vivian record ID --bundle --receipts` does")
        }
        let findings = try await client.withClient { gateway in
            var findings: [ReceiptAccusation.Finding] = []
            for height in accusation.heights {
                let proof = try await gateway.stateProof(
                    store: ReceiptAccusation.stateStore, key: ReceiptAccusation.stateKey, height: height)
                findings += try accusation.findings(at: height, proof: proof)
            }
            for finding in findings { try await gateway.submit(evidence: finding.evidence) }
            return findings
        }
        if client.json {
            Output.json(
                .array(
                    findings.map {
                        [
                            "validator": .string($0.validator), "height": .string(String($0.height)),
                            "signedRoot": .string($0.signed.root), "signedSize": .string(String($0.signed.size)),
                            "root": .string($0.held.root), "size": .string(String($0.held.size)),
                            "evidence": .string(Base64.encode($0.evidence)),
                        ]
                    }))
        } else {
            for finding in findings {
                Output.line(
                    """
                    validator \(finding.validator) signed, after block \(finding.height),
                      a log of \(finding.signed.size) leaves with root \(finding.signed.root);
                      there was one of \(finding.held.size) leaves with root \(finding.held.root): handed in
                    """)
            }
        }
        guard findings.isEmpty else { return }
        Output.note("every receipt is of the log that the ledger had")
        throw ExitCode(1)
    }
}
