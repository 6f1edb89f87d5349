"""What the gateway's database holds of one record: sealed.py DATABASE RECORD-ID

Prints a JSON list in hex: payload and wrap of the record, payload and wrap of the document it was captured with."""

import json
import sqlite3
import sys

database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
rows = database.execute(
    "SELECT r.payload, r.wrap, o.payload, o.wrap FROM record r JOIN original o ON o.id = r.original WHERE r.rid = ?",
    (bytes.fromhex(sys.argv[2]),)).fetchall()
print(json.dumps([value.hex() for row in rows for value in row]))
