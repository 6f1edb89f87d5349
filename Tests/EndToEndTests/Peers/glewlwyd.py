"""An authorization server that is not ours: glewlwyd.py FOLDER

Runs Debian's glewlwyd on SQLite in a folder, with an OpenID Connect plugin that signs RFC 9068 access tokens and one
client for the client credentials grant. Prints {issuer}, then for each line of standard input (scopes) one line
{token}: an access token for these scopes. Ends with its input."""

import base64
import http.cookiejar
import json
import pathlib
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
root = f"http://localhost:{port}"
issuer = f"{root}/api/oidc"

database = sqlite3.connect(folder / "glewlwyd.db")
database.executescript(pathlib.Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3").read_text())
database.commit()
database.close()
(folder / "glewlwyd.conf").write_text(f"""
port={port}
bind_address="127.0.0.1"
external_url="{root}/"
api_prefix="api"
log_mode="file"
log_level="WARNING"
log_file="{folder}/glewlwyd.log"
cookie_secure=0
session_key="GLEWLWYD2_SESSION_ID"
session_expiration=3600
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
login_url="login.html"
hash_algorithm="SHA512"
database = {{ type = "sqlite3"; path = "{folder}/glewlwyd.db"; }};
""")
server = subprocess.Popen(
    ["/usr/bin/glewlwyd", "--config-file", str(folder / "glewlwyd.conf")], stdin=subprocess.DEVNULL,
    stdout=open(folder / "out", "wb"), stderr=subprocess.STDOUT)
try:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def send(method, path, body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read()[:500]!r}")

    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            if server.poll() is not None:
                raise SystemExit((folder / "out").read_text())
            time.sleep(0.1)
    send("POST", "/api/auth/", {"username": "admin", "password": "password"})
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    send("POST", "/api/mod/plugin/", {
        "module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "parameters": {
            "iss": issuer, "jwt-type": "ecdsa", "jwt-key-size": "256", "key": private, "cert": public,
            "access-token-duration": 600, "refresh-token-duration": 1200, "code-duration": 60,
            "refresh-token-rolling": True, "allow-non-oidc": True, "auth-type-code-enabled": True,
            "auth-type-token-enabled": True, "auth-type-id-token-enabled": True, "auth-type-client-enabled": True,
            "auth-type-password-enabled": False, "auth-type-refresh-enabled": True, "jwks-show": True,
            "additional-parameters": [], "claims": [], "scope": [],
            "resource-allowed": True, "resource-scope": {}, "resource-client-property": "resource",
            "resource-scope-and-client-property": False, "resource-change-allowed": True,
        }})
    for scope in ("records:capture", "records:read", "partner.write"):
        send("POST", "/api/scope/", {
            "name": scope, "display_name": scope, "password_required": False, "scheme_required": {}, "scheme": {}})
    send("POST", "/api/client/", {
        "client_id": "orchard", "name": "Orchard", "confidential": True, "enabled": True, "client_secret": "secret",
        "authorization_type": ["client_credentials"], "redirect_uri": [], "resource": ["https://gateway.example/"],
        "token_endpoint_auth_method": ["client_secret_basic"],
        "scope": ["records:capture", "records:read", "partner.write"]})
    print(json.dumps({"issuer": issuer}), flush=True)
    for line in sys.stdin:
        form = {"grant_type": "client_credentials", "scope": line.strip(), "resource": "https://gateway.example/"}
        request = urllib.request.Request(
            f"{issuer}/token", urllib.parse.urlencode(form).encode(), {
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": "Basic " + base64.b64encode(b"orchard:secret").decode()})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                print(json.dumps({"token": json.load(answer)["access_token"]}), flush=True)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"token: {error.code} {error.read()[:500]!r}")
finally:
    server.terminate()
    server.wait()
