// LedgerStore keeps what consensus writes: the vote-and-block log, the record log's tiles, checkpoints of the state, and
// snapshots. It must never see `Consensus`, `PeerNetwork` or HTTP: votes and blocks are bytes here.
//
// What is true (D17): the block log is the ledger; everything else can be built again from it (or from a snapshot), so
// only the log is synced before anything is acknowledged. A torn tail is truncated; damage before it is refused, never
// repaired in silence. An error of write or sync poisons the log: nothing is written after it. All files but LMDB's stand
// on the port `FileSystem`, so that tests run the logs on a disk that fails.
//
// | file | content |
// |---|---|
// | `lock` | held by the one process that may write |
// | `blocks-<first height>.log` | segments of `FrameFile` frames |
// | `blocks-<first height>.log.part` | a segment that is being written anew (`SegmentStripping`) |
// | `headers.log` | headers that are never pruned (D4) |
// | `blocks.mark`, `headers.mark` | how much of the last segment, and of `headers.log`, was synced (`BlockMark`) |
// | `entries`, `tile-0`, `tile-1`, ... | the record log: entries, and C2SP tile hashes by level |
// | `checkpoint-a/`, `checkpoint-b/` | two generations of the state (LMDB), each with a `seal` over its file |
// | `history/history-<first height>.log` | what leads back to older states (D4), in segments of `FrameFile` frames |
// | `snapshots/<height>/` | what a running node keeps for nodes that join (`SnapshotShelf`) |
