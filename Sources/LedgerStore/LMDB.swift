import CLMDB
import Glibc

/// One LMDB environment with one table.
///
/// Commits are synced, unless the whole file is of no use before ``sync()``. One process and one thread at a time use it (the folder is
/// locked), so LMDB's own lock file is not needed, and its loss harms nothing.
final class LMDB {
    private let environment: OpaquePointer
    private let path: String
    private var table: MDB_dbi = 0

    init(path: String, mapBytes: Int, syncsCommits: Bool = true) throws(StoreFailure) {
        self.path = path
        var made: OpaquePointer?
        guard mdb_env_create(&made) == 0, let made else {
            throw .system(call: "mdb_env_create", file: path, errno: ENOMEM)
        }
        environment = made
        mdb_env_set_mapsize(made, mapBytes)
        let flags = MDB_NORDAHEAD | MDB_NOLOCK | (syncsCommits ? 0 : MDB_NOSYNC)
        try check(mdb_env_open(made, path, UInt32(flags), 0o600), "mdb_env_open")
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(made, nil, 0, &transaction), "mdb_txn_begin")
        try check(mdb_dbi_open(transaction, nil, 0, &table), "mdb_dbi_open")
        try check(mdb_txn_commit(transaction), "mdb_txn_commit")
    }

    deinit { mdb_env_close(environment) }

    fileprivate func check(_ result: Int32, _ call: String) throws(StoreFailure) {
        guard result != 0 else { return }
        if result == ENOSPC || result == MDB_MAP_FULL { throw .diskFull(path) }
        if result > 0 { throw .system(call: call, file: path, errno: result) }
        throw .damaged(file: path, offset: 0, height: 0)
    }

    /// A write transaction, while it is open.
    struct Writer {
        fileprivate let owner: LMDB
        fileprivate let transaction: OpaquePointer

        func put(_ key: [UInt8], _ value: [UInt8]) throws(StoreFailure) {
            var (key, value) = (key, value)
            let result = key.withUnsafeMutableBytes { keyBytes in
                value.withUnsafeMutableBytes { valueBytes in
                    var (name, data) = (
                        MDB_val(mv_size: keyBytes.count, mv_data: keyBytes.baseAddress),
                        MDB_val(mv_size: valueBytes.count, mv_data: valueBytes.baseAddress)
                    )
                    return mdb_put(transaction, owner.table, &name, &data, 0)
                }
            }
            try owner.check(result, "mdb_put")
        }

        func delete(_ key: [UInt8]) throws(StoreFailure) {
            var key = key
            let result = key.withUnsafeMutableBytes { keyBytes in
                var name = MDB_val(mv_size: keyBytes.count, mv_data: keyBytes.baseAddress)
                return mdb_del(transaction, owner.table, &name, nil)
            }
            if result != MDB_NOTFOUND { try owner.check(result, "mdb_del") }
        }

        func clear() throws(StoreFailure) { try owner.check(mdb_drop(transaction, owner.table, 0), "mdb_drop") }
    }

    /// Makes all that was committed durable.
    func sync() throws(StoreFailure) { try check(mdb_env_sync(environment, 1), "mdb_env_sync") }

    func write(_ body: (Writer) throws(StoreFailure) -> Void) throws(StoreFailure) {
        var opened: OpaquePointer?
        try check(mdb_txn_begin(environment, nil, 0, &opened), "mdb_txn_begin")
        guard let transaction = opened else { return }
        do {
            try body(Writer(owner: self, transaction: transaction))
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        try check(mdb_txn_commit(transaction), "mdb_txn_commit")
    }

    private func read<Value>(_ body: (OpaquePointer) throws(StoreFailure) -> Value) throws(StoreFailure) -> Value {
        var opened: OpaquePointer?
        try check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &opened), "mdb_txn_begin")
        guard let transaction = opened else { throw .damaged(file: path, offset: 0, height: 0) }
        defer { mdb_txn_abort(transaction) }
        return try body(transaction)
    }

    func value(_ key: [UInt8]) throws(StoreFailure) -> [UInt8]? {
        try read { transaction throws(StoreFailure) in
            var key = key
            var data = MDB_val()
            let result = key.withUnsafeMutableBytes { keyBytes in
                var name = MDB_val(mv_size: keyBytes.count, mv_data: keyBytes.baseAddress)
                return mdb_get(transaction, table, &name, &data)
            }
            if result == MDB_NOTFOUND { return nil }
            try check(result, "mdb_get")
            return Array(UnsafeRawBufferPointer(start: data.mv_data, count: data.mv_size))
        }
    }

    /// Every row by rising key.
    ///
    /// The buffers are valid during the call only.
    func forEach(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) throws(StoreFailure) {
        try read { transaction throws(StoreFailure) in
            var opened: OpaquePointer?
            try check(mdb_cursor_open(transaction, table, &opened), "mdb_cursor_open")
            defer { mdb_cursor_close(opened) }
            var (key, data) = (MDB_val(), MDB_val())
            while true {
                let result = mdb_cursor_get(opened, &key, &data, MDB_NEXT)
                if result == MDB_NOTFOUND { return }
                try check(result, "mdb_cursor_get")
                body(
                    UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size),
                    UnsafeRawBufferPointer(start: data.mv_data, count: data.mv_size))
            }
        }
    }
}
