"""lossy.py ADDRESS LOST: a line to the gateway that loses answers.

Passes TLS through as it is. Of each of the first LOST connections that carry a request of some size, everything that the
gateway says after the request is thrown away, and the connection is cut. Prints {"port": N}, then at each line of
standard input {"lost": N}, how many answers were lost so far."""

import json
import select
import socket
import sys
import threading
import urllib.parse

gateway = urllib.parse.urlsplit(sys.argv[1])
remaining = int(sys.argv[2])
lost = 0
lock = threading.Lock()
# A handshake and a GET are shorter than this; the test's document is longer.
REQUEST_BYTES = 8_000


def carry(client):
    global remaining, lost
    server = socket.create_connection((gateway.hostname, gateway.port))
    sent = 0
    with client, server:
        while True:
            for source in select.select([client, server], [], [])[0]:
                try:
                    part = source.recv(65536)
                except OSError:
                    part = b""
                if not part:
                    return
                if source is client:
                    sent += len(part)
                    server.sendall(part)
                    continue
                with lock:
                    if sent >= REQUEST_BYTES and remaining > 0:
                        remaining -= 1
                        lost += 1
                        return
                client.sendall(part)


def listen(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=carry, args=(client,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=listen, args=(listener,), daemon=True).start()
print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
for _ in sys.stdin:
    with lock:
        print(json.dumps({"lost": lost}), flush=True)
