import Foundation
import GatewayAPI
import Records

/// The administrator's API key in `keys/admin-api-key`, which the commands use by themselves with `--data`.
enum AdminKey {
    static let label = "administrator"

    /// Makes the key and its file, mode 0600.
    static func make(in folder: DataFolder, book: AccessBook) throws {
        let key = try OperatorKeys.create(
            in: book, tenant: .standard, label: label, scopes: Set(Scope.allCases), expiresAt: nil, now: Clock.now())
        try DataFolder.writeSecret(Array((key.text + "\n").utf8), to: folder.adminKeyFile)
    }

    /// Sees to it that the folder has a key that the store knows; returns what was done about it, or nil.
    ///
    /// Folders of earlier versions have none, and a store that was made anew does not know the one in the file. A key
    /// that was revoked stays revoked.
    static func ensure(in folder: DataFolder, book: AccessBook) throws -> String? {
        guard FileManager.default.fileExists(atPath: folder.adminKeyFile.path) else {
            try make(in: folder, book: book)
            return "made an administrator's API key, for the data folder had none: \(folder.adminKeyFile.path)"
        }
        guard let text = folder.adminKey(), let key = APIKey(text) else {
            throw CommandFailure(
                "\(folder.adminKeyFile.path) holds no API key; restore it, or delete it and start again")
        }
        guard let row = try book.key(key.id) else {
            try OperatorKeys.register(
                key, in: book, tenant: .standard, label: label, scopes: Set(Scope.allCases), now: Clock.now())
            return "registered the administrator's API key again, for the gateway's store did not know it"
        }
        return row.revokedAt == nil ? nil : "the administrator's API key is revoked; commands with --data need another"
    }
}

/// This machine's clock.
enum Clock {
    /// Nanoseconds since 1970.
    static func now() -> UInt64 { UInt64(Date().timeIntervalSince1970 * 1e9) }
}
