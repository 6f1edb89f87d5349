"""Protobuf in the one spelling of gogoproto: fields ascending, defaults left out, minimal varints, nothing unknown.

A message is described by its fields; ``decode`` reads it into a dict, writes that again and refuses bytes that differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .refusal import Refused


@dataclass(frozen=True)
class Field:
    """One field: its number, name, and ``kind``: uint, int (64 bits, negative as ten bytes), bytes, text, or a message.

    ``repeated`` fields are lists. A message that is not there is None, unless it is ``always`` there.
    """

    number: int
    name: str
    kind: str | Message
    repeated: bool = False
    always: bool = False
    bits: int = 64


@dataclass(frozen=True)
class Message:
    name: str
    fields: tuple[Field, ...]


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def decode(message: Message, data: bytes) -> dict[str, Any]:
    value = _read(message, data)
    if encode(message, value) != data:
        raise Refused(f"{message.name}: not in its one spelling")
    return value


def encode(message: Message, value: dict[str, Any]) -> bytes:
    out = bytearray()
    for field in message.fields:
        content = value[field.name]
        for item in content if field.repeated else [content]:
            out += _field(field, item)
    return bytes(out)


def _field(field: Field, item: Any) -> bytes:
    if isinstance(field.kind, Message):
        if item is None:
            return b""
        content = encode(field.kind, item)
        return varint(field.number << 3 | 2) + varint(len(content)) + content
    if field.kind in ("uint", "int"):
        return b"" if item == 0 else varint(field.number << 3) + varint(item & (1 << 64) - 1)
    body: bytes = item.encode() if field.kind == "text" else item
    if not body and not field.repeated:
        return b""
    return varint(field.number << 3 | 2) + varint(len(body)) + body


def _read(message: Message, data: bytes) -> dict[str, Any]:
    by_number = {field.number: field for field in message.fields}
    value: dict[str, Any] = {}
    for known in message.fields:
        if known.repeated:
            value[known.name] = []
        elif isinstance(known.kind, Message):
            value[known.name] = _read(known.kind, b"") if known.always else None
        else:
            value[known.name] = {"uint": 0, "int": 0, "bytes": b"", "text": ""}[known.kind]
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        field = by_number.get(tag >> 3)
        if field is None:
            raise Refused(f"{message.name}: unknown field {tag >> 3}")
        is_number = field.kind in ("uint", "int")
        if tag & 7 != (0 if is_number else 2):
            raise Refused(f"{message.name}: field {field.name} has another wire type")
        number, at = _varint(data, at)
        if is_number:
            item: Any = _ranged(message, field, number)
        else:
            if at + number > len(data):
                raise Refused(f"{message.name}: cut short")
            content = data[at : at + number]
            at += number
            item = _content(message, field, content)
        if field.repeated:
            value[field.name].append(item)
        else:
            value[field.name] = item
    return value


def _content(message: Message, field: Field, content: bytes) -> Any:
    if isinstance(field.kind, Message):
        return _read(field.kind, content)
    if field.kind == "bytes":
        return content
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{message.name}: {field.name} is not UTF-8") from None


def _ranged(message: Message, field: Field, number: int) -> int:
    if field.kind == "int" and number >= 1 << 63:
        number -= 1 << 64
    limit = 1 << (field.bits - 1 if field.kind == "int" else field.bits)
    if not (-limit if field.kind == "int" else 0) <= number < limit:
        raise Refused(f"{message.name}: {field.name} is out of range")
    return number


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Refused("protobuf: a number is cut short or too long")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    if number >= 1 << 64:
        raise Refused("protobuf: a number beyond 64 bits")
    return number, at
