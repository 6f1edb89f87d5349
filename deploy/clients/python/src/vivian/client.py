"""The HTTPS API as Python calls, on the standard library alone.

One connection is kept open; a client is for one thread. Every refusal of the gateway is raised as ``Problem``, and
``OSError`` says that no answer came. A GET, and what carries an ``Idempotency-Key``, is sent again by itself then.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from .answers import (
    AnomalousRecord, APIKey, AuditEntry, Block, Capture, Collection, Commitment, Hit, Job, Record, RegistryEdge, RegistrySubject,
    RegistryVersion, SearchAnswer, SimilarRecord, StateValue, Status, Transaction,
)
from .problem import Problem
from .wire import Retries, Wire

Item = TypeVar("Item")

#: Longest wait of one request, in seconds; the gateway cuts what is beyond it.
WAIT_MAX = 60

#: Queries of one request of :meth:`Client.search_many`, at most.
BATCH_MAX = 256

#: For :meth:`Client.change_api_key`: what is left as it is.
UNCHANGED: Any = object()


class Client:
    """A connection to one gateway.

    ``ca_file`` names the authority that signed the gateway's certificate, such as ``data/keys/tls/ca.pem``; without it
    the system's are used. ``api_key`` is sent as a bearer token.
    """

    def __init__(
        self,
        base_url: str,
        *,
        ca_file: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
        retries: Retries = Retries(),
    ) -> None:
        self._wire = Wire(base_url, ca_file, api_key, timeout, retries)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()

    # The ledger

    def status(self) -> Status:
        return Status.read(self._json("GET", "/status"))

    def state(self, store: str, key: bytes, *, height: int | None = None) -> StateValue:
        """One key of one store, in the state after a block; the newest provable one if left out."""
        return StateValue.read(self._json("GET", _path("state", store, _base64url(key), height=height)))

    def state_proof(
        self, store: str, key: bytes, *, height: int | None = None, trusted: str | None = None
    ) -> bytes:
        """A state proof file: the value of a key, or that it is absent, in the state after a block."""
        path = _path("state", store, _base64url(key), prove="true", height=height, trusted=trusted)
        return self._wire.send("GET", path).body

    def block(self, height: int) -> Block:
        return Block.read(self._json("GET", _path("blocks", str(height))))

    def submit(self, transaction: bytes, *, idempotency_key: str | None = None) -> Transaction:
        """Hands in the bytes of a signed transaction (COSE)."""
        headers = {"Content-Type": "application/cose", "Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        return Transaction.read(self._json("POST", "/transactions", headers, transaction))

    def submit_evidence(self, evidence: bytes, *, idempotency_key: str | None = None) -> None:
        """Hands in proof that a validator has signed what it must not (``tendermint.types.Evidence``)."""
        headers = {
            "Content-Type": "application/protobuf",
            "Idempotency-Key": idempotency_key or uuid.uuid4().hex,
        }
        self._json("POST", "/evidence", headers, evidence)

    def transaction(self, transaction_id: str) -> Transaction:
        return Transaction.read(self._json("GET", _path("transactions", transaction_id)))

    # Records

    def capture(
        self,
        document: bytes,
        media_type: str | None = None,
        *,
        idempotency_key: str | None = None,
        wait: int | None = None,
    ) -> Capture:
        """Hands a document in; it is durable when this returns, and on its way to the ledger.

        Under ``idempotency_key``, one of its own if left out, it is carried out once, however often it is sent.
        ``media_type`` is told from the first character if left out. With ``wait`` the answer comes when every record
        can be proven, or after so many seconds, at most 60: ``is_finished`` says which.
        """
        headers = {
            "Content-Type": media_type or _media_type(document),
            "Idempotency-Key": idempotency_key or uuid.uuid4().hex,
        }
        if wait is not None:
            headers["Prefer"] = f"wait={max(wait, 0)}"
        extra = float(min(max(wait or 0, 0), WAIT_MAX))
        return Capture.read(self._json("POST", "/epcis/capture", headers, document, extra))

    def job(self, capture_id: str) -> Job:
        return Job.read(self._json("GET", _path("epcis", "capture", capture_id)))

    def wait(self, capture_id: str, timeout: float = 60.0) -> Job:
        """Waits until every record of a capture is on the ledger and provable."""
        deadline = time.monotonic() + timeout
        path = _path("epcis", "capture", capture_id)
        while True:
            seconds = int(min(max(deadline - time.monotonic(), 0.0), WAIT_MAX))
            answer = self._wire.send("GET", path, {"Prefer": f"wait={seconds}"}, extra_timeout=float(seconds))
            job = Job.read(json.loads(answer.body))
            if not job.is_running:
                return job
            if time.monotonic() >= deadline:
                raise TimeoutError(f"capture {capture_id} is not on the ledger after {timeout:g} s")
            if seconds == 0 or "Preference-Applied" not in answer.headers:
                time.sleep(0.05)

    def jobs(self, *, page_size: int = 100) -> Iterator[Job]:
        """The tenant's capture jobs, the newest first, page by page."""
        return self._pages(_path("epcis", "capture", perPage=page_size), lambda root: root, Job.read)

    def records(
        self,
        *,
        job: str | None = None,
        state: str | None = None,
        accepted_after: str | None = None,
        newest_first: bool = True,
        page_size: int = 100,
    ) -> Iterator[Record]:
        """The tenant's records, page by page: those of one job, ``accepted``, ``anchored`` or ``erased`` ones, or those
        that were accepted after a time (RFC 3339)."""
        path = _path(
            "records",
            order=None if newest_first else "oldest",
            job=job,
            state=state,
            acceptedAfter=accepted_after,
            limit=page_size,
        )
        return self._pages(path, lambda root: root["records"], Record.read)

    def record(self, record_id: str) -> Record:
        return Record.read(self._json("GET", _path("records", record_id)))

    def bundle(self, record_id: str, *, receipts: bool = False, trusted: str | None = None) -> bytes:
        """A record bundle file: all that a stranger needs to check the record offline."""
        path = _path("records", record_id, "bundle", receipts="true" if receipts else None, trusted=trusted)
        return self._wire.send("GET", path).body

    def receipt(self, record_id: str, *, validator: str | None = None) -> bytes:
        """A COSE receipt (RFC 9942) of the record."""
        return self._wire.send("GET", _path("records", record_id, "receipt", validator=validator)).body

    def erase(self, record_id: str, *, reason: int = 0) -> bool:
        """Destroys payload and salt; whether they were there. It is not sent again by itself."""
        root = self._json("DELETE", _path("records", record_id, reason=reason or None))
        return not root["alreadyErased"]

    def similar(
        self, record_id: str, *, limit: int | None = None, distance_max: int | None = None
    ) -> list[SimilarRecord]:
        """The tenant's records that are most like one, the nearest first (the gateway's private index)."""
        path = _path("records", record_id, "similar", limit=limit, distanceMax=distance_max)
        return [SimilarRecord.read(item) for item in self._json("GET", path)["records"]]

    def anomalies(self, *, limit: int | None = None, among: int | None = None) -> list[AnomalousRecord]:
        """Of the newest ``among`` records those that are least like any other, the farthest first."""
        path = _path("records", "anomalies", limit=limit, among=among)
        return [AnomalousRecord.read(item) for item in self._json("GET", path)["records"]]

    def commit_index(self, *, idempotency_key: str | None = None) -> Commitment:
        """Commits to the private index as it stands: a record, of which the ledger holds a salted hash."""
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        return Commitment.read(self._json("POST", _path("records", "commitments"), headers=headers))

    def similar_proof(
        self, record_id: str, commitment: str, *, limit: int | None = None, trusted: str | None = None,
        **parameters: object
    ) -> bytes:
        """A file that ``vivian verify`` checks offline: which records of a commitment are most like one.

        It shows vectors of records to whoever gets it. ``commitment`` is the record that :meth:`commit_index` gave, once it
        is on the ledger. ``parameters`` are the API's: ``mode``, ``supers``, ``lists``, ``finalists``.
        """
        path = _path(
            "records", record_id, "similar", "proof", commitment=commitment, limit=limit, trusted=trusted, **parameters
        )
        return self._wire.send("GET", path).body

    # Vectors

    def collections(self, *, page_size: int = 100) -> Iterator[Collection]:
        """The ledger's collections of vectors by their numbers, page by page."""
        return self._pages(_path("vectors", limit=page_size), lambda root: root["collections"], Collection.read)

    def collection(self, number: int) -> Collection:
        return Collection.read(self._json("GET", _path("vectors", str(number))))

    def search(self, collection: int, vector: list[int], **parameters: object) -> list[Hit]:
        """The nearest vectors to one of components from -127 to 127, the nearest first.

        ``parameters`` are the API's: ``mode`` (``exact`` or ``approximate``), ``supers``, ``lists``, ``finalists``,
        ``limit``, ``distanceMax``, ``tag``, ``owner``. ``vivian.embedding.vector`` makes the vector of a text.
        """
        path = _path("vectors", str(collection), "search", vector=_components(vector), **parameters)
        return [Hit.read(item) for item in self._json("GET", path)["answer"]]

    def search_many(self, collection: int, queries: list[list[int]], **parameters: object) -> list[SearchAnswer]:
        """The same for many queries, in their order; ``parameters`` are for all of them.

        256 go in one request, fewer where they are too much work for one. The answers of one request are all from one
        state; ``state_height`` says which. A query that the collection does not take is a ``Problem`` whose violations
        name its place in its request.
        """
        path = _path("vectors", str(collection), "search")
        given = {name: value for name, value in parameters.items() if value is not None}
        vectors = [_components(vector) for vector in queries]
        answers: list[SearchAnswer] = []
        size = BATCH_MAX
        while len(answers) < len(vectors):
            some = vectors[len(answers) : len(answers) + size]
            body = json.dumps({**given, "queries": some}).encode()
            try:
                sent = self._wire.send("POST", path, {"Content-Type": "application/json"}, body, is_repeatable=True)
            except Problem as problem:
                if problem.name != "batch-too-large" or len(some) == 1:
                    raise
                size = len(some) // 2
                continue
            root = json.loads(sent.body)
            answers += (SearchAnswer.read(root, item) for item in root["answers"])
        return answers

    def search_proof(
        self, collection: int, vector: list[int], *, trusted: str | None = None, **parameters: object
    ) -> bytes:
        """The same as a file that ``vivian verify`` checks offline by running the search again over proven bytes."""
        path = _path(
            "vectors", str(collection), "search", vector=_components(vector), prove="true", trusted=trusted, **parameters
        )
        return self._wire.send("GET", path).body

    # Registry

    def registry_subjects(self, kind: str, *, page_size: int = 100) -> Iterator[RegistrySubject]:
        """The subjects of a kind in the order in which they were first published, page by page."""
        path = _path("registry", kind, limit=page_size)
        return self._pages(path, lambda root: root["subjects"], lambda item: RegistrySubject.read(kind, item))

    def registry_version(self, kind: str, subject_id: str, version: int | None = None) -> RegistryVersion:
        """A version of a ``model``, ``dataset`` or ``statement``, the newest if none is named."""
        return RegistryVersion.read(self._json("GET", _path("registry", kind, subject_id, version=version)))

    def registry_uses(
        self, kind: str, subject_id: str, version: int | None = None, *, page_size: int = 100
    ) -> Iterator[RegistryEdge]:
        """The versions that name this one, in the order in which they were published, page by page."""
        path = _path("registry", kind, subject_id, "uses", version=version, limit=page_size)
        return self._pages(path, lambda root: root["uses"], RegistryEdge.read)

    # Access

    def api_keys(self, *, page_size: int = 1_000) -> Iterator[APIKey]:
        """The tenant's API keys by time of creation, page by page."""
        return self._pages(_path("api-keys", limit=page_size), lambda root: root["keys"], APIKey.read)

    def api_key(self, key_id: str) -> APIKey:
        """One key, with the ``tag`` of the version that was read."""
        answer = self._wire.send("GET", _path("api-keys", key_id))
        return APIKey.read(json.loads(answer.body), answer.headers.get("ETag"))

    def make_api_key(self, label: str, scopes: list[str], *, expires_in_seconds: int | None = None) -> APIKey:
        """Makes a key; its ``secret`` is shown this once. It is not sent again by itself."""
        wish: dict[str, Any] = {"label": label, "scopes": scopes}
        if expires_in_seconds is not None:
            wish["expiresInSeconds"] = expires_in_seconds
        headers = {"Content-Type": "application/json"}
        return APIKey.read(self._json("POST", "/api-keys", headers, json.dumps(wish).encode()))

    def change_api_key(
        self,
        key: APIKey,
        *,
        label: str = UNCHANGED,
        scopes: list[str] = UNCHANGED,
        expires_at: str | None = UNCHANGED,
    ) -> APIKey:
        """Changes a key that :meth:`api_key` gave; None lets it last for ever.

        Where somebody changed it meanwhile, nothing is changed: a ``Problem`` named ``precondition-failed``.
        """
        if key.tag is None:
            raise ValueError("read the key by api_key first: a change names the version that was seen")
        named = {"label": label, "scopes": scopes, "expiresAt": expires_at}
        patch = {name: value for name, value in named.items() if value is not UNCHANGED}
        headers = {"Content-Type": "application/merge-patch+json", "If-Match": key.tag}
        return APIKey.read(self._json("PATCH", _path("api-keys", key.id), headers, json.dumps(patch).encode()))

    def revoke_api_key(self, key_id: str) -> bool:
        """Revokes a key; whether this call did it."""
        return not self._json("DELETE", _path("api-keys", key_id))["alreadyRevoked"]

    def audit(self, *, page_size: int = 1_000) -> Iterator[AuditEntry]:
        """Who did what in the tenant, oldest first, page by page."""
        return self._pages(_path("audit", limit=page_size), lambda root: root["entries"], AuditEntry.read)

    # The wire

    def _json(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        extra_timeout: float = 0.0,
    ) -> Any:
        return json.loads(self._wire.send(method, path, headers, body, extra_timeout).body)

    def _pages(
        self, first: str, items: Callable[[Any], list[Any]], read: Callable[[dict[str, Any]], Item]
    ) -> Iterator[Item]:
        path: str | None = first
        while path is not None:
            answer = self._wire.send("GET", path)
            yield from (read(item) for item in items(json.loads(answer.body)))
            path = self._wire.next_path(answer, path)


def _path(*segments: str, **query: object) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    path = "/" + "/".join(quote(segment, safe="") for segment in segments)
    return path + ("?" + urlencode(given) if given else "")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _components(vector: list[int]) -> str:
    """A byte a component, in two's complement."""
    if not all(-127 <= component <= 127 for component in vector):
        raise ValueError("a component is an integer from -127 to 127")
    return _base64url(bytes(component & 0xFF for component in vector))


def _media_type(document: bytes) -> str:
    """JSON or XML by the first character that is no white space."""
    start = document.lstrip(b" \t\r\n\xef\xbb\xbf")
    return "application/xml" if start.startswith(b"<") else "application/ld+json"
