"""Client of a VIVIAN gateway, and the offline verifier of what it hands out.

``Client`` speaks the HTTPS API; ``vivian.verify`` checks bundles and proofs without a network.
"""

from .answers import APIKey, AuditEntry, Block, Capture, Job, Record, StateValue, Status, Transaction
from .client import Client
from .problem import Problem, Violation
from .wire import Retries

__all__ = [
    "APIKey", "AuditEntry", "Block", "Capture", "Client", "Job", "Problem", "Record", "Retries", "StateValue", "Status",
    "Transaction", "Violation",
]
__version__ = "0.2.0"
