"""crowd.py ADDRESS AUTHORITY KEYFILE LIMIT: one and a half times as many connections as the gateway has places for.

127.0.0.1 has a connection that is quiet and one that carries an event stream; then 127.0.0.2 makes its own, which stay
quiet. Prints how many were made and are still open, and what became of the others, as JSON.
"""

import json
import select
import socket
import ssl
import sys
import time

address, authority, key_file, limit = sys.argv[1:5]
host, port = address.removeprefix("https://").rsplit(":", 1)
key = open(key_file).read().strip()
context = ssl.create_default_context(cafile=authority)


def connect(source):
    plain = socket.create_connection((host, int(port)), timeout=20, source_address=(source, 0))
    return context.wrap_socket(plain, server_hostname=host)


def is_over(connection):
    """Whether the other side has ended it; session tickets that came are read over."""
    try:
        connection.settimeout(0)
        return connection.recv(65536) == b""
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True


def ask(connection, path, accept="application/json"):
    connection.settimeout(20)
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\naccept: {accept}\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        assert piece, f"the connection for {path} is over"
        answer += piece
    head, body = answer.split(b"\r\n\r\n", 1)
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    # A stream has no length; of anything else the whole is read, so that the next answer begins at its head.
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return int(head[9:12])


quiet, stream = connect("127.0.0.1"), connect("127.0.0.1")
assert ask(quiet, "/status") == 200 and ask(stream, "/events", "text/event-stream") == 200
count, crowd, failed = int(limit) * 3 // 2, [], 0
for _ in range(count):
    try:
        crowd.append(connect("127.0.0.2"))
    except OSError:
        failed += 1
newcomer = connect("127.0.0.1")
answer = ask(newcomer, "/status")
# Those who were told to go need a moment.
over, deadline = [False] * len(crowd), time.monotonic() + 30
while over.count(False) + 3 > int(limit) and time.monotonic() < deadline:
    time.sleep(0.05)
    over = [gone or is_over(connection) for gone, connection in zip(over, crowd)]
stream.settimeout(0)
stream_over = False
while select.select([stream], [], [], 0)[0] or stream.pending():
    try:
        if stream.recv(65536) == b"":
            stream_over = True
            break
    except ssl.SSLWantReadError:
        break
    except OSError:
        stream_over = True
        break
print(json.dumps({
    "made": len(crowd), "failed": failed, "held": over.count(False) + 3, "oldestOver": over[0], "newestOver": over[-1],
    "quietAnswers": ask(quiet, "/status"), "streamOver": stream_over, "newcomer": answer}))
