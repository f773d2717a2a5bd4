"""Files for their owner alone, such as keys: written whole or not at all, and never replaced."""

import os
from contextlib import suppress
from pathlib import Path

from chain.durable import sync_folder


def dump_private_file(path: Path, content: bytes) -> None:
    """Makes a file, and the folder it is in; `OSError`, of which `FileExistsError` is one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
