"""The embedder against what is pinned, and the texts that have no vector.

Whether it says the same as the ledger's own of all texts is for the ledger's suite to see (``Tests/EmbeddingTests``).
"""

import hashlib
import pathlib
import unittest

from vivian import embedding
from vivian.embedding_description import DESCRIPTION

PINNED = pathlib.Path(__file__).resolve().parents[4] / "Tests/Vectors/embedding"


class Pinned(unittest.TestCase):
    def test_the_description_is_the_pinned_list_and_names_the_embedder(self) -> None:
        self.assertEqual(DESCRIPTION.encode(), (PINNED / "embedder-1.txt").read_bytes())
        self.assertEqual(embedding.ID, "013ab73a6359385faa71cfc6fac6fc76595fe1a01c183ee681acb7bbaaf0fad9")

    def test_vectors_are_those_that_were_pinned(self) -> None:
        lines = (PINNED / "vectors-1.txt").read_text(encoding="utf-8").splitlines()
        self.assertGreaterEqual(len(lines), 8)
        for line in lines:
            digest, text = line.split("\t", 1)
            for spelling in (text, text.encode()):
                vector = embedding.vector(spelling)
                self.assertEqual(len(vector), embedding.DIMENSION)
                self.assertEqual(hashlib.sha256(bytes(one & 255 for one in vector)).hexdigest(), digest, text)


class Refusals(unittest.TestCase):
    def test_texts_without_a_vector_are_refused(self) -> None:
        for text, code in [
            ("", "noWords"), (" \t.,;", "noWords"), ("\u3000", "noWords"), ("a" * 65_537, "tooLong"),
            ("\u00e9" * 32_769, "tooLong"), ("a " * 16_385, "tooManyWords"), ("a\ud800", "notUTF8"), (b"\xff", "notUTF8"),
            (b"\xed\xa0\x80", "notUTF8"), (b"\xc0\x80", "notUTF8"), (b"\xe2\x82", "notUTF8"),
        ]:
            with self.assertRaises(embedding.EmbeddingError) as refusal:
                embedding.vector(text)
            self.assertEqual(refusal.exception.code, code, text[:20])

    def test_the_longest_texts_are_not(self) -> None:
        for text in ["a" * 65_536, "a " * 16_384]:
            self.assertEqual(len(embedding.vector(text)), embedding.DIMENSION)


if __name__ == "__main__":
    unittest.main()
