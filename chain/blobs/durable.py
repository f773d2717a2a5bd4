"""Files that are on the disk, whole, before they have their name."""

import os
from pathlib import Path
from typing import BinaryIO


def replace_durably(file: BinaryIO, path: Path, target: Path) -> None:
    """Gives an open file its final name, once all its bytes are on the disk. `OSError`."""
    file.flush()
    os.fsync(file.fileno())
    path.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
