"""Rounds of labelling as a client takes part in them: requests, secrets, and how one stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from chain.array_file import BadArrayFile, load_array
from chain.wallet.errors import WalletError
from chain.wallet.secret_files import dump_secret, load_secret
from chain.wallet.transaction import make_call
from pallets.rounds import (
    GoldLabel,
    Round,
    RoundSpec,
    RoundTerms,
    Seat,
    pack_labels,
    unpack_labels,
)
from pallets.rounds.labels import BadLabels
from pallets.rounds.types import ITEMS_MAX
from pallets.runtime import Runtime
from runtime.frame import Call
from runtime.primitives import AccountId, Hash, Root

FILE_BYTES_MAX = 1 << 20


class NoSuchRound(WalletError):
    """There is no round of this number, or no longer."""


class BadLabelFile(WalletError):
    """The file holds no labels."""


class _Kept(msgspec.Struct, frozen=True):
    """A secret on disk."""

    labels: list[int]
    items: list[int]
    salt: str


@dataclass(frozen=True, slots=True)
class LabelSecrets:
    """What was committed to and is to be revealed, in files that only their owner can read."""

    folder: Path

    def keep(
        self, commitment: Hash, labels: Sequence[int], salt: bytes, items: Sequence[int] = ()
    ) -> None:
        """Stores what a commitment binds to, before it is sent."""
        kept = _Kept(list(labels), list(items), salt.hex())
        dump_secret(self._get_path(commitment), msgspec.json.encode(kept))

    def get(self, commitment: Hash) -> tuple[list[int], list[int], bytes]:
        """Labels, items and salt behind a commitment; `NoSuchSecret`."""
        return load_secret(self._get_path(commitment), _decode, "what was committed to")

    def _get_path(self, commitment: Hash) -> Path:
        return self.folder / f"{commitment.hex()}.json"


@dataclass(frozen=True, slots=True)
class RoundRequest:
    """What a requester asks for."""

    items: Root
    item_bytes: int
    classes: int
    task: str
    seats: int
    pool: int
    gold: tuple[GoldLabel, ...]
    terms: RoundTerms


@dataclass(frozen=True, slots=True)
class RoundStanding:
    """A round with its seats, by account, and its labels once it is settled."""

    number: int
    round: Round
    seats: tuple[tuple[AccountId, Seat], ...]
    answers: tuple[tuple[int, ...], ...]
    """Of those who revealed."""

    labels: tuple[int, ...]
    block_number: int

    @property
    def is_sure(self) -> list[bool]:
        """For each item, whether all who weigh anything gave it its label."""
        heavy = [seat.weight > 0 for _, seat in self.seats if seat.state.name == "REVEALED"]
        rows = [row for row, is_heavy in zip(self.answers, heavy, strict=True) if is_heavy]
        return [all(row[at] == label for row in rows) for at, label in enumerate(self.labels)]


def ensure_gold(gold: Sequence[GoldLabel], items: int, classes: int) -> None:
    """Refuses gold that could never be shown, and would cost its deposit; `BadLabelFile`."""
    known = [each.item for each in gold]
    if len(set(known)) < len(known):
        raise BadLabelFile("expected each item of the gold once, got one twice")
    if any(item >= items for item in known):
        raise BadLabelFile(f"expected gold among {items} items, got item {max(known)}")
    if any(each.label >= classes for each in gold):
        raise BadLabelFile(f"expected gold of {classes} classes, got another label")


def make_post_call(runtime: Runtime, request: RoundRequest, gold_commitment: Hash) -> Call:
    """Posts a round; its items are a blob in the state already."""
    spec = RoundSpec(
        request.items,
        request.item_bytes,
        request.classes,
        request.task,
        request.seats,
        request.pool,
        len(request.gold),
        gold_commitment,
    )
    return make_call(runtime.rounds.post, spec, request.terms)


def pack_answers(entry: Round, labels: Sequence[int]) -> bytes:
    """Labels for a round; `BadLabelFile` unless they are one of its classes for each item."""
    if len(labels) != entry.items:
        raise BadLabelFile(f"expected {entry.items} labels, got {len(labels)}")
    try:
        return pack_labels(labels, entry.spec.classes)
    except BadLabels as error:
        raise BadLabelFile(str(error)) from error


def read_round(runtime: Runtime, number: int) -> RoundStanding:
    """A round with its seats; `NoSuchRound`."""
    entry = runtime.rounds.round.get(number)
    if entry is None:
        raise NoSuchRound(f"expected the number of a round that is not closed, got {number}")
    seats = tuple(sorted((who, seat) for (_, who), seat in runtime.rounds.seat.items(number)))
    found = [runtime.rounds.answers.get((number, who)) for who, _ in seats]
    packed, classes = runtime.rounds.labels.get(number), entry.spec.classes
    answers = [_unpack(each, entry.items, classes) for each in found if each is not None]
    labels = () if packed is None else _unpack(packed, entry.items, classes)
    now = runtime.system.get_block_number()
    return RoundStanding(number, entry, seats, tuple(answers), labels, now)


def load_labels(path: Path) -> list[int]:
    """Labels from a NumPy file (.npy), or from numbers in a text file; `BadLabelFile`."""
    if path.suffix == ".npy":
        try:
            array = load_array(path, FILE_BYTES_MAX)
        except BadArrayFile as error:
            raise BadLabelFile(f"{path}: {error}") from error
        if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
            raise BadLabelFile(f"{path}: expected integers[n], got {array.dtype}{array.shape}")
        return [int(label) for label in array]
    return _load_numbers(path)


def load_gold(path: Path) -> tuple[GoldLabel, ...]:
    """Items and their labels from a text file, two numbers a line; `BadLabelFile`."""
    numbers = _load_numbers(path)
    if len(numbers) % 2 != 0:
        raise BadLabelFile(f"{path}: expected an item and a label a line, got one number too many")
    pairs = sorted(zip(numbers[::2], numbers[1::2], strict=True))
    if any(not 0 <= item < ITEMS_MAX or not 0 <= label < 256 for item, label in pairs):
        raise BadLabelFile(f"{path}: expected items below {ITEMS_MAX} and labels below 256")
    return tuple(GoldLabel(item, label) for item, label in pairs)


def _decode(raw: bytes) -> tuple[list[int], list[int], bytes]:
    kept = msgspec.json.decode(raw, type=_Kept)
    return kept.labels, kept.items, bytes.fromhex(kept.salt)


def _load_numbers(path: Path) -> list[int]:
    try:
        with path.open(encoding="utf-8") as file:
            return [int(word) for word in file.read(FILE_BYTES_MAX).split()]
    except OSError as error:
        raise BadLabelFile(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadLabelFile(f"{path}: expected numbers: {error}") from error


def _unpack(packed: bytes, items: int, classes: int) -> tuple[int, ...]:
    return tuple(unpack_labels(packed, items, classes).tolist())
