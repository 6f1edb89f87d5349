// PeerNetwork knows authenticated connections between nodes: who is at the other end, frames, lanes, queues, rates, bans
// and addresses. What is sent is bytes to it; the one thing that both ends must share is the text of the network id.
// It must never see a module of ours but `Codec` and `Cryptography`. The protocol: docs/protocols/network.md.
//
// | folder | what |
// |---|---|
// | Wire | frames and what control frames carry: pure, fuzzed |
// | Link | one connection: its protocol as a state machine, what waits to be sent, TLS and the channel's handler |
// | Peers | who is kept out, who is dialled and when, addresses: values that are handed the time |
// | Service | all connections together, events, and the service itself |
//
// Invariants: nothing is said to or taken from anybody who has not proven the key of its identity in TLS 1.3; one
// connection stands for each peer; every queue, buffer, list and rate has a bound (`PeerNetworkLimits`), and what happens
// there is written beside it; a slow peer costs its own queues and nothing of anybody else's.
