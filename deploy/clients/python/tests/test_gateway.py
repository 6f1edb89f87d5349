"""The client against a live gateway; VIVIAN_GATEWAY and VIVIAN_CA_FILE say which."""

import json
import os
import pathlib
import time
import unittest
import uuid

from vivian import Client, Problem
from vivian.verify import Policy, verify

DOCUMENT = """{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",
"schemaVersion":"2.0","creationDate":"2026-05-01T08:00:00.000Z","epcisBody":{"eventList":[{"type":"ObjectEvent",
"eventTime":"2026-05-01T08:00:00.000Z","eventTimeZoneOffset":"+02:00","epcList":["urn:epc:id:sgtin:4012345.011111.%s"],
"action":"OBSERVE","bizStep":"shipping"}]}}"""


@unittest.skipUnless(os.environ.get("VIVIAN_GATEWAY"), "no gateway is named")
class Gateway(unittest.TestCase):
    def setUp(self) -> None:
        key = os.environ.get("VIVIAN_API_KEY")
        self.client = Client(os.environ["VIVIAN_GATEWAY"], ca_file=os.environ.get("VIVIAN_CA_FILE"), api_key=key)
        self.addCleanup(self.client.close)

    def document(self) -> bytes:
        return (DOCUMENT % uuid.uuid4().int).encode()

    def test_a_record_from_capture_to_proof(self) -> None:
        key = str(uuid.uuid4())
        document = self.document()
        capture = self.client.capture(document, "application/ld+json", idempotency_key=key)
        self.assertEqual((len(capture.records), capture.new_records), (1, 1))
        again = self.client.capture(document, "application/ld+json", idempotency_key=key)
        self.assertEqual(again, capture)
        job = self.client.wait(capture.capture_id)
        self.assertEqual(job.anchored_count, 1)
        record = self.client.record(capture.records[0])
        self.assertEqual(record.state, "anchored")
        status = self.client.status()
        policy = Policy(
            trusted_validators=[bytes.fromhex(status.validators_hash)],
            chain_id=status.chain_id,
            genesis_hash=bytes.fromhex(status.genesis_hash),
        )
        for receipts in (False, True):
            bundle = self.client.bundle(capture.records[0], receipts=receipts)
            outcome = verify(bundle, policy, now=time.time_ns())
            self.assertTrue(outcome.ok, outcome.reason)
        proof = self.client.state_proof("anchor", b"log")
        self.assertTrue(verify(proof, policy, now=time.time_ns()).ok)
        absent = self.client.state_proof("bank", b"nobody")
        self.assertTrue(verify(absent, policy, now=time.time_ns()).ok)
        self.assertFalse(verify(proof, Policy(trusted_validators=[bytes(32)])).ok)
        self.assertGreater(len(self.client.receipt(capture.records[0])), 100)
        self.assertTrue(self.client.erase(capture.records[0]))
        self.assertFalse(self.client.erase(capture.records[0]))
        outcome = verify(self.client.bundle(capture.records[0]), policy)
        self.assertTrue(outcome.ok and any("exists" in line for line in outcome.holds), outcome.reason)

    def test_similar_records_and_vectors(self) -> None:
        ids = [self.client.capture(self.document()).records[0] for _ in range(4)]
        similar = self.client.similar(ids[0], limit=3)
        self.assertEqual(len(similar), 3)
        self.assertNotIn(ids[0], [item.record.record_id for item in similar])
        self.assertEqual(sorted(item.distance for item in similar), [item.distance for item in similar])
        self.assertEqual(len(self.client.similar(ids[0], limit=1, distance_max=1_999)), 1)
        alone = self.client.anomalies(limit=1, among=4)
        self.assertEqual([len(item.nearest) for item in alone], [3])
        commitment = self.client.commit_index()
        self.client.wait(commitment.capture_id)
        self.assertGreaterEqual(commitment.count, 4)
        proof = json.loads(self.client.similar_proof(ids[0], commitment.record_id, limit=3, mode="approximate"))
        self.assertEqual(proof["format"], "vivian-similar/1")
        self.assertEqual(proof["record"], ids[0])
        self.assertIn(ids[0], [item["subject"] for item in proof["answer"]])
        with self.assertRaises(Problem) as caught:
            self.client.similar_proof(ids[0], ids[1])
        self.assertEqual(caught.exception.name, "no-commitment")
        # Neither the file nor a part of it is taken for a bundle.
        self.assertFalse(verify(json.dumps(proof).encode(), Policy()).ok)
        for name, call in (
            ("not-found", lambda: self.client.similar("00" * 32)),
            ("bad-parameter", lambda: self.client.anomalies(among=0)),
            ("not-found", lambda: self.client.collection(4_000_000_000)),
            ("not-found", lambda: self.client.search(4_000_000_000, [1, -127, 127])),
            ("not-found", lambda: self.client.search_many(4_000_000_000, [[1, -127, 127]])),
            ("invalid-document", lambda: self.client.search_many(1, [[1]], limit=0)),
            ("invalid-document", lambda: self.client.search_many(1, [[1]], limits=3)),
            ("invalid-document", lambda: self.client.search_many(1, [[1], []])),
            ("bad-parameter", lambda: self.client.search_many(1, [[1]], prove=True)),
        ):
            with self.assertRaises(Problem) as caught:
                call()
            self.assertEqual(caught.exception.name, name)
        for vector in ([128], [-128], [1, 1_000]):
            with self.assertRaises(ValueError):
                self.client.search(1, vector)
            with self.assertRaises(ValueError):
                self.client.search_many(1, [[1, 2], vector])
        self.assertEqual(list(self.client.collections(page_size=10)), list(self.client.collections()))

    def test_many_searches_at_once(self) -> None:
        if not any(collection.number == 1 and collection.count for collection in self.client.collections()):
            self.skipTest("collection 1 is empty")
        dimension = self.client.collection(1).dimension
        queries = [[number % 255 - 127] * dimension for number in range(300)]
        answers = self.client.search_many(1, queries, limit=1, mode="exact")
        self.assertEqual(len(answers), 300)
        for number in (0, 128, 299):
            self.assertEqual(answers[number].hits, self.client.search(1, queries[number], limit=1, mode="exact"))
            self.assertEqual(len(answers[number].hits), 1)
        self.assertEqual(len({answer.state_height for answer in answers[:256]}), 1)
        with self.assertRaises(Problem) as raised:
            self.client.search_many(1, [queries[0], [1] * (dimension + 1), queries[1], [1]])
        self.assertEqual(raised.exception.name, "search-refused")
        self.assertEqual([one.pointer for one in raised.exception.violations], ["/queries/1", "/queries/3"])

    def test_a_capture_that_is_waited_for_can_be_proven(self) -> None:
        capture = self.client.capture(self.document(), wait=30)
        self.assertTrue(capture.is_finished)
        self.assertGreater(len(self.client.bundle(capture.records[0])), 1_000)
        self.assertFalse(self.client.capture(self.document()).is_finished)
        again = self.client.capture(self.document(), wait=30, idempotency_key=str(uuid.uuid4()))
        self.assertFalse(self.client.job(again.capture_id).is_running)

    def test_lists_lead_through_all_pages(self) -> None:
        captures = [self.client.capture(self.document()) for _ in range(5)]
        self.client.wait(captures[-1].capture_id)
        ids = [capture.records[0] for capture in captures]
        for size in (1, 2, 1_000):
            newest = [record.record_id for record in self.client.records(page_size=size)]
            oldest = [record.record_id for record in self.client.records(page_size=size, newest_first=False)]
            self.assertEqual(newest, oldest[::-1])
            self.assertEqual(newest[:5], ids[::-1])
            jobs = [job.capture_id for job in self.client.jobs(page_size=size)]
            self.assertEqual(jobs[:5], [capture.capture_id for capture in captures[::-1]])
        only = list(self.client.records(job=captures[2].capture_id))
        self.assertEqual([record.record_id for record in only], [ids[2]])
        self.assertEqual(only[0], self.client.record(ids[2]))
        self.assertEqual(list(self.client.records(accepted_after="2100-01-01T00:00:00+00:00")), [])
        self.client.erase(ids[3])
        self.assertIn(ids[3], [record.record_id for record in self.client.records(state="erased")])
        self.assertNotIn(ids[3], [record.record_id for record in self.client.records(state="anchored")])
        entries = list(self.client.audit(page_size=3))
        self.assertEqual([entry.sequence for entry in entries], list(range(1, len(entries) + 1)))
        self.assertTrue(any(entry.target == ids[3] and entry.method == "DELETE" for entry in entries))

    def test_a_transaction_and_the_state_that_it_made(self) -> None:
        capture = self.client.capture(self.document(), wait=30)
        height = self.client.record(capture.records[0]).height
        assert height is not None
        block = self.client.block(height)
        transaction, content = block.transactions[0]
        assert transaction is not None
        self.assertEqual(self.client.transaction(transaction).height, height)
        self.assertEqual(self.client.submit(content).id, transaction)
        self.assertIsNotNone(self.client.state("anchor", b"log").value)
        self.assertIsNone(self.client.state("bank", b"nobody").value)

    def test_two_who_read_a_key_cannot_both_change_it(self) -> None:
        made = self.client.make_api_key("python", ["ledger:read"], expires_in_seconds=3_600)
        self.assertTrue(made.secret and made.secret not in repr(made))
        with self.assertRaises(ValueError):
            self.client.change_api_key(made, label="blind")
        one, other = self.client.api_key(made.id), self.client.api_key(made.id)
        changed = self.client.change_api_key(one, label="one", expires_at=None)
        self.assertEqual((changed.label, changed.scopes, changed.expires_at), ("one", ["ledger:read"], None))
        with self.assertRaises(Problem) as raised:
            self.client.change_api_key(other, scopes=["records:read"])
        self.assertEqual((raised.exception.status, raised.exception.name), (412, "precondition-failed"))
        self.assertEqual(self.client.api_key(made.id), changed)
        self.assertIn(made.id, [key.id for key in self.client.api_keys(page_size=1)])
        self.assertTrue(self.client.revoke_api_key(made.id))
        self.assertFalse(self.client.revoke_api_key(made.id))
        with self.assertRaises(Problem) as raised:
            self.client.change_api_key(self.client.api_key(made.id), label="late")
        self.assertEqual(raised.exception.name, "key-revoked")

    def test_refusals_say_what_is_wrong(self) -> None:
        with self.assertRaises(Problem) as raised:
            self.client.capture(self.document().replace(b"OBSERVE", b"LOOK"), "application/ld+json")
        self.assertEqual((raised.exception.status, raised.exception.name), (422, "invalid-document"))
        self.assertTrue(raised.exception.violations[0].pointer.startswith("/epcisBody"))
        with self.assertRaises(Problem) as raised:
            self.client.record("00" * 32)
        self.assertEqual(raised.exception.name, "not-found")
        with self.assertRaises(Problem) as raised:
            self.client.capture(b"{", "text/csv")
        self.assertEqual(raised.exception.status, 415)
        for call in (
            lambda: list(self.client.records(state="lost")),
            lambda: list(self.client.records(page_size=0)),
            lambda: list(self.client.records(accepted_after="yesterday")),
            lambda: list(self.client.jobs(page_size=1_001)),
            lambda: self.client.record("../status"),
            lambda: self.client.erase("00" * 32, reason=4),
        ):
            with self.assertRaises(Problem) as raised:
                call()
            self.assertEqual((raised.exception.status, raised.exception.name), (400, "bad-parameter"))
        for call in (
            lambda: list(self.client.records(job="00" * 16)),
            lambda: self.client.job("00" * 16),
            lambda: self.client.wait("00" * 16),
            lambda: self.client.api_key("00" * 8),
            lambda: self.client.transaction("00" * 32),
            lambda: self.client.erase("00" * 32),
        ):
            with self.assertRaises(Problem) as raised:
                call()
            self.assertEqual(raised.exception.status, 404)


if __name__ == "__main__":
    unittest.main()
