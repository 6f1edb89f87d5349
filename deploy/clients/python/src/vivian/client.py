"""The HTTPS API as Python calls, on the standard library alone.

One connection is kept open; a client is for one thread. Every refusal of the gateway is raised as ``Problem``.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


@dataclass(frozen=True)
class Violation:
    """One rule that a document or a parameter breaks: where (JSON pointer, line, column), which rule, and why."""

    pointer: str
    line: int
    column: int
    rule: str
    message: str


class Problem(Exception):
    """A problem document (RFC 9457)."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.status = status
        #: What kind of problem: the last part of ``urn:vivian:problem:NAME``.
        self.name = str(document.get("type", "")).rpartition(":")[2] or "unknown"
        self.title = str(document.get("title", f"the gateway answered {status}"))
        self.detail = str(document.get("detail", ""))
        #: Names the request in the gateway's log.
        self.instance = document.get("instance")
        self.violations = [
            Violation(
                str(item.get("pointer", "")),
                int(item.get("line", 0)),
                int(item.get("column", 0)),
                str(item.get("rule", "")),
                str(item.get("message", "")),
            )
            for item in document.get("violations", [])
        ]
        super().__init__(f"{self.title}: {self.detail}")


@dataclass(frozen=True)
class Status:
    chain_id: str
    genesis_hash: str
    height: int
    validators_hash: str
    log_size: int


@dataclass(frozen=True)
class Capture:
    """What a document became: a job, and a record id (hex) for each event, in document order."""

    capture_id: str
    records: list[str]
    new_records: int


@dataclass(frozen=True)
class Job:
    capture_id: str
    is_running: bool
    record_count: int
    anchored_count: int
    records: list[str] = field(default_factory=list)


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


class Client:
    """A connection to one gateway.

    ``ca_file`` names the authority that signed the gateway's certificate, such as ``data/keys/tls/ca.pem``; without it
    the system's are used. ``api_key`` is sent as a bearer token.
    """

    def __init__(
        self, base_url: str, *, ca_file: str | None = None, api_key: str | None = None, timeout: float = 60.0
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError("base_url is https://HOST:PORT")
        self._prefix = parts.path.rstrip("/")
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, context=context, timeout=timeout
        )
        self._headers = {"User-Agent": "vivian-client/0.1"}
        if api_key is not None:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    # The ledger

    def status(self) -> Status:
        root = self._json("GET", "/status")
        return Status(
            root["chainId"], root["genesisHash"], int(root["height"]), root["validatorsHash"], int(root["logSize"])
        )

    def state_proof(
        self, store: str, key: bytes, *, height: int | None = None, trusted: str | None = None
    ) -> bytes:
        """A state proof file: the value of a key, or that it is absent, in the state after a block."""
        name = base64.urlsafe_b64encode(key).rstrip(b"=").decode()
        query = {"prove": "true", "height": height, "trusted": trusted}
        return self._bytes("GET", f"/state/{quote(store)}/{name}", query)

    # Records

    def capture(self, document: bytes, media_type: str, *, idempotency_key: str | None = None) -> Capture:
        """Hands a document in; it is durable when this returns, and on its way to the ledger."""
        headers = {"Content-Type": media_type}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        root = self._json("POST", "/epcis/capture", body=document, headers=headers)
        return Capture(root["captureID"], list(root["records"]), int(root["newRecords"]))

    def job(self, capture_id: str) -> Job:
        root = self._json("GET", f"/epcis/capture/{quote(capture_id)}")
        return Job(
            root["captureID"],
            bool(root["running"]),
            int(root["recordCount"]),
            int(root["anchoredCount"]),
            list(root["records"]),
        )

    def wait(self, capture_id: str, timeout: float = 60.0) -> Job:
        """Waits until every record of a capture is on the ledger and provable."""
        deadline = time.monotonic() + timeout
        pause = 0.02
        while True:
            job = self.job(capture_id)
            if not job.is_running and self._is_provable(job):
                return job
            if time.monotonic() > deadline:
                raise TimeoutError(f"capture {capture_id} is not on the ledger after {timeout:g} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    def record(self, record_id: str) -> Record:
        root = self._json("GET", f"/records/{quote(record_id)}")

        def number(name: str) -> int | None:
            return int(root[name]) if name in root else None

        return Record(
            root["recordId"],
            root["state"],
            root["issuer"],
            int(root["number"]),
            root["mediaType"],
            number("logIndex"),
            number("height"),
            root.get("blockTime"),
        )

    def bundle(self, record_id: str, *, receipts: bool = False, trusted: str | None = None) -> bytes:
        """A record bundle file: all that a stranger needs to check the record offline."""
        query = {"receipts": "true" if receipts else None, "trusted": trusted}
        return self._bytes("GET", f"/records/{quote(record_id)}/bundle", query)

    def receipt(self, record_id: str, *, validator: str | None = None) -> bytes:
        """A COSE receipt (RFC 9942) of the record."""
        return self._bytes("GET", f"/records/{quote(record_id)}/receipt", {"validator": validator})

    def erase(self, record_id: str, *, reason: int = 0) -> bool:
        """Destroys payload and salt; whether they were there."""
        root = self._json("DELETE", f"/records/{quote(record_id)}", {"reason": reason or None})
        return not root["alreadyErased"]

    def _is_provable(self, job: Job) -> bool:
        if not job.records:
            return True
        try:
            self.bundle(job.records[-1])
        except Problem as problem:
            if problem.name in ("not-anchored", "not-yet", "unavailable", "erased"):
                return problem.name == "erased"
            raise
        return True

    # The wire

    def _json(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        return json.loads(self._bytes(method, path, query, body, headers))

    def _bytes(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = self._prefix + path + ("?" + urlencode(given) if given else "")
        fields = {**self._headers, **(headers or {})}
        try:
            answer = self._send(method, target, body, fields)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The gateway closed a connection that was idle; what is sent twice has one effect.
            self._connection.close()
            answer = self._send(method, target, body, fields)
        content = answer.read()
        if answer.status >= 400:
            try:
                document = json.loads(content)
            except ValueError:
                document = {}
            raise Problem(answer.status, document if isinstance(document, dict) else {})
        return content

    def _send(
        self, method: str, target: str, body: bytes | None, fields: dict[str, str]
    ) -> http.client.HTTPResponse:
        self._connection.request(method, target, body=body, headers=fields)
        return self._connection.getresponse()
