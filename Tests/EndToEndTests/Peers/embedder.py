"""The Python client's embedder: a line of hex in, the vector as hex out, or ``!`` and why there is none."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "deploy/clients/python/src"))

from vivian import embedding  # noqa: E402

print(embedding.ID)
for line in sys.stdin:
    try:
        print(bytes(component & 255 for component in embedding.vector(bytes.fromhex(line))).hex())
    except embedding.EmbeddingError as error:
        print("!", error.code)
