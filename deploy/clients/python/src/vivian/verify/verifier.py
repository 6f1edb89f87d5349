"""A file, rule by rule in the order of bundles.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from . import cbor, cose, files, headers
from .files import Entry, Reader
from .merkle import log_root, sha256, verify_entry
from .refusal import Refused, require

CLOCK_DRIFT_MAX = 10_000_000_000
STATEMENT = {1, 4, 15, 16, 258, 259, -65537, -65538, -65541}
RECEIPT = {1, 4, 15, 16, 395, -65537, -65538, -65539, -65540}
RECORD = files.HEAD | {
    "recordFile",
    "mediaType",
    "hashes",
    "statement",
    "anchored",
    "issuerKey",
    "issuerKeyProof",
    "log",
    "logState",
    "revision",
    "receipts",
    "receiptKeys",
}
LOG = {"leafIndex", "treeSize", "path"}


@dataclass
class Policy:
    """What the verifier brings along; nothing of it comes from the file."""

    #: Hashes of validator sets that are trusted, 32 bytes each. Without one nothing is proven.
    trusted_validators: list[bytes] = field(default_factory=list)
    chain_id: str | None = None
    genesis_hash: bytes | None = None
    #: Nanoseconds after the first header's time.
    trusting_period: int | None = None
    min_receipts: int = 0
    min_operators: int = 0

    def __post_init__(self) -> None:
        for value in [*self.trusted_validators, *([self.genesis_hash] if self.genesis_hash is not None else [])]:
            if len(value) != 32:
                raise ValueError("a hash is 32 bytes")


@dataclass
class Outcome:
    """A verdict: ``reason`` is None where everything present holds and the policy is met."""

    reason: str | None = None
    holds: list[str] = field(default_factory=list)
    rests_on: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.reason is None


def verify(data: bytes, policy: Policy, now: int | None = None) -> Outcome:
    """Checks a record bundle or a state proof; ``now`` is in nanoseconds since 1970, None leaves ages unchecked."""
    outcome = Outcome()
    try:
        root = files.parse(data)
        if root.get("format") == "vivian-record/1":
            _record(root, policy, now, outcome)
        else:
            _state_proof(root, policy, now, outcome)
    except Refused as refusal:
        outcome.reason = str(refusal)
    return outcome


def _state_proof(root: dict[str, Any], policy: Policy, now: int | None, outcome: Outcome) -> None:
    reader = Reader(root, "state proof", files.HEAD | files.ENTRY)
    require(reader.text("format") == "vivian-proof/1", "state proof: another format")
    head = files.head(reader)
    entry = files.entry(reader, "state proof")
    chain = _chain(head, [entry], policy, now, outcome)
    _check_entry(entry, chain, outcome)
    _describe(chain, entry.height + 1, policy, now, outcome)


def _record(root: dict[str, Any], policy: Policy, now: int | None, outcome: Outcome) -> None:
    reader = Reader(root, "record", RECORD)
    head = files.head(reader)
    issuer_key = cose.key(cbor.decode(reader.binary("issuerKey")))
    raw = reader.binary("statement")
    statement = _statement(raw, issuer_key, outcome)
    _record_file(reader, statement, outcome)

    entries = [
        files.entry(Reader(reader.member(name), name, files.ENTRY), name)
        for name in ("anchored", "issuerKeyProof", "logState")
    ]
    anchored_entry, issuer_entry, log_entry = entries
    revision = None
    if "revision" in reader:
        revision = files.entry(Reader(reader.member("revision"), "revision", files.ENTRY), "revision")
        entries.append(revision)
    receipts, receipt_keys = _receipts(reader)
    entries += receipt_keys
    tree = Reader(reader.member("log"), "log", LOG | {"inner"})
    log = files.inclusion(tree)
    inner = files.inclusion(Reader(tree.member("inner"), "log.inner", LOG)) if "inner" in tree else None

    chain = _chain(head, entries, policy, now, outcome)
    for entry in entries:
        _check_entry(entry, chain, outcome)

    leaf = _inclusion(raw, log, inner, log_entry, outcome)
    home = _home(statement, head, revision)
    anchored = _anchored(anchored_entry, statement, home, log, log_entry, chain, outcome)
    _issuer(issuer_entry, issuer_key, statement, home, anchored, outcome)
    operators = _check_receipts(receipts, receipt_keys, head, log, log_entry, leaf, chain, outcome)

    require(len(receipts) >= policy.min_receipts, f"policy: {len(receipts)} receipts")
    require(len(operators) >= policy.min_operators, f"policy: {len(operators)} operators are known")
    _describe(chain, log_entry.height + 1, policy, now, outcome)
    if not receipts:
        outcome.rests_on.append("no receipts, the headers' commits alone")


def _statement(raw: bytes, key: cose.Key, outcome: Outcome) -> cose.Sign1:
    message = cose.sign1(raw, "statement", STATEMENT)
    require(message.unprotected == {}, "statement: the unprotected header is not empty")
    message.text(16, "application/scitt-statement+cose")
    require(message.header[258] == -16, "statement: the payload's hash algorithm is not SHA-256")
    message.text(259, "application/vnd.vivian.record-file")
    if message.payload is None or len(message.payload) != 32:
        raise Refused("statement: the payload is not a SHA-256 hash")
    message.issuer(message.text(-65537))
    message.digest(-65538)
    message.unsigned(-65541)
    require(message.digest(4) == key.thumbprint, "statement: kid is not the thumbprint of issuerKey")
    require(message.header[1] == key.algorithm, "statement: another algorithm than the key's")
    require(message.is_signed(key, message.payload), "statement: the signature does not hold")
    outcome.holds.append(f"statement: number {message.header[-65541]} of {message.header[15][1]}, signed by issuerKey")
    return message


def _record_file(reader: Reader, statement: cose.Sign1, outcome: Outcome) -> None:
    require(("recordFile" in reader) == ("mediaType" in reader), "record: mediaType goes with recordFile")
    if "recordFile" not in reader:
        require("hashes" not in reader, "record: hashes without recordFile")
        outcome.holds.append(f"record: something with SHA-256 {(statement.payload or b'').hex()} exists")
        return
    content, media_type = reader.binary("recordFile"), reader.text("mediaType")
    require(sha256(content) == statement.payload, "record file: the hash is not the statement's")
    tag = b"vivian/record/1\n"
    require(content.startswith(tag) and len(content) >= len(tag) + 32, "record file: tag or salt is missing")
    main, slash, rest = media_type.partition("/")
    printable = all(" " <= character <= "~" for character in rest) and all("!" <= item <= "~" for item in main)
    require(bool(slash and main) and printable and 1 <= len(rest) <= 200, "record: the media type is malformed")
    label = media_type.encode() + b"\n"
    require(content[len(tag) + 32 :].startswith(label), "record file: the media type is not the one in it")
    document = content[len(tag) + 32 + len(label) :]
    outcome.holds.append(
        f"record: the statement is about this document of {len(document)} bytes, {media_type}, "
        f"SHA-256 {sha256(document).hex()}"
    )
    if "hashes" in reader:
        hashes = Reader(reader.member("hashes"), "hashes", {"cbv"})
        claimed = hashes.text("cbv")
        shape = claimed.startswith("ni:///sha-256;") and claimed.endswith("?ver=CBV2.0")
        digits = claimed[len("ni:///sha-256;") : -len("?ver=CBV2.0")]
        require(
            shape and len(digits) == 64 and all(digit in "0123456789abcdef" for digit in digits),
            "hashes: cbv is malformed",
        )
        outcome.unchecked.append("hashes.cbv: `vivian verify` computes it again, this verifier does not")


def _receipts(reader: Reader) -> tuple[list[bytes], list[Entry]]:
    receipts: list[bytes] = []
    keys: list[Entry] = []
    if "receipts" in reader:
        items = reader.items("receipts", files.RECEIPTS_MAX)
        receipts = [files.decoded(item, f"receipt {index}") for index, item in enumerate(items)]
    if "receiptKeys" in reader:
        for index, item in enumerate(reader.items("receiptKeys", files.RECEIPTS_MAX)):
            name = f"receiptKeys {index}"
            keys.append(files.entry(Reader(item, name, files.ENTRY), name))
    require(len(receipts) == len(keys), "record: receipts and receiptKeys differ in number")
    return receipts, keys


def _chain(
    head: files.Head, entries: list[Entry], policy: Policy, now: int | None, outcome: Outcome
) -> dict[int, headers.Verified]:
    require(policy.chain_id in (None, head.chain_id), "the chain is not the expected one")
    require(policy.genesis_hash in (None, head.genesis_hash), "the genesis hash is not the expected one")
    heights = {link.header["height"] for link in head.links}
    for entry in entries:
        require(entry.height + 1 in heights, f"{entry.name}: the header of the state height + 1 is not in headers")
    first, last = head.links[0].header, head.links[-1].header
    needed = any(entry.height + 1 == last["height"] for entry in entries)
    require(needed, "headers: nothing is under the last one")
    trusted = first["validators_hash"]
    require(trusted in policy.trusted_validators, "headers: the first set in the file is not the trusted one")
    if now is not None:
        require(headers.nanoseconds(last["time"]) < now + CLOCK_DRIFT_MAX, "headers: the last one is from the future")
        if policy.trusting_period is not None:
            end = headers.nanoseconds(first["time"]) + policy.trusting_period
            require(end > now, "headers: the trusting period is over")
    verified = headers.verify_chain(head.links, head.chain_id, trusted)
    for header in verified:
        outcome.holds.append(
            f"header {header.header['height']} of {head.chain_id}, {_shown(header.header['time'])}: "
            f"{header.voters} valid votes counted, power {header.counted} of {header.power}"
        )
    return {header.header["height"]: header for header in verified}


def _check_entry(entry: Entry, chain: dict[int, headers.Verified], outcome: Outcome) -> None:
    root = chain[entry.height + 1].header["app_hash"]
    verify_entry(root, entry.store, entry.key, entry.value, entry.proof, entry.name)
    shown = "is absent" if entry.value is None else f"has {len(entry.value)} bytes"
    outcome.holds.append(f"{entry.name}: store {entry.store} {shown}, in the state after block {entry.height}")


def _inclusion(
    raw: bytes, log: files.Inclusion, inner: files.Inclusion | None, state: Entry, outcome: Outcome
) -> bytes:
    entry = sha256(raw)
    if inner is not None:
        require(inner.size & inner.size - 1 == 0 and inner.size > 0, "log.inner: not padded to a power of two")
        entry = log_root(entry, inner.index, inner.size, inner.path, "log.inner")
    root = log_root(entry, log.index, log.size, log.path, "log")
    require(state.store == "anchor" and state.key == b"log", "logState: not the log of store anchor")
    require(state.value == cbor.encode([log.size, root]), "log: size or root is not the one in logState")
    outcome.holds.append(
        f"log: the statement is in the log of {log.size} leaves that the ledger holds after block {state.height}"
    )
    return entry


@dataclass(frozen=True)
class Home:
    """The ledger that the statement was made for, and its last height where that is an earlier revision."""

    chain_id: str
    last: int | None

    def did(self, account: bytes) -> str:
        return f"did:vivian:{self.chain_id}:{account.hex()}"


def _home(statement: cose.Sign1, head: files.Head, revision: Entry | None) -> Home:
    chain_id, genesis_hash = statement.text(-65537), statement.digest(-65538)
    if (chain_id, genesis_hash) == (head.chain_id, head.genesis_hash):
        require(revision is None, "revision: the statement is of this ledger")
        return Home(chain_id, None)
    if revision is None or revision.value is None:
        raise Refused("statement: made for another ledger")
    named = revision.store == "upgrade" and revision.key == b"revision/" + chain_id.encode()
    require(named and headers.is_chain_id(chain_id), "revision: not that of the statement's chain id")
    value = cbor.decode(revision.value)
    shaped = isinstance(value, list) and len(value) == 2 and _is_bytes(value[0], 32) and _is_unsigned(value[1])
    require(shaped, "revision: malformed")
    require(value[0] == genesis_hash, "statement: made for another ledger")
    return Home(chain_id, value[1])


@dataclass(frozen=True)
class Anchored:
    height: int


def _anchored(
    entry: Entry,
    statement: cose.Sign1,
    home: Home,
    log: files.Inclusion,
    log_entry: Entry,
    chain: dict[int, headers.Verified],
    outcome: Outcome,
) -> Anchored:
    if entry.store != "anchor" or entry.value is None:
        raise Refused("anchored: not an entry of store anchor")
    require(entry.key.startswith(b"record/") and len(entry.key) == 39, "anchored: the key is not record/ and 32 bytes")
    value = cbor.decode(entry.value)
    shaped = (
        isinstance(value, list)
        and len(value) == 5
        and all(_is_unsigned(value[index]) for index in (0, 1, 2, 4))
        and _is_bytes(value[3], 32)
    )
    require(shaped, "anchored: malformed")
    leaf, height, time, account, number = value
    require(leaf == log.index, "anchored: the leaf is not that of log")
    require(home.did(account) == statement.header[15][1], "anchored: the account is not the statement's issuer")
    require(number == statement.unsigned(-65541), "anchored: the number is not the statement's")
    require(height <= entry.height, "anchored: the height is above that of its own state")
    require(height <= log_entry.height, "anchored: the height is above that of logState")
    require(home.last is None or height <= home.last, "anchored: the height is above the last of its revision")
    if height in chain:
        require(headers.nanoseconds(chain[height].header["time"]) == time, "anchored: the time is not the header's")
    outcome.holds.append(f"anchored: logged in block {height}, as leaf {leaf}, number {number} of {account.hex()}")
    return Anchored(height)


def _listing(value: Any, what: str) -> list[tuple[cose.Key, int, int | None]]:
    require(isinstance(value, dict) and isinstance(value.get(1), list), f"{what}: no list of keys")
    rows = []
    for row in value[1]:
        shaped = isinstance(row, dict) and _is_unsigned(row.get(2)) and (3 not in row or _is_unsigned(row[3]))
        require(shaped, f"{what}: a key listing is malformed")
        rows.append((cose.key(row.get(1)), row[2], row.get(3)))
    return rows


def _covers(row: tuple[cose.Key, int, int | None], height: int) -> bool:
    return row[1] <= height and (row[2] is None or height <= row[2])


def _issuer(
    entry: Entry, key: cose.Key, statement: cose.Sign1, home: Home, anchored: Anchored, outcome: Outcome
) -> None:
    if entry.store != "account" or entry.value is None:
        raise Refused("issuerKeyProof: not an entry of store account")
    require(len(entry.key) == 32, "issuerKeyProof: the key is no account id")
    require(home.did(entry.key) == statement.header[15][1], "issuerKeyProof: not the statement's issuer")
    require(entry.height >= anchored.height, "issuerKeyProof: older than the height in anchored")
    rows = _listing(cbor.decode(entry.value), "issuerKeyProof")
    listed = any(row[0] == key and _covers(row, anchored.height) for row in rows)
    require(listed, f"issuerKeyProof: the key is not listed for height {anchored.height}")
    outcome.holds.append(f"issuer: account {entry.key.hex()} lists issuerKey for height {anchored.height}")


def _check_receipts(
    receipts: list[bytes],
    keys: list[Entry],
    head: files.Head,
    log: files.Inclusion,
    log_entry: Entry,
    leaf: bytes,
    chain: dict[int, headers.Verified],
    outcome: Outcome,
) -> set[str]:
    members = {member["address"] for member in chain[log_entry.height + 1].members}
    signers: set[bytes] = set()
    operators: set[str] = set()
    for index, (raw, registry) in enumerate(zip(receipts, keys)):
        what = f"receipt {index}"
        message = cose.sign1(raw, what, RECEIPT)
        message.text(16, "application/scitt-receipt+cose")
        message.issuer(message.text(-65537))
        require(message.header[1] == -8 and message.header[395] == 1, f"{what}: another algorithm or structure")
        require(message.payload is None, f"{what}: the payload is not detached")
        same = (message.text(-65537), message.digest(-65538)) == (head.chain_id, head.genesis_hash)
        require(same and message.unsigned(-65539) == log_entry.height, f"{what}: for another ledger or height")
        proofs = message.unprotected.get(396)
        shaped = set(message.unprotected) == {396} and isinstance(proofs, dict) and set(proofs) == {-1}
        listed: Any = proofs[-1] if shaped and isinstance(proofs, dict) else None
        if not isinstance(listed, list) or len(listed) != 1 or not _is_bytes(listed[0]):
            raise Refused(f"{what}: not exactly one inclusion proof")
        proof = cbor.decode(listed[0])
        require(proof == [log.size, log.index, log.path] and bool(log.path), f"{what}: its proof is not that of log")
        require(message.unsigned(-65540) == log.size, f"{what}: the two tree sizes differ")
        key, address, operator = _registered(registry, message, log_entry, what)
        require(address in members, f"{what}: its signer is not a validator of the header")
        require(address not in signers, f"{what}: a second one by the same validator")
        signers.add(address)
        require(key.map[-1] == 6, f"{what}: the key is not Ed25519")
        root = log_root(leaf, log.index, log.size, log.path, what)
        require(message.is_signed(key, root), f"{what}: the signature does not hold")
        operators.add(operator)
    if signers:
        outcome.holds.append(f"receipts: {len(signers)} of {len(members)} validators")
        outcome.rests_on.append(f"{len(signers)} receipts by {len(operators)} operators: {', '.join(sorted(operators))}")
    return operators


def _registered(entry: Entry, receipt: cose.Sign1, log_entry: Entry, what: str) -> tuple[cose.Key, bytes, str]:
    if entry.store != "staking" or entry.value is None:
        raise Refused(f"{what}: its key is not proven by store staking")
    value = cbor.decode(entry.value)
    rows = _listing(value, what)
    require(_is_bytes(value.get(2), 32), f"{what}: no consensus key")
    require(isinstance(value.get(3), str) and bool(value[3]), f"{what}: no operator")
    address = headers.address(value[2])
    require(entry.key == b"validator/" + address.hex().encode(), f"{what}: not under its validator's key")
    require(entry.height >= log_entry.height, f"{what}: the registry entry is older than logState")
    for row in rows:
        if row[0].thumbprint == receipt.digest(4) and _covers(row, log_entry.height):
            return row[0], address, value[3]
    raise Refused(f"{what}: its key is not listed for height {log_entry.height}")


def _describe(
    chain: dict[int, headers.Verified], height: int, policy: Policy, now: int | None, outcome: Outcome
) -> None:
    header = chain[height]
    count = len(header.members)
    outcome.rests_on.append(
        "one validator: its operator signed this, and nobody else"
        if count == 1
        else f"{count} validators: that less than a third of their power ({header.power}) is dishonest"
    )
    outcome.rests_on.append("the trusted validators hash, given by you")
    outcome.rests_on.append(f"as of {_shown(header.header['time'])}, the time of header {height}")
    if policy.genesis_hash is None:
        outcome.unchecked.append("genesis hash: no header states it; compare it")
    if now is None or policy.trusting_period is None:
        outcome.unchecked.append("age of the trusted set: give a trusting period")


def _shown(time: dict[str, int]) -> str:
    try:
        moment = datetime.fromtimestamp(time["seconds"], timezone.utc).replace(tzinfo=None)
        return f"{moment.isoformat()}.{time['nanos']:09}Z"
    except (OverflowError, ValueError, OSError):
        return f"{time['seconds']} s"


def _is_bytes(value: Any, count: int | None = None) -> bool:
    return isinstance(value, bytes) and (count is None or len(value) == count)


def _is_unsigned(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
