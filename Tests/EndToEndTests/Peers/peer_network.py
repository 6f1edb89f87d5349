"""A peer of docs/protocols/network.md that is not ours: Python's ssl and cryptography.

    peer_network.py SCENARIO PORT NETWORK

`talk` connects with a self-signed Ed25519 certificate, says hello, sends a vote and a long message in pieces, and
prints what came back. Every other scenario connects in a way that must be refused, and prints how it ended:
plain (no TLS), no-certificate, rsa, p256, two-certificates, tls12.
"""

import datetime
import hashlib
import json
import os
import socket
import ssl
import struct
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

HELLO, PING, PONG, GOODBYE, LAST, PIECE = 0x00, 0x01, 0x02, 0x04, 0x10, 0x20
VOTES, SYNC = 0, 3
PIECE_BYTES = 64 << 10


def make_key(scenario):
    if scenario == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if scenario == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a peer in Python")])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    begin, end = (datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc) for year in (2020, 2040))
    builder = builder.not_valid_before(begin).not_valid_after(end)
    return builder.sign(key, algorithm)


def context(scenario, key):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    # The node's certificate vouches for itself only; its key is looked at below.
    made.verify_mode = ssl.CERT_NONE
    if scenario == "tls12":
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    if scenario == "no-certificate":
        return made
    chain = certificate(key).public_bytes(serialization.Encoding.PEM)
    if scenario == "two-certificates":
        chain += certificate(make_key("another")).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("chain.pem", "key.pem")]
        for path, content in zip(paths, (chain, secret)):
            with open(path, "wb") as file:
                file.write(content)
        made.load_cert_chain(*paths)
    return made


def frame(kind, payload):
    return struct.pack(">IB", 1 + len(payload), kind) + payload


def part(payload):
    return struct.pack(">I", len(payload)) + payload


def pieces(lane, message):
    rest = message
    while len(rest) > PIECE_BYTES:
        yield frame(PIECE | lane, rest[:PIECE_BYTES])
        rest = rest[PIECE_BYTES:]
    yield frame(LAST | lane, rest)


def exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("closed")
        data += more
    return data


def next_frame(connection):
    length, kind = struct.unpack(">IB", exactly(connection, 5))
    return kind, exactly(connection, length - 1)


def talk(connection, network):
    spki = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True)).public_key()
    node = hashlib.sha256(spki.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)).hexdigest()
    connection.sendall(frame(HELLO, struct.pack(">H", 1) + part(network.encode()) + part(b"") + os.urandom(16)))
    kind, hello = next_frame(connection)
    assert kind == HELLO and hello[:2] == b"\0\1"
    theirs = hello[6:6 + struct.unpack(">I", hello[2:6])[0]].decode()
    connection.sendall(frame(LAST | VOTES, b"a vote from Python"))
    for piece in pieces(SYNC, bytes(i * 7 & 0xFF for i in range(200_000))):
        connection.sendall(piece)
    unfinished = {}
    messages = []
    while len(messages) < 2:
        kind, payload = next_frame(connection)
        if kind == PING:
            connection.sendall(frame(PONG, payload))
        elif kind == GOODBYE:
            raise ConnectionError(payload.decode())
        elif kind & 0xF0 == PIECE:
            unfinished[kind & 0x0F] = unfinished.get(kind & 0x0F, b"") + payload
        elif kind & 0xF0 == LAST:
            whole = unfinished.pop(kind & 0x0F, b"") + payload
            messages.append([kind & 0x0F, len(whole), hashlib.sha256(whole).hexdigest()])
    connection.sendall(frame(GOODBYE, b"enough"))
    return {"node": node, "network": theirs, "tls": connection.version(), "messages": messages}


def main():
    scenario, port, network = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    raw = socket.create_connection(("127.0.0.1", port), timeout=30)
    try:
        if scenario == "plain":
            raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while raw.recv(4096):
                pass
            raise ConnectionError("closed")
        key = make_key(scenario)
        with context(scenario, key).wrap_socket(raw) as connection:
            print(json.dumps(talk(connection, network)))
    except (ssl.SSLError, ConnectionError) as error:
        print(json.dumps({"refused": str(error)}))


main()
