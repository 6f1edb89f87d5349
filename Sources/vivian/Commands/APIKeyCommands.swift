import ArgumentParser
import Codec
import Foundation
import GatewayAPI
import Records

/// `vivian api-keys`.
struct APIKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-keys", abstract: "Make, list and revoke keys for callers of the API.",
        discussion: """
            A key belongs to a tenant and grants scopes: \(Scope.allCases.map(\.rawValue).joined(separator: ", ")). Callers \
            send it as Authorization: Bearer KEY. With --tenant the command works on the data folder itself, as its \
            operator, and is the way to a tenant's first key.
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key; it is shown this once, and cannot grant what its maker lacks.")
        @OptionGroup var client: ClientOptions
        @Option(name: .customLong("scope"), parsing: .upToNextOption, help: "What it may do; several are taken.")
        var scopes: [String]
        @Option(help: "What it is for, in words.") var label: String
        @Option(help: "Days until it expires; never if left out.") var expiresDays: Int?
        @Option(help: "Make it for this tenant, on the data folder itself.") var tenant: String?

        func run() async throws {
            let granted = try scopes.map { name in
                guard let scope = Scope(rawValue: name) else { throw ValidationError("there is no scope \(name)") }
                return scope
            }
            if let expiresDays, !(1...3_650).contains(expiresDays) {
                throw ValidationError("--expires-days is 1 to 3650")
            }
            let seconds = expiresDays.map { $0 * 86_400 }
            let made: JSON
            if let tenant {
                let (book, owner) = try APIKeysCommand.local(client, tenant)
                let now = Clock.now()
                let key = try OperatorKeys.create(
                    in: book, tenant: owner, label: label, scopes: Set(granted),
                    expiresAt: seconds.map { now + UInt64($0) * 1_000_000_000 }, now: now)
                made = ["id": .string(key.id), "tenant": .string(owner.name), "key": .string(key.text)]
            } else {
                var wish: [JSON.Member] = [
                    .init("label", .string(label)), .init("scopes", .array(granted.map { .string($0.rawValue) })),
                ]
                if let seconds { wish.append(.init("expiresInSeconds", .integer(seconds))) }
                made = try await client.withClient {
                    try await $0.json(
                        "POST", "/api-keys", headers: [("content-type", "application/json")],
                        body: JSON.object(wish).serialized())
                }
            }
            client.json ? Output.json(made) : Output.line(made["key"]?.string ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a tenant's keys.")
        @OptionGroup var client: ClientOptions
        @Option(help: "List this tenant's, on the data folder itself.") var tenant: String?

        func run() async throws {
            let keys: [JSON]
            if let tenant {
                let (book, owner) = try APIKeysCommand.local(client, tenant)
                keys = try book.keys(tenant: owner.name).map { key in
                    [
                        "id": .string(key.id), "tenant": .string(key.tenant), "label": .string(key.label),
                        "scopes": .array(key.scopes.map { .string($0) }),
                        "revokedAt": key.revokedAt.map { .integer($0) } ?? .null,
                    ]
                }
            } else {
                keys = try await client.withClient { try await $0.json("GET", "/api-keys") }["keys"]?.items ?? []
            }
            if client.json { return Output.json(.array(keys)) }
            for key in keys {
                let scopes = (key["scopes"]?.items ?? []).compactMap(\.string).joined(separator: " ")
                let isRevoked = key["revokedAt"].map { $0 != .null } ?? false
                let label = key["label"]?.string ?? ""
                Output.line("\(key["id"]?.string ?? "")  \(label)  \(isRevoked ? "revoked" : scopes)")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a key.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id: what stands between the first and the second underscore.") var id: String
        @Option(help: "Revoke this tenant's, on the data folder itself; a running gateway heeds it within two seconds.")
        var tenant: String?

        func run() async throws {
            let isFirst: Bool
            if let tenant {
                let (book, owner) = try APIKeysCommand.local(client, tenant)
                guard let done = try OperatorKeys.revoke(id, in: book, tenant: owner, now: Clock.now()) else {
                    throw CommandFailure("\(owner.name) has no key \(id)")
                }
                isFirst = done
            } else {
                let answer = try await client.withClient { try await $0.json("DELETE", "/api-keys/\(id)") }
                isFirst = answer["alreadyRevoked"]?.isTrue != true
            }
            if client.json { return Output.json(["id": .string(id), "alreadyRevoked": .boolean(!isFirst)]) }
            Output.line(isFirst ? "revoked" : "was revoked before")
        }
    }

    /// The keys of the data folder, for its operator.
    private static func local(_ client: ClientOptions, _ name: String) throws -> (AccessBook, Tenant) {
        guard client.gateway == nil else { throw ValidationError("--tenant works on a data folder, not on --gateway") }
        guard let tenant = Tenant(name) else {
            throw ValidationError("a tenant's name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit")
        }
        guard client.data.folder.exists else { throw CommandFailure("\(client.data.path) is no data folder") }
        return (try AccessBook(folder: client.data.folder.gateway), tenant)
    }
}
