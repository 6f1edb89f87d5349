"""An auditor of the record log: log.py JUDGES ADDRESS AUTHORITY GENESIS.json KEYFILE

Checks the signed note (C2SP), reads all entries and tiles (C2SP tlog-tiles), computes every tile and the root again,
and checks consistency proofs between many sizes (RFC 9162) with the independent checker. Prints {size, proofs}."""

import base64
import hashlib
import json
import ssl
import sys
import urllib.request

judges, address, authority, genesis_file, key_file = sys.argv[1:]
credential = open(key_file).read().strip()
sys.path.insert(0, judges)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: E402
from vivian_judge import rfc9162  # noqa: E402

context = ssl.create_default_context(cafile=authority)


def get(path):
    request = urllib.request.Request(address + path, headers={"Authorization": f"Bearer {credential}"})
    with urllib.request.urlopen(request, context=context, timeout=30) as answer:
        return answer.read()


# The note: origin, size, root, an empty line, and a signature line per validator.
note = get("/log/checkpoint").decode()
text, signatures = note.split("\n\n", 1)
text += "\n"
origin, size, root = text.split("\n")[:3]
size, root = int(size), base64.b64decode(root, validate=True)
genesis_bytes = open(genesis_file, "rb").read()
genesis = json.loads(genesis_bytes)
assert origin == "vivian-log:" + genesis["chainId"], origin
# COSE_Key of the receipt key: {1: 1, -1: 6, -2: 32 bytes}.
keys = [base64.b64decode(validator["receiptKey"])[-32:] for validator in genesis["validators"]]
valid = 0
for line in signatures.splitlines():
    dash, name, content = line.split(" ")
    assert dash == "\u2014" and name == origin, line
    content = base64.b64decode(content, validate=True)
    for key in keys:
        if content[:4] == hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]:
            Ed25519PublicKey.from_public_bytes(key).verify(content[4:], text.encode())
            valid += 1
assert valid == len(keys), f"{valid} valid signatures"


def tile(level, index, width):
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    path = "/".join(groups) + (f".p/{width}" if width < 256 else "")
    return get(f"/log/tile/{level}/{path}")


# Every entry: a 16-bit length and that many bytes.
entries = []
for index in range(-(-size // 256)):
    data = tile("entries", index, min(256, size - 256 * index))
    place = 0
    while place < len(data):
        length = int.from_bytes(data[place:place + 2], "big")
        entries.append(data[place + 2:place + 2 + length])
        place += 2 + length
assert len(entries) == size, f"{len(entries)} entries of {size}"
assert entries[0] == hashlib.sha256(genesis_bytes).digest(), "entry 0 is not the genesis hash"
leaves = [rfc9162.leaf_hash(entry) for entry in entries]


def subtree(first, width):
    return leaves[first] if width == 1 else rfc9162.node_hash(subtree(first, width // 2),
                                                              subtree(first + width // 2, width // 2))


level, step = 0, 1
while step <= size:
    nodes = [subtree(first, step) for first in range(0, size - step + 1, step)]
    for index in range(-(-len(nodes) // 256)):
        wanted = nodes[256 * index:256 * index + 256]
        assert tile(level, index, len(wanted)) == b"".join(wanted), f"tile {level}/{index}"
    level, step = level + 1, step * 256


def root_of(count):
    if count == 1:
        return leaves[0]
    peaks, first = [], 0
    for bit in reversed(range(count.bit_length())):
        if count >> bit & 1:
            peaks.append(subtree(first, 1 << bit))
            first += 1 << bit
    result = peaks.pop()
    while peaks:
        result = rfc9162.node_hash(peaks.pop(), result)
    return result


assert root_of(size) == root, "the root is not that of the entries"
proofs = 0
sizes = sorted({1, 2, 3, size // 3, size // 2, 255, 256, 257, size - 1, size} & set(range(1, size + 1)))
for old in sizes:
    for new in sizes:
        if old <= new:
            answer = json.loads(get(f"/log/consistency?from={old}&to={new}"))
            path = [base64.b64decode(part, validate=True) for part in answer["path"]]
            rfc9162.verify_consistency(old, new, root_of(old), root_of(new), path)
            proofs += 1
            if path:
                path[-1] = bytes(32)
                try:
                    rfc9162.verify_consistency(old, new, root_of(old), root_of(new), path)
                except Exception:
                    continue
                raise SystemExit(f"a damaged proof from {old} to {new} is accepted")
print(json.dumps({"size": size, "proofs": proofs}))
