"""Every published bundle gets the verdict that is published with it, and no flipped bit is accepted for other facts."""

import json
import os
import pathlib
import unittest

from vivian.verify import Policy, verify

ROOT = pathlib.Path(__file__).resolve().parents[4]
VECTORS = pathlib.Path(os.environ.get("VIVIAN_VECTORS", ROOT / "../shared/vectors")) / "bundles"


def policy(case: dict) -> Policy:
    return Policy(
        trusted_validators=[bytes.fromhex(case["trustedValidators"])],
        chain_id=case.get("chainId"),
        genesis_hash=bytes.fromhex(case["genesisHash"]) if "genesisHash" in case else None,
        trusting_period=int(case["trustingPeriod"]) if "trustingPeriod" in case else None,
    )


@unittest.skipUnless(VECTORS.is_dir() or os.environ.get("CI"), "the published bundles are not here")
class Bundles(unittest.TestCase):
    def test_every_published_case(self) -> None:
        cases = json.loads((VECTORS / "cases.json").read_text())
        self.assertGreater(len(cases), 0)
        for case in cases:
            with self.subTest(case["file"]):
                data = (VECTORS / case["file"]).read_bytes()
                now = int(case["now"]) if "now" in case else None
                outcome = verify(data, policy(case), now)
                self.assertEqual(outcome.ok, case["expected"] == "accept", f"{case['shows']}: {outcome.reason}")

    def test_without_a_trusted_set_nothing_is_proven(self) -> None:
        for path in sorted(VECTORS.glob("accept-*.json")):
            self.assertFalse(verify(path.read_bytes(), Policy()).ok, path.name)

    def test_nothing_in_a_file_raises(self) -> None:
        """Damage everywhere: a verdict comes back, never an error of Python's."""
        cases = {case["file"]: case for case in json.loads((VECTORS / "cases.json").read_text())}
        for name in ("accept-solo.proof.json", "accept-record-solo.record.json"):
            data = (VECTORS / name).read_bytes()
            good = verify(data, policy(cases[name]))
            self.assertTrue(good.ok, good.reason)
            for at in range(0, len(data), 7):
                changed = bytearray(data)
                changed[at] ^= 1 << at % 8
                outcome = verify(bytes(changed), policy(cases[name]))
                if outcome.ok:
                    self.assertEqual(outcome.holds[1:], good.holds[1:], f"{name} byte {at}")


if __name__ == "__main__":
    unittest.main()
