"""What a folder of registry proofs says, read without any of our code: registry.py FOLDER KIND PUBLISHER NAME

Computes the subject's id, decodes the entries and uses that the proofs hold, and prints one JSON object. That each proof
holds is the independent checker's to say.
"""
import base64, glob, hashlib, json, sys
import cbor2

KINDS = {"model": 1, "dataset": 2, "statement": 3}
folder, kind, publisher, name = sys.argv[1:]
head = b"vivian/registry/subject/v1" + KINDS[kind].to_bytes(2, "big")
subject = hashlib.sha256(head + bytes.fromhex(publisher) + name.encode()).digest()

values = {}
for path in glob.glob(folder + "/*.proof.json"):
    file = json.load(open(path))
    assert file["store"] == "registry", path
    values[base64.b64decode(file["key"])] = base64.b64decode(file["value"]) if file["value"] is not None else None

at = KINDS[kind].to_bytes(2, "big") + subject
newest = int.from_bytes(values[b"newest/" + at] or b"", "big")
version = at + newest.to_bytes(8, "big")
entry = cbor2.loads(values[b"entry/" + version])
assert entry[0] == bytes.fromhex(publisher) and entry[1] == name
count = int.from_bytes(values.get(b"uses/" + version) or b"", "big")
uses = [cbor2.loads(values[b"use/" + version + index.to_bytes(8, "big")]) for index in range(count)]
print(json.dumps({
    "id": subject.hex(), "newest": newest, "digest": entry[2].hex(), "title": entry[3], "licence": entry[5],
    "edges": [[relation, of, id.hex(), number] for relation, of, id, number in entry[6]],
    "uses": [[relation, of, id.hex(), number] for relation, of, id, number in uses]}))
