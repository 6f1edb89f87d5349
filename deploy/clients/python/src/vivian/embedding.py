"""The ledger's own text embedder: the same bytes give the same vector here and in the ledger.

``vector("a text")`` is a list of integers from -127 to 127; ``ID`` names the embedder. Integers alone, and nothing of Python's
Unicode tables. The steps are in the head of ``Sources/Embedding/Embedding.swift``; the parameters, the words that count for
less and the table of characters are the lines of ``DESCRIPTION``.

A vector is a publication of the text that it was made from: anyone can reconstruct a short text from its vector.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from math import isqrt

from .embedding_description import DESCRIPTION

ID: str = hashlib.sha256(DESCRIPTION.encode("ascii")).hexdigest()
"""What names the embedder: the SHA-256 of its description."""


class EmbeddingError(ValueError):
    """A text that has no vector; ``code`` is ``tooLong``, ``notUTF8``, ``tooManyWords``, ``noWords`` or ``degenerate``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_parameters: dict[str, int] = {}
_folds: dict[int, int] = {}
_separators: list[tuple[int, int]] = []
_quiet_words: list[str] = []


def _read_description() -> None:
    lines = DESCRIPTION.splitlines()
    assert lines[0] == "vivian/embedding/text/v1"
    for line in lines[1:]:
        name, *fields = line.split(" ")
        if name == "quiet":
            _quiet_words.append(fields[0])
        elif name == "separator":
            _separators.append((int(fields[0], 16), int(fields[1], 16)))
        elif name == "fold":
            step, delta = int(fields[2]), int(fields[3])
            for point in range(int(fields[0], 16), int(fields[1], 16) + 1, step):
                _folds[point] = point + delta
        else:
            _parameters[name] = int(fields[0])


_read_description()
_LANES = _parameters["lanes"]
_starts = [first for first, _ in _separators]

DIMENSION: int = _parameters["dimension"]
"""How many components a vector has."""
BYTES_MAX: int = _parameters["bytes"]
"""The longest text, in bytes of UTF-8."""
WORDS_MAX: int = _parameters["words"]
"""The most words in a text."""
LENGTH: int = _parameters["length"]
"""How long vectors are, up to rounding: that of a collection of metric cosine and scale 8."""


def _mix(value: int) -> int:
    """SplitMix64's output function."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


def _word_key(word: list[int]) -> int:
    key = _parameters["word-seed"]
    for point in word:
        key = _mix((key ^ point) + _GOLDEN & _MASK)
    return key & ~15


_quiet = frozenset(_word_key([ord(letter) for letter in word]) for word in _quiet_words)
_folded: dict[int, int | None] = {}


def _fold(point: int) -> int | None:
    """What a code point is read as, or None for a separator."""
    index = bisect_right(_starts, point) - 1
    if index >= 0 and point <= _separators[index][1]:
        return None
    return _folds.get(point, point)


def _words(text: str) -> list[list[int]]:
    words: list[list[int]] = []
    word: list[int] = []
    for letter in text:
        point = ord(letter)
        if point in _folded:
            folded = _folded[point]
        else:
            folded = _fold(point)
            if point < 0x3000:
                _folded[point] = folded
        if folded is not None:
            word.append(folded)
        if word and (folded is None or len(word) == _parameters["run"]):
            words.append(word)
            word = []
    if word:
        words.append(word)
    return words


def _features(words: list[list[int]]) -> dict[int, int]:
    """How often each key occurs."""
    counts: dict[int, int] = {}
    seed = _parameters["trigram-seed"]
    for word in words:
        key = _word_key(word)
        kind = "quiet-" if key in _quiet else ""
        key |= _parameters[kind + "word-weight"]
        counts[key] = counts.get(key, 0) + 1
        weight = _parameters[kind + "trigram-weight"]
        padded = [0x20, *word, 0x20]
        for before, middle, after in zip(padded, padded[1:], padded[2:]):
            key = _mix((before << 42 | middle << 21 | after) + seed & _MASK) & ~15 | weight
            counts[key] = counts.get(key, 0) + 1
    return counts


def vector(text: str | bytes) -> list[int]:
    """The vector of a text, or of the bytes of one.

    Raises ``EmbeddingError`` where a text has none; its ``code`` is that of the ledger's own failure.
    """
    try:
        data = text.encode("utf-8") if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError as error:
        raise EmbeddingError("notUTF8", f"a lone surrogate stands at character {error.start}") from None
    if len(data) > BYTES_MAX:
        raise EmbeddingError("tooLong", f"{len(data)} bytes, at most {BYTES_MAX}: embed a part of the text")
    try:
        words = _words(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise EmbeddingError("notUTF8", f"no UTF-8 at byte {error.start}") from None
    if len(words) > WORDS_MAX:
        raise EmbeddingError("tooManyWords", f"more than {WORDS_MAX} words: embed a part of the text")
    if not words:
        raise EmbeddingError("noWords", "the text has no words")

    sums = [0] * DIMENSION
    width = DIMENSION // _LANES
    for key, count in _features(words).items():
        weight = (key & 15) * isqrt(count << 16)
        lanes = _mix(key) | _mix(key + _GOLDEN & _MASK) << 64
        for lane in range(_LANES):
            place = lane * width + ((lanes >> 1 & 0x7FFF) * width >> 15)
            sums[place] += -weight if lanes & 1 else weight
            lanes >>= 16

    root = isqrt(sum(value * value for value in sums))
    if not root:
        raise EmbeddingError("degenerate", "the text's features cancel one another")
    result = []
    for value in sums:
        magnitude = min(_parameters["component"], (2 * LENGTH * abs(value) + root) // (2 * root))
        result.append(-magnitude if value < 0 else magnitude)
    squared = 256 * sum(value * value for value in result)
    if not 225 * LENGTH * LENGTH <= squared <= 289 * LENGTH * LENGTH:
        raise EmbeddingError("degenerate", "the text's features cancel one another")
    return result
