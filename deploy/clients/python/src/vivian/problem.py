"""Refusals of the gateway (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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

    def __init__(self, status: int, document: dict[str, Any], retry_after: int | None = None) -> None:
        self.status = status
        #: What kind of problem: the last part of ``urn:vivian:problem:NAME``.
        self.name = str(document.get("type", "")).rpartition(":")[2] or "unknown"
        self.title = str(document.get("title", f"the gateway answered {status}"))
        self.detail = str(document.get("detail", ""))
        #: Names the request in the gateway's log.
        self.instance = document.get("instance")
        #: Seconds after which a new try may succeed.
        self.retry_after = retry_after
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
