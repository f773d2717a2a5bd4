"""How often a node looks for objects that only refer to each other.

Python's default looks at the newest after every 700 that were made, and at all of them, the state's
tree included, as often as their number has grown by a quarter: an eighth of an import. Execution
leaves no circles, so what there is to find is little, and can wait.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

NEW_OBJECTS: Final = 100_000
"""After so many new objects the newest are looked at; a full block of transfers holds 64,000."""


@contextmanager
def collect_rarely() -> Generator[None]:
    """In this process, until the block ends; what is there at its begin is not looked at again."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
