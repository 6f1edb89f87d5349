"""Client of a VIVIAN gateway, and the offline verifier of what it hands out.

``Client`` speaks the HTTPS API; ``vivian.verify`` checks bundles and proofs without a network.
"""

from .answers import (
    AnomalousRecord, APIKey, AuditEntry, Block, Capture, Collection, Commitment, Hit, Job, Record, RegistryEdge,
    RegistrySubject, RegistryVersion, SearchAnswer, SimilarRecord, StateValue, Status, Transaction,
)
from .client import Client
from .problem import Problem, Violation
from .wire import Retries

__all__ = [
    "APIKey", "AnomalousRecord", "AuditEntry", "Block", "Capture", "Client", "Collection", "Commitment", "Hit", "Job",
    "Problem", "Record", "RegistryEdge", "RegistrySubject", "RegistryVersion", "Retries", "SearchAnswer", "SimilarRecord",
    "StateValue", "Status", "Transaction", "Violation",
]
__version__ = "0.2.0"
