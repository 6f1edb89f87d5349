"""Damaged variants of one accepted bundle: damage.py FILE FOLDER COUNT

Flips a bit in every bytes member, spells members otherwise, takes them away, and gives them other types; then keeps
COUNT of all these, evenly spread. None may be accepted: a solo ledger's commit has no vote that is not counted."""

import base64
import copy
import json
import sys
from pathlib import Path

source, folder, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
document = json.loads(source.read_text())
BYTES = {"key", "value", "merkleProof", "signedHeader", "validatorSet", "recordFile", "statement", "issuerKey", "path",
         "receipts"}


def members(node, path=()):
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in pairs:
        yield (*path, name), value
        yield from members(value, (*path, name))


def replaced(path, value):
    result = copy.deepcopy(document)
    parent = result
    for name in path[:-1]:
        parent = parent[name]
    if value is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return result


def variants():
    for path, value in members(document):
        if path[0] == "hashes":
            continue  # the checker does not compute event hashes
        names = [name for name in path if isinstance(name, str)]
        if isinstance(value, str) and names[-1] in BYTES and value:
            data = base64.b64decode(value)
            for place in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
                flipped = bytearray(data)
                flipped[place] ^= 1 << place % 8
                yield replaced(path, base64.b64encode(bytes(flipped)).decode())
            yield replaced(path, value + " ")
            yield replaced(path, base64.b64encode(data[:-1]).decode())
            yield replaced(path, base64.b64encode(data + b"\0").decode())
        elif isinstance(value, str):
            yield replaced(path, value + "0")
            yield replaced(path, "0" + value)
        if isinstance(path[-1], str):
            # Without its receipts a bundle is whole, and without a record file it proves existence.
            if path not in (("recordFile",), ("mediaType",), ("receipts",), ("receiptKeys",)):
                yield replaced(path, ...)
        for other in (5, {}, True):
            yield replaced(path, other)
        if isinstance(value, dict):
            yield replaced((*path, "extra"), "x")
    yield {**document, "extra": 1}
    yield [document]


every = list(variants())
every = [variant for variant in every if variant != document]
for index in range(min(count, len(every))):
    variant = every[index * len(every) // min(count, len(every))]
    name = source.name.replace(".", f"-{index:03}.", 1)
    (folder / name).write_text(json.dumps(variant, separators=(",", ":"), ensure_ascii=False))
