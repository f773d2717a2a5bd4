"""Collection pools as a client takes part in them: files, secrets, and how one stands."""

import base64
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from chain.wallet.errors import WalletError
from chain.wallet.model_file import load_rows_file
from chain.wallet.secret_files import dump_secret, load_secret
from pallets.pools import Pool, Seat
from pallets.pools.examples import drop_known
from pallets.runtime import Runtime
from runtime.primitives import Hash
from runtime.tensor.value import OPERAND_MAX, Int8Array


class NoSuchPool(WalletError):
    """There is no pool of this number, or no longer."""


class BadExamplesFile(WalletError):
    """The file holds no examples."""


class _Kept(msgspec.Struct, frozen=True):
    """A secret on disk."""

    content: str
    salt: str


@dataclass(frozen=True, slots=True)
class PoolSecrets:
    """Examples that were committed to, in files that only their owner can read."""

    folder: Path

    def keep(self, commitment: Hash, content: bytes, salt: bytes) -> None:
        """Stores what a commitment binds to, before it is sent."""
        kept = _Kept(base64.b64encode(content).decode(), salt.hex())
        dump_secret(self._get_path(commitment), msgspec.json.encode(kept))

    def get(self, commitment: Hash) -> tuple[bytes, bytes]:
        """Content and salt behind a commitment; `NoSuchSecret`."""
        return load_secret(self._get_path(commitment), _decode, "what was committed to")

    def _get_path(self, commitment: Hash) -> Path:
        return self.folder / f"{commitment.hex()}.json"


@dataclass(frozen=True, slots=True)
class PoolStanding:
    """A pool with its seats, in their order."""

    number: int
    pool: Pool
    seats: tuple[Seat, ...]


def load_examples_file(path: Path, classes: int) -> Int8Array:
    """int8[n, columns + 1], a row and its label; `BadExamplesFile`."""
    table = load_rows_file(path)
    if table.shape[1] < 2:
        raise BadExamplesFile(f"{path}: expected rows with a label behind each, got one column")
    entries, labels = table[:, :-1], table[:, -1]
    if int(entries.min()) < -OPERAND_MAX or int(entries.max()) > OPERAND_MAX:
        found = f"{entries.min()} to {entries.max()}"
        raise BadExamplesFile(f"{path}: expected entries of -63 to 63, got {found}")
    if int(labels.min()) < 0 or int(labels.max()) >= classes:
        found = f"{labels.min()} to {labels.max()}"
        raise BadExamplesFile(f"{path}: expected labels of 0 to {classes - 1} last, got {found}")
    return table


def read_pool(runtime: Runtime, number: int) -> PoolStanding:
    """A pool with its seats; `NoSuchPool`."""
    entry = runtime.pools.pool.get(number)
    if entry is None:
        raise NoSuchPool(f"expected the number of a pool that is not closed, got {number}")
    seats = tuple(runtime.pools.seat[number, index] for index in range(entry.committed))
    return PoolStanding(number, entry, seats)


def gather_examples(runtime: Runtime, number: int) -> Int8Array:
    """What a settled pool has collected: the base, and each shard that earned, without doubles."""
    standing = read_pool(runtime, number)
    spec, known = standing.pool.spec, list[bytes]()
    for root in (spec.base, *(seat.shard for seat in standing.seats if seat.points > 0)):
        assert root is not None, "who has points has a shard; qed"
        content = runtime.registry.blob.get(root)
        assert content is not None, "a pool's blobs stay as long as it does; qed"
        known.append(drop_known(content, known, spec.cols))
    table = np.frombuffer(b"".join(known), np.int8)
    return table.reshape(-1, spec.cols + 1)


def _decode(raw: bytes) -> tuple[bytes, bytes]:
    kept = msgspec.json.decode(raw, type=_Kept)
    return base64.b64decode(kept.content, validate=True), bytes.fromhex(kept.salt)
