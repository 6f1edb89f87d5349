"""Deterministic CBOR (RFC 8949 §4.2.1, bytewise key order) as bundles use it: decode, refuse any other spelling.

Python values: int, bytes, str, list, dict, None, bool, and ``Tagged`` for tag 18. Floats, indefinite lengths and other
tags are refused; depth is at most 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .refusal import Refused

DEPTH_MAX = 16


@dataclass(frozen=True)
class Tagged:
    number: int
    value: Any


def decode(data: bytes) -> Any:
    value, end = _item(data, 0, 0)
    if end != len(data):
        raise Refused("CBOR: bytes behind the item")
    return value


def encode(value: Any) -> bytes:
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(3, len(text)) + text
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        rows = sorted((encode(key), encode(item)) for key, item in value.items())
        return _head(5, len(rows)) + b"".join(key + item for key, item in rows)
    raise TypeError(f"no CBOR for {type(value).__name__}")


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for width, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if number < 1 << 8 * width:
            return bytes([major << 5 | code]) + number.to_bytes(width, "big")
    raise Refused("CBOR: a number beyond 64 bits")


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > DEPTH_MAX:
        raise Refused("CBOR: nested too deeply")
    if at >= len(data):
        raise Refused("CBOR: cut short")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        simple = {20: False, 21: True, 22: None}
        if info not in simple:
            raise Refused("CBOR: a float or an unknown simple value")
        return simple[info], at
    if info < 24:
        number = info
    elif info <= 27:
        width = 1 << info - 24
        if at + width > len(data):
            raise Refused("CBOR: cut short")
        number = int.from_bytes(data[at : at + width], "big")
        at += width
        if number < 24 or width > 1 and number < 1 << 4 * width:
            raise Refused("CBOR: a number is not in its shortest form")
    else:
        raise Refused("CBOR: an indefinite length")
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        if at + number > len(data):
            raise Refused("CBOR: cut short")
        content = data[at : at + number]
        at += number
        if major == 2:
            return content, at
        try:
            return content.decode("utf-8"), at
        except UnicodeDecodeError:
            raise Refused("CBOR: a text is not UTF-8") from None
    if major == 4:
        items = []
        for _ in range(number):
            item, at = _item(data, at, depth + 1)
            items.append(item)
        return items, at
    if major == 5:
        rows: dict[Any, Any] = {}
        before = b""
        for index in range(number):
            start = at
            key, at = _item(data, at, depth + 1)
            spelling = data[start:at]
            if index > 0 and spelling <= before:
                raise Refused("CBOR: the keys of a map are not in order")
            before = spelling
            value, at = _item(data, at, depth + 1)
            if isinstance(key, (list, dict, Tagged)):
                raise Refused("CBOR: a key is a list or a map")
            # True equals 1 in Python: such keys are nothing that bundles use.
            if isinstance(key, bool) or key is None:
                raise Refused("CBOR: a key is a simple value")
            rows[key] = value
        return rows, at
    if number != 18:
        raise Refused(f"CBOR: tag {number}")
    value, at = _item(data, at, depth + 1)
    return Tagged(number, value), at
