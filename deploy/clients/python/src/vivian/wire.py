"""Requests over one HTTPS connection, sent again where that is safe.

A GET, a POST under an ``Idempotency-Key``, and one that changes nothing may be sent twice; nothing else is.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .problem import Problem

#: What may pass in a moment: too many requests, a proxy's complaint, a gateway that is busy.
_PASSING = (429, 502, 503, 504)


@dataclass(frozen=True)
class Retries:
    """How often, and how patiently, a request is sent again where that is safe."""

    #: Tries in all, the first among them.
    tries_max: int = 5
    #: Before the second try, in seconds; each pause is twice the one before, less up to half of it by chance.
    first_pause: float = 0.1
    pause_max: float = 5.0
    #: What all tries may take together; a ``Retry-After`` that leads beyond it ends them.
    patience: float = 60.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Wire:
    """One connection, for one thread."""

    def __init__(
        self, base_url: str, ca_file: str | None, api_key: str | None, timeout: float, retries: Retries
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("base_url is https://HOST:PORT")
        self._prefix = parts.path.rstrip("/")
        self._base = f"https://{parts.netloc}{self._prefix}"
        self._timeout = timeout
        self._retries = retries
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, context=context, timeout=timeout
        )
        self._headers = {"User-Agent": "vivian-client/0.2"}
        if api_key is not None:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def close(self) -> None:
        self._connection.close()

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        extra_timeout: float = 0.0,
        is_repeatable: bool = False,
    ) -> Answer:
        """The answer; raises ``Problem`` where its status is 400 or above, and ``OSError`` where none came."""
        fields = {**self._headers, **(headers or {})}
        is_repeatable = is_repeatable or method in ("GET", "HEAD") or "Idempotency-Key" in fields
        if not is_repeatable:
            # A kept connection may be gone already, and nobody could tell whether the request went through.
            self._connection.close()
        begin = time.monotonic()
        tries = 0
        while True:
            failure: Exception
            wait: float | None = None
            is_reached = self._connection.sock is not None
            try:
                if not is_reached:
                    self._connection.connect()
                    is_reached = True
                assert self._connection.sock is not None
                self._connection.sock.settimeout(self._timeout + extra_timeout)
                answer = self._ask(method, path, body, fields)
                if answer.status < 400:
                    return answer
                failure = _problem(answer)
                wait = failure.retry_after
                may_pass = failure.status in _PASSING or failure.name == "idempotency-key-in-flight"
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                failure = error
                # Whoever is not there is said at once; whoever was there a moment ago may be back in another.
                may_pass = is_reached or tries > 0
            tries += 1
            pause = min(self._retries.first_pause * 2 ** (tries - 1), self._retries.pause_max)
            pause = max(pause * random.uniform(0.5, 1.0), wait or 0.0)
            is_patient = time.monotonic() - begin + pause <= self._retries.patience
            if not (is_repeatable and may_pass and tries < self._retries.tries_max and is_patient):
                if isinstance(failure, http.client.HTTPException):
                    raise ConnectionError(f"{method} {path} got no answer: {failure!r}") from failure
                raise failure
            time.sleep(pause)

    def _ask(self, method: str, path: str, body: bytes | None, fields: dict[str, str]) -> Answer:
        self._connection.request(method, self._prefix + path, body=body, headers=fields)
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def next_path(self, answer: Answer, current: str) -> str | None:
        """The path that the answer's link of relation next names (RFC 8288), at this gateway and nowhere else."""
        target = next_link(answer.headers.get("Link", ""))
        if target is None:
            return None
        if target.startswith(self._base + "/"):
            target = target[len(self._base) :]
        if not target.startswith("/") or target.startswith("//") or target == current:
            raise ValueError(f"the next page is not at {self._base}")
        return target


def next_link(field: str) -> str | None:
    """The target of the first link of relation next in a ``Link`` field."""
    parameter = r'\s*;\s*[^\s=;,]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))?'
    link = re.compile(rf"[\s,]*<([^>]*)>((?:{parameter})*)\s*(?:,|$)")
    place = 0
    while place < len(field):
        found = link.match(field, place)
        if not found:
            return None
        relation = re.search(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', found[2], re.IGNORECASE)
        if relation and "next" in (relation[1] or relation[2] or "").lower().split():
            return found[1]
        place = found.end()
    return None


def _problem(answer: Answer) -> Problem:
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = {}
    after = answer.headers.get("Retry-After", "")
    return Problem(
        answer.status, document if isinstance(document, dict) else {}, int(after) if after.isdecimal() else None
    )
