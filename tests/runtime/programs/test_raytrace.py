"""raytrace-v1: the oracle's pixels, tiles that join, and what it refuses."""

from dataclasses import replace
from math import isqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.programs import SCENE, Colour, Inputs, ProgramError, Raytrace, Scene, Sphere, Vector
from runtime.programs.integers import compute_isqrt
from runtime.programs.scene import FAR, ONE, SPHERES_MAX
from tests.helpers.programs_strategies import SCENES
from tests.helpers.programs_vectors import (
    FOUR_BALLS,
    NO_ROOT,
    ball,
    make_scene,
    run_oracle_raytrace,
)


def draw(scene: Scene, width: int, height: int, tile: int) -> np.ndarray[Any, Any]:
    """The picture, put together from its tiles."""
    task = Raytrace(NO_ROOT, width, height, tile)
    inputs = Inputs((SCENE.encode(scene),))
    cost = task.plan(inputs)
    picture = np.zeros((height, width, 3), np.uint8)
    for slot in range(task.count_slots()):
        output = task.run(slot, inputs)
        assert len(output) <= cost.output_bytes
        left, top, w, h = task.get_tile(slot)
        picture[top : top + h, left : left + w] = np.frombuffer(output, np.uint8).reshape(h, w, 3)
    return picture


@given(st.lists(st.integers(0, 2**62 - 1), min_size=1, max_size=20))
def test_the_root_is_the_exact_floor(values: list[int]) -> None:
    near = [isqrt(value) ** 2 for value in values]
    everything = [*values, *near, *(max(value - 1, 0) for value in near), 0, 2**62 - 1]
    found = compute_isqrt(np.array(everything, np.int64))
    assert found.tolist() == [isqrt(value) for value in everything]


@given(scene=SCENES, width=st.integers(1, 6), height=st.integers(1, 6))
def test_it_gives_the_oracles_pixels(scene: Scene, width: int, height: int) -> None:
    assert draw(scene, width, height, 8).tobytes() == run_oracle_raytrace(scene, width, height)


def test_tiles_join_to_the_whole() -> None:
    whole = draw(FOUR_BALLS, 40, 28, 64)
    for tile in (1, 7, 16, 40):
        assert (draw(FOUR_BALLS, 40, 28, tile) == whole).all()
    assert len(np.unique(whole.reshape(-1, 3), axis=0)) > 300


def test_every_part_of_the_picture_is_there() -> None:
    picture = draw(FOUR_BALLS, 64, 64, 64).astype(int)
    sky, ground = picture[2], picture[60]
    assert (sky[:, 2] > sky[:, 0]).all()
    assert ground.std() > 30
    red = picture[38, 32]
    assert red[0] > 1.5 * red[2]


def test_a_mirror_shows_what_is_behind_the_eye() -> None:
    sphere = ball(0, 0, 1, 1, "ffffff", 200)
    behind = ball(0, 0.6, -8, 2, "ff0000", 0)
    alone, together = (
        draw(make_scene(*each), 48, 48, 48) for each in ((sphere,), (sphere, behind))
    )
    middle = slice(29, 31), slice(23, 25)
    assert (alone[middle] != together[middle]).any()
    assert (together[middle][..., 0].astype(int) - together[middle][..., 2] > 20).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 0},
        {"width": 4_097},
        {"height": 0},
        {"height": 4_097},
        {"tile": 0},
        {"tile": 129},
    ],
    ids=str,
)
def test_it_refuses_pictures(changes: dict[str, Any]) -> None:
    task = replace(Raytrace(NO_ROOT, 20, 20, 8), **changes)
    with pytest.raises(ProgramError):
        task.plan(Inputs((SCENE.encode(FOUR_BALLS),)))


BEYOND = Vector(0, FAR + 1, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SCENE.encode(FOUR_BALLS)[:-1],
        SCENE.encode(FOUR_BALLS) + b"\0",
        SCENE.encode(replace(FOUR_BALLS, eye=BEYOND)),
        SCENE.encode(replace(FOUR_BALLS, lamp=Vector(-FAR - 1, 0, 0))),
        SCENE.encode(replace(FOUR_BALLS, focal=0)),
        SCENE.encode(replace(FOUR_BALLS, focal=FAR + 1)),
        SCENE.encode(replace(FOUR_BALLS, plane=replace(FOUR_BALLS.plane, height=-FAR - 1))),
        SCENE.encode(make_scene(Sphere(BEYOND, ONE, Colour(1, 2, 3), 0))),
        SCENE.encode(make_scene(ball(0, 0, 0, 0, "010203", 0))),
        SCENE.encode(make_scene(ball(0, 0, 0, 65, "010203", 0))),
        # One sphere more than a scene may have.
        SCENE.encode(make_scene())[:-1]
        + bytes([(SPHERES_MAX + 1) << 2])
        + SCENE.encode(make_scene(ball(0, 0, 0, 1, "010203", 0)))[-20:] * (SPHERES_MAX + 1),
    ],
    ids=range(12),
)
def test_it_refuses_scenes(data: bytes) -> None:
    with pytest.raises(ProgramError):
        Raytrace(NO_ROOT, 20, 20, 8).plan(Inputs((data,)))


@given(SCENES, st.integers(0, 3), st.lists(st.integers(0, 10_000), min_size=1, max_size=12))
def test_a_pixel_alone_is_the_tiles(scene: Scene, slot: int, choices: list[int]) -> None:
    task, inputs = Raytrace(NO_ROOT, 13, 11, 8), Inputs((SCENE.encode(scene),))
    tile = np.frombuffer(task.run(slot, inputs), np.uint8).reshape(-1, 3)
    places = np.array(choices, np.int64) % len(tile)
    assert task.run_pixels(slot, inputs, places) == tile[places].tobytes()
    cost = task.plan(inputs)
    assert task.count_pixel_cells(inputs, 64) == cost.cells
    assert task.count_pixel_cells(inputs, 1) < cost.cells
