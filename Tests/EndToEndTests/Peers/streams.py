"""streams.py ADDRESS AUTHORITY KEYFILE NAME [COUNT]: streams of HTTP/2 beside each other, spoken by the library h2.

slow-body: one stream's body does not come to its end, others on the same connection ask meanwhile and afterwards.
share: COUNT captures whose bodies do not come, from 127.0.0.2, a hundred a connection, and what 127.0.0.1 gets meanwhile.
Prints what came, as JSON.
"""

import json
import socket
import ssl
import sys
import time

import h2.config
import h2.connection
import h2.events

address, authority, key_file, name = sys.argv[1:5]
host, port = address.removeprefix("https://").rsplit(":", 1)
key = open(key_file).read().strip()
CAPTURE = [("content-type", "application/ld+json")]


class Client:
    """One connection; answers by stream."""

    def __init__(self, source="127.0.0.1"):
        context = ssl.create_default_context(cafile=authority)
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection((host, int(port)), timeout=30, source_address=(source, 0))
        self.socket = context.wrap_socket(plain, server_hostname=host)
        self.h2 = h2.connection.H2Connection(config=h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.answers, self.is_over = {}, False
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def ask(self, method, path, fields=(), ends=True):
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = {"status": None, "fields": {}, "body": b"", "ended": False, "reset": None}
        self.h2.send_headers(stream, [
            (":method", method), (":scheme", "https"), (":authority", f"{host}:{port}"), (":path", path),
            ("authorization", f"Bearer {key}"), *fields], end_stream=ends)
        self.flush()
        return stream

    def send(self, stream, data):
        self.h2.send_data(stream, data)
        self.flush()

    def read(self, seconds):
        """Takes in what comes within so long."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            return
        except OSError:
            data = b""
        if not data:
            self.is_over = True
            return
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.ConnectionTerminated):
                self.is_over = True
            answer = self.answers.get(getattr(event, "stream_id", None))
            if answer is None:
                continue
            if isinstance(event, h2.events.ResponseReceived):
                answer["fields"] = dict(event.headers)
                answer["status"] = int(answer["fields"][":status"])
            elif isinstance(event, h2.events.DataReceived):
                answer["body"] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                answer["ended"] = True
            elif isinstance(event, h2.events.StreamReset):
                answer["reset"] = int(event.error_code)
        self.flush()

    def until(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition() and not self.is_over and time.monotonic() < end:
            self.read(0.2)

    def status(self, method="GET", path="/status", fields=()):
        stream = self.ask(method, path, fields)
        self.until(lambda: self.answers[stream]["ended"])
        return self.answers[stream]["status"]


def slow_body():
    client = Client()
    slow = client.ask("POST", "/epcis/capture", CAPTURE, ends=False)
    answer, meanwhile = client.answers[slow], []
    begin = time.monotonic()
    while not answer["ended"] and answer["reset"] is None and not client.is_over and time.monotonic() < begin + 30:
        client.send(slow, b" ")
        meanwhile.append(client.status())
        client.read(0.3)
    client.until(lambda: answer["reset"] is not None, 15)
    afterwards = [client.status() for _ in range(3)]
    problem = json.loads(answer["body"] or b"{}")
    return {
        "slow": {"status": answer["status"], "type": problem.get("type"), "reset": answer["reset"]},
        "meanwhile": sorted(set(meanwhile), key=str), "afterwards": afterwards, "over": client.is_over,
        "connectionField": "connection" in answer["fields"]}


def share(count):
    clients = [Client("127.0.0.2") for _ in range((count + 99) // 100)]
    for number in range(count):
        clients[number // 100].ask("POST", "/epcis/capture", CAPTURE, ends=False)
    answers = [answer for client in clients for answer in client.answers.values()]
    quiet, before = time.monotonic(), 0
    while time.monotonic() < quiet + 3:
        for client in clients:
            client.read(0.02)
        ended = sum(answer["ended"] for answer in answers)
        if ended != before:
            quiet, before = time.monotonic(), ended
    refused = [answer for answer in answers if answer["ended"]]
    other = Client("127.0.0.1")
    statuses = [other.status() for _ in range(20)]
    return {
        "waiting": count - len(refused), "refused": sorted({answer["status"] for answer in refused}),
        "types": sorted({json.loads(answer["body"])["type"] for answer in refused}),
        "retryAfter": all(int(answer["fields"].get("retry-after", 0)) >= 1 for answer in refused),
        "others": sorted(set(statuses), key=str), "over": any(client.is_over for client in clients)}


print(json.dumps(slow_body() if name == "slow-body" else share(int(sys.argv[5]))))
