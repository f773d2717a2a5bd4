"""Small slots of every program, on which a twin must agree with its reference before it is used."""

from collections.abc import Iterator
from dataclasses import replace

from runtime.model import check_model
from runtime.primitives import Hash, Root
from runtime.programs import (
    SCENE,
    Colour,
    Evaluation,
    Inputs,
    Metric,
    Plane,
    Program,
    Raytrace,
    Scene,
    Sgd,
    Sphere,
    Statistics,
    Vector,
)
from runtime.programs.scene import ONE
from runtime.tensor import Graph, InputSpec, check_graph
from runtime.tensor.ops import Slice

_ROOT = Root(bytes(32))
"""A trial holds the contents of its blobs itself."""

_COUNT, _COLS, _CLASSES = 24, 6, 3
_SCENE = Scene(
    eye=Vector(0, ONE, -4 * ONE),
    focal=ONE,
    lamp=Vector(-3 * ONE, 5 * ONE, -4 * ONE),
    ambient=40,
    horizon=Colour(200, 210, 230),
    zenith=Colour(60, 90, 180),
    plane=Plane(0, Colour(220, 220, 220), Colour(60, 60, 60)),
    spheres=(
        Sphere(Vector(0, ONE, ONE), ONE, Colour(200, 40, 40), 120),
        Sphere(Vector(ONE, ONE // 2, -ONE), ONE // 2, Colour(40, 200, 60), 0),
        Sphere(Vector(0, ONE, -4 * ONE), 20 * ONE, Colour(30, 30, 90), 255),
    ),
)
"""A mirror, what stands before it, and a sphere around the eye."""


def make_trials() -> Iterator[tuple[Program, Inputs]]:
    """Programs with inputs that `plan` accepts; the slot to run is the first."""
    scene = Inputs((SCENE.encode(_SCENE),))
    yield Raytrace(_ROOT, 23, 17, 32), scene
    yield Raytrace(_ROOT, 23, 17, 8), Inputs((SCENE.encode(replace(_SCENE, spheres=())),))
    rows = bytes((7 * i * i + 5 * i) % 127 - 63 & 0xFF for i in range(_COUNT * _COLS))
    labelled = (rows, bytes(i * i % _CLASSES for i in range(_COUNT)))
    for hidden in (0, 5):
        yield _make_training(hidden), Inputs(labelled)
    yield Statistics(_ROOT, _COUNT, _COLS, 1, -40, 40, (0, 2, 5), 5), Inputs((rows,))
    scores = check_graph(Graph(InputSpec(_COLS, -63, 63), (), (Slice(0, 0, _CLASSES),)))
    for metric in Metric:
        shards = Evaluation(_ROOT, _ROOT, _COUNT, 16, _CLASSES, metric)
        yield shards, Inputs(labelled, check_model(scores, ()))


def _make_training(hidden: int) -> Sgd:
    return Sgd(
        rows=_ROOT,
        labels=_ROOT,
        count=_COUNT,
        cols=_COLS,
        hidden=hidden,
        classes=_CLASSES,
        batch=7,
        margin=500,
        shift=3,
        rate=9,
        hidden_rate=6,
        seed=Hash(bytes(range(32))),
        steps=12,
        steps_per_slot=9,
    )
