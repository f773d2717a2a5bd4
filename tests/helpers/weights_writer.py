"""Writes the figures of `pallets/weights/` from what the benches measured: `make weights`.

What was measured is kept in `tests/vectors/weights/measured.json`, so that every figure can be
computed again from it. With names of benches only those run, and the other figures stay; with
`--check` nothing runs: it says which figures do not follow from what was measured.
"""

import json
import re
import sys
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from runtime.primitives import Weight
from tests.helpers.weighing import Book, Cost

ROOT = Path(__file__).parents[2]
BENCHES = ROOT / "tests" / "bench"
MODULES = ROOT / "pallets" / "weights"
SYSTEM = ROOT / "runtime" / "weights.py"
MEASURED = ROOT / "tests" / "vectors" / "weights" / "measured.json"


@dataclass(frozen=True, slots=True)
class Measurements:
    """What the benches found."""

    figures: dict[str, Cost]
    """By `module.CONSTANT`."""

    calls: tuple[str, ...]
    """Every call that has a bench, as `Pallet.call`."""


def find_benches() -> list[str]:
    """The names of all benches that weigh."""
    return sorted(path.stem for path in BENCHES.glob("bench_*weights.py"))


def measure(benches: list[str]) -> Measurements:
    """Runs benches."""
    book = Book()
    for name in benches:
        print(f"==> {name}", flush=True)
        import_module(f"tests.bench.{name}").weigh(book)
    return Measurements(book.compute_figures(), tuple(sorted(book.calls)))


def load() -> Measurements:
    """What was measured last."""
    stored = json.loads(MEASURED.read_text())
    figures = {name: Cost(**cost) for name, cost in stored["figures"].items()}
    return Measurements(figures, tuple(stored["calls"]))


def store(measured: Measurements) -> None:
    """Keeps it."""
    shown = {
        "figures": {name: asdict(measured.figures[name]) for name in sorted(measured.figures)},
        "calls": sorted(measured.calls),
    }
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(shown, indent=1) + "\n")


def merge(known: Measurements, new: Measurements) -> Measurements:
    """The new figures in the place of those of the same names."""
    calls = tuple(sorted({*known.calls, *new.calls}))
    return Measurements({**known.figures, **new.figures}, calls)


def get_module(figure: str) -> Path:
    """Where a figure is written."""
    module = figure.partition(".")[0]
    return SYSTEM if module == "system" else MODULES / f"{module}.py"


def set_figure(text: str, constant: str, weight: Weight) -> str | None:
    """A module's text with one constant as it should be; None where it has no such constant."""
    line = re.compile(rf"^{constant} = Weight\([^()]*\)$", re.MULTILINE)
    new = f"{constant} = Weight({weight.ref_time:_}, {weight.proof_size:_})"
    replaced, count = line.subn(new, text)
    return replaced if count == 1 else None


def write(measured: Measurements, *, is_kept: bool) -> list[str]:
    """Writes every figure, if it is to be kept; what was wrong."""
    faults: list[str] = []
    for figure, cost in sorted(measured.figures.items()):
        path, constant = get_module(figure), figure.partition(".")[2]
        text = path.read_text() if path.exists() else ""
        new = set_figure(text, constant, cost.compute_weight())
        if new is None:
            faults.append(f"{figure}: measured, but {path.name} has no `{constant} = Weight(…)`")
        elif new != text:
            faults.append(f"{figure}: measured, {cost.compute_weight()}")
            if is_kept:
                path.write_text(new)
    return faults


def main(arguments: list[str]) -> int:
    """Measures, keeps and writes; or checks."""
    if arguments == ["--check"]:
        faults = write(load(), is_kept=False)
        print("\n".join(faults) or "every figure is what was measured")
        return 1 if faults else 0
    unknown = set(arguments) - set(find_benches())
    if unknown:
        print(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(find_benches())}")
        return 2
    measured = measure(arguments or find_benches())
    if arguments:
        measured = merge(load(), measured)
    store(measured)
    print("\n".join(write(measured, is_kept=True)) or "no figure changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
