"""Makes tests/vectors/programs/: inputs, and outputs by the oracle in plain integers.

`python -m tests.helpers.programs_vectors` writes the files. The format is in the folder's README.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runtime.codec import encode
from runtime.primitives import Hash, Root
from runtime.programs import (
    SCENE,
    Colour,
    Evaluation,
    Metric,
    Plane,
    Raytrace,
    Scene,
    Sgd,
    Sphere,
    Statistics,
    Vector,
)
from runtime.programs.scene import ONE
from tests.helpers import programs_oracle as oracle

FOLDER = Path(__file__).parents[1] / "vectors" / "programs"
NO_ROOT = Root(bytes(32))
"""Vectors hold the contents themselves."""


def draw(seed: str, rows: int, cols: int, low: int, high: int) -> list[list[int]]:
    """Entries that depend on the seed alone."""
    rng = random.Random(seed)
    return [[rng.randint(low, high) for _ in range(cols)] for _ in range(rows)]


def to_bytes(rows: Sequence[Sequence[int]]) -> bytes:
    """int8, row after row."""
    return b"".join(entry.to_bytes(1, "little", signed=True) for row in rows for entry in row)


def to_words(numbers: Sequence[int], size: int, *, signed: bool) -> bytes:
    """Little endian."""
    return b"".join(number.to_bytes(size, "little", signed=signed) for number in numbers)


# --- int-sgd-v1


def make_sgd(
    seed: str,
    count: int,
    cols: int,
    hidden: int,
    classes: int,
    batch: int,
    steps: int,
    *,
    margin: int = 500,
    shift: int = 6,
    rate: int = 9,
    hidden_rate: int = 6,
) -> tuple[Sgd, bytes, bytes]:
    """A training with its blobs; in one segment."""
    rows = draw(seed, count, cols, -63, 63)
    labels = [row[0] for row in draw(f"{seed} labels", count, 1, 0, classes - 1)]
    terms = (margin, shift, rate, hidden_rate)
    key = Hash(seed.encode()[:32].ljust(32, b"."))
    sizes = (count, cols, hidden, classes, batch)
    task = Sgd(NO_ROOT, NO_ROOT, *sizes, *terms, key, steps, steps)
    return task, to_bytes(rows), bytes(labels)


def run_oracle_sgd(task: Sgd, rows: bytes, labels: bytes) -> bytes:
    """The oracle's output of all steps."""
    entries = [byte - 256 * (byte > 127) for byte in rows]
    x = [entries[i * task.cols : (i + 1) * task.cols] for i in range(task.count)]
    names = ("hidden", "classes", "batch", "margin", "shift", "rate", "hidden_rate", "steps")
    terms = {name: getattr(task, name) for name in names}
    weights, misses = oracle.run_sgd(x, labels, seed=bytes(task.seed), **terms)
    return to_words(weights, 4, signed=True) + to_words(misses, 2, signed=False)


SGD_CASES: dict[str, tuple[Any, ...]] = {
    "linear": ("a", 20, 5, 0, 3, 4, 12),
    "linear, a batch of one": ("b", 7, 3, 0, 2, 1, 9),
    "perceptron": ("c", 24, 6, 5, 3, 8, 10),
    "perceptron of one": ("d", 5, 1, 1, 2, 3, 6),
}


def make_sgd_cases() -> list[dict[str, Any]]:
    """One case a line of the table above, and one that runs into the bounds of the weights."""
    cases = {name: make_sgd(*args) for name, args in SGD_CASES.items()}
    cases["weights at their bounds"] = make_sgd("e", 12, 4, 3, 3, 4, 8, rate=16, hidden_rate=16)
    return [
        {
            "name": name,
            "parameters": encode(task).hex(),
            "rows": rows.hex(),
            "labels": labels.hex(),
            "output": run_oracle_sgd(task, rows, labels).hex(),
        }
        for name, (task, rows, labels) in cases.items()
    ]


# --- raytrace-v1


def to_raw(number: float) -> int:
    """Q16.16."""
    return round(number * ONE)


def point(x: float, y: float, z: float) -> Vector:
    """A point in units."""
    return Vector(to_raw(x), to_raw(y), to_raw(z))


def ball(x: float, y: float, z: float, radius: float, paint: str, mirror: int) -> Sphere:
    """A sphere in units; the paint as six hex digits."""
    return Sphere(point(x, y, z), to_raw(radius), Colour(*bytes.fromhex(paint)), mirror)


GROUND = Plane(-ONE, Colour(235, 235, 230), Colour(60, 65, 80))


def make_scene(*spheres: Sphere) -> Scene:
    """Spheres by daylight."""
    return Scene(
        point(0, 0.6, -4),
        to_raw(2),
        point(-5, 8, -6),
        60,
        Colour(205, 225, 245),
        Colour(70, 120, 205),
        GROUND,
        spheres,
    )


FOUR_BALLS = make_scene(
    ball(0, 0, 1, 1, "e13c37", 60),
    ball(-1.7, -0.4, 0, 0.6, "3c8cdc", 30),
    ball(1.5, -0.5, -0.4, 0.5, "f5be3c", 30),
    ball(0.9, 0.6, 3, 1.6, "e6e6eb", 190),
)
INSIDE = make_scene(ball(0, 0, 0, 20, "8090a0", 255), ball(0.5, 0.5, 1, 0.7, "ff0000", 0))
TINY = make_scene(
    Sphere(point(0, 0.6, 1), 1, Colour(9, 200, 30), 255), ball(2, 1, 60, 9, "102030", 128)
)


def make_raytrace_cases() -> list[dict[str, Any]]:
    """Whole pictures, in one tile."""
    scenes = {
        "four balls": (FOUR_BALLS, 24, 18),
        "nothing but ground and sky": (make_scene(), 9, 12),
        "from within a mirror": (INSIDE, 12, 12),
        "a ball smaller than a pixel, and one far away": (TINY, 15, 15),
    }
    cases: list[dict[str, Any]] = []
    for name, (scene, width, height) in scenes.items():
        task = Raytrace(NO_ROOT, width, height, max(width, height))
        cases.append(
            {
                "name": name,
                "parameters": encode(task).hex(),
                "scene": SCENE.encode(scene).hex(),
                "output": run_oracle_raytrace(scene, width, height).hex(),
            }
        )
    return cases


def run_oracle_raytrace(scene: Scene, width: int, height: int) -> bytes:
    """The oracle's picture."""
    return bytes(
        byte for pixel in oracle.run_raytrace(to_plain(scene), width, height) for byte in pixel
    )


def to_plain(scene: Scene) -> dict[str, Any]:
    """A scene without the node's types."""
    plain: dict[str, Any] = asdict(scene)
    flat = {name: _flatten(value) for name, value in plain.items()}
    flat["plane"] = {name: _flatten(value) for name, value in plain["plane"].items()}
    flat["spheres"] = [
        {name: _flatten(value) for name, value in sphere.items()} for sphere in plain["spheres"]
    ]
    return flat


def _flatten(value: Any) -> Any:
    return tuple(value.values()) if isinstance(value, dict) else value


# --- eval-v1 and stats-v1


def make_evaluation_cases() -> list[dict[str, Any]]:
    """Answers against labels; the model is the identity on as many columns as there are classes."""
    cases: list[dict[str, Any]] = []
    for metric in Metric:
        rows = draw(f"eval {metric.name}", 30, 4, -63, 63)
        rows[:3] = [[5, 5, 1, 5], [0, 0, 0, 0], [-1, 2, 2, -3]]
        labels = [row[0] for row in draw("eval labels", 30, 1, 0, 3)]
        answers = [row.index(max(row)) for row in rows]
        is_matrix = metric is Metric.CONFUSION
        counts = oracle.count_answers(answers, labels, 4, confusion=is_matrix)
        task = Evaluation(NO_ROOT, NO_ROOT, 30, 30, 4, metric)
        cases.append(
            {
                "name": metric.name.lower(),
                "parameters": encode(task).hex(),
                "rows": to_bytes(rows).hex(),
                "labels": bytes(labels).hex(),
                "output": to_words(counts, 4, signed=False).hex(),
            }
        )
    return cases


def make_statistics_cases() -> list[dict[str, Any]]:
    """Groups large, small and absent."""
    shapes = {"five groups": (60, 3, -2, 2), "groups left out": (40, 2, 0, 1), "one": (9, 2, 3, 3)}
    cases: list[dict[str, Any]] = []
    for name, (count, cols, low, high) in shapes.items():
        rows = draw(f"stats {name}", count, cols, -128, 127)
        for index, row in enumerate(rows):
            row[0] = (index * index) % 7 - 3
        columns = tuple(range(1, cols))
        terms: dict[str, Any] = {"group": 0, "low": low, "high": high, "columns": columns}
        task = Statistics(NO_ROOT, count, cols, 0, low, high, columns, 9)
        sums = oracle.run_statistics(rows, **terms, group_rows_min=9)
        cases.append(
            {
                "name": name,
                "parameters": encode(task).hex(),
                "rows": to_bytes(rows).hex(),
                "output": to_words(sums, 8, signed=True).hex(),
            }
        )
    return cases


MAKERS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "int_sgd_v1": make_sgd_cases,
    "raytrace_v1": make_raytrace_cases,
    "eval_v1": make_evaluation_cases,
    "stats_v1": make_statistics_cases,
}


def write(cases: list[dict[str, Any]]) -> str:
    """A list, one case a line."""
    return "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"


def main() -> None:
    """Writes every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in MAKERS.items():
        (FOLDER / f"{name}.json").write_text(write(make()))


if __name__ == "__main__":
    main()
