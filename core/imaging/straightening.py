"""Cutting the page out of its photograph and laying it flat."""

import math
from typing import Final

import numpy as np
from PIL import Image

from core.imaging.outlines import Point, Quad, area_of
from core.imaging.page_finding import Page

MARGIN: Final = 0.025
"""Desk kept around the page, as a share of its sides: where a desk as pale as the paper let a printed frame be taken for
the edge (6 of 400 drawn photographs, at most 2.3 % inside it), still nothing is cut."""
CARD_ASPECT: Final = 85.6 / 54.0
"""ISO/IEC 7810 ID-1, which identity cards have."""
_AS_CARD: Final = 0.03


def straightened(image: Image.Image, page: Page, *, margin: float = MARGIN) -> Image.Image:
    """The page alone, seen from straight above, with its own aspect ratio and no more pixels than it had before."""
    corners = _in_pixels(page.corners, image.size)
    aspect = aspect_of(page.corners, image.size)
    height = max(1.0, math.sqrt(area_of(corners) / aspect))
    width = height * aspect
    numbers, kept = _with_margin(corners, (width, height), image.size, margin)
    size = (max(1, round(width * (1 + 2 * kept))), max(1, round(height * (1 + 2 * kept))))
    return image.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)


def aspect_of(corners: Quad, size: tuple[int, int]) -> float:
    """Width / height of the flat page behind its picture; within 3 % of an ID-1 card it is taken for one.

    Zhang & He, "Whiteboard scanning and image enhancement": the lens looks through the middle of the frame. Where
    two sides are nearly parallel the focal length can't be told, and the mean lengths of the sides are as good.
    """
    points = _in_pixels(corners, size)
    flat = _seen_aspect(points)
    if (told := _lens_aspect(points, size)) is not None and 0.8 < told / flat < 1.25:
        flat = told
    return CARD_ASPECT if abs(flat / CARD_ASPECT - 1) <= _AS_CARD else flat


def on_page(point: Point, page: Page) -> Point:
    """Where a place in the frame (shares of its sides) lies on the flat page, in shares of the page's sides."""
    numbers = _homography(((0, 0), (1, 0), (1, 1), (0, 1)), page.corners)
    return _moved(point, numbers)


def _in_pixels(corners: Quad, size: tuple[int, int]) -> Quad:
    one, two, three, four = ((x * size[0], y * size[1]) for x, y in corners)
    return (one, two, three, four)


def _seen_aspect(points: Quad) -> float:
    across = math.dist(points[0], points[1]) + math.dist(points[3], points[2])
    down = math.dist(points[0], points[3]) + math.dist(points[1], points[2])
    return across / max(down, 1e-6)


def _lens_aspect(points: Quad, size: tuple[int, int]) -> float | None:
    middle = np.array([size[0] / 2, size[1] / 2])
    one, two, four, three = (np.append(np.array(point) - middle, 1.0) for point in points)
    second = np.cross(one, four) @ three / (np.cross(two, four) @ three)
    third = np.cross(one, four) @ two / (np.cross(three, four) @ two)
    across, down = second * two - one, third * three - one
    if min(abs(across[2]), abs(down[2])) < 0.02:
        return None
    focal = -(across[:2] @ down[:2]) / (across[2] * down[2])
    if not (0.4 * max(size)) ** 2 < focal < (5.0 * max(size)) ** 2:
        return None
    squared = (across[:2] @ across[:2] / focal + across[2] ** 2) / (down[:2] @ down[:2] / focal + down[2] ** 2)
    return float(math.sqrt(squared))


def _with_margin(
    corners: Quad, flat: tuple[float, float], size: tuple[int, int], margin: float
) -> tuple[list[float], float]:
    """The numbers for the page with as much margin as the frame holds: beyond its edge there is only black."""
    width, height = flat
    while True:
        x, y = width * margin, height * margin
        numbers = _homography(corners, ((x, y), (x + width, y), (x + width, y + height), (x, y + height)))
        ends = ((0.0, 0.0), (width + 2 * x, 0.0), (width + 2 * x, height + 2 * y), (0.0, height + 2 * y))
        outside = any(
            not (0 <= ax <= size[0] - 0.5 and 0 <= ay <= size[1] - 0.5)
            for ax, ay in (_moved(end, numbers) for end in ends)
        )
        if not outside or margin == 0:
            return numbers, margin
        margin = margin / 2 if margin > 0.001 else 0.0


def _homography(source: Quad, target: Quad) -> list[float]:
    rows, wanted = [], []
    for (sx, sy), (tx, ty) in zip(source, target, strict=True):
        rows += [[tx, ty, 1, 0, 0, 0, -sx * tx, -sx * ty], [0, 0, 0, tx, ty, 1, -sy * tx, -sy * ty]]
        wanted += [sx, sy]
    solved: list[float] = np.linalg.solve(np.array(rows, dtype=float), np.array(wanted, dtype=float)).tolist()
    return solved


def _moved(point: Point, numbers: list[float]) -> Point:
    a, b, c, d, e, f, g, h = numbers
    x, y = point
    below = g * x + h * y + 1
    return ((a * x + b * y + c) / below, (d * x + e * y + f) / below)
