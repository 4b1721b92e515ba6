"""What every drawing needs: the font, smooth outlines, grain, guilloche, the mark 示例."""

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from core.imaging.fitting import fit

Colour = tuple[int, int, int]
Point = tuple[float, float]
SAMPLE_MARK = "示例"


@lru_cache(maxsize=64)
def font(size: int, *, serif: bool = False) -> ImageFont.FreeTypeFont:
    """Noto Sans or Serif SC in pixels, from the font package that the portal brings along."""
    name = "NotoSerifSC-Regular.otf" if serif else "NotoSansSC-Regular.otf"
    return ImageFont.truetype(str(files("pylopdf_fonts_zh_cn") / name), size)


def smooth(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """A closed Catmull-Rom curve through the points."""
    count, curve = len(points), []
    for index in range(count):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = (points[(index + shift) % count] for shift in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            t2, t3 = t * t, t * t * t
            w = (-t + 2 * t2 - t3, 2 - 5 * t2 + 3 * t3, t + 4 * t2 - 3 * t3, t3 - t2)
            curve.append(
                (
                    0.5 * (w[0] * ax + w[1] * bx + w[2] * cx + w[3] * dx),
                    0.5 * (w[0] * ay + w[1] * by + w[2] * cy + w[3] * dy),
                )
            )
    return curve


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


@lru_cache(maxsize=8)
def _grain(seed: int, strength: float) -> NDArray[np.int16]:
    grain: NDArray[np.int16] = np.random.default_rng(seed).normal(0, strength, (512, 512, 1)).astype(np.int16)
    return grain


def with_grain(image: Image.Image, strength: float, *, spare: Colour | None = None) -> Image.Image:
    """A paper or film grain that a drawing lacks; pixels of the colour `spare` stay untouched."""
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    tile = _grain(7, strength)
    grain = np.tile(tile, (height // 512 + 1, width // 512 + 1, 1))[:height, :width]
    grained = np.clip(pixels.astype(np.int16) + grain, 0, 255).astype(np.uint8)
    if spare is not None:
        untouched = (pixels == np.array(spare, dtype=np.uint8)).all(axis=2)
        grained[untouched] = spare
    return Image.fromarray(grained)


def soft_spot(image: Image.Image, shape: Sequence[Point], colour: Colour, strength: float, blur: float) -> None:
    """Lay a blurred shape over the image: a shadow, a light, a blush. Blurred small, which costs little."""
    reach = blur * 3 + 8
    xs, ys = [x for x, _ in shape], [y for _, y in shape]
    left, top = max(0, round(min(xs) - reach)), max(0, round(min(ys) - reach))
    right, bottom = min(image.width, round(max(xs) + reach)), min(image.height, round(max(ys) + reach))
    mask = Image.new("L", ((right - left) // 4 + 1, (bottom - top) // 4 + 1), 0)
    ImageDraw.Draw(mask).polygon([((x - left) / 4, (y - top) / 4) for x, y in shape], fill=round(255 * strength))
    mask = mask.filter(ImageFilter.GaussianBlur(blur / 4))
    image.paste(colour, (left, top, right, bottom), mask.resize((right - left, bottom - top)))


def ring(cx: float, cy: float, rx: float, ry: float, steps: int = 48) -> list[Point]:
    """The outline of an ellipse."""
    turns = (2 * math.pi * step / steps for step in range(steps))
    return [(cx + rx * math.cos(turn), cy + ry * math.sin(turn)) for turn in turns]


def guilloche(image: Image.Image, colour: Colour, lines: int, height: float, waves: float, tilt: float = 0.0) -> None:
    """Interlaced fine waves over the whole image, as security paper has them."""
    draw = ImageDraw.Draw(image)
    xs = np.arange(0, image.width + 8, 6)
    for line in range(lines):
        phase = line * 2 * math.pi / 9
        middle = image.height * (line + 0.5) / lines
        ys = middle + height * np.sin(xs / image.width * 2 * math.pi * waves + phase) + tilt * xs
        draw.line(list(zip(xs.tolist(), ys.tolist(), strict=True)), fill=colour, width=1)


def rosette(image: Image.Image, cx: float, cy: float, radius: float, colour: Colour) -> None:
    """A round guilloche of three interlaced epicycles."""
    draw = ImageDraw.Draw(image)
    turns = np.linspace(0, 2 * math.pi, 900)
    for petals, share in ((13, 0.16), (21, 0.10), (34, 0.22)):
        distance = radius * (1 - share) + radius * share * np.sin(petals * turns)
        for scale in (1.0, 0.72, 0.46):
            xs, ys = cx + scale * distance * np.cos(turns), cy + scale * distance * np.sin(turns)
            draw.line(list(zip(xs.tolist(), ys.tolist(), strict=True)), fill=colour, width=1)


@lru_cache(maxsize=16)
def _mark(size: tuple[int, int], text: str, letter: int, opacity: int) -> Image.Image:
    layer = Image.new("L", (size[0] * 2, size[1] * 2), 0)
    draw = ImageDraw.Draw(layer)
    across, down = letter * (len(text) + 2), letter * 3
    for row, y in enumerate(range(0, layer.height, down)):
        for x in range(-(row % 2) * across // 2, layer.width, across):
            draw.text((x, y), text, font=font(letter), fill=opacity)
    layer = layer.rotate(24, resample=Image.Resampling.BILINEAR)
    left, top = size[0] // 2, size[1] // 2
    return layer.crop((left, top, left + size[0], top + size[1]))


def mark_as_sample(image: Image.Image, letter: int, opacity: int = 60, colour: Colour = (150, 30, 30)) -> None:
    """示例 all over the drawing, so that nobody can take it for a document."""
    image.paste(colour, (0, 0), _mark(image.size, SAMPLE_MARK, letter, opacity))


def as_stored(image: Image.Image, longest: int) -> bytes:
    """JPEG bytes in the range of M19; raises ValueError when the drawing holds too little."""
    fitted = fit(image, longest)
    if fitted is None:
        raise ValueError("the drawing doesn't reach 150 K")
    return fitted.data
