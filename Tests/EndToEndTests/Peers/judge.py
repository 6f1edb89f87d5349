"""The independent checker on every bundle of a folder: judge.py JUDGES FOLDER TRUSTED CHAIN GENESIS

Prints one JSON object {file name: reason of refusal or null}."""

import json
import sys
from pathlib import Path

judges, folder, trusted, chain, genesis = sys.argv[1:]
sys.path.insert(0, judges)
from vivian_judge import bundle, ics23  # noqa: E402
from vivian_judge.errors import Refused  # noqa: E402

trust = bundle.Trust(validators_hash=bytes.fromhex(trusted), chain_id=chain, genesis_hash=bytes.fromhex(genesis),
                     now=None, trusting_period=None, specs=(ics23.SPECS["jmt"], ics23.SPECS["tendermint"]))
verdicts = {}
for file in sorted(Path(folder).glob("*.json")):
    try:
        if file.name.endswith(".record.json"):
            bundle.check_record(file.read_bytes(), trust, bundle.Report(), min_receipts=0, min_operators=0)
        else:
            bundle.check_state_proof(file.read_bytes(), trust, bundle.Report())
        verdicts[file.name] = None
    except Refused as reason:
        verdicts[file.name] = str(reason)
print(json.dumps(verdicts))
