"""States that make trees deep and changes meet."""

from hypothesis import strategies as st

KEYS = st.integers(0, 40).map(lambda number: b"key %d" % number)
VALUES = st.binary(max_size=4)
ENTRIES = st.dictionaries(KEYS, VALUES, max_size=40)
CHANGES = st.dictionaries(KEYS, VALUES | st.none(), max_size=15)

_STEM = int.from_bytes(bytes(range(0x55, 0x75)), "big")
_FLIP = st.integers(0, 255).map(lambda bit: 1 << bit) | st.just(0)

PATHS = st.tuples(_FLIP, _FLIP).map(lambda flips: (_STEM ^ flips[0] ^ flips[1]).to_bytes(32, "big"))
"""Paths that share long prefixes with one another, up to 255 bits."""

VALUE_HASHES = st.integers(1, 3).map(lambda number: bytes([number]) * 32)
LEAVES = st.dictionaries(PATHS, VALUE_HASHES, max_size=20)
LEAF_CHANGES = st.dictionaries(PATHS, VALUE_HASHES | st.none(), max_size=10)
