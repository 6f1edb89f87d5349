"""versions.py ADDRESS AUTHORITY KEYFILE METHOD PATH ROUNDS [TYPE BODY]: many change what all of them have read.

In each round several clients read PATH at the same version and change it at once with its ETag as If-Match; BODY may
hold {n}, which is another number for each. Prints {rounds: [[statuses]...]}: the statuses of each round, sorted."""

import json
import ssl
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

address, authority, key_file, method, path, rounds = sys.argv[1:7]
media_type, body = sys.argv[7:9] if len(sys.argv) > 7 else (None, None)
key = open(key_file).read().strip()
context = ssl.create_default_context(cafile=authority)
CLIENTS = 16


def ask(method, headers, data=None):
    request = urllib.request.Request(
        address + path, method=method, data=data, headers={"Authorization": f"Bearer {key}", **headers})
    try:
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            answer.read()
            return answer.status, answer.headers.get("ETag")
    except urllib.error.HTTPError as error:
        error.read()
        return error.code, None


results = []
with ThreadPoolExecutor(CLIENTS) as pool:
    for number in range(int(rounds)):
        barrier = Barrier(CLIENTS)

        def change(client):
            status, tag = ask("GET", {})
            assert status == 200 and tag
            barrier.wait()
            headers = {"If-Match": tag}
            data = None
            if body is not None:
                headers["Content-Type"] = media_type
                data = body.replace("{n}", str(number * CLIENTS + client)).encode()
            return ask(method, headers, data)[0]

        results.append(sorted(pool.map(change, range(CLIENTS))))
print(json.dumps({"rounds": results}))
