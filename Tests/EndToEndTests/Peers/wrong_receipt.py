"""A validator that lies about the log: wrong_receipt.py BUNDLE.record.json RECEIPT.KEY

Prints the bundle with the first receipt's path leading to another root, which the key signs."""

import base64
import json
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hashlib import sha256

bundle = json.load(open(sys.argv[1]))
secret = cbor2.loads(open(sys.argv[2], "rb").read())[-4]
receipt = cbor2.loads(base64.b64decode(bundle["receipts"][0]))
protected, unprotected, _, _ = receipt.value
size, index, path = cbor2.loads(unprotected[396][-1][0])
path[0] = sha256(b"another log").digest()


def root(entry):
    """RFC 9162, 2.1.3.2."""
    node, first, last = sha256(b"\0" + entry).digest(), index, size - 1
    for sibling in path:
        if first & 1 or first == last:
            node = sha256(b"\1" + sibling + node).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = sha256(b"\1" + node + sibling).digest()
        first, last = first >> 1, last >> 1
    assert last == 0
    return node


payload = root(sha256(base64.b64decode(bundle["statement"])).digest())
signed = cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
signature = Ed25519PrivateKey.from_private_bytes(secret).sign(signed)
proof = cbor2.dumps([size, index, path], canonical=True)
made = cbor2.CBORTag(18, [protected, {396: {-1: [proof]}}, None, signature])
bundle["receipts"][0] = base64.b64encode(cbor2.dumps(made, canonical=True)).decode()
json.dump(bundle, sys.stdout)
