"""Reads bundles: members exactly as they must be, each in its one spelling (bundles.md, "Spelling")."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from . import headers
from .refusal import Refused, require

FILE_BYTES_MAX = 16 << 20
DEPTH_MAX = 8
HEADERS_MAX = 1_000
RECEIPTS_MAX = 200
TEXT_MAX = 4_096


@dataclass(frozen=True)
class Entry:
    """One key of one store in the state after a block, with its proof under the next header."""

    name: str
    height: int
    store: str
    key: bytes
    value: bytes | None
    proof: bytes


def parse(data: bytes) -> dict[str, Any]:
    require(len(data) <= FILE_BYTES_MAX, "the file is too large")

    def refuse(_: str) -> Any:
        raise Refused("the file holds a bare number")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(items)
        require(len(value) == len(items), "a member stands there twice")
        return value

    try:
        text = data.decode("utf-8")
        root = json.loads(
            text, object_pairs_hook=pairs, parse_int=refuse, parse_float=refuse, parse_constant=refuse
        )
    except (ValueError, RecursionError) as error:
        raise Refused(f"the file is no JSON: {type(error).__name__}") from None
    _check(root, 1)
    if not isinstance(root, dict):
        raise Refused("the file is no object")
    return root


def _check(value: Any, depth: int) -> None:
    if isinstance(value, (dict, list)):
        require(depth <= DEPTH_MAX, "the file is nested too deeply")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)
        for name in value if isinstance(value, dict) else ():
            _check(name, depth)
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Refused("a text holds half a surrogate pair") from None


class Reader:
    """An object with no other members than those listed."""

    def __init__(self, value: Any, what: str, members: set[str]) -> None:
        if not isinstance(value, dict):
            raise Refused(f"{what}: not an object")
        for name in value:
            require(name in members, f"{what}: unknown member {name}")
        self.value = value
        self.what = what

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def member(self, name: str) -> Any:
        require(name in self.value, f"{self.what}: {name} is missing")
        return self.value[name]

    def text(self, name: str) -> str:
        value = self.member(name)
        if not isinstance(value, str) or not 1 <= len(value) <= TEXT_MAX:
            raise Refused(f"{self.what}: {name} is no text, empty or too long")
        return value

    def binary(self, name: str) -> bytes:
        return decoded(self.member(name), f"{self.what}: {name}")

    def digest(self, name: str) -> bytes:
        value = self.text(name)
        require(re.fullmatch(r"[0-9a-f]{64}", value) is not None, f"{self.what}: {name} is not 32 bytes in hex")
        return bytes.fromhex(value)

    def number(self, name: str) -> int:
        value = self.text(name)
        require(re.fullmatch(r"0|[1-9][0-9]{0,19}", value) is not None, f"{self.what}: {name} is no number")
        require(int(value) < 1 << 64, f"{self.what}: {name} is beyond 64 bits")
        return int(value)

    def items(self, name: str, most: int, least: int = 1) -> list[Any]:
        value = self.member(name)
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise Refused(f"{self.what}: {name} is no list, empty or too long")
        return value


def decoded(value: Any, what: str) -> bytes:
    """Base64 as an encoder writes it."""
    if not isinstance(value, str):
        raise Refused(f"{what}: no base64")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{what}: no base64") from None
    require(base64.b64encode(data).decode() == value, f"{what}: no base64 as an encoder writes it")
    return data


ENTRY = {"stateHeight", "store", "key", "value", "merkleProof"}
HEAD = {"format", "chainId", "genesisHash", "headers"}


def entry(reader: Reader, name: str) -> Entry:
    height = reader.number("stateHeight")
    require(1 <= height <= (1 << 63) - 2, f"{name}: the state height is out of range")
    value = reader.member("value")
    content = None if value is None else decoded(value, f"{name}: value")
    key = reader.binary("key")
    require(bool(key) and content != b"", f"{name}: key or value is empty")
    return Entry(name, height, reader.text("store"), key, content, reader.binary("merkleProof"))


@dataclass(frozen=True)
class Head:
    chain_id: str
    genesis_hash: bytes
    links: list[headers.Linked]


def head(reader: Reader) -> Head:
    chain_id = reader.text("chainId")
    require(headers.is_chain_id(chain_id), "chain id is not name-N")
    links = []
    for index, item in enumerate(reader.items("headers", HEADERS_MAX)):
        link = Reader(item, f"headers {index}", {"signedHeader", "validatorSet"})
        validators = link.binary("validatorSet") if "validatorSet" in link else None
        links.append(headers.linked(link.binary("signedHeader"), validators))
    return Head(chain_id, reader.digest("genesisHash"), links)


@dataclass(frozen=True)
class Inclusion:
    index: int
    size: int
    path: list[bytes]


def inclusion(reader: Reader) -> Inclusion:
    path = [decoded(item, f"{reader.what}: path") for item in reader.items("path", 63, least=0)]
    require(all(len(item) == 32 for item in path), f"{reader.what}: a hash is not 32 bytes")
    return Inclusion(reader.number("leafIndex"), reader.number("treeSize"), path)
