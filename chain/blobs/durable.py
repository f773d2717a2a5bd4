"""Files that are on the disk, whole, before they have their name."""

import os
from pathlib import Path
from typing import BinaryIO

from chain.durable import sync_folder


def replace_durably(file: BinaryIO, path: Path, target: Path) -> None:
    """Gives an open file its final name, once all its bytes are on the disk. `OSError`."""
    file.flush()
    os.fsync(file.fileno())
    path.replace(target)
    sync_folder(target.parent)
