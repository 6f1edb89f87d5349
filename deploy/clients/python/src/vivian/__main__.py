"""``python -m vivian verify FILE``: the offline check as a command. Exit code 0 only if everything holds."""

from __future__ import annotations

import argparse
import json
import sys
import time

from .verify import Policy, verify


def main() -> int:
    parser = argparse.ArgumentParser(prog="vivian", description="Check what a VIVIAN gateway handed out, offline.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify", help="check a .record.json or .proof.json file")
    check.add_argument("file", help="the file, or - for standard input")
    check.add_argument("--trusted-validators", action="append", default=[], metavar="HASH", help="that you trust, hex")
    check.add_argument("--chain-id", help="the ledger that you expect")
    check.add_argument("--genesis-hash", help="its genesis hash, hex")
    check.add_argument("--json", action="store_true", help="one JSON object for programs")
    options = parser.parse_args()
    try:
        policy = Policy(
            trusted_validators=[bytes.fromhex(text) for text in options.trusted_validators],
            chain_id=options.chain_id,
            genesis_hash=bytes.fromhex(options.genesis_hash) if options.genesis_hash else None,
        )
        data = sys.stdin.buffer.read() if options.file == "-" else open(options.file, "rb").read()
    except (OSError, ValueError) as error:
        print(f"vivian: {error}", file=sys.stderr)
        return 64
    outcome = verify(data, policy, now=time.time_ns())
    if options.json:
        print(
            json.dumps(
                {
                    "ok": outcome.ok,
                    "reason": outcome.reason,
                    "holds": outcome.holds,
                    "restsOn": outcome.rests_on,
                    "unchecked": outcome.unchecked,
                }
            )
        )
    else:
        for word, lines in (("holds", outcome.holds), ("rests on", outcome.rests_on), ("unchecked", outcome.unchecked)):
            for line in lines:
                print(f"{word:<11}{_printable(line)}")
        print("OK" if outcome.ok else f"REFUSED: {_printable(outcome.reason or '')}")
    return 0 if outcome.ok else 1


def _printable(line: str) -> str:
    """A file's own words cannot steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in line)


if __name__ == "__main__":
    sys.exit(main())
