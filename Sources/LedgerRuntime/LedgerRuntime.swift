// LedgerRuntime is the state transition: genesis, blocks in, states out. It knows accounts, the record log, the
// validator registry and the rules by height (D21). It must never see `Consensus`, an engine or a clock: time is the
// block's, and the same block over the same state gives the same state on every machine.
//
// Read in this order: `Genesis` (where a ledger begins, or goes on as a new revision), `BlockExecution` (one block),
// `TransactionExecution` (one transaction: checks, then writes), then one file per message kind.
//
// | store | key | value | written by |
// |---|---|---|---|
// | account | account id (32 bytes) | `AccountEntry` | `AccountLedger` |
// | account | `replay/` account id, u64 window, first byte of the ids | ids of unordered transactions, 32 bytes each, ascending | `ReplayGuard` |
// | account | `window/` u64 window | accounts with entries in that window, 32 bytes each, ascending | `ReplayGuard` |
// | account | `windows` | windows that hold entries, u64 each, ascending | `ReplayGuard` |
// | anchor | `log` | `LogState` | `AnchorLedger` |
// | anchor | `frontier` | `LogFrontier`'s peaks, 32 bytes each, highest first | `AnchorLedger` |
// | anchor | `record/` rid | `AnchoredRecord` | `AnchorLedger` |
// | anchor | `issuer/` account id | CBOR uint: the issuer's next number | `AnchorLedger` |
// | anchor | `tombstone/` rid | `Tombstone` | `AnchorLedger` |
// | bank | `balance/` account id (32 bytes) `/` denom | `Amount` (32 bytes), never 0 | `BankLedger` |
// | bank | `fees/` denom | `Amount`: fees that nobody was given yet | `BankLedger` |
// | bank | `supply/` denom | `Amount`: balances and fees together, constant | `Genesis` |
// | params | `fee` | `Amount`: the least fee of a transaction; left out where it is 0 | `Genesis` |
// | params | `authority` | account id: who changes the validators; left out where nobody may | `Genesis` |
// | params | `rules` | CBOR [[first height, version]...] | `Genesis` |
// | registry | `entry/` u16 kind, id (32 bytes), u64 version | `RegistryEntry` | `RegistryLedger` |
// | registry | `newest/` u16 kind, id | u64: the subject's newest version | `RegistryLedger` |
// | registry | `uses/` u16 kind, id, u64 version | u64: how many versions name this one | `RegistryLedger` |
// | registry | `use/` u16 kind, id, u64 version, u64 from 0 | CBOR [relation, kind, id, version]: which | `RegistryLedger` |
// | schema | `registered/` account id in hex `/` schema id `/` version | `RegisteredSchema` | `SchemaLedger` |
// | schema | `newest/` account id in hex `/` schema id | CBOR uint: the newest version | `SchemaLedger` |
// | staking | `validator/` consensus address in hex | `ValidatorEntry` | `Genesis`, `ValidatorRegistry` |
// | staking | `set`, `set/since`, `set/` u64 | the sets of validators: see `ValidatorSetKeys` | `Genesis`, `ValidatorRegistry` |
// | staking | `misbehaviour/` consensus address in hex `/` height | `MisbehaviourEntry` | `ValidatorRegistry` |
// | upgrade | `revision/` chain id | `RevisionEntry` | `Genesis` |
// | vector | `last` | u32: the newest collection's number, from 1 | `VectorLedger` |
// | vector | `collection/` u32 number | `CollectionListing` | `VectorLedger` |
// | vector | `name/` account id (32 bytes) `/` name | u32: the collection's number | `VectorLedger` |
// | vector | `owner/` account id (32 bytes) | u32: how many collections are the account's | `VectorLedger` |
// | vector | `v` u32 number, letter, ... | parameters, head, records, lists: see `VectorIndex` | `VectorWriter` |
//
// All integers in keys are big-endian.
