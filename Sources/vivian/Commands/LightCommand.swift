import ArgumentParser
import Codec
import Foundation
import GatewayClient
import LightProxy
import Logging
import ServiceLifecycle
import UnixSignals
import Verification

/// `vivian light`.
struct LightCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "light", abstract: "Follow a ledger without being a node, and answer with what is proven.",
        discussion: """
            A light client verifies headers from a set of validators that you trust, named once by its hash, and believes \
            no gateway: an answer stands under a verified header, or is refused. Several gateways are held against each \
            other; where two show different blocks of one height, both signed, the evidence is kept and handed to them, \
            and nothing is answered any more.
            """,
        subcommands: [Start.self, Follow.self])

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow, and answer on loopback: /status, /state/{store}/{key}, /records/{id}/bundle.",
            discussion:
                "Plain HTTP without credentials: whoever is on this machine may ask, in the name of --api-key-file.")
        @OptionGroup var light: LightOptions
        @Option(help: "Port on 127.0.0.1; 0 takes a free one.") var port = 8480
        @Option(help: "Seconds between two looks at the gateways, 1 to 3600.") var interval = 2

        func validate() throws {
            guard 0...65_535 ~= port else { throw ValidationError("--port is 0 to 65535") }
            guard 1...3_600 ~= interval else { throw ValidationError("--interval is 1 to 3600") }
        }

        func run() async throws {
            try await light.withFollower { follower in
                // What is asked first has a header to stand under. A fork is answered with.
                try? await follower.follow()
                let server = LightServer(follower, host: "127.0.0.1", port: port, logger: LightOptions.logger) { port in
                    let address = "http://127.0.0.1:\(port)"
                    light.json
                        ? Output.json(["address": .string(address)])
                        : Output.line("proven answers at \(address), such as \(address)/status")
                }
                let group = ServiceGroup(
                    configuration: ServiceGroupConfiguration(
                        services: [
                            .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup),
                            .init(service: LightFollowing(follower, every: .seconds(interval))),
                        ],
                        gracefulShutdownSignals: [.sigterm, .sigint], logger: LightOptions.logger))
                try await group.run()
            }
        }
    }

    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow to the newest header once, and show it; exit code 1 where nothing holds.")
        @OptionGroup var light: LightOptions

        func run() async throws {
            try await light.withFollower { follower in
                do { try await follower.follow() } catch LightFollower.Failure.forked(let height) {
                    throw CommandFailure(
                        "the validators signed two blocks of height \(height); see fork.json in \(light.folder)")
                }
                let status = await follower.status
                light.json ? Output.json(status.json) : Self.show(status)
                let isProven = status.gateways.contains { if case .agrees = $0.standing { true } else { false } }
                if !isProven { throw ExitCode(1) }
            }
        }

        private static func show(_ status: LightFollower.Status) {
            if let head = status.head {
                Output.line(
                    "\(status.trust.chainID ?? "") block \(head.height) of \(head.time), \(head.validatorCount) validators, "
                        + "hash \(Hex.encode(head.hash))")
            }
            for gateway in status.gateways {
                Output.line(
                    "\(gateway.address)  \(gateway.standing.name)\(gateway.standing.detail.map { ": \($0)" } ?? "")")
            }
        }
    }
}

/// What `vivian light`'s commands share.
struct LightOptions: ParsableArguments {
    @Option(name: .customLong("data"), help: "Folder in which the light client remembers what it verified.")
    var folder = "./vivian-light"
    @Option(help: "A gateway's address, such as https://127.0.0.1:8443; give several to hold them against each other.")
    var gateway: [String]
    @Option(name: .customLong("ca"), help: "PEM file of the certificate authorities to trust.") var authority: String?
    @Option(help: "File with an API key or access token; else VIVIAN_API_KEY.") var apiKeyFile: String?
    @Option(help: "Validators hash that you trust, in hex: needed the first time.") var trustedValidators: String?
    @Option(help: "The chain id that you expect.") var chainId: String?
    @Option(help: "The genesis hash that you expect, in hex.") var genesisHash: String?
    @Option(help: "Days for which a header's validators are believed.") var trustingDays: UInt64 = 14
    @Flag(help: "Print JSON for programs.") var json = false

    static let logger: Logger = {
        var logger = Logger(label: "vivian-light") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        return logger
    }()

    func validate() throws {
        guard !gateway.isEmpty else { throw ValidationError("name a gateway with --gateway") }
        guard 1...3_650 ~= trustingDays else { throw ValidationError("--trusting-days is 1 to 3650") }
    }

    private func trust() throws -> LightClient.Trust? {
        guard let trustedValidators else { return nil }
        guard let validators = TrustPolicy.hash(hex: trustedValidators) else {
            throw ValidationError("--trusted-validators is 32 bytes in lower-case hex")
        }
        let genesis = try genesisHash.map { text in
            guard let hash = TrustPolicy.hash(hex: text) else {
                throw ValidationError("--genesis-hash is 32 bytes in lower-case hex")
            }
            return hash
        }
        return LightClient.Trust(
            validators: validators, chainID: chainId, genesisHash: genesis, periodSeconds: trustingDays * 86_400)
    }

    private func credential() throws -> String? {
        guard let apiKeyFile else { return ProcessInfo.processInfo.environment["VIVIAN_API_KEY"] }
        guard let text = DataFolder.secretLine(URL(fileURLWithPath: apiKeyFile)) else {
            throw CommandFailure("\(apiKeyFile) cannot be read, or is empty")
        }
        return text
    }

    /// Connects, does the work, and closes.
    func withFollower(_ body: (LightFollower) async throws -> Void) async throws {
        let url = URL(fileURLWithPath: folder)
        let trust = try trust()
        guard trust != nil || FileManager.default.fileExists(atPath: LightFollower.file(url).path) else {
            throw CommandFailure(
                "\(folder) holds no light client yet: name the validators hash that you trust with --trusted-validators "
                    + "(`vivian net validators` of a node of your own, or whoever runs the ledger, tells it)")
        }
        let key = try credential()
        let connections = try gateway.map {
            try GatewayConnection($0, authority: authority, credential: key, retries: .never)
        }
        let result: Result<Void, any Error>
        do {
            let follower = try LightFollower(
                trust, gateways: connections, folder: url, logger: Self.logger,
                now: { UInt64(max(Date().timeIntervalSince1970, 0) * 1e9) })
            result = .success(try await body(follower))
        } catch LightClientFailure.unproven(let reason) {
            result = .failure(CommandFailure("\(reason); begin again with a new --data folder"))
        } catch { result = .failure(error) }
        for connection in connections { await connection.close() }
        try result.get()
    }
}

/// Looks at the gateways again and again.
struct LightFollowing: Service {
    let follower: LightFollower
    let interval: Duration

    init(_ follower: LightFollower, every interval: Duration) {
        self.follower = follower
        self.interval = interval
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // A fork is remembered, and answered with: the server goes on.
                try? await follower.follow()
                try? await Task.sleep(for: interval)
            }
        }
    }
}
