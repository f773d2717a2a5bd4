"""Scenes as people write them: JSON with lengths in units and colours as `#rrggbb`."""

import json
from collections.abc import Mapping
from typing import cast

from chain.wallet.errors import WalletError
from runtime.errors import CodecError
from runtime.programs import SCENE, Colour, Plane, ProgramError, Scene, Sphere, Vector
from runtime.programs.scene import ONE, decode_scene

SAMPLE = """{
  "eye": [0, 0.6, -4],
  "focal": 2,
  "lamp": [-5, 8, -6],
  "ambient": 0.235,
  "horizon": "#cde1f5",
  "zenith": "#4678cd",
  "plane": {"height": -1, "light": "#ebebe6", "dark": "#3c4150"},
  "spheres": [
    {"centre": [0, 0, 1], "radius": 1, "colour": "#e13c37", "mirror": 0.235},
    {"centre": [-1.7, -0.4, 0], "radius": 0.6, "colour": "#3c8cdc", "mirror": 0.12},
    {"centre": [1.5, -0.5, -0.4], "radius": 0.5, "colour": "#f5be3c", "mirror": 0.12},
    {"centre": [0.9, 0.6, 3], "radius": 1.6, "colour": "#e6e6eb", "mirror": 0.745}
  ]
}
"""
"""Four balls by daylight."""


class BadScene(WalletError):
    """The text describes no scene that can be drawn."""


def load_scene(text: str) -> bytes:
    """The bytes of a scene, as the program reads them; `BadScene`."""
    try:
        content = SCENE.encode(_make_scene(cast("Mapping[str, object]", json.loads(text))))
        decode_scene(content)
    except (CodecError, ProgramError, KeyError, TypeError, ValueError) as error:
        raise BadScene(f"expected a scene as JSON; {error!r}") from error
    return content


def _make_scene(plain: Mapping[str, object]) -> Scene:
    plane = cast("Mapping[str, object]", plain["plane"])
    return Scene(
        _to_vector(plain["eye"]),
        _to_raw(plain["focal"]),
        _to_vector(plain["lamp"]),
        _to_byte(plain["ambient"]),
        _to_colour(plain["horizon"]),
        _to_colour(plain["zenith"]),
        Plane(_to_raw(plane["height"]), _to_colour(plane["light"]), _to_colour(plane["dark"])),
        tuple(_to_sphere(each) for each in cast("list[Mapping[str, object]]", plain["spheres"])),
    )


def _to_sphere(plain: Mapping[str, object]) -> Sphere:
    return Sphere(
        _to_vector(plain["centre"]),
        _to_raw(plain["radius"]),
        _to_colour(plain["colour"]),
        _to_byte(plain.get("mirror", 0)),
    )


def _to_raw(number: object) -> int:
    """Q16.16, rounded to the nearest."""
    return round(float(cast("float", number)) * ONE)


def _to_byte(share: object) -> int:
    """A share of one, of 255."""
    return round(float(cast("float", share)) * 255)


def _to_vector(parts: object) -> Vector:
    x, y, z = cast("list[float]", parts)
    return Vector(_to_raw(x), _to_raw(y), _to_raw(z))


def _to_colour(text: object) -> Colour:
    red, green, blue = bytes.fromhex(str(text).removeprefix("#"))
    return Colour(red, green, blue)
