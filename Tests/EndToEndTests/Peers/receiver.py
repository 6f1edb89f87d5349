"""A webhook receiver that is not ours: receiver.py CONTRACT.json CERTIFICATE KEY

Listens on loopback with TLS (plain HTTP where CERTIFICATE is `-`) and prints {port}. Every message is checked by PyPI's
standardwebhooks (HMAC) or by cryptography (Ed25519), read by PyPI's cloudevents, and held against the schema that the
contract's `webhooks` have for its type (jsonschema). For each line of standard input one line of output:

  key TEXT       a secret (whsec_...) or public key (whpk_...) of which one must have signed; several may be given
  plan A B ...   what the next requests get, the last for all that follow: a status, `hang`, or `to=URL` for a redirect
  skew SECONDS   how far the sender's clock is ahead of ours
  seen           {messages}: what came since the last `seen`

Ends with its input."""

import base64
import datetime
import http.server
import json
import ssl
import sys
import threading
import time

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator
from standardwebhooks import webhooks

contract = json.load(open(sys.argv[1]))
certificate, key_file = sys.argv[2:]
schemas = {}
for hook in contract["webhooks"].values():
    schema = hook["post"]["requestBody"]["content"]["application/cloudevents+json"]["schema"]
    schemas[schema["allOf"][1]["properties"]["type"]["const"]] = {**schema, "components": contract["components"]}

lock = threading.Lock()
keys, plan, messages, skew = [], ["200"], [], 0


class SendersClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.now(tz) + datetime.timedelta(seconds=skew)


webhooks.datetime = SendersClock


def signed_by(key, body, headers):
    if key.startswith("whsec_"):
        try:
            webhooks.Webhook(key).verify(body, headers)
            return True
        except webhooks.WebhookVerificationError:
            return False
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for signature in headers["webhook-signature"].split(" "):
        scheme, _, text = signature.partition(",")
        try:
            if scheme == "v1a":
                public.verify(base64.b64decode(text), message)
                return True
        except InvalidSignature:
            pass
    return False


def read(headers, body):
    found = {"id": headers.get("webhook-id"), "timestamp": headers.get("webhook-timestamp"), "errors": [],
             "signatures": len(headers.get("webhook-signature", "").split(" ")), "body": body.decode()}
    found["signedBy"] = [index for index, key in enumerate(keys) if signed_by(key, body, headers)]
    # Whoever changed a byte on the way would be found out.
    found["forgeable"] = any(signed_by(key, body[:-1] + b" }", headers) for key in keys)
    event = from_http_event(HTTPMessage(headers=headers, body=body))
    found |= {"type": event.get_type(), "source": event.get_source(), "subject": event.get_subject(),
              "data": event.get_data(), "specversion": event.get_specversion()}
    if event.get_id() != found["id"]:
        found["errors"].append("webhook-id is not the event's id")
    for error in Draft202012Validator(schemas[event.get_type()]).iter_errors(json.loads(body)):
        found["errors"].append(f"{error.json_path}: {error.message}")
    return found


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with lock:
            answer = plan.pop(0) if len(plan) > 1 else plan[0]
            try:
                messages.append(read(headers, body))
            except Exception as error:
                messages.append({"errors": [repr(error)]})
        if answer == "hang":
            time.sleep(600)
        self.send_response(307 if answer.startswith("to=") else int(answer))
        if answer.startswith("to="):
            self.send_header("location", answer[3:])
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
if certificate != "-":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key_file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port}), flush=True)
for line in sys.stdin:
    what, *words = line.split()
    answer = {}
    with lock:
        if what == "key":
            keys += words
        elif what == "plan":
            plan = words
        elif what == "skew":
            skew = int(words[0])
        elif what == "seen":
            answer, messages = {"messages": messages}, []
    print(json.dumps(answer), flush=True)
