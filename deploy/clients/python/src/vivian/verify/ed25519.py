"""Ed25519 under two predicates: ZIP-215 for votes, and libsodium's strict one for statements and receipts (RFC 8032)."""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)

# Points in extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z.
Point = tuple[int, int, int, int]
IDENTITY: Point = (0, 1, 1, 0)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _double(p: Point) -> Point:
    a = p[0] * p[0] % P
    b = p[1] * p[1] % P
    c = 2 * p[2] * p[2] % P
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1])
    g = a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(scalar: int, point: Point) -> Point:
    result = IDENTITY
    for bit in bin(scalar)[2:] if scalar else "":
        result = _double(result)
        if bit == "1":
            result = _add(result, point)
    return result


def _negate(p: Point) -> Point:
    return -p[0] % P, p[1], p[2], -p[3] % P


def _equal(p: Point, q: Point) -> bool:
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def _decompress(data: bytes) -> Point | None:
    """A point from 32 bytes, as ZIP-215 reads them: y may be P or more, and x = 0 may have the sign bit."""
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    sign = data[31] >> 7
    y %= P
    u = (y * y - 1) % P
    v = (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        if (v * x * x + u) % P:
            return None
        x = x * SQRT_M1 % P
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


_BASE = _decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert _BASE is not None
BASE: Point = _BASE


def _challenge(signature: bytes, message: bytes, key: bytes) -> int:
    return int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L


def is_valid_zip215(signature: bytes, message: bytes, key: bytes) -> bool:
    """Cofactored: [8][S]B = [8]R + [8][k]A; any encoding of a point, S below the group order."""
    if len(signature) != 64 or len(key) != 32:
        return False
    s = int.from_bytes(signature[32:], "little")
    a, r = _decompress(key), _decompress(signature[:32])
    if s >= L or a is None or r is None:
        return False
    rest = _add(_multiply(s, BASE), _negate(_add(r, _multiply(_challenge(signature, message, key), a))))
    for _ in range(3):
        rest = _double(rest)
    return _equal(rest, IDENTITY)


def is_valid_strict(signature: bytes, message: bytes, key: bytes) -> bool:
    """libsodium's: R is compared as bytes; keys and R of small order and keys that are not canonical are refused."""
    if len(signature) != 64 or len(key) != 32:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L or int.from_bytes(key, "little") & (1 << 255) - 1 >= P:
        return False
    a = _decompress(key)
    if a is None or _has_small_order(key) or _has_small_order(signature[:32]):
        return False
    point = _add(_multiply(s, BASE), _negate(_multiply(_challenge(signature, message, key), a)))
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def _has_small_order(data: bytes) -> bool:
    point = _decompress(data)
    if point is None:
        return False
    for _ in range(3):
        point = _double(point)
    return _equal(point, IDENTITY)
