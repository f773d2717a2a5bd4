"""raytrace-v1 pixel by pixel: the twin of `runtime.programs.raytrace`, whose rules it follows.

The reference works on all pixels of a tile at once; here each is followed alone, and what is not
hit is not computed. All numbers are int64, shifts and divisions round down as numpy's do.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from runtime.programs.raytrace import BITS, CHANNELS, FULL, HORIZON, NEAR
from runtime.programs.scene import ONE, Colour, Scene, Vector

Numbers: TypeAlias = npt.NDArray[np.int64]
Triple: TypeAlias = tuple[int, int, int]

_EYE, _LAMP, _FOCAL, _AMBIENT, _HEIGHT = 0, 3, 6, 7, 8
_HORIZON, _ZENITH, _LIGHT, _DARK = 9, 12, 15, 18
_RADIUS, _PAINT, _MIRROR = 3, 4, 7
_PLANE: Final = -1
_NOTHING: Final = -2
_SHIFTS: Final = (32, 16, 8, 4, 2, 1)


def pack_scene(scene: Scene) -> tuple[Numbers, Numbers]:
    """A scene as the kernel reads it: int64[21], and int64[spheres, 8]."""
    whole = [
        *(*_pack_point(scene.eye), *_pack_point(scene.lamp)),
        *(scene.focal, scene.ambient, scene.plane.height),
        *(*_pack_paint(scene.horizon), *_pack_paint(scene.zenith)),
        *(*_pack_paint(scene.plane.light), *_pack_paint(scene.plane.dark)),
    ]
    spheres = [
        [*_pack_point(each.centre), each.radius, *_pack_paint(each.colour), each.mirror]
        for each in scene.spheres
    ]
    return np.array(whole, np.int64), np.array(spheres, np.int64).reshape(len(spheres), 8)


def _pack_point(point: Vector) -> Triple:
    return point.x, point.y, point.z


def _pack_paint(colour: Colour) -> Triple:
    return colour.red, colour.green, colour.blue


@njit(nogil=True, cache=True)
def draw_tile(
    scene: Numbers,
    spheres: Numbers,
    size: tuple[int, int],
    corner: tuple[int, int],
    pixels: npt.NDArray[np.uint8],
) -> None:
    """Fills uint8[height, width, 3] with the pixels from a corner (left, top) on."""
    width, height = size
    left, top = corner
    for row in range(pixels.shape[0]):
        up = (height - 1 - 2 * (top + row) << BITS) // width
        for column in range(pixels.shape[1]):
            across = (2 * (left + column) + 1 - width << BITS) // width
            ahead = _normalise(across, up, scene[_FOCAL])
            eye = (scene[_EYE], scene[_EYE + 1], scene[_EYE + 2])
            colour = _trace(scene, spheres, eye, ahead)
            for channel in range(CHANNELS):
                pixels[row, column, channel] = colour[channel]


@njit(nogil=True, cache=True)
def _trace(scene: Numbers, spheres: Numbers, origin: Triple, ahead: Triple) -> Triple:
    """The colour that a ray brings, one bounce included."""
    found, at = _find_nearest(scene, spheres, origin, ahead)
    if found == _NOTHING:
        return _compute_sky(scene, ahead)
    point = _step(origin, ahead, at)
    normal = _compute_normal(spheres, found, point)
    colour = _compute_light(scene, spheres, found, point, normal)
    share = spheres[found, _MIRROR] if found >= 0 else 0
    if share == 0:
        return colour
    turn = 2 * (_dot(ahead, normal) >> BITS)
    back = _normalise(
        ahead[0] - (turn * normal[0] >> BITS),
        ahead[1] - (turn * normal[1] >> BITS),
        ahead[2] - (turn * normal[2] >> BITS),
    )
    found, at = _find_nearest(scene, spheres, point, back)
    if found == _NOTHING:
        seen = _compute_sky(scene, back)
    else:
        there = _step(point, back, at)
        normal = _compute_normal(spheres, found, there)
        seen = _compute_light(scene, spheres, found, there, normal)
    return (
        (colour[0] * (FULL - share) + seen[0] * share) // FULL,
        (colour[1] * (FULL - share) + seen[1] * share) // FULL,
        (colour[2] * (FULL - share) + seen[2] * share) // FULL,
    )


@njit(nogil=True, cache=True)
def _find_nearest(
    scene: Numbers, spheres: Numbers, origin: Triple, ahead: Triple
) -> tuple[int, int]:
    """What a ray hits first, a sphere by its number, and how far away that is."""
    found, nearest = _NOTHING, 0
    if ahead[1] < 0:
        distance = (scene[_HEIGHT] - origin[1] << BITS) // ahead[1]
        if NEAR < distance < HORIZON:
            found, nearest = _PLANE, distance
    for index in range(len(spheres)):
        distance = _hit_sphere(spheres[index], origin, ahead)
        if distance > NEAR and (found == _NOTHING or distance < nearest):
            found, nearest = index, distance
    return found, nearest


@njit(nogil=True, cache=True)
def _hit_sphere(sphere: Numbers, origin: Triple, ahead: Triple) -> int:
    """How far away a sphere is, from outside or from within; at most `NEAR` where it is missed."""
    away = (origin[0] - sphere[0], origin[1] - sphere[1], origin[2] - sphere[2])
    along = _dot(away, ahead) >> BITS
    inside = along * along - (_dot(away, away) - sphere[_RADIUS] * sphere[_RADIUS])
    if inside < 0:
        return NEAR
    root = _compute_isqrt(inside)
    near = -along - root
    return near if near > NEAR else -along + root


@njit(nogil=True, cache=True)
def _compute_normal(spheres: Numbers, found: int, point: Triple) -> Triple:
    """Straight up from the plane, outwards from a sphere."""
    if found == _PLANE:
        return 0, ONE, 0
    sphere = spheres[found]
    radius = sphere[_RADIUS]
    return (
        _clip((point[0] - sphere[0] << BITS) // radius, -ONE, ONE),
        _clip((point[1] - sphere[1] << BITS) // radius, -ONE, ONE),
        _clip((point[2] - sphere[2] << BITS) // radius, -ONE, ONE),
    )


@njit(nogil=True, cache=True)
def _compute_light(
    scene: Numbers, spheres: Numbers, found: int, point: Triple, normal: Triple
) -> Triple:
    """The colour of what was hit as the lamp lights it."""
    lamp = (scene[_LAMP] - point[0], scene[_LAMP + 1] - point[1], scene[_LAMP + 2] - point[2])
    distance = max(_compute_isqrt(_dot(lamp, lamp)), 1)
    ahead = (
        (lamp[0] << BITS) // distance,
        (lamp[1] << BITS) // distance,
        (lamp[2] << BITS) // distance,
    )
    slant = _clip(_dot(normal, ahead) >> BITS, 0, ONE)
    index = 0
    while slant > 0 and index < len(spheres):
        if NEAR < _hit_sphere(spheres[index], point, ahead) < distance:
            slant = 0
        index += 1
    ambient = scene[_AMBIENT] * ONE // FULL
    light = ambient + ((ONE - ambient) * slant >> BITS)
    if found >= 0:
        paint, first = spheres[found], _PAINT
    else:
        is_dark = ((point[0] >> BITS) + (point[2] >> BITS)) & 1 == 1
        paint, first = scene, (_DARK if is_dark else _LIGHT)
    return (
        paint[first] * light >> BITS,
        paint[first + 1] * light >> BITS,
        paint[first + 2] * light >> BITS,
    )


@njit(nogil=True, cache=True)
def _compute_sky(scene: Numbers, ahead: Triple) -> Triple:
    """From the horizon's colour to the zenith's."""
    height = _clip(ahead[1], 0, ONE)
    low, high = scene[_HORIZON : _HORIZON + 3], scene[_ZENITH : _ZENITH + 3]
    return (
        low[0] + ((high[0] - low[0]) * height >> BITS),
        low[1] + ((high[1] - low[1]) * height >> BITS),
        low[2] + ((high[2] - low[2]) * height >> BITS),
    )


@njit(nogil=True, cache=True)
def _step(origin: Triple, ahead: Triple, distance: int) -> Triple:
    return (
        origin[0] + (distance * ahead[0] >> BITS),
        origin[1] + (distance * ahead[1] >> BITS),
        origin[2] + (distance * ahead[2] >> BITS),
    )


@njit(nogil=True, cache=True)
def _normalise(x: int, y: int, z: int) -> Triple:
    length = max(_compute_isqrt(x * x + y * y + z * z), 1)
    return (x << BITS) // length, (y << BITS) // length, (z << BITS) // length


@njit(nogil=True, cache=True)
def _dot(a: Triple, b: Triple) -> int:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(nogil=True, cache=True)
def _clip(number: int, low: int, high: int) -> int:
    return min(max(number, low), high)


@njit(nogil=True, cache=True)
def _compute_isqrt(number: int) -> int:
    """The floor of the square root of 0 to 2^62 - 1, by Newton's steps from above."""
    if number <= 0:
        return 0
    bits, rest = 1, number
    for width in _SHIFTS:
        if rest >> width:
            bits += width
            rest >>= width
    root = 1 << (bits + 1 >> 1)
    while True:
        lower = root + number // root >> 1
        if lower >= root:
            return root
        root = lower
