// NodeEngine knows how `Consensus` is fed, its effects performed and its blocks applied.
// It must never see adapters, services, HTTP.
