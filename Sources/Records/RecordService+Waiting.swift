import GatewayStore
import LedgerAccess
import LedgerModel
import ServiceLifecycle

extension RecordService {
    /// Waits until every record of a job is on the ledger and can be proven, at most that long; less where the gateway
    /// is about to end.
    ///
    /// - Returns: the job as it is then; nil, at once, where too many wait already.
    /// - Throws: ``RecordsFailure``, `notFound` where the tenant has no such job.
    package func awaited(_ job: [UInt8], tenant: String, within limit: Duration) async throws(RecordsFailure)
        -> JobView?
    {
        let last: Int64?
        do { last = try store.lastRow(ofJob: job, tenant: tenant) } catch { throw RecordsFailure(error) }
        guard let last else { throw .notFound }
        guard let seat = outbox.board.seat() else { return nil }
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.provable(last) }
                group.addTask { try? await Task.sleep(for: limit) }
                await group.next()
                group.cancelAll()
            }
        }
        _ = consume seat
        guard let view = try await self.job(job, tenant: tenant) else { throw .notFound }
        return view
    }

    /// Sleeps until the record of a row, and so every one before it, can be proven, or the task is cancelled.
    private func provable(_ row: Int64) async {
        while !Task.isCancelled {
            let turn = outbox.board.turn
            if await isProvable(row) { return }
            await outbox.board.sleep(after: turn)
        }
    }

    /// What cannot be read now is looked at again after the outbox's next turn.
    private func isProvable(_ row: Int64) async -> Bool {
        do {
            if let first = try store.firstWaitingRecord(), first <= row { return false }
            // The state of a block is proven by the next one's header (D4).
            guard let height = try store.anchorHeight(ofRow: row) else { return true }
            return try await ledger.status().height.value > height
        } catch { return false }
    }
}
