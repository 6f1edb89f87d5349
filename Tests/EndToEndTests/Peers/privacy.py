"""Traces of documents in files: privacy.py INPUT.json FOLDER...

INPUT holds {documents: [file], records: [file of a bundle], words: [text], hex: [text]}. Looked for are, of each
document, event and record document: SHA-256 of its bytes and of its RFC 8785 form, every string of 8 bytes or more (of
an XML document texts and attributes), the GS1 keys within, the event hashes and the record files' salts; each raw, in
hex, and in base64 and base64url at the three places where it may begin. Prints one JSON object {what: [file]}."""

import base64
import hashlib
import json
import re
import sys
import xml.etree.ElementTree
from pathlib import Path

source = json.loads(Path(sys.argv[1]).read_text())
needles = {}


def add(what, data):
    if len(data) >= 8:
        needles.setdefault(bytes(data), what)


def jcs(value):
    # Enough for these documents: members are ASCII, numbers are short decimals.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def add_hashes(what, data):
    add(f"SHA-256 of {what}", hashlib.sha256(data).digest())


def strings(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from strings(item)
    elif isinstance(node, dict):
        for name, item in node.items():
            yield name
            yield from strings(item)


# Words of the standards alone: they name nothing of the document's author.
STANDARD = re.compile(r"(epcis\w*|[a-zA-Z]+|application/[\w+.-]+|https://ref\.gs1\.org/standards/.*)")


def add_values(node, own_words):
    for text in strings(node):
        if own_words or not STANDARD.fullmatch(text):
            add(f"value {text}", text.encode())
        for key in re.findall(r"\d[\d.]{6,}[\w.-]*", text):
            add(f"GS1 key {key}", key.encode())
            add(f"GS1 key digits {key}", re.sub(r"\D", "", key).encode())


for name in source.get("documents", []):
    data = Path(name).read_bytes()
    add_hashes(name, data)
    if name.endswith(".xml"):
        for element in xml.etree.ElementTree.fromstring(data).iter():
            add_values([(element.text or "").strip(), list(element.attrib.values())], False)
        continue
    document = json.loads(data)
    add_hashes(f"JCS of {name}", jcs(document))
    for event in document["epcisBody"]["eventList"]:
        add_hashes(f"JCS of an event of {name}", jcs(event))
        add_values(event, True)
for name in source.get("records", []):
    bundle = json.loads(Path(name).read_text())
    if "hashes" in bundle:
        digest = re.search(r"sha-256;([0-9a-f]{64})", bundle["hashes"]["cbv"])[1]
        add("event hash", bytes.fromhex(digest))
    record = base64.b64decode(bundle["recordFile"])
    head = len(b"vivian/record/1\n")
    add("salt", record[head:head + 32])
    document = record[record.index(b"\n", head + 32) + 1:]
    add_hashes("a record document", document)
    for event in json.loads(document)["epcisBody"]["eventList"]:
        add_hashes("JCS of a record's event", jcs(event))
        add_values(event, True)
for word in source.get("words", []):
    add(f"word {word}", word.encode())

for text in source.get("hex", []):
    add(f"bytes {text[:16]}...", bytes.fromhex(text))

forms = []
for data, what in needles.items():
    forms += [(data, what), (data.hex().encode(), what + ", hex"), (data.hex().upper().encode(), what + ", HEX")]
    for place in range(3):
        # The letters that depend on the neighbours are left out.
        text = base64.b64encode(b"\0" * place + data)
        first, last = -(-place * 4 // 3) if place else 0, (place + len(data)) * 8 // 6
        for alphabet in (text, text.translate(bytes.maketrans(b"+/", b"-_"))):
            forms.append((alphabet[first:last], what + ", base64"))

found = {}
searched = 0
for folder in sys.argv[2:]:
    for file in sorted(Path(folder).rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            searched += len(content)
            for form, what in forms:
                if form in content:
                    found.setdefault(what, []).append(file.name)
print(json.dumps({"needles": len(needles), "bytes": searched, "found": found}, ensure_ascii=False))
