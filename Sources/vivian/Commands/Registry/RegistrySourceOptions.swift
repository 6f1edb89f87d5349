import ArgumentParser
import Foundation

/// Where a command reads the registry from: the gateway, the gateway with a proof of each value kept, or such proofs alone.
struct RegistrySourceOptions: ParsableArguments {
    static let discussion = """
        With --prove each value that was read is fetched with its proof into the folder of -o. With --from the answer is built \
        from such a folder alone, without a network: each file is verified, and one that is missing is an error.
        """

    @Flag(help: "Keep a proof of each value.") var prove = false
    @Option(name: .shortAndLong, help: "With --prove, the folder for the proofs.") var output: String?
    @Option(help: "With --prove, let the headers lead from this validators hash.") var trusted: String?
    @Option(help: "Build the answer from this folder of proofs.") var from: String?
    @OptionGroup var trust: TrustOptions

    func validate() throws {
        guard prove == (output != nil) else { throw ValidationError("--prove and -o FOLDER go together") }
        guard prove || trusted == nil else { throw ValidationError("--trusted goes with --prove") }
        guard from == nil || !prove else { throw ValidationError("give --prove or --from") }
        guard from != nil || trust.isEmpty else {
            throw ValidationError("--trusted-validators, --policy, --chain-id and --genesis-hash go with --from")
        }
    }

    /// Answers from what is meant, and says what the answer rests on.
    func read(_ client: ClientOptions, _ answer: @Sendable (any RegistrySource) async throws -> Void) async throws {
        if let from {
            let source = try VerifiedRegistry(folder: URL(fileURLWithPath: from), trust: trust)
            try await answer(source)
            return Output.note("\(source.count) proofs hold")
        }
        try await client.withClient { gateway in
            guard let output else { return try await answer(LiveRegistry(gateway: gateway)) }
            let folder = URL(fileURLWithPath: output)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await answer(ProvenRegistry(gateway: gateway, folder: folder, trusted: trusted))
            Output.note("wrote the proofs to \(output); build it from them with --from \(output)")
        }
    }
}
