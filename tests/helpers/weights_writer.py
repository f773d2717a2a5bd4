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
class Measured:
    """What one bench found."""

    figures: dict[str, Cost]
    """By `module.CONSTANT`."""

    calls: tuple[str, ...]
    """The calls that it measured, as `Pallet.call`."""


def find_benches() -> list[str]:
    """The names of all benches that weigh."""
    return sorted(path.stem for path in BENCHES.glob("bench_*weights.py"))


def measure(bench: str) -> Measured:
    """Runs a bench."""
    book = Book()
    print(f"==> {bench}", flush=True)
    import_module(f"tests.bench.{bench}").weigh(book)
    return Measured(book.compute_figures(), tuple(sorted(book.calls)))


def load() -> dict[str, Measured]:
    """What the benches found last, by their names."""
    found: dict[str, Measured] = {}
    for bench, stored in json.loads(MEASURED.read_text()).items():
        figures = {name: Cost(**cost) for name, cost in stored["figures"].items()}
        found[bench] = Measured(figures, tuple(stored["calls"]))
    return found


def store(measured: dict[str, Measured]) -> None:
    """Keeps it."""
    shown = {bench: asdict(measured[bench]) for bench in sorted(measured)}
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(shown, indent=1, sort_keys=True) + "\n")


def compute_weights(measured: dict[str, Measured]) -> dict[str, Weight]:
    """Every figure: the dearest counts where several benches measured for one."""
    costs: dict[str, Cost] = {}
    for each in measured.values():
        for figure, cost in each.figures.items():
            costs[figure] = cost.join(costs.get(figure, cost))
    return {figure: cost.compute_weight() for figure, cost in sorted(costs.items())}


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


def write(weights: dict[str, Weight], *, is_kept: bool) -> list[str]:
    """Writes every figure, if it is to be kept; what was not as measured."""
    faults: list[str] = []
    for figure, weight in weights.items():
        path, constant = get_module(figure), figure.partition(".")[2]
        text = path.read_text() if path.exists() else ""
        new = set_figure(text, constant, weight)
        if new is None:
            faults.append(f"{figure}: measured, but {path.name} has no `{constant} = Weight(…)`")
        elif new != text:
            faults.append(f"{figure}: measured, {weight}")
            if is_kept:
                path.write_text(new)
    return faults


def main(arguments: list[str]) -> int:
    """Measures, keeps and writes; or checks."""
    benches = find_benches()
    if arguments == ["--check"]:
        faults = write(compute_weights(load()), is_kept=False)
        print("\n".join(faults) or "every figure is what was measured")
        return 1 if faults else 0
    unknown = sorted({*arguments} - {*benches})
    if unknown:
        print(f"no such bench: {', '.join(unknown)}; there are {', '.join(benches)}")
        return 2
    known = load() if arguments else {}
    measured = known | {bench: measure(bench) for bench in arguments or benches}
    store(measured)
    print("\n".join(write(compute_weights(measured), is_kept=True)) or "no figure changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
