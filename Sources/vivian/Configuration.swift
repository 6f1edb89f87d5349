import Codec
import Cryptography
import Foundation
import GatewayAPI
import HTTPClientKit
import LedgerStore
import NodeEngine
import PeerNetwork
import Records
import SchemaValidation

/// `vivian.json` in the data folder: what `vivian start` is to do.
///
/// Absent file, absent key: the default.
///
/// `schemas/json-schema/configuration.json` says what may stand in it; deploy/configuration.md explains every key.
struct Configuration {
    /// Loopback, on the port that the documentation names.
    static let listenDefault = "127.0.0.1:8443"
    static let logLevelDefault = "notice"
    /// Enough for some 100,000 changed entries.
    static let retainedMegabytesDefault = 256
    private static let byteCountMax = 1 << 20

    var listen = listenDefault
    var certificate: String?
    var certificateKey: String?
    var clientRoots: String?
    var logLevel = logLevelDefault
    var retainedMegabytes = retainedMegabytesDefault
    var historyMegabytes = HistoryLog.budgetBytesDefault >> 20
    var blockFileMegabytes = BlockLog.segmentBytesDefault >> 20
    var keepBlocks: UInt64?
    var keepVectors: UInt64?
    var anchorMode = "record"
    var batchInterval: Int?
    var batchSize: Int?
    var batchCover = false
    var deduplicationDays = RecordIDPolicy.horizonDaysDefault
    /// How many of a tenant's newest records the private index compares; nil where there is none.
    var similarRecordsMax: Int? = PrivateIndex.Limits.recordsMaxDefault
    var requestsPerSecond = GatewayConfiguration.requestsPerSecondDefault
    var clientSeconds = GatewayConfiguration.clientSecondsDefault
    var securityContact: String?
    var auditAnchorSeconds = AuditAnchor.intervalSecondsDefault
    var access = AccessConfiguration()
    var events = EventRetention()
    var webhooks = AddressPolicy()
    var webhookRoots: String?
    /// Links to other nodes; nil for a ledger of one.
    var network: NetworkSettings?

    /// Where the consensus key is; nil for `keys/`.
    var signer: SignerAddress?

    /// What a signer's address looks like.
    static let signerAddressText = "a signer's address is unix:PATH, at most \(SignerAddress.pathBytesMax) bytes"

    struct NetworkSettings {
        var listen: PeerAddress
        var peers: [PeerAddress]
        var snapshotInterval = NodeConfiguration.snapshotIntervalDefault
        var stateSync = true
        var trusted: TrustedHeader?
    }

    /// Reads the file, in full or not at all.
    /// - Throws: ``ConfigurationFailure`` with every problem that it has.
    static func read(_ folder: DataFolder) throws(ConfigurationFailure) -> Configuration {
        let file = folder.configurationFile
        guard FileManager.default.fileExists(atPath: file.path) else { return Configuration() }
        guard let data = try? Data(contentsOf: file), data.count <= byteCountMax else {
            throw ConfigurationFailure(["\(file.path) cannot be read, or is larger than \(byteCountMax) bytes"])
        }
        let document: JSONDocument
        do { document = try JSONDocument(parsing: Array(data)) } catch {
            let place = error.position.map { "line \($0.line), column \($0.column)" } ?? "the whole"
            throw ConfigurationFailure(["\(file.lastPathComponent) \(place): it is no JSON text: \(error.text)"])
        }
        let violations = schema.validate(document, limit: 100)
        guard violations.isEmpty else {
            throw ConfigurationFailure(
                violations.map { violation in
                    let place = violation.instancePointer.isEmpty ? "the whole" : violation.instancePointer
                    return "\(file.lastPathComponent) line \(violation.line), \(place): \(violation.message)"
                })
        }
        var reader = Reader(folder: folder, problems: [])
        let configuration = reader.configuration(document.root)
        guard reader.problems.isEmpty else { throw ConfigurationFailure(reader.problems) }
        return configuration
    }

    private static let schema: JSONSchema = {
        guard let bytes = BuiltInSchemas.bytes("json-schema/configuration.json"),
            let document = try? JSONDocument(parsing: bytes), let schema = try? JSONSchema(compiling: document)
        else { preconditionFailure("the schema of vivian.json cannot be used") }
        return schema
    }()
}

/// Everything that is wrong with `vivian.json`.
struct ConfigurationFailure: Error, CustomStringConvertible {
    let problems: [String]
    init(_ problems: [String]) { self.problems = problems }
    var description: String { problems.joined(separator: "\n") }
}

extension Configuration {
    /// Turns a document that the schema accepts into a configuration, and notes what the schema cannot see.
    private struct Reader {
        let folder: DataFolder
        var problems: [String]

        mutating func configuration(_ root: JSONNode) -> Configuration {
            var made = Configuration()
            made.listen = root["listen"]?.string ?? made.listen
            if (try? StartCommand.address(made.listen)) == nil {
                problems.append("/listen: \(made.listen) is not HOST:PORT with a port of 0 to 65535")
            }
            made.certificate = file(root["certificate"], "/certificate")
            made.certificateKey = file(root["certificateKey"], "/certificateKey")
            made.clientRoots = file(root["clientRoots"], "/clientRoots")
            made.logLevel = root["logLevel"]?.string ?? made.logLevel
            made.retainedMegabytes = root["retainedMegabytes"].flatMap(integer) ?? made.retainedMegabytes
            made.historyMegabytes = root["historyMegabytes"].flatMap(integer) ?? made.historyMegabytes
            made.blockFileMegabytes = root["blockFileMegabytes"].flatMap(integer) ?? made.blockFileMegabytes
            made.anchorMode = root["anchor"]?["mode"]?.string ?? made.anchorMode
            made.batchInterval = root["anchor"]?["intervalSeconds"].flatMap(integer)
            made.batchSize = root["anchor"]?["size"].flatMap(integer)
            made.batchCover = root["anchor"]?["coverIdleTime"]?.bool ?? false
            do {
                _ = try AnchorPlan(
                    mode: made.anchorMode, seconds: made.batchInterval, size: made.batchSize,
                    coversIdleTime: made.batchCover)
            } catch { problems += error.problems.map { "/anchor: \($0)" } }
            made.deduplicationDays = root["deduplicationDays"].flatMap(integer) ?? made.deduplicationDays
            made.similarRecordsMax =
                root["similar"]?["enabled"]?.bool == false
                ? nil : root["similar"]?["recordsMax"].flatMap(integer) ?? made.similarRecordsMax
            made.keepBlocks = root["keepBlocks"].flatMap(integer).map { UInt64($0) }
            made.keepVectors = root["keepVectors"].flatMap(integer).map { UInt64($0) }
            made.requestsPerSecond =
                root["requestsPerSecond"].flatMap(integer).map { UInt32($0) } ?? made.requestsPerSecond
            made.clientSeconds = root["clientSeconds"].flatMap(integer) ?? made.clientSeconds
            made.auditAnchorSeconds = root["auditAnchorSeconds"].flatMap(integer) ?? made.auditAnchorSeconds
            made.securityContact = root["securityContact"]?.string
            made.events.days = root["events"]?["keepDays"].flatMap(integer) ?? made.events.days
            made.events.count = root["events"]?["keepCount"].flatMap(integer) ?? made.events.count
            made.webhooks = webhooks(root["webhooks"])
            made.webhookRoots = file(root["webhooks"]?["roots"], "/webhooks/roots")
            made.network = network(root["network"])
            if let text = root["signer"]?.string {
                made.signer = SignerAddress(text, in: folder.url.path)
                if made.signer == nil { problems.append("/signer: \(Configuration.signerAddressText)") }
            }
            made.access.anonymousScopes = scopes(root["anonymous"]?["scopes"])
            made.access.anonymousTenant = tenant(root["anonymous"]?["tenant"]) ?? .standard
            let roles = meanings(root["roles"]) ?? [:]
            var names: Set<String> = []
            let nodes: [JSONNode] = root["issuers"].map { Array($0.elements) } ?? []
            for (index, node) in nodes.enumerated() {
                let place = "/issuers/\(index)"
                let issuer = self.issuer(node, roles: roles, place)
                if !names.insert(issuer.issuer).inserted {
                    problems.append("\(place)/issuer: \(issuer.issuer) stands here twice")
                }
                if issuer.requiresCertificate, made.clientRoots == nil {
                    problems.append("\(place)/requireCertificate: clientRoots is needed for it")
                }
                made.access.issuers.append(issuer)
            }
            return made
        }

        private mutating func network(_ node: JSONNode?) -> NetworkSettings? {
            guard let node else { return nil }
            let text = node["listen"]?.string ?? ""
            guard let listen = PeerAddress(text), listen.id == nil else {
                problems.append("/network/listen: \(text) is not HOST:PORT")
                return nil
            }
            var peers: [PeerAddress] = []
            for (index, text) in (texts(node["peers"]) ?? []).enumerated() {
                guard let peer = PeerAddress(text), peer.id != nil, peer.port != 0 else {
                    problems.append("/network/peers/\(index): \(text) is not ID@HOST:PORT")
                    continue
                }
                peers.append(peer)
            }
            var settings = NetworkSettings(listen: listen, peers: peers)
            if let interval = node["snapshotInterval"].flatMap(integer) { settings.snapshotInterval = UInt64(interval) }
            settings.stateSync = node["stateSync"]?.bool ?? settings.stateSync
            if let text = node["trusted"]?.string {
                settings.trusted = TrustedHeader(text)
                if settings.trusted == nil { problems.append("/network/trusted: \(text) is not HEIGHT:HASH") }
            }
            return settings
        }

        private mutating func webhooks(_ node: JSONNode?) -> AddressPolicy {
            var policy = AddressPolicy(allowsPlainLoopback: node?["allowPlainLoopback"]?.bool ?? false)
            for (index, text) in (texts(node?["allowRanges"]) ?? []).enumerated() {
                guard let range = AddressRange(text) else {
                    problems.append("/webhooks/allowRanges/\(index): \(text) is no range such as 10.1.0.0/16")
                    continue
                }
                policy.allowed.append(range)
            }
            return policy
        }

        private mutating func issuer(_ node: JSONNode, roles: [String: Set<Scope>], _ place: String) -> TokenIssuer {
            let rule: TokenIssuer.TenantRule
            if let fixed = tenant(node["tenant"]) {
                rule = .fixed(fixed)
            } else {
                let map = node["tenants"].map { map in
                    Dictionary(
                        map.members.map { ($0.name, tenant($0.value) ?? .standard) },
                        uniquingKeysWith: { first, _ in first })
                }
                rule = .claim(node["tenantClaim"]?.string ?? "", map: map)
            }
            for (name, claims) in [
                ("tenantClaim", texts(node["tenantClaim"])), ("rolesClaim", texts(node["rolesClaim"])),
                ("scopeClaims", texts(node["scopeClaims"])),
            ] {
                for claim in claims ?? [] where claim.hasPrefix("/") && JSONPointer(parsing: claim) == nil {
                    problems.append("\(place)/\(name): \(claim) is no JSON pointer")
                }
            }
            return TokenIssuer(
                issuer: node["issuer"]?.string ?? "", audiences: Set(texts(node["audiences"]) ?? []), tenant: rule,
                keySetURL: node["keys"]?.string,
                algorithms: texts(node["algorithms"]).map { Set($0.compactMap(TokenAlgorithm.init)) }
                    ?? Set(TokenAlgorithm.allCases),
                types: texts(node["types"]).map { Set($0) } ?? TokenIssuer.typesDefault,
                scopeClaims: texts(node["scopeClaims"]) ?? TokenIssuer.scopeClaimsDefault,
                scopes: meanings(node["scopes"]), rolesClaim: node["rolesClaim"]?.string, roles: roles,
                requiresCertificate: node["requireCertificate"]?.bool ?? false,
                leewaySeconds: node["leewaySeconds"].flatMap(integer) ?? TokenIssuer.leewaySecondsDefault,
                rootsFile: file(node["roots"], "\(place)/roots"))
        }

        /// A path below the data folder, or an absolute one; the file must be readable.
        private mutating func file(_ node: JSONNode?, _ place: String) -> String? {
            guard let text = node?.string else { return nil }
            let path = text.hasPrefix("/") ? text : folder.url.appending(path: text).path
            if !FileManager.default.isReadableFile(atPath: path) {
                problems.append("\(place): the file \(path) cannot be read")
            }
            return path
        }

        /// A string, or the strings of an array.
        private func texts(_ node: JSONNode?) -> [String]? {
            guard let node else { return nil }
            return node.string.map { [$0] } ?? node.elements.compactMap(\.string)
        }

        /// An integer by the schema, which may be written 1.0 or 1e3; the schema's bounds fit.
        private func integer(_ node: JSONNode) -> Int? { node.double.map { Int($0) } }

        private func tenant(_ node: JSONNode?) -> Tenant? { node?.string.flatMap { Tenant($0) } }

        private func scopes(_ node: JSONNode?) -> Set<Scope> { Set((texts(node) ?? []).compactMap(Scope.init)) }

        private func meanings(_ node: JSONNode?) -> [String: Set<Scope>]? {
            node.map { node in
                // Names that differ in bytes only are one here; the first counts.
                Dictionary(node.members.map { ($0.name, scopes($0.value)) }, uniquingKeysWith: { first, _ in first })
            }
        }
    }
}
