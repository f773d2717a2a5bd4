"""What raytrace-v1 draws: spheres over a chequered plane, a light and a sky."""

from typing import Annotated, ClassVar

from runtime.codec import I32, U8, Codec, MaxLen, codec_of
from runtime.errors import CodecError
from runtime.frozen import frozen
from runtime.programs.program import ProgramError, ensure

ONE = 1 << 16
"""1 in Q16.16: sixteen bits beneath the point."""

SPHERES_MAX = 16
FAR = 64 * ONE
"""No coordinate and no radius is larger."""


@frozen
class Vector:
    """A point in Q16.16: x to the right, y up, z away from the eye."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::scene::Vector"

    x: I32
    y: I32
    z: I32


@frozen
class Colour:
    """Red, green and blue."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::scene::Colour"

    red: U8
    green: U8
    blue: U8


@frozen
class Sphere:
    """A ball."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::scene::Sphere"

    centre: Vector
    radius: I32
    colour: Colour
    mirror: U8
    """How much of its colour is what it mirrors, of 255."""


@frozen
class Plane:
    """The ground: level, with squares of one unit in two colours."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::scene::Plane"

    height: I32
    light: Colour
    dark: Colour


@frozen
class Scene:
    """All that there is to see."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::scene::Scene"

    eye: Vector
    """It looks along z."""

    focal: I32
    """The distance of the picture from the eye; the picture is two units wide."""

    lamp: Vector
    ambient: U8
    """What is lit where the lamp does not shine, of 255."""

    horizon: Colour
    zenith: Colour
    plane: Plane
    spheres: Annotated[tuple[Sphere, ...], MaxLen(SPHERES_MAX)]


SCENE: Codec[Scene] = codec_of(Scene)


def decode_scene(data: bytes) -> Scene:
    """A scene that can be drawn. Errors: `ProgramError`."""
    try:
        scene = SCENE.decode(data)
    except CodecError as error:
        raise ProgramError("the bytes of a scene", error) from error
    points = [scene.eye, scene.lamp, *(sphere.centre for sphere in scene.spheres)]
    for point in points:
        largest = max(abs(point.x), abs(point.y), abs(point.z))
        ensure(largest <= FAR, f"coordinates within {FAR}", largest)
    ensure(abs(scene.plane.height) <= FAR, f"a height within {FAR}", scene.plane.height)
    ensure(ONE // 16 <= scene.focal <= FAR, f"a focal length up to {FAR}", scene.focal)
    for sphere in scene.spheres:
        ensure(1 <= sphere.radius <= FAR, f"a radius of 1 to {FAR}", sphere.radius)
    return scene
