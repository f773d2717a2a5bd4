"""Worst cases measured, and the weights that follow from them; `make weights` runs it all.

A bench has a function `weigh(book)`. It builds a stage, and has the book measure calls on it, or
anything else that runs on a stage. Each measurement names the figure that has to cover it, as
`MODULE.CONSTANT` of `pallets/weights/`; the dearest counts where several name one. One without a
figure is shown beside what it declares.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import process_time_ns
from typing import Protocol
from unittest.mock import patch

from pallets.runtime import Runtime
from runtime.codec.cell import UNDECODED, Cell
from runtime.composed import ComposedRuntime
from runtime.frame import Call, Origin
from runtime.model import load_bytes
from runtime.primitives import AccountId, Weight
from runtime.state import Overlay
from runtime.tensor import load_graph

RUNS = 9
MARGIN = 2
"""A weight is so many times what was measured."""

PATH_BYTES = 512
"""What a proof has beside each value: its key, and the path to it in a large state."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    picoseconds: int
    proof_bytes: int
    """Every item that was read or written: its path, and the value if it was read."""

    def __sub__(self, other: "Cost") -> "Cost":
        spent = self.picoseconds - other.picoseconds
        return Cost(max(spent, 0), max(self.proof_bytes - other.proof_bytes, 0))

    def join(self, other: "Cost") -> "Cost":
        """The longer time and the longer proof of the two."""
        return Cost(
            max(self.picoseconds, other.picoseconds), max(self.proof_bytes, other.proof_bytes)
        )

    def divide(self, count: int) -> "Cost":
        """One part of so many; a length before so many bytes is not to count as one more each."""
        return Cost(-(-self.picoseconds // count), (self.proof_bytes + count // 2) // count)

    def compute_weight(self) -> Weight:
        """The weight that covers it: twice the time, each part rounded up to two digits.

        Whole items count half as much again: values may be longer, as parameters that are set.
        """
        proof_bytes = self.proof_bytes
        if proof_bytes >= PATH_BYTES:
            proof_bytes += proof_bytes // 2
        return Weight(round_up(MARGIN * self.picoseconds), round_up(proof_bytes))


def round_up(number: int) -> int:
    """To the first two digits."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // unit) * unit


@dataclass(frozen=True, slots=True)
class Measured:
    """One row: a case, what it took, and what it declares if it is a call."""

    figure: str
    case: str
    cost: Cost
    declared: Weight | None

    def __str__(self) -> str:
        micros = self.cost.picoseconds / 10**6
        shown = f"{self.figure:34} {self.case:44} {micros:12.5g} us {self.cost.proof_bytes:8} B"
        if self.declared is None:
            return shown
        ratio = self.declared.ref_time / max(self.cost.picoseconds, 1)
        return f"{shown}  declared {self.declared.ref_time / 10**6:10.1f} us x{ratio:7.1f}"


class Stage(Protocol):
    """Whatever has the whole runtime on some state: with few pallets calls cost less."""

    @property
    def runtime(self) -> Runtime: ...


@dataclass(slots=True)
class Book:
    """All that was measured."""

    runs: int = RUNS
    rows: list[Measured] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    """The calls that were measured, as `Pallet.call`."""

    def call(
        self,
        figure: str,
        case: str,
        stage: Stage,
        who: AccountId | Origin | None,
        call: Call,
    ) -> Cost:
        """Decoding and dispatching a call, signed by an account, or of root's or an inherent.

        The stage stays as it was. A call that fails is a mistake in the bench.
        """
        runtime = stage.runtime
        origin = who if isinstance(who, Origin) else _make_origin(who)
        raw, declared = runtime.calls.encode(call), call.get_dispatch_info().weight

        def run() -> None:
            post = runtime.dispatcher.dispatch(runtime.calls.decode(raw), origin)
            actual = post.actual_weight
            assert actual is None or actual.is_within(declared), f"{case}: {actual} > {declared}"

        self.calls.add(f"{call.pallet_name}.{call.spec.name}")
        return self.note(figure, case, self._measure(runtime, run), declared)

    def run(self, figure: str, case: str, stage: Stage, run: Callable[[], object]) -> Cost:
        """Anything on a stage, which stays as it was: a hook, or a part of many calls."""
        return self.note(figure, case, self._measure(stage.runtime, run))

    def slope(self, figure: str, case: str, small: Cost, large: Cost, count: int) -> Cost:
        """What each of so many more things cost, between two measured cases."""
        return self.note(figure, case, (large - small).divide(count))

    def note(self, figure: str, case: str, cost: Cost, declared: Weight | None = None) -> Cost:
        """A row, printed as it comes."""
        row = Measured(figure, case, cost, declared)
        self.rows.append(row)
        print(row, flush=True)
        return cost

    def compute_figures(self) -> dict[str, Cost]:
        """The dearest time and the longest proof of each figure."""
        found: dict[str, Cost] = {}
        for row in filter(lambda row: row.figure, self.rows):
            found[row.figure] = row.cost.join(found.get(row.figure, row.cost))
        return found

    def _measure(self, runtime: Runtime, run: Callable[[], object]) -> Cost:
        """The quickest of some runs, each with nothing decoded yet, as a block begins."""
        best, state = 1 << 62, runtime.state
        mark = state.mark()
        with count_proof() as items:
            run()
        state.rollback_to(mark)
        for _ in range(self.runs):
            forget(runtime)
            begin = process_time_ns()
            run()
            best = min(best, process_time_ns() - begin)
            state.rollback_to(mark)
        return Cost(1_000 * best, sum(PATH_BYTES + size for size in items.values()))


def _make_origin(who: AccountId | None) -> Origin:
    return Origin.none() if who is None else Origin.signed(who)


def forget(runtime: ComposedRuntime) -> None:
    """Drops what is remembered of decoded values, hashed keys, checked graphs and models."""
    load_graph.cache_clear()
    load_bytes.cache_clear()
    for pallet in runtime.pallets:
        for item in pallet.spec.storage:
            item.remembered.cache_clear()
            item.hash_key.cache_clear()
            if item.hashers and item.attribute in pallet.__dict__:
                pallet.__dict__[item.attribute]._hashed.clear()
    state = runtime.state
    state._known.clear()
    for key, cell in state._changes.items():
        if (raw := cell.encode()) is not None:
            state._changes[key] = Cell(UNDECODED, raw)


@contextmanager
def count_proof() -> Iterator[dict[bytes, int]]:
    """Counts what is read and written of any overlay: each key, and the longest value read.

    What is only written needs the path to its place, and not what was there.
    """
    items: dict[bytes, int] = {}
    find, write, next_key = Overlay.find, Overlay.write, Overlay.next_key

    def note(key: bytes, value: bytes | None) -> None:
        items[key] = max(items.get(key, 0), 0 if value is None else len(value))

    def counted_find(self: Overlay, key: bytes) -> Cell:
        cell = find(self, key)
        note(key, cell.encode())
        return cell

    def counted_write(self: Overlay, key: bytes, cell: Cell) -> None:
        note(key, None)
        write(self, key, cell)

    def counted_next(self: Overlay, key: bytes) -> bytes | None:
        following = next_key(self, key)
        if following is not None:
            note(following, find(self, following).encode())
        return following

    with (
        patch.object(Overlay, "find", counted_find),
        patch.object(Overlay, "write", counted_write),
        patch.object(Overlay, "next_key", counted_next),
    ):
        yield items
