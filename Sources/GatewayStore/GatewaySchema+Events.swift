import GRDB

extension GatewaySchema {
    /// Tables of the event feed and of webhooks.
    ///
    /// | table | a row is | notes |
    /// |---|---|---|
    /// | `event` | one event of a tenant | written with what it tells; never changed, dropped by age and number |
    /// | `event_feed` | a tenant's newest number, and the last that was dropped | numbers go on when the feed is empty |
    /// | `webhook` | one subscription | `secret` is sealed under a key of the key file; `cursor` says up to where the feed became deliveries |
    /// | `delivery` | one event on its way to one webhook | `body` is what is sent, byte by byte the same with each attempt |
    ///
    /// `job.last_outbox` is the outbox row whose arrival makes the job complete; its jobs are found by it.
    static func registerEvents(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("events-1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE event (
                        tenant TEXT NOT NULL,
                        sequence INTEGER NOT NULL,
                        time INTEGER NOT NULL,
                        type TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        data TEXT NOT NULL,
                        PRIMARY KEY (tenant, sequence)
                    ) STRICT, WITHOUT ROWID;
                    CREATE TRIGGER event_unchanged BEFORE UPDATE ON event
                        BEGIN SELECT RAISE(ABORT, 'the event feed is append-only'); END;
                    CREATE TABLE event_feed (
                        tenant TEXT PRIMARY KEY,
                        newest INTEGER NOT NULL,
                        floor INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    ALTER TABLE job ADD COLUMN last_outbox INTEGER;
                    CREATE INDEX job_last_outbox ON job (last_outbox) WHERE last_outbox IS NOT NULL;
                    CREATE TABLE webhook (
                        id TEXT PRIMARY KEY,
                        tenant TEXT NOT NULL,
                        url TEXT NOT NULL,
                        types TEXT NOT NULL,
                        label TEXT NOT NULL,
                        signing TEXT NOT NULL,
                        secret BLOB NOT NULL,
                        old_secret BLOB,
                        old_until INTEGER,
                        created_by TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        is_enabled INTEGER NOT NULL,
                        note TEXT NOT NULL,
                        cursor INTEGER NOT NULL,
                        failures INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX webhook_tenant ON webhook (tenant);
                    CREATE TABLE delivery (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        webhook TEXT NOT NULL,
                        sequence INTEGER,
                        message TEXT NOT NULL,
                        type TEXT NOT NULL,
                        body BLOB NOT NULL,
                        state INTEGER NOT NULL,
                        attempts INTEGER NOT NULL,
                        next_at INTEGER NOT NULL,
                        status INTEGER,
                        reason TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        ended_at INTEGER,
                        UNIQUE (webhook, sequence)
                    ) STRICT;
                    CREATE INDEX delivery_due ON delivery (webhook, next_at, id) WHERE state = 0;
                    CREATE INDEX delivery_webhook ON delivery (webhook, id);
                    CREATE INDEX delivery_state ON delivery (webhook, state, id);
                    CREATE INDEX delivery_open ON delivery (state) WHERE state != 1;
                    CREATE INDEX delivery_ended ON delivery (ended_at) WHERE ended_at IS NOT NULL;
                    """)
        }
    }
}
