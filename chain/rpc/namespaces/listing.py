"""Lists of what goes by numbers: no call looks at more of them than it may."""

from collections.abc import Callable
from itertools import islice
from typing import Final

from chain.rpc.namespaces.runtime_json import to_numbered_json

PAGE_MAX: Final = 1_000
"""Entries that one call gives."""

SCAN_MAX: Final = 10_000
"""Numbers that one call looks at: those of what is gone are left out."""


def list_numbered(
    name: str, get: Callable[[int], object], numbers: range, count: int
) -> list[dict[str, object]]:
    """What there is of these numbers; ``get`` gives None for what is not there."""
    found = (
        to_numbered_json(name, number, entry)
        for number in numbers[:SCAN_MAX]
        if (entry := get(number)) is not None
    )
    return list(islice(found, min(count, PAGE_MAX)))
