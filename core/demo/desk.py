"""A paper on a desk seen through a phone: perspective, grain of the desk, shadows, flash; with the true corners."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.demo.canvas import Colour, Point, ring

Floats = NDArray[np.float32]
WOOD: Colour = (112, 84, 62)


@dataclass(frozen=True, slots=True)
class Scene:
    """How a photograph is taken: `turn` and `lean` (left-right, near-far) in degrees, the rest as shares of 1.

    `fill` is the share of the frame's narrower fit that the paper takes, `texture` how strongly the desk is streaked,
    `shadow` how much light the paper's and the hand's shadow take away, `light` how much darker the right side is,
    `glare` the width of a flash's reflection, as a share of the paper's, at `glare_at` on the paper;
    `noise` is a standard deviation in grey values.
    """

    desk: Colour = WOOD
    texture: float = 0.08
    turn: float = 0.0
    lean: tuple[float, float] = (0.0, 0.0)
    fill: float = 0.85
    shadow: float = 0.0
    light: float = 0.14
    glare: float = 0.0
    glare_at: Point = (0.5, 0.5)
    noise: float = 3.0
    brightness: float = 0.9
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Shot:
    """The photograph, and where the paper's corners truly lie (left top, clockwise) as shares of the sides."""

    image: Image.Image
    corners: tuple[Point, Point, Point, Point]


def photographed(paper: Image.Image, scene: Scene, size: tuple[int, int] = (1_600, 1_200)) -> Shot:
    """Lay an RGB drawing on the desk and take a picture of `size` pixels of it."""
    corners = _projected(paper.size, scene, size)
    laid, mask = _laid(paper, corners, size)
    image = _desk(scene, size)
    if scene.shadow:
        image = _shadowed(image, mask, scene)
    image.paste(laid, (0, 0), mask)
    pixels = _under_side_light(image, scene)
    if scene.glare:
        pixels += _flash(mask, corners, scene)
    width, height = size
    shares = tuple((x / width, y / height) for x, y in corners)
    return Shot(_exposed(pixels, scene), (shares[0], shares[1], shares[2], shares[3]))


def homography(source: list[Point], target: list[Point]) -> list[float]:
    """The eight numbers Pillow wants to fetch each pixel of `target`'s quadrangle from `source`'s."""
    rows, wanted = [], []
    for (sx, sy), (tx, ty) in zip(source, target, strict=True):
        rows += [[tx, ty, 1, 0, 0, 0, -sx * tx, -sx * ty], [0, 0, 0, tx, ty, 1, -sy * tx, -sy * ty]]
        wanted += [sx, sy]
    solved: list[float] = np.linalg.solve(np.array(rows, dtype=float), np.array(wanted, dtype=float)).tolist()
    return solved


def _projected(paper: tuple[int, int], scene: Scene, size: tuple[int, int]) -> list[Point]:
    """A pinhole camera one and a half paper widths above the paper, as a hand holds it."""
    width, height = paper[0] / max(paper), paper[1] / max(paper)
    turn, across, away = (math.radians(angle) for angle in (scene.turn, *scene.lean))
    seen = []
    for x, y in ((-width, -height), (width, -height), (width, height), (-width, height)):
        right = (x * math.cos(turn) - y * math.sin(turn)) / 2
        down = (x * math.sin(turn) + y * math.cos(turn)) / 2
        far = 1.5 + right * math.sin(across) + down * math.sin(away)
        seen.append((right * math.cos(across) / far, down * math.cos(away) / far))
    xs, ys = [x for x, _ in seen], [y for _, y in seen]
    scale = min(size[0] / (max(xs) - min(xs)), size[1] / (max(ys) - min(ys))) * scene.fill
    middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
    return [((x - middle[0]) * scale + size[0] / 2, (y - middle[1]) * scale + size[1] / 2) for x, y in seen]


def _laid(paper: Image.Image, corners: list[Point], size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    far = max(math.dist(corners[0], corners[1]), 1.0)
    if paper.width > 2 * far:
        paper = paper.reduce(int(paper.width / far))
    width, height = paper.size
    numbers = homography([(0, 0), (width, 0), (width, height), (0, height)], corners)
    laid = paper.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)
    mask = Image.new("L", (size[0] * 2, size[1] * 2), 0)
    ImageDraw.Draw(mask).polygon([(x * 2, y * 2) for x, y in corners], fill=255)
    return laid, mask.reduce(2)


def _desk(scene: Scene, size: tuple[int, int]) -> Image.Image:
    """Streaks along the wood: noise that is long one way and short the other."""
    if not scene.texture:
        return Image.new("RGB", size, scene.desk)
    random = np.random.default_rng(scene.seed)
    streaks = Image.fromarray(random.normal(128, 50, (90, 7)).clip(0, 255).astype(np.uint8)).resize(size)
    fine = Image.fromarray(random.normal(128, 50, (400, 60)).clip(0, 255).astype(np.uint8)).resize(size)
    grain = (np.asarray(streaks, np.float32) + np.asarray(fine, np.float32)) / 256 - 1
    pixels = np.array(scene.desk) * (1 + grain[..., None] * scene.texture * 2.5)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _shadowed(desk: Image.Image, mask: Image.Image, scene: Scene) -> Image.Image:
    """The paper's soft shadow at its lower right, and a hand's over one corner of the desk."""
    far = desk.width // 90
    small = mask.resize((desk.width // 8, desk.height // 8))
    cast = ImageChops.offset(small, far // 4, far // 4).filter(ImageFilter.GaussianBlur(far / 10))
    draw = ImageDraw.Draw(cast)
    draw.polygon(ring(cast.width, cast.height, cast.width * 0.35, cast.height * 0.5), fill=255)
    cast = cast.filter(ImageFilter.GaussianBlur(far / 12)).resize(desk.size)
    pixels = np.asarray(desk, np.float32) * (1 - np.asarray(cast, np.float32)[..., None] / 255 * scene.shadow)
    return Image.fromarray(pixels.astype(np.uint8))


def _under_side_light(image: Image.Image, scene: Scene) -> Floats:
    light = np.linspace(1.0, 1.0 - scene.light, image.width, dtype=np.float32)[None, :, None] * scene.brightness
    lit: Floats = np.asarray(image, np.float32) * light
    return lit


def _flash(mask: Image.Image, corners: list[Point], scene: Scene) -> Floats:
    """A reflection on the paper that burns out in the middle and fades over its own width."""
    across, down = scene.glare_at
    top = [(1 - across) * a + across * b for a, b in zip(corners[0], corners[1], strict=True)]
    low = [(1 - across) * a + across * b for a, b in zip(corners[3], corners[2], strict=True)]
    x, y = ((1 - down) * a + down * b for a, b in zip(top, low, strict=True))
    reach = math.dist(corners[0], corners[1]) * scene.glare / 2
    ys, xs = np.mgrid[0 : mask.height : 4, 0 : mask.width : 4].astype(np.float32)
    far = np.hypot(xs - x, (ys - y) * 1.3) / reach
    light = Image.fromarray((420 * np.exp(-(far**2) * 0.9)).astype(np.float32)).resize(mask.size)
    flash: Floats = (np.asarray(light, np.float32) * (np.asarray(mask, np.float32) / np.float32(255)))[..., None]
    return flash


def _exposed(pixels: Floats, scene: Scene) -> Image.Image:
    """Sensor noise, and everything beyond white cut off."""
    tile = np.random.default_rng(scene.seed + 1).normal(0, scene.noise, (307, 311, 3)).astype(np.float32)
    height, width = pixels.shape[:2]
    grain = np.tile(tile, (height // 307 + 1, width // 311 + 1, 1))[:height, :width]
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))
