"""What the client does without a gateway: links, addresses, and when a request is sent again."""

import http.client
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading
import unittest

from vivian import Client, Problem, Retries
from vivian.wire import next_link


class Links(unittest.TestCase):
    def test_the_link_of_relation_next_is_found(self) -> None:
        for field, target in [
            ('</audit?limit=2&cursor=abc>; rel="next"', "/audit?limit=2&cursor=abc"),
            ("</a>; rel=next", "/a"),
            ('</a>; rel="prev", </b>; rel="next"', "/b"),
            ('</a>;rel="first next"', "/a"),
            ("</a,b;c>; REL=NEXT", "/a,b;c"),
        ]:
            self.assertEqual(next_link(field), target, field)

    def test_what_names_no_next_page_leads_nowhere(self) -> None:
        for field in [
            "", "next", "</a>", '</a>; rel="prev"', '</a>; title="next"', "/a; rel=next", "</a; rel=next",
            '</a>; rel="nextpage"', "</a> rel=next", "</a>; anchor=next", "</a>; rel=prev </b>; rel=next",
        ]:
            self.assertIsNone(next_link(field), field)


class Addresses(unittest.TestCase):
    def test_a_credential_goes_to_no_such_address(self) -> None:
        for address in [
            "", "gateway.example", "http://gateway.example", "https://", "https://user@gateway.example",
            "https://gateway.example?a", "https://gateway.example#a", "ftp://gateway.example",
        ]:
            with self.assertRaises(ValueError, msg=address):
                Client(address, api_key="secret")


class Scripted(http.server.BaseHTTPRequestHandler):
    """A server that answers each request by the next line of its script; it keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    script: list = []
    seen: list = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, self.headers.get("Idempotency-Key"), body))
        step = self.script.pop(0)
        if step == "cut":
            self.connection.close()
            self.close_connection = True
            return
        status, document, fields = step
        content = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        pass


STATUS = {"chainId": "c-1", "genesisHash": "a", "height": "1", "validatorsHash": "b", "logSize": "1"}
CAPTURE = {"captureID": "j", "records": ["r"], "newRecords": 1}
BUSY = (503, {"type": "urn:vivian:problem:busy", "title": "busy"}, {"Retry-After": "0"})
IN_FLIGHT = (409, {"type": "urn:vivian:problem:idempotency-key-in-flight", "title": "wait"}, {})


class SentAgain(unittest.TestCase):
    """Against a server of a few lines, for a gateway does not fail on command."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        pem = os.path.join(cls.folder.name, "server.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pem, "-out", pem + ".crt"],
            check=True, capture_output=True,
        )
        pathlib.Path(pem).write_bytes(pathlib.Path(pem).read_bytes() + pathlib.Path(pem + ".crt").read_bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
        cls.server.socket = context.wrap_socket(cls.server.socket, server_side=True)
        cls.server.daemon_threads = True
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.ca_file = pem + ".crt"

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.shutdown()
        cls.server.server_close()
        cls.folder.cleanup()

    def client(self, *script: object, retries: Retries = Retries(first_pause=0.001)) -> Client:
        Scripted.script[:] = script
        Scripted.seen[:] = []
        client = Client(f"https://127.0.0.1:{self.server.server_port}", ca_file=self.ca_file, retries=retries)
        self.addCleanup(client.close)
        return client

    def test_a_read_is_sent_until_it_is_answered(self) -> None:
        client = self.client("cut", BUSY, (502, {}, {}), "cut", (200, STATUS, {}))
        self.assertEqual(client.status().height, 1)
        self.assertEqual(len(Scripted.seen), 5)

    def test_a_capture_is_sent_again_under_the_same_key(self) -> None:
        client = self.client("cut", IN_FLIGHT, BUSY, (202, CAPTURE, {}))
        self.assertEqual(client.capture(b"{}").records, ["r"])
        self.assertEqual(len(Scripted.seen), 4)
        self.assertEqual(len({seen[2] for seen in Scripted.seen}), 1)
        self.assertIsNotNone(Scripted.seen[0][2])
        self.client((202, CAPTURE, {})).capture(b"{}", idempotency_key="mine")
        self.assertEqual(Scripted.seen[0][2], "mine")

    def test_many_searches_go_in_as_few_requests_as_are_taken(self) -> None:
        def answer(height: int, count: int) -> tuple:
            return (200, {"stateHeight": str(height), "answers": [{"answer": [], "cost": {}}] * count}, {})

        too_large = (422, {"type": "urn:vivian:problem:batch-too-large", "title": "no"}, {})
        client = self.client(
            "cut", answer(1, 256), BUSY, too_large, answer(2, 128), answer(2, 128), answer(3, 88))
        answers = client.search_many(7, [[1, 2]] * 600, limit=3, tag=None)
        self.assertEqual([one.state_height for one in answers], [1] * 256 + [2] * 256 + [3] * 88)
        bodies = [json.loads(seen[3]) for seen in Scripted.seen]
        self.assertEqual([len(body["queries"]) for body in bodies], [256, 256, 256, 256, 128, 128, 88])
        self.assertEqual({(seen[0], seen[1]) for seen in Scripted.seen}, {("POST", "/vectors/7/search")})
        self.assertEqual(bodies[0], {"queries": ["AQI"] * 256, "limit": 3})
        self.assertEqual(self.client().search_many(7, []), [])
        # One query that is too much by itself stays refused.
        with self.assertRaises(Problem):
            self.client(too_large, too_large, too_large).search_many(7, [[1]] * 3)
        self.assertEqual([len(json.loads(seen[3])["queries"]) for seen in Scripted.seen], [3, 1])

    def test_what_would_have_two_effects_is_sent_once(self) -> None:
        for call in (
            lambda client: client.make_api_key("a", ["ledger:read"]),
            lambda client: client.erase("00"),
            lambda client: client.revoke_api_key("00"),
        ):
            for step in ("cut", BUSY, IN_FLIGHT):
                client = self.client(step, (200, {}, {}))
                with self.assertRaises((OSError, Problem)):
                    call(client)
                self.assertEqual(len(Scripted.seen), 1)

    def test_a_refusal_that_stays_one_is_raised_at_once(self) -> None:
        for status in (400, 401, 403, 404, 409, 410, 412, 422, 428, 500, 507):
            with self.assertRaises(Problem) as raised:
                self.client((status, {"title": "no"}, {"Retry-After": "0"})).status()
            self.assertEqual((raised.exception.status, len(Scripted.seen)), (status, 1))

    def test_the_tries_have_an_end(self) -> None:
        with self.assertRaises(OSError):
            self.client(*["cut"] * 9).status()
        self.assertEqual(len(Scripted.seen), 5)
        with self.assertRaises(Problem) as raised:
            self.client((503, {}, {"Retry-After": "3600"})).status()
        self.assertEqual((raised.exception.retry_after, len(Scripted.seen)), (3600, 1))
        with self.assertRaises(OSError):
            self.client("cut", retries=Retries(tries_max=1)).status()

    def test_whoever_is_not_there_is_said_at_once(self) -> None:
        with self.assertRaises(OSError):
            Client("https://127.0.0.1:1").status()

    def test_a_page_elsewhere_is_not_asked_for(self) -> None:
        for target in ("https://evil.example/records", "//evil.example/records", "records", "/records?limit=100"):
            client = self.client((200, {"records": []}, {"Link": f'<{target}>; rel="next"'}))
            with self.assertRaises(ValueError, msg=target):
                list(client.records())
            self.assertEqual(len(Scripted.seen), 1)


if __name__ == "__main__":
    unittest.main()
