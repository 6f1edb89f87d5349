"""ECDSA over SHA-256 on P-256 and secp256k1, with low s (RFC 9053 §2.1, RFC 8812)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    p: int
    a: int
    b: int
    n: int
    g: tuple[int, int]


P256 = Curve(
    p=2**256 - 2**224 + 2**192 + 2**96 - 1,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    g=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
)
SECP256K1 = Curve(
    p=2**256 - 2**32 - 977,
    a=0,
    b=7,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    g=(
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    ),
)

Affine = tuple[int, int] | None


def _add(curve: Curve, p: Affine, q: Affine) -> Affine:
    if p is None:
        return q
    if q is None:
        return p
    if p[0] == q[0]:
        if (p[1] + q[1]) % curve.p == 0:
            return None
        slope = (3 * p[0] * p[0] + curve.a) * pow(2 * p[1], -1, curve.p) % curve.p
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, curve.p) % curve.p
    x = (slope * slope - p[0] - q[0]) % curve.p
    return x, (slope * (p[0] - x) - p[1]) % curve.p


def _multiply(curve: Curve, scalar: int, point: Affine) -> Affine:
    result: Affine = None
    while scalar:
        if scalar & 1:
            result = _add(curve, result, point)
        point = _add(curve, point, point)
        scalar >>= 1
    return result


def is_valid(curve: Curve, signature: bytes, message: bytes, x: bytes, y: bytes) -> bool:
    """Whether r || s is a signature with low s under the point; a point that is not on the curve signs nothing."""
    if len(signature) != 64 or len(x) != 32 or len(y) != 32:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not 0 < r < curve.n or not 0 < s <= curve.n // 2:
        return False
    point = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    if max(point) >= curve.p or (point[1] ** 2 - point[0] ** 3 - curve.a * point[0] - curve.b) % curve.p:
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, -1, curve.n)
    sum_ = _add(
        curve,
        _multiply(curve, digest * inverse % curve.n, curve.g),
        _multiply(curve, r * inverse % curve.n, point),
    )
    return sum_ is not None and sum_[0] % curve.n == r
