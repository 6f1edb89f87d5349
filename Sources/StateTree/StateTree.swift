// StateTree knows the persistent authenticated map, its overlays and what is retained of it.
// It must never see `LedgerModel`, files.
