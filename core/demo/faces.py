"""Drawn head-and-shoulders portraits: nobody's face, by rule from a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from core.demo.canvas import SAMPLE_MARK, Colour, Point, font, mix, ring, smooth, soft_spot, with_grain

WIDTH, HEIGHT = 1_200, 1_600
"""Drawn twice as large as needed, so that the reduction smooths the edges."""
PORTRAIT_SIZE = (780, 1_040)
FRAME = (45, 120, 1_155, 1_600)
MIDDLE = WIDTH // 2
WHITE: Colour = (255, 255, 255)

_SKINS: tuple[Colour, ...] = ((244, 208, 180), (236, 195, 164), (226, 181, 148), (247, 216, 192))
_HAIRS: tuple[Colour, ...] = ((34, 28, 27), (46, 36, 32), (27, 26, 31), (66, 50, 42))
_JACKETS: tuple[Colour, ...] = ((38, 52, 84), (31, 92, 74), (58, 60, 68), (94, 42, 52), (44, 74, 104), (72, 58, 92))
_SHIRTS: tuple[Colour, ...] = ((222, 234, 244), (238, 232, 220), (214, 232, 224))
_TIES: tuple[Colour, ...] = ((150, 38, 44), (38, 70, 120), (217, 131, 36), (60, 60, 70))


@dataclass(frozen=True)
class _Looks:
    """What a seed decides."""

    skin: Colour
    hair: Colour
    jacket: Colour
    shirt: Colour
    tie: Colour
    woman: bool
    style: int
    glasses: bool
    jaw: float
    wide: float
    eye: float
    smile: float


def _looks(seed: int, woman: bool | None) -> _Looks:
    pick = random.Random(f"portrait {seed}")  # noqa: S311 - a drawing, not a secret
    drawn_as_woman = pick.random() < 0.5
    return _Looks(
        skin=pick.choice(_SKINS),
        hair=pick.choice(_HAIRS),
        jacket=pick.choice(_JACKETS),
        shirt=pick.choice(_SHIRTS),
        tie=pick.choice(_TIES),
        woman=drawn_as_woman if woman is None else woman,
        style=pick.randrange(3),
        glasses=pick.random() < 0.35,
        jaw=pick.uniform(0.0, 1.0),
        wide=pick.uniform(0.95, 1.05),
        eye=pick.uniform(0.9, 1.12),
        smile=pick.uniform(0.2, 1.0),
    )


@lru_cache(maxsize=64)
def portrait_image(seed: int, background: Colour = WHITE, woman: bool | None = None) -> Image.Image:
    """The drawing behind `draw_portrait`; treat it as read-only, it is shared."""
    looks = _looks(seed, woman)
    image = Image.new("RGB", (WIDTH, HEIGHT), background)
    _back_hair(image, looks)
    _body(image, looks)
    _neck(image, looks)
    _head(image, looks)
    for side in (-1, 1):
        _eye(image, looks, side)
    _nose_and_mouth(image, looks)
    _front_hair(image, looks)
    if looks.glasses:
        _glasses(image)
    _mark(image)
    small = image.resize(PORTRAIT_SIZE, Image.Resampling.HAMMING, box=FRAME)
    return with_grain(small, 5.0, spare=background)


def _mirrored(points: Sequence[Point]) -> list[Point]:
    """A closed outline from its right half, told from top to bottom."""
    return [*points, *((2 * MIDDLE - x, y) for x, y in reversed(points))]


def _face_outline(looks: _Looks) -> list[Point]:
    wide, jaw = looks.wide, 14 * looks.jaw - (16 if looks.woman else 0)
    right = [
        (MIDDLE + 96 * wide, 352),
        (MIDDLE + 206 * wide, 440),
        (MIDDLE + 238 * wide, 590),
        (MIDDLE + 230 * wide, 740),
        (MIDDLE + (192 + jaw) * wide, 876),
        (MIDDLE + (108 + jaw) * wide, 972),
        (MIDDLE + 40, 1_006),
    ]
    return smooth(_mirrored(right))


def _body(image: Image.Image, looks: _Looks) -> None:
    draw = ImageDraw.Draw(image)
    drop = 20 if looks.woman else 0
    shoulders = [
        (MIDDLE + 130, 1_106),
        (MIDDLE + 300, 1_166 + drop),
        (MIDDLE + 450 - drop, 1_226 + drop),
        (MIDDLE + 520 - drop, 1_346),
        (MIDDLE + 548 - drop, 1_640),
    ]
    outline = smooth(_mirrored(shoulders), 10)
    draw.polygon(outline, fill=looks.jacket)
    dark, light = mix(looks.jacket, (0, 0, 0), 0.35), mix(looks.jacket, WHITE, 0.16)
    before = image.copy()
    for side in (-1, 1):
        arm = [(MIDDLE + side * x, y) for x, y in ((360, 1_640), (400, 1_460), (430, 1_480), (420, 1_640))]
        soft_spot(image, arm, dark, 0.8, 18)
    soft_spot(image, ring(MIDDLE - 300, 1_286, 150, 60), light, 0.8, 50)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    image.paste(Image.composite(image, before, mask), (0, 0))
    _collar(image, looks, dark)


def _collar(image: Image.Image, looks: _Looks, dark: Colour) -> None:
    draw = ImageDraw.Draw(image)
    opening = [(MIDDLE - 150, 1_086), (MIDDLE + 150, 1_086), (MIDDLE, 1_640)]
    draw.polygon(opening, fill=looks.shirt)
    soft_spot(image, ring(MIDDLE + 30, 1_156, 60, 90), mix(looks.shirt, (60, 70, 90), 0.5), 0.5, 30)
    draw = ImageDraw.Draw(image)
    if not looks.woman:
        draw.polygon(
            [(MIDDLE - 36, 1_192), (MIDDLE + 36, 1_192), (MIDDLE + 24, 1_256), (MIDDLE - 24, 1_256)], looks.tie
        )
        draw.polygon(
            [(MIDDLE - 24, 1_256), (MIDDLE + 24, 1_256), (MIDDLE + 56, 1_600), (MIDDLE - 56, 1_600)],
            mix(looks.tie, (0, 0, 0), 0.12),
        )
        for step in range(5):
            y = 1_286 + step * 56
            draw.line([(MIDDLE - 30 - step * 6, y + 30), (MIDDLE + 30 + step * 6, y)], mix(looks.tie, WHITE, 0.35), 7)
    for side in (-1, 1):
        collar = [(140, 1_066), (30, 1_192), (108, 1_286), (186, 1_126)]
        draw.polygon([(MIDDLE + side * x, y) for x, y in collar], fill=mix(looks.shirt, WHITE, 0.4))
        draw.line([(MIDDLE + side * x, y) for x, y in collar[1:]], fill=mix(looks.shirt, (80, 90, 110), 0.4), width=4)
        lapel = [(176, 1_116), (300, 1_206), (262, 1_286), (300, 1_326), (70, 1_640), (-10, 1_640), (120, 1_286)]
        draw.polygon([(MIDDLE + side * x, y) for x, y in lapel], fill=mix(looks.jacket, WHITE, 0.07))
        draw.line([(MIDDLE + side * x, y) for x, y in lapel[:5]], fill=dark, width=5)


def _neck(image: Image.Image, looks: _Looks) -> None:
    half = 104 if looks.woman else 122
    shade = mix(looks.skin, (150, 84, 60), 0.32)
    column = [(half - 4, 880), (half - 4, 1_040), (half + 26, 1_110), (60, 1_190), (6, 1_220)]
    outline = _mirrored([(MIDDLE + x, y) for x, y in column])
    draw = ImageDraw.Draw(image)
    draw.polygon(outline, fill=mix(looks.skin, shade, 0.45))
    before = image.copy()
    soft_spot(image, ring(MIDDLE + 14, 1_000, 150, 62), mix(shade, (90, 50, 40), 0.3), 0.85, 26)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    image.paste(Image.composite(image, before, mask), (0, 0))


def _head(image: Image.Image, looks: _Looks) -> None:
    draw = ImageDraw.Draw(image)
    shade = mix(looks.skin, (150, 84, 60), 0.34)
    for side in (-1, 1):
        x = MIDDLE + side * 240 * looks.wide
        draw.polygon(ring(x, 664, 34, 66), fill=mix(looks.skin, shade, 0.35))
        draw.polygon(ring(x + side * 4, 664, 16, 40), fill=mix(looks.skin, shade, 0.8))
    outline = _face_outline(looks)
    draw.polygon(outline, fill=looks.skin)
    lit = image.copy()
    soft_spot(
        lit, [(MIDDLE + 150, 420), (MIDDLE + 290, 460), (MIDDLE + 280, 960), (MIDDLE + 90, 1_010)], shade, 0.75, 50
    )
    soft_spot(lit, ring(MIDDLE, 1_000, 150, 26), shade, 0.7, 24)
    soft_spot(lit, ring(MIDDLE - 50, 500, 110, 60), mix(looks.skin, WHITE, 0.55), 0.6, 46)
    for side in (-1, 1):
        soft_spot(lit, ring(MIDDLE + side * 132, 770, 56, 40), (226, 128, 112), 0.34, 26)
        soft_spot(lit, ring(MIDDLE + side * 100, 618, 72, 30), shade, 0.45, 18)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    image.paste(lit, (0, 0), mask)


def _eye(image: Image.Image, looks: _Looks, side: int) -> None:
    draw = ImageDraw.Draw(image)
    x, y, size = MIDDLE + side * 102, 640, looks.eye
    almond = [
        (-56, 6),
        (-28, -16 * size),
        (8, -22 * size),
        (40, -12 * size),
        (58, 4),
        (26, 16 * size),
        (-20, 17 * size),
    ]
    outline = smooth([(x + side * dx, y + dy) for dx, dy in almond], 8)
    white = Image.new("L", image.size, 0)
    ImageDraw.Draw(white).polygon(outline, fill=255)
    ball = Image.new("RGB", image.size, (250, 248, 246))
    inside = ImageDraw.Draw(ball)
    inside.polygon(ring(x, y - 2, 25 * size, 25 * size), fill=(58, 38, 28))
    inside.polygon(ring(x, y - 2, 12 * size, 12 * size), fill=(16, 12, 12))
    inside.polygon(ring(x - 8, y - 10, 6, 6), fill=WHITE)
    image.paste(ball, (0, 0), white)
    lid = [
        (x + side * dx, y + dy) for dx, dy in ((-58, 8), (-30, -17 * size), (8, -23 * size), (42, -13 * size), (62, 2))
    ]
    draw.line(_smooth_open(lid), fill=(42, 28, 24), width=9 if looks.woman else 7, joint="curve")
    fold = [(px, py - 15) for px, py in lid[1:]]
    draw.line(_smooth_open(fold), fill=mix(looks.skin, (120, 70, 50), 0.55), width=4, joint="curve")
    low = y - (74 if looks.glasses else 64)
    thick = 8 if looks.woman else 13
    brow = [(-56, 0), (-18, -10), (28, -13), (72, 6), (28, -12 + thick), (-18, -8 + thick), (-54, 2 + thick)]
    draw.polygon(smooth([(x + side * dx, low + dy) for dx, dy in brow], 6), fill=mix(looks.hair, looks.skin, 0.12))


def _smooth_open(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """A smooth line through the points that doesn't close."""
    bent = smooth([points[0], *points, points[-1]], steps)
    return bent[steps : -2 * steps + 1]


def _nose_and_mouth(image: Image.Image, looks: _Looks) -> None:
    shade = mix(looks.skin, (140, 76, 56), 0.5)
    soft_spot(image, [(MIDDLE + 16, 640), (MIDDLE + 44, 776), (MIDDLE + 10, 790), (MIDDLE + 4, 660)], shade, 0.5, 12)
    soft_spot(image, ring(MIDDLE - 8, 730, 14, 60), mix(looks.skin, WHITE, 0.7), 0.5, 14)
    draw = ImageDraw.Draw(image)
    base = [(-44, 778), (-30, 796), (-8, 794), (0, 800), (8, 794), (30, 796), (44, 778)]
    draw.line(_smooth_open([(MIDDLE + dx, dy) for dx, dy in base]), fill=shade, width=6, joint="curve")
    lip = (196, 92, 88) if looks.woman else mix(looks.skin, (176, 84, 76), 0.62)
    rise = 10 * looks.smile
    mouth = [(-78, 868 - rise), (-30, 852), (0, 860), (30, 852), (78, 868 - rise), (34, 900), (0, 906), (-34, 900)]
    draw.polygon(smooth([(MIDDLE + dx, dy) for dx, dy in mouth], 8), fill=lip)
    line = [(-82, 866 - rise), (-36, 873), (0, 876), (36, 873), (82, 866 - rise)]
    draw.line(_smooth_open([(MIDDLE + dx, dy) for dx, dy in line]), fill=mix(lip, (70, 20, 20), 0.6), width=6)
    soft_spot(image, ring(MIDDLE - 8, 892, 34, 7), mix(lip, WHITE, 0.6), 0.6, 8)
    soft_spot(image, ring(MIDDLE, 926, 46, 8), shade, 0.5, 10)


def _back_hair(image: Image.Image, looks: _Looks) -> None:
    if not looks.woman:
        return
    draw = ImageDraw.Draw(image)
    if looks.style == 0:
        draw.polygon(ring(MIDDLE, 292, 104, 96), fill=mix(looks.hair, (0, 0, 0), 0.2))
        return
    bottom = 1_010 if looks.style == 1 else 1_190
    right = [(90, 262), (250, 350), (312, 560), (316, 780), (282, bottom - 110), (206, bottom), (120, bottom - 30)]
    outline = smooth(_mirrored([(MIDDLE + x, y) for x, y in right]), 10)
    draw.polygon(outline, fill=mix(looks.hair, (0, 0, 0), 0.2))
    lit = image.copy()
    strands = ImageDraw.Draw(lit)
    for side in (-1, 1):
        soft_spot(lit, ring(MIDDLE + side * 276, 760, 16, 190), mix(looks.hair, (190, 170, 160), 0.4), 0.7, 14)
        for step in range(9):
            x, tone = 170 + step * 18, mix(looks.hair, WHITE if step % 2 else (0, 0, 0), 0.13)
            falling = [(x, 560), (x + 8, 760), (x - 14 - step, bottom - 100), (x - 40 - 3 * step, bottom)]
            strands.line(_smooth_open([(MIDDLE + side * dx, y) for dx, y in falling]), fill=tone, width=5)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    image.paste(lit, (0, 0), mask)


def _front_hair(image: Image.Image, looks: _Looks) -> None:
    if looks.woman:
        outer = [(80, 262), (214, 322), (284, 470), (286, 640), (262, 760), (240, 700)]
        inner = [(228, 590), (190, 500), (120, 440)]
        part = [(MIDDLE - 40, 388 + 14 * looks.style)]
    else:
        outer = [(70, 276), (196, 316), (262, 430), (268, 560), (254, 640), (240, 600)]
        inner = [(228, 560), (216, 500), (170, 452), (70, 442 - 16 * looks.style)]
        part = [(MIDDLE - 70, 430 + 14 * looks.style)]
    right = [(MIDDLE + x * looks.wide, y) for x, y in outer + inner]
    left = [(MIDDLE - x * looks.wide, y + 8) for x, y in reversed(outer + inner)]
    outline = smooth(right + part + left, 10)
    draw = ImageDraw.Draw(image)
    draw.polygon(outline, fill=looks.hair)
    lit = image.copy()
    sheen = [(MIDDLE - 190, 400), (MIDDLE - 60, 318), (MIDDLE + 110, 330), (MIDDLE - 40, 352)]
    soft_spot(lit, sheen, mix(looks.hair, (190, 170, 160), 0.55), 0.75, 22)
    strands = ImageDraw.Draw(lit)
    for step in range(16):
        x = MIDDLE - 230 + step * 30
        lean = (x - MIDDLE) * 0.35
        tone = mix(looks.hair, WHITE if step % 2 else (0, 0, 0), 0.13)
        strands.line([(MIDDLE - 20 + lean, 270), (x, 360), (x + lean * 0.5, 520)], fill=tone, width=5, joint="curve")
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    image.paste(lit, (0, 0), mask)


def _glasses(image: Image.Image) -> None:
    draw = ImageDraw.Draw(image)
    frame = (52, 46, 50)
    for side in (-1, 1):
        x = MIDDLE + side * 106
        draw.rounded_rectangle((x - 84, 590, x + 84, 704), radius=44, outline=frame, width=9)
        draw.line([(x + side * 84, 632), (x + side * 138, 622)], fill=frame, width=9)
    draw.line([(MIDDLE - 24, 634), (MIDDLE, 626), (MIDDLE + 24, 634)], fill=frame, width=9, joint="curve")


def _mark(image: Image.Image) -> None:
    layer = Image.new("L", image.size, 0)
    write = ImageDraw.Draw(layer)
    for side in (-1, 1):
        write.text((MIDDLE + side * 330, 1_492), SAMPLE_MARK, font=font(96), fill=190, anchor="mm")
    image.paste(WHITE, (0, 0), layer)
