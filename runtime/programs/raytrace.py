"""raytrace-v1: a scene drawn in integers; a slot is a square tile of the picture.

All numbers are Q16.16 in int64; shifts and divisions round down, the square root is the exact
floor. One ray a pixel, one to the lamp, and one bounce off what mirrors. The page
`docs/spec/programs.md` says the same in formulas.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from runtime.codec import U16
from runtime.frozen import frozen
from runtime.primitives import Root
from runtime.programs.integers import Int64Array, compute_isqrt
from runtime.programs.program import Cost, Inputs, ensure
from runtime.programs.scene import ONE, Colour, Scene, Sphere, Vector, decode_scene

BITS = 16
SIDE_MAX = 4_096
TILE_MAX = 128
"""A tile's bytes fit a blob."""

CHANNELS = 3
NEAR = 64
"""A hit is at least so far away; nearer, a surface would hide itself."""

HORIZON = 256 * ONE
"""The plane is seen as far as that."""

FULL = 255
PIXEL_CELLS, PIXEL_SPHERE_CELLS = 90, 28
"""What a pixel costs, and what it costs more for each sphere; bounce included."""

TILE_CELLS, TILE_SPHERE_CELLS = 10_000, 20_000
"""The same for a tile, however small."""


BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Where rays begin and whither they go; each int64[3, n]."""

    origin: Int64Array
    direction: Int64Array

    def get_points(self, distance: Int64Array) -> Int64Array:
        """The point of each ray at a distance."""
        return self.origin + (distance * self.direction >> BITS)

    def choose(self, chosen: BoolArray) -> "Rays":
        """Some of them."""
        return Rays(self.origin[:, chosen], self.direction[:, chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """What rays hit first."""

    is_hit: BoolArray
    point: Int64Array
    normal: Int64Array
    colour: Int64Array
    mirror: Int64Array


@frozen
class Raytrace:
    """A picture of a scene, cut into tiles row by row."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::raytrace::Raytrace"

    scene: Root
    """The blob of the scene."""

    width: U16
    height: U16
    tile: U16
    """The side of a tile; the last of a row or column may be smaller."""

    @property
    def is_chain(self) -> bool:
        """Tiles are independent."""
        return False

    def count_slots(self) -> int:
        """How many tiles the picture has."""
        if self.tile == 0:
            return 0
        return -(-self.width // self.tile) * -(-self.height // self.tile)

    def get_roots(self) -> tuple[Root, ...]:
        """The scene."""
        return (self.scene,)

    def get_output_bytes(self, slot: int) -> int:
        """Three for each pixel of the tile."""
        _, _, width, height = self.get_tile(slot)
        return width * height * CHANNELS

    def plan(self, inputs: Inputs) -> Cost:
        """The cost of a full tile."""
        for name, side in (("width", self.width), ("height", self.height)):
            ensure(1 <= side <= SIDE_MAX, f"a {name} of 1 to {SIDE_MAX}", side)
        ensure(1 <= self.tile <= TILE_MAX, f"tiles of 1 to {TILE_MAX}", self.tile)
        pixels = min(self.tile, self.width) * min(self.tile, self.height)
        return Cost(0, self.count_pixel_cells(inputs, pixels), self.get_output_bytes(0))

    def run(self, slot: int, inputs: Inputs) -> bytes:
        """The tile's pixels row by row: red, green, blue."""
        _, _, width, height = self.get_tile(slot)
        return self.run_pixels(slot, inputs, np.arange(width * height, dtype=np.int64))

    def run_pixels(self, slot: int, inputs: Inputs, places: Int64Array) -> bytes:
        """Some pixels of a tile, by their numbers in it from 0; each stands for itself."""
        (data,) = inputs.blobs
        scene = decode_scene(data)
        left, top, width, _ = self.get_tile(slot)
        x, y = left + places % width, top + places // width
        across = (2 * x + 1 - self.width << BITS) // self.width
        up = (self.height - 1 - 2 * y << BITS) // self.width
        ahead = np.full_like(across, scene.focal)
        origin = np.repeat(_column(scene.eye), across.size, axis=1)
        rays = Rays(origin, _normalise(np.stack([across, up, ahead])))
        return _trace(scene, rays, bounces=1).T.astype(np.uint8).tobytes()

    def count_pixel_cells(self, inputs: Inputs, pixels: int) -> int:
        """Integers read or written for so many pixels. Errors: `ProgramError`."""
        (data,) = inputs.blobs
        spheres = len(decode_scene(data).spheres)
        cells = pixels * (PIXEL_CELLS + PIXEL_SPHERE_CELLS * spheres)
        return cells + TILE_CELLS + TILE_SPHERE_CELLS * spheres

    def get_tile(self, slot: int) -> tuple[int, int, int, int]:
        """Left, top, width and height of a tile, in pixels."""
        row, column = divmod(slot, -(-self.width // self.tile))
        left, top = column * self.tile, row * self.tile
        return left, top, min(self.tile, self.width - left), min(self.tile, self.height - top)


def _trace(scene: Scene, rays: Rays, bounces: int) -> Int64Array:
    """The colour that each ray brings: int64[3, n] in [0, 255]."""
    surface = _find_surface(scene, rays)
    colour = _compute_sky(scene, rays.direction)
    hit = surface.is_hit
    colour[:, hit] = _compute_light(scene, surface)
    is_mirror = surface.mirror > 0
    if bounces == 0 or not is_mirror.any():
        return colour
    ahead, normal = rays.direction[:, hit][:, is_mirror], surface.normal[:, is_mirror]
    back = ahead - (2 * (_dot(ahead, normal) >> BITS) * normal >> BITS)
    seen = _trace(scene, Rays(surface.point[:, is_mirror], _normalise(back)), bounces - 1)
    share = surface.mirror[is_mirror]
    places = np.flatnonzero(hit)[is_mirror]
    colour[:, places] = (colour[:, places] * (FULL - share) + seen * share) // FULL
    return colour


def _find_surface(scene: Scene, rays: Rays) -> Surface:
    """The nearest of the plane and the spheres, in this order where they are equally near."""
    distance, is_hit = _hit_plane(scene.plane.height, rays)
    nearest = np.where(is_hit, len(scene.spheres), -1)
    for index, sphere in enumerate(scene.spheres):
        at, is_sphere = _hit_sphere(sphere, rays)
        is_nearer = is_sphere & ((nearest < 0) | (at < distance))
        distance = np.where(is_nearer, at, distance)
        nearest = np.where(is_nearer, index, nearest)
    is_hit = nearest >= 0
    found = rays.choose(is_hit)
    point, nearest = found.get_points(distance[is_hit]), nearest[is_hit]
    normal, colour = _describe_plane(scene, point)
    mirror = np.zeros_like(nearest)
    for index, sphere in enumerate(scene.spheres):
        mine = nearest == index
        # Clipped, so that no rounding of a grazing hit can grow beyond int64 in a bounce.
        away = (point[:, mine] - _column(sphere.centre) << BITS) // sphere.radius
        normal[:, mine] = np.clip(away, -ONE, ONE)
        colour[:, mine] = _paint(sphere.colour)
        mirror[mine] = sphere.mirror
    return Surface(is_hit, point, normal, colour, mirror)


def _hit_plane(height: int, rays: Rays) -> tuple[Int64Array, BoolArray]:
    """How far away the plane is, and whether it is seen at all."""
    down = rays.direction[1]
    falls = down < 0
    distance = (height - rays.origin[1] << BITS) // np.where(falls, down, -1)
    return distance, falls & (distance > NEAR) & (distance < HORIZON)


def _hit_sphere(sphere: Sphere, rays: Rays) -> tuple[Int64Array, BoolArray]:
    """How far away a sphere is, from outside or from within, and whether it is hit at all."""
    away = rays.origin - _column(sphere.centre)
    along = _dot(away, rays.direction) >> BITS
    inside = along * along - (_dot(away, away) - sphere.radius * sphere.radius)
    root = compute_isqrt(np.maximum(inside, 0))
    near, far = -along - root, -along + root
    distance = np.where(near > NEAR, near, far)
    return distance, (inside >= 0) & (distance > NEAR)


def _describe_plane(scene: Scene, point: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Normals and colours of the plane at the points."""
    normal = np.zeros_like(point)
    normal[1] = ONE
    is_dark = ((point[0] >> BITS) + (point[2] >> BITS)) & 1 == 1
    return normal, np.where(is_dark, _paint(scene.plane.dark), _paint(scene.plane.light))


def _compute_light(scene: Scene, surface: Surface) -> Int64Array:
    """The surface's colour as the lamp lights it."""
    to_lamp = _column(scene.lamp) - surface.point
    distance = np.maximum(compute_isqrt(_dot(to_lamp, to_lamp)), 1)
    rays = Rays(surface.point, (to_lamp << BITS) // distance)
    slant = np.clip(_dot(surface.normal, rays.direction) >> BITS, 0, ONE)
    for sphere in scene.spheres:
        at, is_between = _hit_sphere(sphere, rays)
        slant = np.where(is_between & (at < distance), 0, slant)
    ambient = scene.ambient * ONE // FULL
    light = ambient + ((ONE - ambient) * slant >> BITS)
    colour: Int64Array = surface.colour * light >> BITS
    return colour


def _compute_sky(scene: Scene, direction: Int64Array) -> Int64Array:
    """From the horizon's colour to the zenith's."""
    height = np.clip(direction[1], 0, ONE)
    low, high = _paint(scene.horizon), _paint(scene.zenith)
    colour: Int64Array = low + ((high - low) * height >> BITS)
    return colour


def _normalise(vectors: Int64Array) -> Int64Array:
    length = np.maximum(compute_isqrt(_dot(vectors, vectors)), 1)
    unit: Int64Array = (vectors << BITS) // length
    return unit


def _dot(a: Int64Array, b: Int64Array) -> Int64Array:
    product: Int64Array = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def _column(vector: Vector) -> Int64Array:
    return np.array([[vector.x], [vector.y], [vector.z]], np.int64)


def _paint(colour: Colour) -> Int64Array:
    return np.array([[colour.red], [colour.green], [colour.blue]], np.int64)
