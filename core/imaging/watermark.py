"""A visible mark across a picture that a clerk looks at: who looked, when and for what.

It is drawn into the bytes that are sent and never into what is stored. Pale enough that a document under it can be
judged, dense enough that no useful part of a screenshot is without it.
"""

import io
from functools import lru_cache
from importlib.resources import files
from typing import Final

from PIL import Image, ImageDraw, ImageFont

TURN: Final = 24.0
"""Degrees, against the lines of a form."""
INK: Final = (38, 44, 52)
INK_STRENGTH: Final = 0.26
LIGHT_STRENGTH: Final = 0.30
"""Of the bright edge that keeps the mark readable on dark parts."""
QUALITY: Final = 88
_SMALLEST: Final = 9


class NotAPicture(ValueError):
    """What should be marked isn't a picture that we stored."""


def marked(data: bytes, text: str) -> bytes:
    """The picture as JPEG with `text` tiled over it; raises NotAPicture."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as opened:
            image = opened.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture() from error
    width, height = image.size
    tile = _tile(text, max(_SMALLEST, round(max(width, height) / 42)))
    ink = Image.new("L", image.size, 0)
    light = Image.new("L", image.size, 0)
    for row, top in enumerate(range(0, height, tile.height)):
        # Every second row begins half a tile to the left, so that the gaps don't line up.
        for left in range(-(tile.width // 2) * (row % 2), width, tile.width):
            ink.paste(tile, (left, top))
            light.paste(tile, (left + 1, top + 1))
    image.paste((255, 255, 255), mask=light.point(lambda value: round(value * LIGHT_STRENGTH)))
    image.paste(INK, mask=ink.point(lambda value: round(value * INK_STRENGTH)))
    made = io.BytesIO()
    image.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()


@lru_cache(maxsize=64)
def _tile(text: str, size: int) -> Image.Image:
    """One turned line with a little room around it; strengths 0 to 255."""
    font = _font(size)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    line = Image.new("L", (right - left + size * 2, bottom - top + size), 0)
    ImageDraw.Draw(line).text((size - left, size // 2 - top), text, fill=255, font=font)
    return line.rotate(TURN, expand=True, resample=Image.Resampling.BICUBIC)


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"), size)
