"""Why something is not believed."""

from __future__ import annotations


class Refused(Exception):
    """A rule that does not hold."""


def require(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(reason)
