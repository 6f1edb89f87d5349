import GRDB

extension GatewaySchema {
    /// Tables of the schema registry.
    ///
    /// | table | a row is | notes |
    /// |---|---|---|
    /// | `schema_version` | one registered version of a schema | its place on the ledger is that of its row of `outbox`; `uri` is the document's own absolute `$id` |
    /// | `schema_space` | the name before a tenant's ids on the ledger | random, so that it tells no tenant |
    /// | `schema_use` | what documents were checked against: a bundled schema, and a registered version or 0 | `record.schema` names it |
    static func registerRegistry(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("schemas-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE schema_version (
                        id INTEGER PRIMARY KEY,
                        tenant TEXT NOT NULL,
                        name TEXT NOT NULL,
                        version INTEGER NOT NULL,
                        ledger_name TEXT NOT NULL,
                        media_type TEXT NOT NULL,
                        uri TEXT,
                        digest BLOB NOT NULL,
                        document BLOB NOT NULL,
                        mode TEXT NOT NULL,
                        created_by TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        outbox INTEGER NOT NULL,
                        UNIQUE (tenant, name, version)
                    ) STRICT;
                    CREATE INDEX schema_uri ON schema_version (tenant, uri) WHERE uri IS NOT NULL;
                    CREATE TABLE schema_space (
                        tenant TEXT PRIMARY KEY,
                        space TEXT NOT NULL UNIQUE
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE schema_use (
                        id INTEGER PRIMARY KEY,
                        bundled TEXT NOT NULL,
                        version INTEGER NOT NULL,
                        UNIQUE (bundled, version)
                    ) STRICT;
                    ALTER TABLE record ADD COLUMN schema INTEGER;
                    """)
        }
    }
}
