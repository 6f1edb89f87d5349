import GRDB

extension GatewaySchema {
    /// Tables of access control.
    ///
    /// | table | a row is | notes |
    /// |---|---|---|
    /// | `api_key` | one API key | `secret_hash` is SHA-256 of 32 random bytes: nothing to guess, so no slow hash; never the secret |
    /// | `audit` | who did what, once | append-only by triggers; numbered and hash-chained within a tenant (``AuditEntry``) |
    static func registerAccess(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("access-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE api_key (
                        id TEXT PRIMARY KEY,
                        tenant TEXT NOT NULL,
                        secret_hash BLOB NOT NULL,
                        scopes TEXT NOT NULL,
                        label TEXT NOT NULL,
                        created_by TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER,
                        revoked_at INTEGER
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX api_key_tenant ON api_key (tenant);
                    CREATE TABLE audit (
                        tenant TEXT NOT NULL,
                        sequence INTEGER NOT NULL,
                        time INTEGER NOT NULL,
                        who TEXT NOT NULL,
                        method TEXT NOT NULL,
                        route TEXT NOT NULL,
                        target TEXT NOT NULL,
                        status INTEGER NOT NULL,
                        request TEXT NOT NULL,
                        hash BLOB NOT NULL,
                        PRIMARY KEY (tenant, sequence)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
                        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
                    CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit
                        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
                    """)
        }
    }
}
