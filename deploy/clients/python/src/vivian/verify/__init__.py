"""The offline verifier of record bundles and state proofs (docs/protocols/bundles.md).

Nothing in a file is believed but bytes that hash or sign up to what ``Policy`` says. ``verify`` never raises for what is
in a file: it says why the file is refused.
"""

from .refusal import Refused
from .verifier import Outcome, Policy, verify

__all__ = ["Outcome", "Policy", "Refused", "verify"]
