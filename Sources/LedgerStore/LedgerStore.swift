// LedgerStore knows the vote-and-block log, checkpoints, tiles, snapshots and recovery.
// It must never see `Consensus`, `PeerNetwork`, HTTP.
