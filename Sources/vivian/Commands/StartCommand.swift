import ArgumentParser
import CAllocator
import Codec
import Consensus
import Cryptography
import Foundation
import GatewayAPI
import GatewayStore
import HTTPClientKit
import LedgerModel
import LedgerRuntime
import Logging
import NodeEngine
import PeerNetwork
import Records
import ServiceLifecycle
import UnixSignals

/// `vivian start`.
struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start node and gateway on a data folder, and stay up.",
        discussion: """
            Profile solo: one validator, one gateway, one process. SIGINT or SIGTERM ends it cleanly. What is not said \
            here is read from vivian.json in the data folder.
            """)
    @OptionGroup var data: DataOptions
    @Option(help: "Address and port to listen on; port 0 takes a free one.") var listen: String?
    @Option(help: "Certificate chain (PEM) instead of the folder's own.") var certificate: String?
    @Option(help: "Key of that certificate (PEM).") var certificateKey: String?
    @Option(help: "Log level: trace, debug, info, notice, warning, error.") var logLevel: String?
    @Option(help: "Memory for old states that stay provable, in MiB.") var retainedMegabytes: Int?
    @Option(help: "Disk for older states that stay provable, in MiB; 0 keeps none.") var historyMegabytes: Int?
    @Option(help: "Blocks to keep; all if left out.") var keepBlocks: UInt64?
    @Option(help: "Blocks to keep the vectors of, as they were sent; all if left out.") var keepVectors: UInt64?
    @Option(help: "Blocks from one snapshot for nodes that join to the next; 0 makes none.")
    var snapshotInterval: UInt64?
    @Flag(help: "Follow block by block, never from a peer's snapshot.") var noStateSync = false
    @OptionGroup var recordOptions: RecordOptions
    @Option(help: "Size of a file of blocks in MiB, 1 to 1024: --keep-blocks and --keep-vectors go by whole files.")
    var blockFileMegabytes: Int?
    @Option(help: "Requests a second that one caller may make in the long run; twice as many at once.")
    var requestsPerSecond: UInt32?
    @Option(help: "Seconds that a client may take to send a body, or to take an answer, 1 to 3600.")
    var clientSeconds: Int?
    @Option(help: "Whom to tell of a vulnerability, as a URI; published as security.txt.") var securityContact: String?
    @Flag(help: "The clock is right although it is far ahead of the last block.") var acceptClock = false

    func run() async throws {
        Self.limitArenas()
        let folder = data.folder
        do { try StateSync.recover(ledger: folder.ledger.path) } catch {
            throw CommandFailure(NodeFailureText.text(error))
        }
        let genesis = try folder.genesis()
        let settings = try Configuration.read(folder)
        let (host, port) = try Self.address(listen ?? settings.listen)
        let (anchoring, recordIDs) = try recordOptions.validated(beside: settings)
        guard let level = Logger.Level(rawValue: logLevel ?? settings.logLevel) else {
            throw ValidationError("unknown --log-level")
        }
        let retainedMegabytes = retainedMegabytes ?? settings.retainedMegabytes
        let historyMegabytes = historyMegabytes ?? settings.historyMegabytes
        let blockFileMegabytes = blockFileMegabytes ?? settings.blockFileMegabytes
        guard 1...1_024 ~= blockFileMegabytes else { throw ValidationError("--block-file-megabytes is 1 to 1024") }
        guard 0...1_048_576 ~= retainedMegabytes else { throw ValidationError("--retained-megabytes is 0 to 1048576") }
        guard 0...1 << 40 ~= historyMegabytes else { throw ValidationError("--history-megabytes is a size in MiB") }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "vivian")
        logger.logLevel = level

        let isSyncing = !noStateSync && settings.network?.stateSync ?? false
        if let links = settings.network, isSyncing {
            try await Self.beginFromSnapshot(links, of: folder, genesis, logger: logger)
        }
        let node: Node
        let network = try settings.network.map { try Self.network($0, of: folder, genesis, logger: logger) }
        let signer = try folder.signer(
            settings, of: genesis, node: (network?.id).map { NodeID($0) }, logger: logger)
        do {
            node = try Node(
                NodeConfiguration(
                    folder: folder.ledger.path, genesis: genesis,
                    signer: signer,
                    receiptKey: try network == nil ? folder.key("receipt", of: genesis) : folder.key("receipt"),
                    retainedBytes: retainedMegabytes << 20,
                    historyBytes: historyMegabytes << 20, blocksKept: keepBlocks ?? settings.keepBlocks,
                    vectorBlocksKept: keepVectors ?? settings.keepVectors,
                    blockFileBytes: blockFileMegabytes << 20,
                    snapshotInterval: snapshotInterval ?? settings.network?.snapshotInterval ?? 0,
                    leavesWhenBehind: isSyncing, isClockConfirmed: acceptClock),
                network: network, logger: logger)
        } catch let failure as NodeFailure {
            throw CommandFailure(NodeFailureText.text(failure))
        }
        // Accounts of a ledger of several may come after its genesis.
        let issuerKey = try network == nil ? folder.key("account", of: genesis) : folder.key("account")
        let issuer = Issuer(
            ledger: genesis.ledger, account: AccountID(issuerKey.publicKey.thumbprint), key: issuerKey,
            fee: genesis.feeMinimum)
        let now: @Sendable () -> UInt64 = { UInt64(max(Date().timeIntervalSince1970, 0) * 1e9) }
        let store = try GatewayStore(folder: folder.gateway)
        let book = AccessBook(store)
        if let note = try AdminKey.ensure(in: folder, book: book) { Output.note(note) }
        let outbox = Outbox(store: store, ledger: node, issuer: issuer, logger: logger, now: now)
        let keys = try GroupKeyFile(opening: folder.recordKeysFile)
        let keeper = RecordIDKeeper(keys: keys, policy: recordIDs, logger: logger, now: now)
        let records = RecordService(
            store: store, keys: keys, issuer: issuer, ledger: node, outbox: outbox, reader: try CaptureReader(),
            anchoring: anchoring,
            index: settings.similarRecordsMax.map { count in
                PrivateIndex(store: store, keys: keys, limits: .init(recordsMax: count), now: now)
            }, now: now)
        guard try records.keysBelong() else {
            throw CommandFailure(
                "keys/records.keys is not the one under which gateway/ was sealed; restore both from the same backup")
        }
        if anchoring == .record {
            let count = try IntervalSealer.sealAll(store, issuer: issuer, now: now())
            if count > 0 { logger.notice("intervals of batch mode ended", metadata: ["count": "\(count)"]) }
        }
        let rate = requestsPerSecond ?? settings.requestsPerSecond
        let patience = clientSeconds ?? settings.clientSeconds
        guard (1...3_600).contains(patience) else { throw ValidationError("--client-seconds takes 1 to 3600") }
        let configuration = GatewayConfiguration(
            host: host, port: port, certificatePath: certificate ?? settings.certificate ?? folder.certificate.path,
            keyPath: certificateKey ?? settings.certificateKey ?? folder.certificateKey.path,
            hasOwnCertificate: certificate ?? settings.certificate != nil, clientRootsPath: settings.clientRoots,
            requestsPerSecond: rate, requestsBurst: 2 * rate, clientSeconds: patience,
            securityContact: securityContact ?? settings.securityContact, version: Build.version)
        let json = data.json
        let events = EventBook(store: store, ledger: genesis.ledger, retention: settings.events)
        let receivers = GuardedHTTPClient(policy: settings.webhooks, rootsFile: settings.webhookRoots)
        let webhooks = WebhookBook(store: store, keys: keys, ledger: genesis.ledger, http: receivers, now: now)
        let dispatcher = WebhookDispatcher(
            store: store, book: webhooks, events: events, ledger: genesis.ledger, http: receivers, logger: logger,
            now: now)
        let gateway = try Gateway(
            parts: GatewayParts(
                configuration: configuration, identity: genesis.ledger, ledger: node, vectors: node,
                records: records,
                schemas: SchemaBook(store: store, issuer: issuer, ledger: node, outbox: outbox, now: now),
                answers: try AnswerBook(store: store, now: now),
                access: AccessControl(configuration: settings.access, book: book, now: now), events: events,
                webhooks: webhooks, dispatcher: dispatcher),
            logger: logger
        ) { port in
            Self.announce(folder, genesis.chainID.text, host: host, port: port, json: json)
        }
        var services = [
            Self.service(node), Self.service(outbox), Self.service(gateway), Self.service(keeper),
            Self.service(dispatcher),
            Self.service(
                AuditAnchor(
                    records: records, store: store, interval: .seconds(settings.auditAnchorSeconds),
                    logger: logger, now: now)),
        ]
        if let plan = anchoring.intervals {
            services.append(
                Self.service(
                    IntervalSealer(store: store, issuer: issuer, plan: plan, outbox: outbox, logger: logger, now: now)))
        }
        if let network { services.append(Self.service(network)) }
        if let signer = signer as? RemoteSigner { services.append(Self.service(signer)) }
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(20)
        defer { try? FileManager.default.removeItem(at: folder.runFile) }
        do {
            try await ServiceGroup(configuration: group).run()
        } catch NodeFailure.behind(let height) {
            logger.warning(
                "no peer holds the next block any more: this node begins anew from a peer's snapshot",
                metadata: ["height": "\(height)"])
            try? FileManager.default.removeItem(at: folder.runFile)
            throw Self.beginAnew()
        } catch let failure as NodeFailure {
            throw CommandFailure(NodeFailureText.text(failure))
        } catch let failure as OutboxFailure {
            throw CommandFailure("\(failure)")
        }
    }

    /// Runs the same command in this process again, with nothing left of it; returns only where that fails.
    ///
    /// What the old ledger was open for (its lock, the gateway's store, sockets) ends with it.
    private static func beginAnew() -> CommandFailure {
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", arguments)
        return CommandFailure("no peer holds the next block any more; start again to begin from a peer's snapshot")
    }

    /// Begins the ledger from a peer's snapshot, where it is empty or was left behind.
    private static func beginFromSnapshot(
        _ settings: Configuration.NetworkSettings, of folder: DataFolder, _ genesis: Genesis, logger: Logger
    ) async throws {
        var own: PeerID?
        if case .ed25519(let key) = try folder.nodeKey().publicKey { own = PeerID(publicKey: key) }
        let sync = StateSync.Configuration(
            ledger: folder.ledger.path, genesis: genesis, trusted: settings.trusted,
            peersExpected: settings.peers.count { $0.id != own })
        do {
            try await StateSync.run(sync, logger: logger) { try network(settings, of: folder, genesis, logger: logger) }
        } catch let failure as NodeFailure {
            throw CommandFailure(NodeFailureText.text(failure))
        } catch let failure as PeerNetworkFailure {
            throw CommandFailure(failure.message)
        }
    }

    /// The links to other nodes: nobody without the same genesis gets one.
    private static func network(
        _ settings: Configuration.NetworkSettings, of folder: DataFolder, _ genesis: Genesis, logger: Logger
    ) throws -> PeerNetworkService {
        var configuration = PeerNetworkConfiguration(
            listen: settings.listen, nodeKey: try folder.nodeKey(),
            networkID: "\(genesis.chainID.text)/\(genesis.hash.hex)", peers: settings.peers)
        configuration.addressBookFile = folder.ledger.appending(path: "address-book.json").path
        do { return try PeerNetworkService(configuration, logger: logger) } catch {
            throw CommandFailure("network: \(error.message)")
        }
    }

    /// One arena of the C allocator for each core.
    ///
    /// Left alone it makes eight, and what one thread frees is then of no use to the others: at a million records a
    /// third of the memory was such leftovers.
    private static func limitArenas() {
        mallopt(M_ARENA_MAX, Int32(ProcessInfo.processInfo.activeProcessorCount))
    }

    /// A service whose end, good or bad, ends the others cleanly: a node that is only cancelled would not write its
    /// checkpoint, nor end.
    private static func service(_ service: some Service) -> ServiceGroupConfiguration.ServiceConfiguration {
        .init(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
    }

    /// HOST:PORT, an IPv6 address in brackets.
    static func address(_ text: String) throws -> (host: String, port: Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            0...65_535 ~= port
        else { throw ValidationError("--listen is HOST:PORT, such as 127.0.0.1:8443") }
        return (String(text[..<colon].filter { $0 != "[" && $0 != "]" }), port)
    }

    /// Notes where the gateway listens, for the other commands, and says what to try.
    private static func announce(_ folder: DataFolder, _ chain: String, host: String, port: Int, json: Bool) {
        // What listens everywhere is asked on loopback from here.
        let local = ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
        let shown = local.contains(":") ? "[\(local)]" : local
        let address = "https://\(shown):\(port)"
        let note: JSON = ["gateway": .string(address), "pid": .number(String(getpid()))]
        try? Data(note.serialized()).write(to: folder.runFile, options: .atomic)
        if json { return Output.json(["gateway": .string(address), "chainId": .string(chain)]) }
        Output.line(
            """
            \(chain) listens on \(address)
            try:
              vivian status --data \(folder.url.path)
              vivian capture --data \(folder.url.path) docs/tour/*.jsonld
              curl --cacert \(folder.authority.path) -H "Authorization: Bearer $(cat \(folder.adminKeyFile.path))" \
                \(address)/status
            """)
    }
}

/// What a node that stops says to its operator.
enum NodeFailureText {
    static func text(_ failure: NodeFailure) -> String {
        switch failure {
        case .store(let failure): "\(failure)"
        case .runtime(let failure): "the ledger cannot go on: \(failure)"
        case .clock(let failure): "\(failure)"
        case .genesis(let failure): "the genesis does not hold: \(failure)"
        case .behind: "no peer holds the next block any more; start again to begin from a peer's snapshot"
        case .revision(let what), .inconsistent(let what): what
        }
    }
}
