import Codec
package import Foundation
package import GatewayClient
package import Logging
package import Verification

/// A light client with the gateways that it asks, and the folder in which it remembers.
///
/// | file | content |
/// |---|---|
/// | `light.json` | ``LightClient/saved`` |
/// | `fork.json` | the two blocks that were signed, with the evidence; while it is there nothing is answered |
package actor LightFollower {
    /// What a gateway last did.
    package enum Standing: Hashable, Sendable {
        case unasked
        /// Its header of that height is the known one.
        case agrees(height: UInt64)
        /// It has not got to the newest known header yet.
        case behind
        case unreachable(String)
        case unproven(String)
    }

    /// Where the follower stands.
    package struct Status: Sendable {
        package var head: LightHead?
        package var trust: LightClient.Trust
        package var trustedValidators: [UInt8]
        package var gateways: [(address: String, standing: Standing)]
        package var fork: ForkNote?
    }

    /// A fork as it is remembered.
    package struct ForkNote: Hashable, Sendable {
        package var height: UInt64
        package var blocks: [[UInt8]]
    }

    /// Why nothing is answered.
    package enum Failure: Error, Sendable {
        /// No gateway gave an answer that holds; what each of them did.
        case unproven([String])
        /// The validators signed two ledgers.
        case forked(height: UInt64)
    }

    /// What every ledger holds and every block may change: asked for to get at the newest header.
    private static let beat = (store: "anchor", key: Array("log".utf8))

    private var client: LightClient
    private let gateways: [GatewayConnection]
    private let folder: URL
    private let logger: Logger
    private let now: @Sendable () -> UInt64
    private var standings: [Standing]
    private var fork: ForkNote?

    /// Goes on from what the folder holds, or begins with that trust.
    ///
    /// - Throws: ``LightClientFailure`` where the folder's file is damaged.
    package init(
        _ trust: LightClient.Trust?, gateways: [GatewayConnection], folder: URL, logger: Logger,
        now: @escaping @Sendable () -> UInt64
    ) throws {
        if let bytes = try? Data(contentsOf: Self.file(folder)) {
            client = try LightClient(restoring: Array(bytes))
        } else if let trust {
            client = LightClient(trust)
        } else {
            throw LightClientFailure.unproven("a new light client needs a set of validators to trust")
        }
        self.gateways = gateways
        self.folder = folder
        self.logger = logger
        self.now = now
        standings = gateways.map { _ in .unasked }
        fork = ForkFile.read(folder)
    }

    package static func file(_ folder: URL) -> URL { folder.appending(path: "light.json") }

    package var status: Status {
        Status(
            head: client.head, trust: client.trust, trustedValidators: client.trustedValidators,
            gateways: Array(zip(gateways.map(\.address), standings)), fork: fork)
    }

    // MARK: Following

    /// Asks every gateway for its newest header, and then whether all have the same one.
    package func follow() async throws {
        try checkFork()
        for index in gateways.indices { _ = try await ask(index, Self.beat.store, Self.beat.key, height: nil) }
        guard let head = client.head else { return }
        for index in gateways.indices where gateways.count > 1 { try await compare(index, with: head) }
    }

    /// Whether a gateway has the known block of a height.
    private func compare(_ index: Int, with head: LightHead) async throws {
        if case .unreachable = standings[index] { return }
        if case .unproven = standings[index] { return }
        do {
            let proof = try await gateways[index].stateProof(
                store: Self.beat.store, key: Self.beat.key, height: head.height - 1,
                trusted: Hex.encode(head.validatorsHash))
            standings[index] = .agrees(height: try client.compare(proof, now: now()))
        } catch let failure as LightClientFailure {
            try await judge(failure, of: index)
        } catch GatewayFailure.refused(let problem) where problem.status == 404 || problem.status == 410 {
            standings[index] = .behind
        } catch { standings[index] = .unreachable("\(error)") }
    }

    // MARK: Answering

    /// A proven value, with the file that proves it: the newest if no height is given.
    package func value(
        of key: [UInt8], in store: String, height: UInt64?
    ) async throws -> (value: LightValue, proof: [UInt8]) {
        try checkFork()
        for index in gateways.indices {
            if let found = try await ask(index, store, key, height: height) { return found }
        }
        throw Failure.unproven(reasons)
    }

    /// A record's bundle that holds, under a newest header.
    ///
    /// `id`: 32 bytes.
    package func bundle(of id: [UInt8], receipts: Bool) async throws -> [UInt8] {
        try checkFork()
        for (index, gateway) in gateways.enumerated() {
            do {
                let bundle = try await gateway.bundle(
                    of: Hex.encode(id), receipts: receipts, trusted: Hex.encode(client.trustedValidators))
                _ = try client.record(id, from: bundle, now: now())
                try save()
                return bundle
            } catch let failure as LightClientFailure {
                try await judge(failure, of: index)
            } catch { standings[index] = Self.standing(after: error) }
        }
        throw Failure.unproven(reasons)
    }

    /// Asks one gateway for a key; nil where its answer is none, which its standing tells.
    private func ask(
        _ index: Int, _ store: String, _ key: [UInt8], height: UInt64?
    ) async throws -> (value: LightValue, proof: [UInt8])? {
        // The set may move on while a gateway answers: then it is asked once more.
        for isLast in [false, true] {
            let trusted = client.trustedValidators
            do {
                let proof = try await gateways[index].stateProof(
                    store: store, key: key, height: height, trusted: Hex.encode(trusted))
                if trusted != client.trustedValidators, !isLast { continue }
                let value = try client.value(of: key, in: store, from: proof, isNewest: height == nil, now: now())
                standings[index] = .agrees(height: value.height)
                try save()
                return (value, proof)
            } catch let failure as LightClientFailure {
                try await judge(failure, of: index)
            } catch { standings[index] = Self.standing(after: error) }
            return nil
        }
        return nil
    }

    // MARK: What does not hold

    /// What it means that a call failed.
    private static func standing(after error: any Error) -> Standing {
        guard case GatewayFailure.refused(let problem) = error else { return .unreachable("\(error)") }
        guard problem.name == "unknown-trusted-set" else { return .unproven(problem.description) }
        return .unproven(
            "it knows no header of the set of validators that is trusted here. Either it is of another ledger, or its "
                + "headers of that set are gone: name a later set, which somebody you trust gives you, in a folder of "
                + "its own")
    }

    private var reasons: [String] {
        zip(gateways, standings).map { gateway, standing in
            switch standing {
            case .unreachable(let reason), .unproven(let reason): "\(gateway.address): \(reason)"
            case .behind: "\(gateway.address): it is behind"
            case .unasked, .agrees: "\(gateway.address): it has not got this"
            }
        }
    }

    private func checkFork() throws {
        if let fork { throw Failure.forked(height: fork.height) }
    }

    private func judge(_ failure: LightClientFailure, of index: Int) async throws {
        switch failure {
        case .unproven(let reason), .expired(let reason): standings[index] = .unproven(reason)
        case .stale: standings[index] = .behind
        case .forked(let found):
            logger.critical(
                "the validators signed two ledgers",
                metadata: [
                    "height": "\(found.height)", "block": "\(Hex.encode(found.kept))",
                    "other": "\(Hex.encode(found.other))", "shownBy": "\(gateways[index].address)",
                ])
            try ForkFile.write(found, in: folder)
            fork = ForkFile.read(folder)
            await report(found)
            try checkFork()
        }
    }

    /// Every ledger gets all of it, and takes what it can judge.
    private func report(_ found: LightFork) async {
        for gateway in gateways {
            for evidence in found.evidence {
                do {
                    try await gateway.submit(evidence: evidence)
                    logger.notice("evidence was taken", metadata: ["gateway": "\(gateway.address)"])
                } catch {
                    logger.info(
                        "evidence was not taken", metadata: ["gateway": "\(gateway.address)", "reason": "\(error)"])
                }
            }
        }
    }

    private func save() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(client.saved).write(to: Self.file(folder), options: .atomic)
    }
}
