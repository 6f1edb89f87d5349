"""COSE_Sign1 and COSE_Key in the shapes of bundles.md: tag 18, exact labels, three kinds of key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from . import cbor, ecdsa, ed25519
from .refusal import Refused, require


@dataclass(frozen=True)
class Key:
    """A public key: its map as read, and its RFC 9679 thumbprint."""

    map: dict[int, Any]

    def __post_init__(self) -> None:
        shape = self.map.get(1), self.map.get(-1), set(self.map)
        known = (
            (1, 6, {1, -1, -2}),
            (2, 1, {1, -1, -2, -3}),
            (2, 8, {1, -1, -2, -3}),
        )
        require(shape in known, "key: not an Ed25519, P-256 or secp256k1 key")
        for label in (-2, -3):
            value = self.map.get(label)
            if label in self.map and not (isinstance(value, bytes) and len(value) == 32):
                raise Refused(f"key: coordinate {label} is not 32 bytes")

    @property
    def thumbprint(self) -> bytes:
        return hashlib.sha256(cbor.encode(self.map)).digest()

    @property
    def algorithm(self) -> int:
        return {6: -8, 1: -7, 8: -47}[self.map[-1]]

    def is_valid(self, signature: bytes, message: bytes) -> bool:
        if self.map[-1] == 6:
            return ed25519.is_valid_strict(signature, message, self.map[-2])
        curve = ecdsa.P256 if self.map[-1] == 1 else ecdsa.SECP256K1
        return ecdsa.is_valid(curve, signature, message, self.map[-2], self.map[-3])


def key(value: Any) -> Key:
    require(isinstance(value, dict), "key: not a map")
    return Key(value)


@dataclass(frozen=True)
class Sign1:
    what: str
    protected: bytes
    header: dict[Any, Any]
    unprotected: dict[Any, Any]
    payload: bytes | None
    signature: bytes

    def is_signed(self, by: Key, payload: bytes) -> bool:
        message = cbor.encode(["Signature1", self.protected, b"", payload])
        return by.is_valid(self.signature, message)

    def text(self, label: int, wanted: str | None = None) -> str:
        value = self.header.get(label)
        if not isinstance(value, str) or wanted is not None and value != wanted:
            raise Refused(f"{self.what}: label {label} is not {wanted or 'text'}")
        return value

    def digest(self, label: int) -> bytes:
        value = self.header.get(label)
        if not isinstance(value, bytes) or len(value) != 32:
            raise Refused(f"{self.what}: label {label} is not 32 bytes")
        return value

    def unsigned(self, label: int) -> int:
        value = self.header.get(label)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Refused(f"{self.what}: label {label} is no unsigned integer")
        return value

    def issuer(self, chain_id: str) -> str:
        claims = self.header.get(15)
        if not isinstance(claims, dict) or set(claims) != {1, 2} or not isinstance(claims[1], str) or not claims[1]:
            raise Refused(f"{self.what}: the claims are not iss and sub")
        require(len(claims[1]) <= 8192, f"{self.what}: iss is too long")
        require(claims[2] == f"vivian-log:{chain_id}", f"{self.what}: sub is not the log's name")
        return claims[1]


def sign1(data: bytes, what: str, labels: set[int]) -> Sign1:
    value = cbor.decode(data)
    if not isinstance(value, cbor.Tagged) or not isinstance(value.value, list) or len(value.value) != 4:
        raise Refused(f"{what}: not a COSE_Sign1")
    protected, unprotected, payload, signature = value.value
    if not isinstance(protected, bytes) or not isinstance(unprotected, dict) or not isinstance(signature, bytes):
        raise Refused(f"{what}: not a COSE_Sign1")
    require(payload is None or isinstance(payload, bytes), f"{what}: not a COSE_Sign1")
    header = cbor.decode(protected)
    require(isinstance(header, dict), f"{what}: the protected header is no map")
    require(set(header) == labels, f"{what}: the protected labels are not those of its kind")
    return Sign1(what, protected, header, unprotected, payload, signature)
