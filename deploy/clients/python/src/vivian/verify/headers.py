"""CometBFT headers, commits and validator sets, and how a light client gets from one to the next (07-tendermint)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from . import ed25519, protobuf
from .merkle import simple_root
from .protobuf import Field, Message
from .refusal import Refused, require

TIMESTAMP = Message("Timestamp", (Field(1, "seconds", "int"), Field(2, "nanos", "int", bits=32)))
PART_SET = Message("PartSetHeader", (Field(1, "total", "uint", bits=32), Field(2, "hash", "bytes")))
BLOCK_ID = Message("BlockID", (Field(1, "hash", "bytes"), Field(2, "parts", PART_SET, always=True)))
VERSION = Message("Consensus", (Field(1, "block", "uint"), Field(2, "app", "uint")))
HASHES = (
    "last_commit_hash",
    "data_hash",
    "validators_hash",
    "next_validators_hash",
    "consensus_hash",
    "app_hash",
    "last_results_hash",
    "evidence_hash",
)
HEADER = Message(
    "Header",
    (
        Field(1, "version", VERSION, always=True),
        Field(2, "chain_id", "text"),
        Field(3, "height", "int"),
        Field(4, "time", TIMESTAMP, always=True),
        Field(5, "last_block_id", BLOCK_ID, always=True),
        *(Field(6 + index, name, "bytes") for index, name in enumerate(HASHES)),
        Field(14, "proposer", "bytes"),
    ),
)
COMMIT_SIG = Message(
    "CommitSig",
    (
        Field(1, "flag", "uint"),
        Field(2, "address", "bytes"),
        Field(3, "time", TIMESTAMP, always=True),
        Field(4, "signature", "bytes"),
    ),
)
COMMIT = Message(
    "Commit",
    (
        Field(1, "height", "int"),
        Field(2, "round", "int", bits=32),
        Field(3, "block_id", BLOCK_ID, always=True),
        Field(4, "signatures", COMMIT_SIG, repeated=True),
    ),
)
SIGNED_HEADER = Message("SignedHeader", (Field(1, "header", HEADER), Field(2, "commit", COMMIT)))
PUBLIC_KEY = Message("PublicKey", (Field(1, "ed25519", "bytes"), Field(2, "secp256k1", "bytes")))
VALIDATOR = Message(
    "Validator",
    (
        Field(1, "address", "bytes"),
        Field(2, "key", PUBLIC_KEY, always=True),
        Field(3, "power", "int"),
        Field(4, "priority", "int"),
    ),
)
VALIDATOR_SET = Message(
    "ValidatorSet",
    (
        Field(1, "members", VALIDATOR, repeated=True),
        Field(2, "proposer", VALIDATOR),
        Field(3, "total", "int"),
    ),
)

POWER_MAX = (1 << 60) - 1
#: 0001-01-01T00:00:00Z and the last second of 9999, as protobuf's Timestamp has them.
SECONDS = range(-62_135_596_800, 253_402_300_800)
ABSENT, COMMITTED, NIL = 1, 2, 3


def address(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:20]


def nanoseconds(time: dict[str, int]) -> int:
    return time["seconds"] * 1_000_000_000 + time["nanos"]


def is_chain_id(text: str) -> bool:
    """`name-N` as ibc-go reads it (D1)."""
    match = re.fullmatch(r"([^\n]*[^\n-])-([1-9][0-9]{0,18})", text)
    return match is not None and len(text.encode()) <= 50 and int(match[2]) < 1 << 63


@dataclass
class Linked:
    """One of a file's headers: signed header, and the set where it is written."""

    signed: dict[str, Any]
    set: dict[str, Any] | None

    @property
    def header(self) -> dict[str, Any]:
        header: dict[str, Any] = self.signed["header"]
        return header


@dataclass
class Verified:
    header: dict[str, Any]
    members: list[dict[str, Any]]
    voters: int
    counted: int

    @property
    def power(self) -> int:
        return sum(member["power"] for member in self.members)


def linked(signed: bytes, validators: bytes | None) -> Linked:
    value = protobuf.decode(SIGNED_HEADER, signed)
    require(value["header"] is not None and value["commit"] is not None, "signed header: header or commit is missing")
    return Linked(value, None if validators is None else protobuf.decode(VALIDATOR_SET, validators))


def header_hash(header: dict[str, Any]) -> bytes:
    """The Merkle root over the 14 fields, each as its own protobuf value."""

    def wrapped(content: bytes) -> bytes:
        return b"\x0a" + protobuf.varint(len(content)) + content if content else b""

    height = b"\x08" + protobuf.varint(header["height"] & (1 << 64) - 1) if header["height"] else b""
    return simple_root(
        [
            protobuf.encode(VERSION, header["version"]),
            wrapped(header["chain_id"].encode()),
            height,
            protobuf.encode(TIMESTAMP, header["time"]),
            protobuf.encode(BLOCK_ID, header["last_block_id"]),
            *(wrapped(header[name]) for name in HASHES),
            wrapped(header["proposer"]),
        ]
    )


def set_hash(members: list[dict[str, Any]]) -> bytes:
    leaves = []
    for member in members:
        key = protobuf.encode(PUBLIC_KEY, member["key"])
        leaves.append(b"\x0a" + protobuf.varint(len(key)) + key + b"\x10" + protobuf.varint(member["power"]))
    return simple_root(leaves)


def verify_chain(links: list[Linked], chain_id: str, trusted: bytes) -> list[Verified]:
    """Every header reached from the trusted set and signed by more than 2/3 of its own."""
    verified: list[Verified] = []
    for link in links:
        what = f"header {link.header['height']}"
        before = verified[-1] if verified else None
        members = _members(link, before, what)
        _check_form(link, members, chain_id, what)
        if before is None:
            require(link.header["validators_hash"] == trusted, f"{what}: the first set is not the trusted one")
        else:
            _check_step(link, before, what)
        voters, counted = _count(link, members, what)
        verified.append(Verified(link.header, members, voters, counted))
    return verified


def _members(link: Linked, before: Verified | None, what: str) -> list[dict[str, Any]]:
    """The set stands there just where it changes, in the one form of what no hash covers."""
    is_same = before is not None and before.header["validators_hash"] == link.header["validators_hash"]
    if link.set is None:
        if before is None or not is_same:
            raise Refused(f"{what}: validatorSet is left out, though it changes")
        known = any(member["address"] == link.header["proposer"] for member in before.members)
        require(known, f"{what}: the proposer is not a member of the set")
        return before.members
    require(not is_same, f"{what}: validatorSet is given, though it is that of the header before")
    proposer = link.set["proposer"]
    if proposer is None:
        raise Refused(f"{what}: validator set without proposer")
    require(proposer["address"] == link.header["proposer"], f"{what}: the set's proposer is not the header's")
    require(proposer in link.set["members"], f"{what}: the proposer is not a member of the set")
    unwritten = link.set["total"] == 0 and all(member["priority"] == 0 for member in link.set["members"])
    require(unwritten, f"{what}: priorities or total power are written out")
    return list(link.set["members"])


def _check_form(link: Linked, members: list[dict[str, Any]], chain_id: str, what: str) -> None:
    header, commit = link.header, link.signed["commit"]
    require(header["version"]["block"] == 11, f"{what}: block protocol is not 11")
    require(header["chain_id"] == chain_id, f"{what}: of another chain")
    require(header["height"] > 0, f"{what}: height is not positive")
    require(_is_time(header["time"]), f"{what}: time is out of range")
    require(_is_block_id(header["last_block_id"]), f"{what}: last block id")
    for name in HASHES:
        require(name == "app_hash" or len(header[name]) in (0, 32), f"{what}: {name} is not 32 bytes")
    require(len(header["proposer"]) == 20, f"{what}: proposer address is not 20 bytes")
    require(commit["height"] == header["height"], f"{what}: the commit is for another height")
    require(commit["round"] >= 0, f"{what}: the round is negative")
    require(_is_block_id(commit["block_id"]), f"{what}: block id")
    require(commit["block_id"]["hash"] == header_hash(header), f"{what}: the commit is for another header")
    require(bool(commit["signatures"]), f"{what}: no signatures")
    for entry in commit["signatures"]:
        _check_entry(entry, what)
    require(0 < len(members) <= 10_000, f"{what}: the set is empty or too large")
    for member in members:
        key = member["key"]["ed25519"]
        require(len(key) == 32 and not member["key"]["secp256k1"], f"{what}: a key is not Ed25519")
        require(member["address"] == address(key), f"{what}: an address is not that of its key")
        require(1 <= member["power"] <= POWER_MAX, f"{what}: a voting power is out of range")
    require(sum(member["power"] for member in members) <= POWER_MAX, f"{what}: the total power is too large")
    require(len({member["address"] for member in members}) == len(members), f"{what}: somebody is in the set twice")
    require(set_hash(members) == header["validators_hash"], f"{what}: the set does not hash to validators_hash")


def _check_entry(entry: dict[str, Any], what: str) -> None:
    if entry["flag"] == ABSENT:
        zero = {"seconds": SECONDS.start, "nanos": 0}
        empty = not entry["address"] and not entry["signature"] and entry["time"] == zero
        require(empty, f"{what}: absent, but not empty")
        return
    require(entry["flag"] in (COMMITTED, NIL), f"{what}: unknown block id flag")
    require(len(entry["address"]) == 20, f"{what}: an address is not 20 bytes")
    require(1 <= len(entry["signature"]) <= 64, f"{what}: a signature is empty or too long")
    require(_is_time(entry["time"]), f"{what}: a time is out of range")


def _check_step(link: Linked, before: Verified, what: str) -> None:
    old, new = before.header, link.header
    require(new["height"] > old["height"], f"{what}: height does not rise")
    require(nanoseconds(new["time"]) > nanoseconds(old["time"]), f"{what}: time does not rise")
    if new["height"] == old["height"] + 1:
        announced = new["validators_hash"] == old["next_validators_hash"]
        require(announced, f"{what}: not the validators that {old['height']} announced")
        return
    # More than a third of the set before, entries matched by address.
    needed = before.power // 3
    by_address = {member["address"]: member for member in before.members}
    seen: set[bytes] = set()
    tallied = 0
    for entry in link.signed["commit"]["signatures"]:
        member = by_address.get(entry["address"])
        if entry["flag"] != COMMITTED or member is None:
            continue
        require(entry["address"] not in seen, f"{what}: one validator is counted twice")
        seen.add(entry["address"])
        require(_is_signed(link, entry, member), f"{what}: a signature does not hold")
        tallied += member["power"]
        if tallied > needed:
            return
    raise Refused(f"{what}: a third of the set before or less signed")


def _count(link: Linked, members: list[dict[str, Any]], what: str) -> tuple[int, int]:
    """In set order, up to the quorum: an invalid signature or a wrong address met before that refuses (D6)."""
    entries = link.signed["commit"]["signatures"]
    require(len(entries) == len(members), f"{what}: {len(entries)} entries for {len(members)} validators")
    needed = sum(member["power"] for member in members) * 2 // 3
    voters = tallied = 0
    for entry, member in zip(entries, members):
        if entry["flag"] != COMMITTED:
            continue
        require(entry["address"] == member["address"], f"{what}: a vote is under another address")
        require(_is_signed(link, entry, member), f"{what}: a signature does not hold")
        voters += 1
        tallied += member["power"]
        if tallied > needed:
            return voters, tallied
    raise Refused(f"{what}: two thirds or less of the power signed")


def _is_signed(link: Linked, entry: dict[str, Any], member: dict[str, Any]) -> bool:
    """The canonical vote: fixed-width height and round, the block id, the entry's time, the chain."""
    commit = link.signed["commit"]
    parts = commit["block_id"]["parts"]
    canonical_parts = protobuf.encode(PART_SET, parts)
    block_id = b""
    if commit["block_id"]["hash"]:
        block_id += b"\x0a" + protobuf.varint(len(commit["block_id"]["hash"])) + commit["block_id"]["hash"]
    block_id += b"\x12" + protobuf.varint(len(canonical_parts)) + canonical_parts
    time = protobuf.encode(TIMESTAMP, entry["time"])
    chain_id = link.header["chain_id"].encode()
    vote = b"\x08\x02\x11" + commit["height"].to_bytes(8, "little")
    if commit["round"]:
        vote += b"\x19" + commit["round"].to_bytes(8, "little")
    vote += b"\x22" + protobuf.varint(len(block_id)) + block_id
    vote += b"\x2a" + protobuf.varint(len(time)) + time
    vote += b"\x32" + protobuf.varint(len(chain_id)) + chain_id
    message = protobuf.varint(len(vote)) + vote
    return ed25519.is_valid_zip215(entry["signature"], message, member["key"]["ed25519"])


def _is_time(time: dict[str, int]) -> bool:
    return time["seconds"] in SECONDS and 0 <= time["nanos"] < 1_000_000_000


def _is_block_id(block_id: dict[str, Any]) -> bool:
    return len(block_id["hash"]) in (0, 32) and len(block_id["parts"]["hash"]) in (0, 32)
