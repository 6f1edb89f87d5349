"""Client of a VIVIAN gateway, and the offline verifier of what it hands out.

``Client`` speaks the HTTPS API; ``vivian.verify`` checks bundles and proofs without a network.
"""

from .client import Capture, Client, Job, Problem, Record, Status, Violation

__all__ = ["Capture", "Client", "Job", "Problem", "Record", "Status", "Violation"]
__version__ = "0.1.0"
