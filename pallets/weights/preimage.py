"""Weights of preimage's calls."""

from runtime.primitives import Weight

NOTE_PREIMAGE = Weight(150_000_000, 3_700)
BYTE = Weight(2_700, 0)
UNNOTE_PREIMAGE = Weight(150_000_000, 3_800)
REQUEST_PREIMAGE = Weight(60_000_000, 850)
UNREQUEST_PREIMAGE = Weight(57_000_000, 1_600)


def note_preimage(size_bytes: int) -> Weight:
    """Hashing and storing so many bytes, with their deposit."""
    return NOTE_PREIMAGE + BYTE * size_bytes
