import GRDB

/// The tables, version by version.
///
/// A published version never changes; a change is a new one.
///
/// | table | a row is | notes |
/// |---|---|---|
/// | `record` | one record, by order of acceptance | `rid` is the only random-key index |
/// | `original` | one captured document, encrypted | its wrap goes when one of its records is erased |
/// | `original_repeat` | a record that an original holds, though it was accepted with an earlier one | so that erasing it finds every original |
/// | `job` | one capture | `records` = row ids of `record`, u64 big-endian each, in document order |
/// | `outbox` | one signed transaction on its way to the ledger, and where it arrived | a record's place on the ledger follows from its number and its anchor's row, so anchoring rewrites no record |
/// | `interval` | what one `outbox` row anchors as a single leaf, where records are anchored by intervals | padding and places follow from `secret` |
/// | `issuer` | an issuer's next statement number | gapless (D7) |
/// | `answer` | a request under an idempotency key, and its answer | `status` is null while it is carried out |
enum GatewaySchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE record (
                        id INTEGER PRIMARY KEY,
                        rid BLOB NOT NULL UNIQUE,
                        tenant TEXT NOT NULL,
                        issuer BLOB NOT NULL,
                        number INTEGER NOT NULL,
                        statement BLOB NOT NULL,
                        media_type TEXT NOT NULL,
                        payload BLOB,
                        key_group INTEGER NOT NULL,
                        wrap BLOB,
                        original INTEGER,
                        outbox INTEGER NOT NULL,
                        accepted_at INTEGER NOT NULL,
                        erased_at INTEGER
                    ) STRICT;
                    CREATE INDEX record_outbox ON record (outbox);
                    CREATE INDEX record_group ON record (key_group);
                    CREATE INDEX record_original ON record (original);
                    CREATE TABLE original (
                        id INTEGER PRIMARY KEY,
                        media_type TEXT NOT NULL,
                        payload BLOB NOT NULL,
                        key_group INTEGER NOT NULL,
                        wrap BLOB NOT NULL
                    ) STRICT;
                    CREATE INDEX original_group ON original (key_group);
                    CREATE TABLE original_repeat (
                        record INTEGER NOT NULL,
                        original INTEGER NOT NULL,
                        PRIMARY KEY (record, original)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE job (
                        id BLOB PRIMARY KEY,
                        tenant TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        records BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE outbox (
                        id INTEGER PRIMARY KEY,
                        kind INTEGER NOT NULL,
                        state INTEGER NOT NULL,
                        tx_id BLOB NOT NULL,
                        valid_until INTEGER NOT NULL,
                        bytes BLOB NOT NULL,
                        first_number INTEGER NOT NULL,
                        count INTEGER NOT NULL,
                        first_leaf INTEGER,
                        height INTEGER,
                        block_time INTEGER
                    ) STRICT;
                    CREATE INDEX outbox_pending ON outbox (id) WHERE state = 0;
                    CREATE TABLE issuer (
                        account BLOB PRIMARY KEY,
                        next INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2-intervals") { database in
            try database.execute(
                sql: """
                    CREATE TABLE interval (
                        outbox INTEGER PRIMARY KEY,
                        issuer BLOB NOT NULL,
                        rid BLOB NOT NULL,
                        secret BLOB NOT NULL,
                        size INTEGER NOT NULL,
                        filled INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX outbox_forming ON outbox (id) WHERE state = 2;
                    """)
        }
        migrator.registerMigration("answers") { database in
            try database.execute(
                sql: """
                    CREATE TABLE answer (
                        tenant TEXT NOT NULL,
                        key TEXT NOT NULL,
                        fingerprint BLOB NOT NULL,
                        began_at INTEGER NOT NULL,
                        status INTEGER,
                        headers TEXT,
                        body BLOB,
                        PRIMARY KEY (tenant, key)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX answer_began ON answer (began_at);
                    """)
        }
        registerAccess(in: &migrator)
        registerRegistry(in: &migrator)
        return migrator
    }
}
