"""State: what a pallet may do with it, the overlay, backends and the commitment."""

from runtime.state.backend import Backend, Changes, DictBackend, DiffBackend
from runtime.state.commitment import StateTree
from runtime.state.externalities import Externalities, Transaction
from runtime.state.overlay import MAX_TRANSACTION_DEPTH, Mark, Overlay
from runtime.state.proof import (
    BadStateProof,
    ProofLeaf,
    StateProof,
    decode_proof,
    encode_proof,
    prove,
    verify_proof,
)
from runtime.state.recording import RecordingBackend

__all__ = [
    "MAX_TRANSACTION_DEPTH",
    "Backend",
    "BadStateProof",
    "Changes",
    "DictBackend",
    "DiffBackend",
    "Externalities",
    "Mark",
    "Overlay",
    "ProofLeaf",
    "RecordingBackend",
    "StateProof",
    "StateTree",
    "Transaction",
    "decode_proof",
    "encode_proof",
    "prove",
    "verify_proof",
]
