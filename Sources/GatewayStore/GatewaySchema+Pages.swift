import GRDB

extension GatewaySchema {
    /// What lists are read by, page after page.
    ///
    /// | index or table | what it is for | what accepting a record pays |
    /// |---|---|---|
    /// | `record_tenant` | a tenant's records by time of acceptance, then row | one entry at the end of its tenant's |
    /// | `record_erased` | those of them that are erased | nothing: partial |
    /// | `job_tenant` | a tenant's jobs by time, then id | one entry a capture, near the end of its tenant's |
    /// | `page_key` | the one row with the key of cursors | nothing |
    static func registerPages(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("pages-1") { database in
            try database.execute(
                sql: """
                    CREATE INDEX record_tenant ON record (tenant, accepted_at);
                    CREATE INDEX record_erased ON record (tenant, accepted_at) WHERE erased_at IS NOT NULL;
                    CREATE INDEX job_tenant ON job (tenant, created_at);
                    CREATE TABLE page_key (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        key BLOB NOT NULL
                    ) STRICT;
                    """)
        }
    }
}
