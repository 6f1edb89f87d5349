"""Three Merkle trees: CometBFT's simple one, the record log (RFC 9162), and ICS-23 proofs for the ledger's two specs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from . import protobuf
from .protobuf import Field, Message
from .refusal import require


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def simple_root(leaves: list[bytes]) -> bytes:
    """CometBFT's tree: leaves behind 0, nodes behind 1, split at the largest power of two below the count."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + simple_root(leaves[:split]) + simple_root(leaves[split:]))


def log_root(entry: bytes, index: int, size: int, path: list[bytes], what: str) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.2)."""
    require(index < size < 1 << 63, f"{what}: index or size is out of range")
    fn, sn = index, size - 1
    root = sha256(b"\0" + entry)
    for sibling in path:
        require(sn > 0, f"{what}: the path is too long")
        if fn & 1 or fn == sn:
            root = sha256(b"\1" + sibling + root)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            root = sha256(b"\1" + root + sibling)
        fn >>= 1
        sn >>= 1
    require(sn == 0, f"{what}: the path is too short")
    return root


LEAF_OP = Message(
    "LeafOp",
    (
        Field(1, "hash", "uint"),
        Field(2, "prehash_key", "uint"),
        Field(3, "prehash_value", "uint"),
        Field(4, "length", "uint"),
        Field(5, "prefix", "bytes"),
    ),
)
INNER_OP = Message(
    "InnerOp", (Field(1, "hash", "uint"), Field(2, "prefix", "bytes"), Field(3, "suffix", "bytes"))
)
EXISTENCE = Message(
    "ExistenceProof",
    (
        Field(1, "key", "bytes"),
        Field(2, "value", "bytes"),
        Field(3, "leaf", LEAF_OP),
        Field(4, "path", INNER_OP, repeated=True),
    ),
)
ABSENCE = Message(
    "NonExistenceProof", (Field(1, "key", "bytes"), Field(2, "left", EXISTENCE), Field(3, "right", EXISTENCE))
)
COMMITMENT = Message("CommitmentProof", (Field(1, "exist", EXISTENCE), Field(2, "nonexist", ABSENCE)))
MERKLE_PROOF = Message("MerkleProof", (Field(1, "proofs", COMMITMENT, repeated=True),))


@dataclass(frozen=True)
class Spec:
    """One kind of binary tree (``cosmos.ics23.v1.ProofSpec``), as far as the two of the ledger differ."""

    name: str
    leaf_prefix: bytes
    node_prefix: bytes
    hashes_keys: bool
    has_length: bool
    empty_child: bytes | None
    depth_max: int


JMT = Spec("jmt", b"JMT::LeafNode", b"JMT::IntrnalNode", True, False, b"SPARSE_MERKLE_PLACEHOLDER_HASH__", 256)
TENDERMINT = Spec("tendermint", b"\0", b"\1", False, True, None, 128)


def verify_entry(root: bytes, store: str, key: bytes, value: bytes | None, proof: bytes, what: str) -> None:
    """Checks [store, key] under an app hash: presence of a value, or absence where it is None."""
    proofs = protobuf.decode(MERKLE_PROOF, proof)["proofs"]
    require(len(proofs) == 2, f"{what}: not a proof for two trees")
    for item in proofs:
        require((item["exist"] is None) != (item["nonexist"] is None), f"{what}: not one proof a tree")
    inner, outer = proofs
    require(outer["exist"] is not None, f"{what}: the store is not proven")
    if value is not None:
        require(inner["exist"] is not None, f"{what}: not a proof of presence")
        subroot = _existence(JMT, inner["exist"], key, value, what)
    else:
        require(inner["nonexist"] is not None, f"{what}: not a proof of absence")
        subroot = _absence(inner["nonexist"], key, what)
    require(_existence(TENDERMINT, outer["exist"], store.encode(), subroot, what) == root, f"{what}: another root")


def _existence(spec: Spec, proof: dict[str, Any], key: bytes, value: bytes, what: str) -> bytes:
    require(proof["key"] == key and proof["value"] == value, f"{what}: the proof is about another key or value")
    require(bool(key) and bool(value), f"{what}: key or value is empty")
    leaf = proof["leaf"]
    require(leaf is not None, f"{what}: no leaf")
    wanted = {
        "hash": 1,
        "prehash_key": 1 if spec.hashes_keys else 0,
        "prehash_value": 1,
        "length": 1 if spec.has_length else 0,
        "prefix": spec.leaf_prefix,
    }
    require(leaf == wanted, f"{what}: the leaf is not that of its tree")
    require(len(proof["path"]) <= spec.depth_max, f"{what}: the path is too long")
    hashed_value = sha256(value)
    if spec.has_length:
        node = sha256(
            spec.leaf_prefix + protobuf.varint(len(key)) + key + protobuf.varint(len(hashed_value)) + hashed_value
        )
    else:
        node = sha256(spec.leaf_prefix + sha256(key) + hashed_value)
    bits = int.from_bytes(sha256(key), "big")
    for index, step in enumerate(proof["path"]):
        is_right = _is_right(spec, step, what)
        if spec.hashes_keys:
            depth = len(proof["path"]) - 1 - index
            require(is_right == bool(bits >> 255 - depth & 1), f"{what}: the path does not follow the hashed key")
        node = sha256(step["prefix"] + node + step["suffix"])
    return node


def _is_right(spec: Spec, step: dict[str, Any], what: str) -> bool:
    """Whether a step comes from a right child; a node has one definite place for its child."""
    require(step["hash"] == 1, f"{what}: another hash")
    if step["prefix"] == spec.node_prefix and len(step["suffix"]) == 32:
        return False
    is_right = step["prefix"].startswith(spec.node_prefix) and len(step["prefix"]) == len(spec.node_prefix) + 32
    require(is_right and not step["suffix"], f"{what}: a node has no valid place for its child")
    return True


def _absence(proof: dict[str, Any], key: bytes, what: str) -> bytes:
    require(proof["key"] == key, f"{what}: the absence proof is about another key")
    left, right = proof["left"], proof["right"]
    place = sha256(key)
    roots = []
    for neighbour in (left, right):
        if neighbour is not None:
            roots.append(_existence(JMT, neighbour, neighbour["key"], neighbour["value"], what))
    require(bool(roots) and len(set(roots)) == 1, f"{what}: no neighbours, or of two trees")
    if left is not None:
        require(sha256(left["key"]) < place, f"{what}: the key is not right of its left neighbour")
    if right is not None:
        require(place < sha256(right["key"]), f"{what}: the key is not left of its right neighbour")
    if left is None:
        require(_is_edge(right["path"], False, what), f"{what}: the right neighbour is not left-most")
    elif right is None:
        require(_is_edge(left["path"], True, what), f"{what}: the left neighbour is not right-most")
    else:
        require(_are_adjacent(left["path"], right["path"], what), f"{what}: the leaves are not adjacent")
    return roots[0]


def _is_edge(path: list[dict[str, Any]], right: bool, what: str) -> bool:
    for step in path:
        if _is_right(JMT, step, what) != right:
            sibling = step["suffix"] if right else step["prefix"][-32:]
            if sibling != JMT.empty_child:
                return False
    return True


def _are_adjacent(left: list[dict[str, Any]], right: list[dict[str, Any]], what: str) -> bool:
    left, right = list(left), list(right)
    while left and right and left[-1] == right[-1]:
        left.pop()
        right.pop()
    if not left or not right:
        return False
    if _is_right(JMT, left.pop(), what) or not _is_right(JMT, right.pop(), what):
        return False
    return _is_edge(left, True, what) and _is_edge(right, False, what)

