"""Hypothesis strategies for the programs' parameters and inputs."""

from dataclasses import replace

from hypothesis import strategies as st

from runtime.programs import Colour, Inputs, Sgd, Sphere, Vector
from runtime.programs.scene import FAR, ONE
from tests.helpers.programs_vectors import make_scene, make_sgd

COORDINATES = st.integers(-FAR, FAR)
NEARBY = st.integers(-4 * ONE, 4 * ONE)
POINTS = st.builds(Vector, NEARBY, NEARBY, NEARBY) | st.builds(
    Vector, COORDINATES, COORDINATES, COORDINATES
)
BYTES = st.integers(0, 255)
COLOURS = st.builds(Colour, BYTES, BYTES, BYTES)
RADII = st.integers(1, 4 * ONE) | st.integers(1, FAR)
SCENES = st.builds(
    replace,
    st.just(make_scene()),
    eye=POINTS,
    lamp=POINTS,
    focal=st.integers(ONE // 16, FAR),
    ambient=BYTES,
    spheres=st.lists(st.builds(Sphere, POINTS, RADII, COLOURS, BYTES), max_size=4).map(tuple),
)


@st.composite
def trainings(draw: st.DrawFn) -> tuple[Sgd, Inputs]:
    """A training of four steps with its rows and labels."""
    terms = {
        "margin": draw(st.integers(0, 20_000)),
        "shift": draw(st.integers(0, 12)),
        "rate": draw(st.integers(0, 16)),
        "hidden_rate": draw(st.integers(0, 16)),
    }
    seed = draw(st.text("abcdef", max_size=6))
    cols, hidden = draw(st.integers(1, 6)), draw(st.integers(0, 5))
    classes, batch = draw(st.integers(2, 4)), draw(st.integers(1, 6))
    task, rows, labels = make_sgd(seed, 9, cols, hidden, classes, batch, 4, **terms)
    return task, Inputs((rows, labels))
