"""An OpenID provider that is not ours: issuer.py

Runs PyPI's oidc-provider-mock (discovery, key set) on a free port and prints {issuer}. For each line of standard input
one line of output: `rotate` makes the provider use a new key and prints {rotated}; `mint CLAIMS` prints {token}, an
access token (RFC 9068) over these claims, with iss, iat and exp, signed by the provider's present key; `forge CLAIMS`
the same with a key of nobody's under the provider's kid. Ends with its input."""

import json
import sys
import threading
import time

import flask
import werkzeug.serving
from authlib import jose
from oidc_provider_mock import app

provider = app()


@provider.post("/test/rotate")
def rotate():
    flask.g.oidc_provider_mock_storage.jwk = jose.RSAKey.generate_key(is_private=True)
    return {"rotated": True}


@provider.post("/test/<what>")
def mint(what):
    key = flask.g.oidc_provider_mock_storage.jwk
    header = {"alg": "RS256", "typ": "at+jwt", "kid": key.thumbprint()}
    if what == "forge":
        key = jose.RSAKey.generate_key(is_private=True)
    now = int(time.time())
    claims = {"iss": issuer, "iat": now, "exp": now + 300, **flask.request.get_json()}
    return {"token": jose.jwt.encode(header, claims, key).decode()}


server = werkzeug.serving.make_server("localhost", 0, provider, threaded=True)
issuer = f"http://localhost:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
client = provider.test_client()
print(json.dumps({"issuer": issuer}), flush=True)
for line in sys.stdin:
    what, _, body = line.strip().partition(" ")
    print(json.dumps(client.post(f"/test/{what}", json=json.loads(body or "{}")).get_json()), flush=True)
