"""The gateway against its own contract: contract.py ADDRESS AUTHORITY VALUES.json KEYFILE

VALUES holds {values: {"METHOD /template": {name: value}}, bodies: {"METHOD /template": [type, file]}}. Asks every
method and path of /openapi.json, well formed and malformed, and checks each answer's status, media type and body
against the document (jsonschema, draft 2020-12). Prints {asked, findings: [text]}."""

import http.client
import json
import ssl
import sys
import urllib.parse

from jsonschema import Draft202012Validator

address, authority, values_file, key_file = sys.argv[1:]
key = open(key_file).read().strip()
given = json.load(open(values_file))
where = urllib.parse.urlsplit(address)
context = ssl.create_default_context(cafile=authority)


def ask(method, path, body=None, media_type=None, fields=None, wanted="Content-Type"):
    connection = http.client.HTTPSConnection(where.hostname, where.port, context=context, timeout=30)
    headers = {"Authorization": f"Bearer {key}", **({"Content-Type": media_type} if media_type else {}), **(fields or {})}
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    # A stream does not end: its first line is enough.
    is_stream = answer.getheader("Content-Type") == "text/event-stream"
    content = answer.fp.readline() if is_stream else answer.read()
    connection.close()
    return answer.status, (answer.getheader(wanted) or "").split(";")[0], content


_, media_type, content = ask("GET", "/openapi.json")
contract = json.loads(content)
findings = []
asked = 0
# What is well formed and refused all the same: on a ledger where nobody signed twice there is no evidence.
REFUSED = {"POST /evidence"}
if media_type != "application/vnd.oai.openapi+json":
    findings.append(f"/openapi.json is {media_type}")


def check(name, operation, answer, expect_success):
    global asked
    asked += 1
    status, media_type, content = answer
    described = operation["responses"].get(str(status), operation["responses"].get("default"))
    if described is None:
        findings.append(f"{name}: status {status} is not described")
        return
    if expect_success != (status < 300):
        findings.append(f"{name}: status {status} {content[:200]!r}")
    if status >= 400 and json.loads(content)["type"] == "urn:vivian:problem:no-such-route":
        findings.append(f"{name}: no such route")
    kinds = described.get("content", {})
    if media_type not in kinds:
        findings.append(f"{name}: {status} of {media_type}, described are {list(kinds)}")
        return
    schema = kinds[media_type].get("schema")
    if media_type.endswith("json") and schema:
        whole = {**schema, "components": contract["components"]}
        for error in Draft202012Validator(whole).iter_errors(json.loads(content)):
            findings.append(f"{name}: {status} at {error.json_path}: {error.message[:200]}")


for template, methods in contract["paths"].items():
    for method, operation in methods.items():
        if method == "parameters":
            continue
        name = f"{method.upper()} {template}"
        values = given["values"].get(name)
        if values is None and "{" in template:
            findings.append(f"{name}: the test has no values for it")
            continue
        parameters = operation.get("parameters", [])

        def path_with(values):
            path = template
            query = {}
            for parameter in parameters:
                value = values.get(parameter["name"])
                if value is None:
                    continue
                if parameter["in"] == "path":
                    path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(value))
                elif parameter["in"] == "query":
                    query[parameter["name"]] = value
            return path + ("?" + urllib.parse.urlencode(query) if query else "")

        def fields_with(values):
            """Header fields; an If-Match of ETAG stands for the tag that GET on the path answers now."""
            fields = {parameter["name"]: values[parameter["name"]] for parameter in parameters
                      if parameter["in"] == "header" and values.get(parameter["name"]) is not None}
            if fields.get("If-Match") == "ETAG":
                fields["If-Match"] = ask("GET", path_with(required), wanted="ETag")[1]
            return fields

        body_type, body = None, None
        if name in given["bodies"]:
            body_type, file = given["bodies"][name]
            body = open(file, "rb").read()
        required = {parameter["name"]: (values or {}).get(parameter["name"]) for parameter in parameters
                    if parameter.get("required")}
        # Malformed first: the last one may be an erasure.
        for parameter in parameters:
            if "pattern" in parameter["schema"] or "enum" in parameter["schema"]:
                # A key may be almost anything, but no lone quote.
                bad = '"' if parameter["name"] == "Idempotency-Key" else "!"
                wrong = {**required, parameter["name"]: bad}
                answer = ask(method.upper(), path_with(wrong), body, body_type, fields_with(wrong))
                check(f"{name} with {parameter['name']}={bad}", operation, answer, False)
        if body is not None:
            path, fields = path_with(required), fields_with(required)
            check(f"{name} with a bad body", operation, ask(method.upper(), path, b"{", body_type, fields), False)
            check(f"{name} of no type", operation, ask(method.upper(), path, body, None, fields), False)
        for parameter in parameters:
            if parameter.get("required") and parameter["in"] == "header":
                answer = ask(method.upper(), path_with(required), body, body_type)
                check(f"{name} without {parameter['name']}", operation, answer, False)
        check(name, operation,
              ask(method.upper(), path_with(required), body, body_type, fields_with(required)), name not in REFUSED)
        if set(values or {}) - set(required):
            answer = ask(method.upper(), path_with(values), body, body_type, fields_with(values))
            check(f"{name} with all", operation, answer, True)
        for media_type in operation["responses"].get("200", {}).get("content", {}):
            if len(operation["responses"]["200"]["content"]) > 1 and "*" not in media_type:
                check(f"{name} as {media_type}", operation,
                      ask(method.upper(), path_with(required), body, body_type, {"Accept": media_type}), True)
print(json.dumps({"asked": asked, "findings": findings}))
