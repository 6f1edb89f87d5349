import ArgumentParser
import Codec
import Foundation
import GatewayAPI
import GatewayClient
import Records

/// `vivian api-keys`.
struct APIKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-keys", abstract: "Make, list, change and revoke keys for callers of the API.",
        discussion: """
            A key belongs to a tenant and grants scopes: \(Scope.allCases.map(\.rawValue).joined(separator: ", ")). Callers \
            send it as Authorization: Bearer KEY. With --tenant the command works on the data folder itself, as its \
            operator, and is the way to a tenant's first key.
            """,
        subcommands: [Create.self, List.self, Show.self, Change.self, Revoke.self])

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
            if let tenant {
                let (book, owner) = try APIKeysCommand.local(client, tenant)
                let now = Clock.now()
                let key = try OperatorKeys.create(
                    in: book, tenant: owner, label: label, scopes: Set(granted),
                    expiresAt: seconds.map { now + UInt64($0) * 1_000_000_000 }, now: now)
                let made: JSON = [
                    "id": .string(key.id), "tenant": .string(owner.name), "key": .string(key.text),
                ]
                return client.json ? Output.json(made) : Output.line(key.text)
            }
            let made = try await client.withClient {
                try await $0.makeAPIKey(label: label, scopes: granted.map(\.rawValue), expiresInSeconds: seconds)
            }
            client.json ? Output.json(made.json) : Output.line(made.secret ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a tenant's keys.")
        @OptionGroup var client: ClientOptions
        @Option(help: "List this tenant's, on the data folder itself.") var tenant: String?

        func run() async throws {
            if let tenant {
                let (book, owner) = try APIKeysCommand.local(client, tenant)
                let keys = try book.keys(tenant: owner.name)
                if client.json { return Output.json(.array(keys.map(Self.json))) }
                for key in keys {
                    APIKeysCommand.show(key.id, key.label, key.scopes, isRevoked: key.revokedAt != nil)
                }
            } else {
                let keys = try await client.withClient { gateway in
                    var keys: [APIKeyAnswer] = []
                    for try await key in gateway.apiKeys() { keys.append(key) }
                    return keys
                }
                if client.json { return Output.json(.array(try keys.map { try APIKeysCommand.json($0.json) })) }
                for key in keys {
                    APIKeysCommand.show(key.id, key.label, key.scopes, isRevoked: key.revokedAt != nil)
                }
            }
        }

        private static func json(_ key: APIKeyGrant) -> JSON {
            [
                "id": .string(key.id), "tenant": .string(key.tenant), "label": .string(key.label),
                "scopes": .array(key.scopes.map { .string($0) }),
                "revokedAt": key.revokedAt.map { .integer($0) } ?? .null,
            ]
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a key, without its secret, and the tag of this version of it.")
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String

        func run() async throws {
            let (key, tag) = try await client.withClient { try await $0.apiKey(id) }
            if client.json { return Output.json(key.json) }
            APIKeysCommand.show(key.id, key.label, key.scopes, isRevoked: key.revokedAt != nil)
            Output.line("made \(key.createdAt) by \(key.createdBy), expires \(key.expiresAt ?? "never")")
            Output.line("version \(tag)")
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a key's label, scopes or expiry.",
            discussion: """
                What somebody else changed meanwhile is not undone: the command ends with 2 then. With --version it \
                changes only the version that `show` named.
                """)
        @OptionGroup var client: ClientOptions
        @Argument(help: "Its id.") var id: String
        @Option(help: "What it is for, in words.") var label: String?
        @Option(name: .customLong("scope"), parsing: .upToNextOption, help: "What it may do from now on.")
        var scopes: [String] = []
        @Option(help: "When it expires, such as 2027-05-01T08:00:00Z, or never.") var expires: String?
        @Option(name: .customLong("version"), help: "The version that was seen.") var tag: String?

        func validate() throws {
            guard label != nil || !scopes.isEmpty || expires != nil else {
                throw ValidationError("say what to change: --label, --scope or --expires")
            }
        }

        func run() async throws {
            let change = APIKeyChange(
                label: label, scopes: scopes.isEmpty ? nil : scopes,
                expiry: expires.map { $0 == "never" ? .never : .at($0) })
            let key = try await client.withClient { gateway in
                let seen = if let tag { tag } else { try await gateway.apiKey(id).tag }
                return try await gateway.changeAPIKey(id, tag: seen, change)
            }
            client.json ? Output.json(key.json) : Output.line("changed")
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
                isFirst = try await client.withClient { try await $0.revokeAPIKey(id) }
            }
            if client.json { return Output.json(["id": .string(id), "alreadyRevoked": .boolean(!isFirst)]) }
            Output.line(isFirst ? "revoked" : "was revoked before")
        }
    }

    private static func show(_ id: String, _ label: String, _ scopes: [String], isRevoked: Bool) {
        Output.line("\(id)  \(label)  \(isRevoked ? "revoked" : scopes.joined(separator: " "))")
    }

    private static func json(_ text: [UInt8]) throws -> JSON { JSON(try JSONDocument(parsing: text).root) }

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
