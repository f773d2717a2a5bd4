"""Labelling rounds: many people label the same items, and hidden gold says whom to believe."""

from pallets.rounds.commitments import compute_answer_commitment, compute_gold_commitment
from pallets.rounds.labels import pack_labels, unpack_labels
from pallets.rounds.lifecycle import Partners
from pallets.rounds.pallet import Rounds
from pallets.rounds.types import (
    GoldLabel,
    Judge,
    Phase,
    Round,
    RoundParams,
    RoundSpec,
    RoundTerms,
    Seat,
    SeatState,
)

__all__ = [
    "GoldLabel",
    "Judge",
    "Partners",
    "Phase",
    "Round",
    "RoundParams",
    "RoundSpec",
    "RoundTerms",
    "Rounds",
    "Seat",
    "SeatState",
    "compute_answer_commitment",
    "compute_gold_commitment",
    "pack_labels",
    "unpack_labels",
]
