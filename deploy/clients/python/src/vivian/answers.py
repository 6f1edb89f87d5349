"""What the gateway answers, as values. Hashes and ids are lower-case hex, times RFC 3339."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any


def _number(root: dict[str, Any], name: str) -> int | None:
    return int(root[name]) if name in root else None


@dataclass(frozen=True)
class Status:
    chain_id: str
    genesis_hash: str
    height: int
    validators_hash: str
    log_size: int

    @staticmethod
    def read(root: dict[str, Any]) -> Status:
        return Status(
            root["chainId"], root["genesisHash"], int(root["height"]), root["validatorsHash"], int(root["logSize"])
        )


@dataclass(frozen=True)
class StateValue:
    """One key of the ledger's state; ``value`` is None where the key is absent."""

    height: int
    store: str
    key: bytes
    value: bytes | None

    @staticmethod
    def read(root: dict[str, Any]) -> StateValue:
        value = root["value"]
        return StateValue(
            int(root["stateHeight"]),
            root["store"],
            base64.b64decode(root["key"]),
            None if value is None else base64.b64decode(value),
        )


@dataclass(frozen=True)
class Collection:
    """A collection of vectors on the ledger, as of a block."""

    number: int
    state_height: int
    owner: str
    name: str
    #: ``dot``, ``squaredL2`` or ``cosine``.
    metric: str
    dimension: int
    scale: int
    count: int
    #: Whether its contents are declared public.
    is_public: bool
    root: str

    @staticmethod
    def read(root: dict[str, Any]) -> Collection:
        return Collection(
            int(root["collection"]), int(root["stateHeight"]), root["owner"], root["name"], root["metric"],
            root["dimension"], root["scale"], root["count"], root["isPublic"], root["root"],
        )


@dataclass(frozen=True)
class RegistryEdge:
    """What one version has to do with another: that with ``subject_id`` and ``version``."""

    #: ``trainedOn``, ``derivedFrom``, ``evaluatedOn`` or ``describes``.
    relation: str
    kind: str
    subject_id: str
    version: int

    @staticmethod
    def read(root: dict[str, Any]) -> RegistryEdge:
        return RegistryEdge(root["relation"], root["kind"], root["id"], int(root["version"]))


@dataclass(frozen=True)
class RegistrySubject:
    """A model, dataset or statement, as its newest version describes it."""

    kind: str
    subject_id: str
    newest: int
    publisher: str
    name: str
    #: Empty once it is withdrawn.
    title: str
    licence: str
    is_withdrawn: bool

    @staticmethod
    def read(kind: str, root: dict[str, Any]) -> RegistrySubject:
        return RegistrySubject(
            kind, root["id"], int(root["newest"]), root["publisher"], root["name"], root["title"], root["licence"],
            root["isWithdrawn"],
        )


@dataclass(frozen=True)
class RegistryVersion:
    """A version of a model, dataset or statement, as its publisher describes it."""

    kind: str
    subject_id: str
    version: int
    newest: int
    publisher: str
    name: str
    #: SHA-256 of the bytes, in hex.
    digest: str
    #: Empty once it is withdrawn, as are text and measures.
    title: str
    text: str
    licence: str
    edges: tuple[RegistryEdge, ...]
    #: Names and values.
    measures: tuple[tuple[str, str], ...]
    is_withdrawn: bool
    #: How many versions name this one.
    uses: int
    #: Where it stands in the store ``registry``: for ``Client.state_proof``.
    key: bytes

    @staticmethod
    def read(root: dict[str, Any]) -> RegistryVersion:
        return RegistryVersion(
            root["kind"], root["id"], int(root["version"]), int(root["newest"]), root["publisher"], root["name"],
            root["digest"], root["title"], root["text"], root["licence"],
            tuple(RegistryEdge.read(edge) for edge in root["edges"]),
            tuple((measure["name"], measure["value"]) for measure in root["measures"]), "withdrawn" in root,
            int(root["uses"]), base64.urlsafe_b64decode(root["key"] + "=" * (-len(root["key"]) % 4)),
        )


@dataclass(frozen=True)
class Hit:
    """A vector that a search has found: whose it is, and how far."""

    kind: int
    subject: str
    #: Minus the dot product, or the squared distance.
    distance: int
    tag: int

    @staticmethod
    def read(root: dict[str, Any]) -> Hit:
        return Hit(root["kind"], root["subject"], root["distance"], root["tag"])


@dataclass(frozen=True)
class SearchAnswer:
    """The answer to one of many queries: the nearest first, in the state after a block."""

    state_height: int
    hits: list[Hit]

    @staticmethod
    def read(root: dict[str, Any], item: dict[str, Any]) -> SearchAnswer:
        return SearchAnswer(int(root["stateHeight"]), [Hit.read(hit) for hit in item["answer"]])


@dataclass(frozen=True)
class Block:
    height: int
    hash: str
    time: str
    app_hash: str
    proposer: str
    #: Id (None where the bytes are no transaction) and bytes of each.
    transactions: list[tuple[str | None, bytes]]

    @staticmethod
    def read(root: dict[str, Any]) -> Block:
        items = [(item["id"], base64.b64decode(item["bytes"])) for item in root["transactions"]]
        return Block(int(root["height"]), root["hash"], root["time"], root["appHash"], root["proposer"], items)


@dataclass(frozen=True)
class Transaction:
    id: str
    #: ``pending`` or ``included``.
    state: str
    height: int | None
    index: int | None
    #: 0 where it had its effect.
    code: int | None
    log: str | None

    @staticmethod
    def read(root: dict[str, Any]) -> Transaction:
        return Transaction(
            root["id"], root["state"], _number(root, "height"), _number(root, "index"), _number(root, "code"),
            root.get("log"),
        )


@dataclass(frozen=True)
class Capture:
    """What a document became: a job, and a record id (hex) for each event, in document order."""

    capture_id: str
    records: list[str]
    new_records: int
    #: Whether every record can be proven already: where the call waited, and not in vain.
    is_finished: bool = field(default=False, compare=False)

    @staticmethod
    def read(root: dict[str, Any]) -> Capture:
        return Capture(
            root["captureID"], list(root["records"]), int(root["newRecords"]), root.get("running") is False
        )


@dataclass(frozen=True)
class Job:
    capture_id: str
    #: False once every record is on the ledger and can be proven.
    is_running: bool
    record_count: int
    anchored_count: int
    #: Empty in a list of jobs.
    records: list[str] = field(default_factory=list)
    created_at: str = ""

    @staticmethod
    def read(root: dict[str, Any]) -> Job:
        return Job(
            root["captureID"],
            bool(root["running"]),
            int(root["recordCount"]),
            int(root["anchoredCount"]),
            list(root.get("records", [])),
            root["createdAt"],
        )


@dataclass(frozen=True)
class Record:
    record_id: str
    #: ``accepted``, ``anchored`` or ``erased``.
    state: str
    issuer: str
    number: int
    media_type: str
    log_index: int | None
    height: int | None
    block_time: str | None
    accepted_at: str = ""

    @staticmethod
    def read(root: dict[str, Any]) -> Record:
        return Record(
            root["recordId"],
            root["state"],
            root["issuer"],
            int(root["number"]),
            root["mediaType"],
            _number(root, "logIndex"),
            _number(root, "height"),
            root.get("blockTime"),
            root["acceptedAt"],
        )


@dataclass(frozen=True)
class SimilarRecord:
    """A record, and how far it is from another one: 1,000 x (1 - cosine), 0 the same, about 1,000 nothing in common."""

    distance: int
    record: Record

    @staticmethod
    def read(root: dict[str, Any]) -> SimilarRecord:
        return SimilarRecord(root["distance"], Record.read(root["record"]))


@dataclass(frozen=True)
class AnomalousRecord:
    """A record that is like no other: the distance to its third nearest, and its nearest three."""

    distance: int
    record: Record
    nearest: list[SimilarRecord]

    @staticmethod
    def read(root: dict[str, Any]) -> AnomalousRecord:
        nearest = [SimilarRecord.read(item) for item in root["nearest"]]
        return AnomalousRecord(root["distance"], Record.read(root["record"]), nearest)


@dataclass(frozen=True)
class Commitment:
    """A commitment to the private index: a record, and how many records it covers."""

    #: The job that brings it onto the ledger.
    capture_id: str
    record_id: str
    count: int

    @staticmethod
    def read(root: dict[str, Any]) -> Commitment:
        return Commitment(root["captureID"], root["recordId"], root["count"])


@dataclass(frozen=True)
class APIKey:
    id: str
    tenant: str
    label: str
    scopes: list[str]
    created_by: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    #: The key itself, in the answer to the call that made it and nowhere else.
    secret: str | None = field(default=None, repr=False)
    #: The version that was read, for :meth:`Client.change_api_key`.
    tag: str | None = field(default=None, compare=False)

    @staticmethod
    def read(root: dict[str, Any], tag: str | None = None) -> APIKey:
        return APIKey(
            root["id"], root["tenant"], root["label"], list(root["scopes"]), root["createdBy"], root["createdAt"],
            root.get("expiresAt"), root.get("revokedAt"), root.get("key"), tag,
        )


@dataclass(frozen=True)
class AuditEntry:
    sequence: int
    tenant: str
    time: str
    who: str
    method: str
    route: str
    target: str
    status: int
    request: str
    hash: bytes

    @staticmethod
    def read(root: dict[str, Any]) -> AuditEntry:
        return AuditEntry(
            int(root["sequence"]), root["tenant"], root["time"], root["who"], root["method"], root["route"],
            root["target"], int(root["status"]), root["request"], bytes.fromhex(root["hash"]),
        )
