"""The client against a live gateway; VIVIAN_GATEWAY and VIVIAN_CA_FILE say which."""

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


if __name__ == "__main__":
    unittest.main()
