"""race.py ADDRESS AUTHORITY DOCUMENT COUNT KEYFILE: the same capture COUNT times at once, under one Idempotency-Key.

Prints how many jobs were made, and every answer that is neither the first one's nor a wish to wait.
"""

import json
import ssl
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

address, authority, path, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
key = open(sys.argv[5]).read().strip()
document = open(path, "rb").read()
context = ssl.create_default_context(cafile=authority)
barrier = Barrier(count)


def send(_):
    request = urllib.request.Request(
        address + "/epcis/capture",
        data=document,
        headers={"Content-Type": "application/ld+json", "Idempotency-Key": "one-of-many",
                 "Authorization": f"Bearer {key}"},
    )
    barrier.wait()
    try:
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


with ThreadPoolExecutor(count) as pool:
    answers = list(pool.map(send, range(count)))
jobs = {body["captureID"] for status, body in answers if status == 202}
unexpected = [
    f"{status} {body.get('type')}"
    for status, body in answers
    if status != 202 and not (status == 409 and body["type"] == "urn:vivian:problem:idempotency-key-in-flight")
]
print(json.dumps({"jobs": len(jobs), "unexpected": unexpected}))
