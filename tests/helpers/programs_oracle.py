"""The deterministic programs once more, in plain Python integers and one number at a time.

Written from docs/spec/programs.md and nothing else: slow, and without numpy.
"""

from collections.abc import Sequence
from hashlib import shake_256
from math import isqrt
from typing import Any

Rows = Sequence[Sequence[int]]
Plain = dict[str, Any]
Point = tuple[int, int, int]
ONE, BITS = 1 << 16, 16


def run_sgd(
    rows: Rows,
    labels: Sequence[int],
    *,
    hidden: int,
    classes: int,
    batch: int,
    margin: int,
    shift: int,
    rate: int,
    hidden_rate: int,
    seed: bytes,
    steps: int,
) -> tuple[list[int], list[int]]:
    """The weights after all steps, flat, and the misses of each step."""
    cols = len(rows[0])
    shapes = [(cols + 1, classes)]
    if hidden:
        shapes = [(cols + 1, hidden), (hidden + 1, classes)]
    size = sum(height * width for height, width in shapes)
    flat = [0] * size
    if hidden:
        flat = [(byte % 63 - 31) * 1024 for byte in shake_256(seed + b"weights").digest(size)]
    layers: list[list[list[int]]] = []
    for height, width in shapes:
        layers.append([flat[i * width : (i + 1) * width] for i in range(height)])
        flat = flat[height * width :]
    misses: list[int] = []
    for step in range(steps):
        stream = shake_256(seed + step.to_bytes(4, "little")).digest(4 * batch)
        chosen = [
            int.from_bytes(stream[4 * i : 4 * i + 4], "little") % len(rows) for i in range(batch)
        ]
        x = [[*rows[i], 63] for i in chosen]
        y = [labels[i] for i in chosen]
        missed = _step(layers, x, y, margin, shift, rate, hidden_rate)
        misses.append(missed)
    return [weight for layer in layers for row in layer for weight in row], misses


def _step(
    layers: list[list[list[int]]],
    x: list[list[int]],
    y: list[int],
    margin: int,
    shift: int,
    rate: int,
    hidden_rate: int,
) -> int:
    whole = [[[weight // 1024 for weight in row] for row in layer] for layer in layers]
    sums: list[list[int]] = []
    reads = x
    if len(layers) == 2:
        sums = [[total // 2**shift for total in row] for row in _product(x, whole[0])]
        reads = [[*(min(max(total, 0), 63) for total in row), 63] for row in sums]
    scores = _product(reads, whole[-1])
    missed = sum(row.index(max(row)) != label for row, label in zip(scores, y, strict=True))
    errors = [
        [_err(score, 1 if j == label else -1, margin) for j, score in enumerate(row)]
        for row, label in zip(scores, y, strict=True)
    ]
    if len(layers) == 2:
        back = [
            [
                min(max(sum(e * w for e, w in zip(row, whole[1][i], strict=True)) // 4, -63), 63)
                if 0 < sums[r][i] < 63
                else 0
                for i in range(len(layers[1]) - 1)
            ]
            for r, row in enumerate(errors)
        ]
        _move(layers[0], x, back, hidden_rate)
    _move(layers[-1], reads, errors, rate)
    return missed


def _err(score: int, wanted: int, margin: int) -> int:
    return -wanted if wanted * score < margin else 0


def _move(layer: list[list[int]], x: Rows, errors: Rows, rate: int) -> None:
    for i, row in enumerate(layer):
        for j, weight in enumerate(row):
            gradient = sum(x[r][i] * errors[r][j] for r in range(len(x)))
            moved = weight - gradient * 2**rate // len(x)
            row[j] = min(max(moved, -63 * 1024), 64 * 1024 - 1)


def _product(a: Rows, b: Rows) -> list[list[int]]:
    return [[sum(row[i] * b[i][j] for i in range(len(row))) for j in range(len(b[0]))] for row in a]


def count_answers(
    answers: Sequence[int], labels: Sequence[int], classes: int, *, confusion: bool
) -> list[int]:
    """What eval-v1 counts."""
    if not confusion:
        return [sum(a == b for a, b in zip(answers, labels, strict=True)), len(labels)]
    pairs = list(zip(labels, answers, strict=True))
    return [pairs.count((label, answer)) for label in range(classes) for answer in range(classes)]


def run_statistics(
    rows: Rows, *, group: int, low: int, high: int, columns: Sequence[int], group_rows_min: int
) -> list[int]:
    """What stats-v1 sums, flat."""
    flat: list[int] = []
    for value in range(low, high + 1):
        mine = [row for row in rows if row[group] == value]
        if len(mine) < group_rows_min:
            mine = []
        flat += [len(mine), *(sum(row[column] for row in mine) for column in columns)]
    return flat


# --- raytrace-v1; a scene is a dict of plain values


def run_raytrace(scene: Plain, width: int, height: int) -> list[list[int]]:
    """The colours of all pixels, row by row."""
    pixels: list[list[int]] = []
    for y in range(height):
        for x in range(width):
            across = ((2 * x + 1 - width) << BITS) // width
            up = ((height - 1 - 2 * y) << BITS) // width
            ray = _unit((across, up, scene["focal"]))
            pixels.append(_trace(scene, tuple(scene["eye"]), ray, 1))
    return pixels


def _dot(a: Point, b: Point) -> int:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _less(a: Point, b: Sequence[int]) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _unit(v: Point) -> Point:
    length = max(isqrt(_dot(v, v)), 1)
    x, y, z = ((part << BITS) // length for part in v)
    return x, y, z


def _trace(scene: Plain, origin: Point, ray: Point, bounces: int) -> list[int]:
    hit = _find(scene, origin, ray)
    if hit is None:
        height = min(max(ray[1], 0), ONE)
        pairs = zip(scene["horizon"], scene["zenith"], strict=True)
        return [low + ((high - low) * height >> BITS) for low, high in pairs]
    distance, ball = hit
    x, y, z = (o + (distance * d >> BITS) for o, d in zip(origin, ray, strict=True))
    point = (x, y, z)
    normal: Point = (0, ONE, 0)
    mirror, plane = 0, scene["plane"]
    is_dark = ((x >> BITS) + (z >> BITS)) % 2 == 1
    colour = plane["dark"] if is_dark else plane["light"]
    if ball is not None:
        away = ((part << BITS) // ball["radius"] for part in _less(point, ball["centre"]))
        nx, ny, nz = (min(max(part, -ONE), ONE) for part in away)
        normal, mirror, colour = (nx, ny, nz), ball["mirror"], ball["colour"]
    lit = [part * _light(scene, point, normal) >> BITS for part in colour]
    if mirror == 0 or bounces == 0:
        return lit
    twice = 2 * (_dot(ray, normal) >> BITS)
    bx, by, bz = (d - (twice * n >> BITS) for d, n in zip(ray, normal, strict=True))
    seen = _trace(scene, point, _unit((bx, by, bz)), bounces - 1)
    return [
        (own * (255 - mirror) + other * mirror) // 255 for own, other in zip(lit, seen, strict=True)
    ]


def _find(scene: Plain, origin: Point, ray: Point) -> tuple[int, Plain | None] | None:
    best: tuple[int, Plain | None] | None = None
    if ray[1] < 0:
        distance = ((scene["plane"]["height"] - origin[1]) << BITS) // ray[1]
        if 64 < distance < 256 * ONE:
            best = distance, None
    for ball in scene["spheres"]:
        at = _meet(ball, origin, ray)
        if at is not None and (best is None or at < best[0]):
            best = at, ball
    return best


def _meet(ball: Plain, origin: Point, ray: Point) -> int | None:
    away = _less(origin, ball["centre"])
    along = _dot(away, ray) >> BITS
    inside = along * along - (_dot(away, away) - ball["radius"] ** 2)
    if inside < 0:
        return None
    root = isqrt(inside)
    distance = -along - root if -along - root > 64 else -along + root
    return distance if distance > 64 else None


def _light(scene: Plain, point: Point, normal: Point) -> int:
    x, y, z = scene["lamp"]
    to_lamp = _less((x, y, z), point)
    distance = max(isqrt(_dot(to_lamp, to_lamp)), 1)
    dx, dy, dz = ((part << BITS) // distance for part in to_lamp)
    ray = (dx, dy, dz)
    slant = min(max(_dot(normal, ray) >> BITS, 0), ONE)
    for ball in scene["spheres"]:
        at = _meet(ball, point, ray)
        if at is not None and at < distance:
            slant = 0
    ambient: int = scene["ambient"] * ONE // 255
    return ambient + ((ONE - ambient) * slant >> BITS)
