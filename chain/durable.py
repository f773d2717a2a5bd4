"""What it takes for a new name of a file to be on the disk."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Puts the names in a folder on the disk. `OSError`."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
