"""A ledger's collection against a second implementation: vectors.py ADDRESS AUTHORITY KEYFILE PLAN.json

PLAN holds {collection, owner, metric, dimension, scale, countMax, normMax, blocks: [[operation...]...]}, an operation being
["put", kind, subject, tag, [component...]] or ["delete", kind, subject], one transaction a block. Goes through the same
history with `vector_model`, holds root and count against GET /vectors/{collection}, and asks searches of every kind over
HTTPS, each answered by the model as well. Prints {root, asked, findings: [text]}."""

import base64
import http.client
import json
import random
import ssl
import struct
import sys
import urllib.parse

from vector_model import Collection

address, authority, key_file, plan_file = sys.argv[1:]
key = open(key_file).read().strip()
plan = json.load(open(plan_file))
where = urllib.parse.urlsplit(address)
context = ssl.create_default_context(cafile=authority)
connection = http.client.HTTPSConnection(where.hostname, where.port, context=context, timeout=30)
findings = []


def ask(path):
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        findings.append(f"{path}: {answer.status} {body[:300]!r}")
        return {}
    return json.loads(body)


owner = bytes.fromhex(plan["owner"])
model = Collection(
    {"dot": 0, "squaredL2": 1, "cosine": 2}[plan["metric"]], plan["dimension"], plan["scale"], plan["countMax"],
    plan["normMax"], owner)
entries = {}
for block in plan["blocks"]:
    for operation in block:
        name, kind, subject = operation[0], operation[1], bytes.fromhex(operation[2])
        if (kind, subject) in model.subjects:
            model.delete(kind, subject)
        if name == "put":
            model.insert(kind, subject, operation[3], owner, operation[4])
            entries[model.subjects[kind, subject].id] = (kind, operation[2], operation[3])
    # One step for four operations and one for nothing, each by itself (decision 0031).
    for _ in range(1 + len(block) // 4):
        model.settle(1)

view = ask(f"/vectors/{plan['collection']}")
if view.get("root") != model.root().hex():
    findings.append(f"root: {view.get('root')}, the model has {model.root().hex()}")
if view.get("count") != len(model.subjects):
    findings.append(f"count: {view.get('count')}, the model has {len(model.subjects)}")
if view.get("lists") != len(model.all_lists()) or view.get("supers") != len(model.supers):
    findings.append(f"lists and supers: {view.get('lists')}, {view.get('supers')}")

chance = random.Random(7)
asked = 0
for number in range(60):
    query = [chance.randint(-127, 127) for _ in range(plan["dimension"])]
    mode = None if number % 5 == 0 else [chance.randint(1, 3), chance.randint(1, 6), chance.randint(1, 40)]
    limit = chance.choice([1, 3, 10, 1000])
    tag = chance.choice([None, None, 0, 1])
    mine = chance.choice([None, None, owner, bytes(32)])
    distance_max = chance.choice([None, None, 60_000, 0])
    packed = base64.urlsafe_b64encode(struct.pack("%db" % len(query), *query)).decode().rstrip("=")
    path = f"/vectors/{plan['collection']}/search?vector={packed}&limit={limit}"
    path += "&mode=exact" if mode is None else "&supers=%d&lists=%d&finalists=%d" % tuple(mode)
    path += "" if tag is None else f"&tag={tag}"
    path += "" if mine is None else f"&owner={mine.hex()}"
    path += "" if distance_max is None else f"&distanceMax={distance_max}"
    wanted = model.search(mode, limit, distance_max, tag, mine, query)
    wanted = [(distance, identity, *entries[identity]) for distance, identity in wanted]
    found = [
        (one["distance"], int(one["id"]), one["kind"], one["subject"], one["tag"]) for one in ask(path).get("answer", [])]
    asked += 1
    if found != wanted:
        findings.append(f"{path}: {found[:3]}, the model answers {wanted[:3]}")

print(json.dumps({"root": model.root().hex(), "asked": asked, "findings": findings}))
