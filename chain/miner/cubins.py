"""Kernels compiled for this machine's GPU, kept as files from one start to the next."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from runtime.crypto.hashing import blake2_256

DIGEST_BYTES: Final = 32


class CubinFolder:
    """One file for each name: a digest, then what it is of.

    A cache: what cannot be read or written is compiled again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """What was put under this name; None if it is missing or broken."""
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            return None
        digest, cubin = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
        return cubin if blake2_256(cubin) == digest else None

    def put(self, name: str, cubin: bytes) -> None:
        """Keeps it, if the folder can be written."""
        part = self._folder / f"{name}.{os.getpid()}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(blake2_256(cubin) + cubin)
            part.replace(self._folder / name)
        except OSError:
            with suppress(OSError):
                part.unlink()


def get_default_folder() -> Path:
    """Beside the caches of other programs of this user."""
    return Path.home() / ".cache" / "soberana" / "cubins"
