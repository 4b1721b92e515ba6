"""Where the card or paper lies in a photograph of a desk. Better no answer than one that cuts a document.

The desk's colour is learnt from the border, what differs from it is one piece with four sides, and each side must
then be seen as a step of brightness or colour along most of its length, at more than twice the resolution.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.imaging.outlines import Quad, area_of, enclosing_quad, grown, hull, largest_piece, shrunk

Floats = NDArray[np.float32]
Point = tuple[float, float]

COARSE_SIDE: Final = 400
FINE_SIDE: Final = 1_000
SMALLEST_FILL: Final = 0.12
"""A paper that takes less of the frame is as likely a thing printed on a larger one."""
LEAST_SEEN: Final = 0.60
"""Share of each side along which a step must be seen. Wrong finds had 0.25–0.55, right ones 0.75–1 (see the tests)."""
LEAST_STEP: Final = 9.0
"""Difference of colour across a side, in grey values over three channels; white on white has 0–6."""
_ANGLES: Final = (55.0, 125.0)
_SAME: Final = 0.004
_SAMPLES: Final = 48
_REACH: Final = 9
_BEYOND: Final = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A paper found: its corners (left top, then clockwise) and `fill` as shares of the frame's sides and area.

    `confidence` is the share (0 to 1) of the worst side that was really seen.
    """

    corners: Quad
    confidence: float
    fill: float


def find_page(image: Image.Image) -> Page | None:
    """The one paper in an upright RGB photograph; None when it fills the frame, leaves it, or isn't seen surely."""
    coarse = _pixels(image, COARSE_SIDE)
    fine = _pixels(image, FINE_SIDE)
    found = [page for quad in _candidates(coarse) if (page := _confirmed(fine, quad)) is not None]
    # Of several the largest: an inner one would be a frame or panel printed on the paper.
    return max(found, key=lambda page: page.fill, default=None)


def _pixels(image: Image.Image, longest: int) -> Floats:
    factor = min(1.0, longest / max(image.size))
    size = (max(8, round(image.width * factor)), max(8, round(image.height * factor)))
    small = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0).filter(ImageFilter.BoxBlur(1))
    return np.asarray(small, dtype=np.float32)


def _candidates(pixels: Floats) -> Iterator[Quad]:
    """Quadrangles as shares of the sides, from strict and lenient ideas of what still is desk."""
    height, width = pixels.shape[:2]
    desk, spread = _desk(pixels)
    given: list[Quad] = []
    for differs in (_distance(pixels, desk), _distance_but_for_shadow(pixels, desk)):
        for level in sorted({max(3.0 * spread, 8.0), max(5.0 * spread, 20.0), _otsu(differs)}):
            quad = _outline(differs > level)
            if quad is None:
                continue
            one, two, three, four = ((x / width, y / height) for x, y in quad)
            shares = (one, two, three, four)
            if all(_apart(shares, other) > _SAME for other in given):
                given.append(shares)
                yield shares


def _apart(one: Quad, other: Quad) -> float:
    return max(math.dist(corner, there) for corner, there in zip(one, other, strict=True))


def _desk(pixels: Floats) -> tuple[Floats, float]:
    """The desk's colour everywhere, as a plane through the border's pixels, and how far those lie from it."""
    height, width = pixels.shape[:2]
    strip = max(2, round(max(height, width) * 0.012))
    border = np.zeros((height, width), dtype=bool)
    border[:strip], border[-strip:], border[:, :strip], border[:, -strip:] = True, True, True, True
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    terms = np.stack((np.ones_like(xs), xs / width - 0.5, ys / height - 0.5), axis=-1)
    at, seen = terms[border], pixels[border]
    far = np.linalg.norm(seen - np.median(seen, axis=0), axis=1)
    plane = np.zeros((3, 3), dtype=np.float32)
    for _ in range(4):
        # Whatever reaches into the border, a hand or the paper itself, may not bend the plane.
        kept = far <= max(float(np.median(far)) * 2.5, 4.0)
        plane = np.linalg.lstsq(at[kept], seen[kept], rcond=None)[0]
        far = np.linalg.norm(seen - at @ plane, axis=1)
    return terms @ plane, float(np.median(far))


def _distance(pixels: Floats, desk: Floats) -> Floats:
    distance: Floats = np.linalg.norm(pixels - desk, axis=2)
    return distance


def _distance_but_for_shadow(pixels: Floats, desk: Floats) -> Floats:
    """The same where a darker desk of the same hue still counts as desk."""
    share = (pixels * desk).sum(axis=2) / np.maximum((desk * desk).sum(axis=2), 1.0)
    shaded = desk * share.clip(0.35, 1.0)[..., None]
    distance: Floats = np.linalg.norm(pixels - shaded, axis=2)
    return distance


def _otsu(values: Floats) -> float:
    """The level that parts the values best into two kinds; above all of them when they are of one."""
    if float(np.ptp(values)) < 1.0:
        return float(values.max()) + 1.0
    counts, edges = np.histogram(values, bins=128)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    mass = np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return float(middles[int(np.nanargmax(between))])


def _outline(mask: NDArray[np.bool_]) -> Quad | None:
    """The quadrangle round the largest piece, if that piece is one and lies inside the frame."""
    height, width = mask.shape
    # Gaps of a printed line are closed, threads of the desk's grain are cut off.
    mask = grown(shrunk(grown(mask, 2), 3), 1)
    piece = largest_piece(mask)
    if piece is None or piece.sum() < SMALLEST_FILL * 0.7 * mask.size:
        return None
    if max(piece[0].mean(), piece[-1].mean(), piece[:, 0].mean(), piece[:, -1].mean()) > 0.04:
        return None
    if (mask & ~piece).sum() > 0.08 * mask.size:
        return None
    around = hull(piece)
    quad = enclosing_quad(around)
    if quad is None or area_of(quad) > 1.08 * area_of(around) + 8 or piece.sum() < 0.6 * area_of(quad):
        return None
    inside = all(-2 <= x <= width + 2 and -2 <= y <= height + 2 for x, y in quad)
    return quad if inside else None


def _confirmed(pixels: Floats, quad: Quad) -> Page | None:
    height, width = pixels.shape[:2]
    corners = [(x * width, y * height) for x, y in quad]
    lines, seen = [], []
    for index in range(4):
        line, share = _side(pixels, corners[index], corners[(index + 1) % 4])
        lines.append(line)
        seen.append(share)
    if min(seen) < LEAST_SEEN:
        return None
    met = [_crossing(lines[index - 1], lines[index]) for index in range(4)]
    if not all(0 <= x <= width and 0 <= y <= height for x, y in met) or not _plausible(met):
        return None
    shares = tuple((x / width, y / height) for x, y in met)
    fill = area_of(met) / (width * height)
    if fill < SMALLEST_FILL:
        return None
    return Page((shares[0], shares[1], shares[2], shares[3]), round(min(seen), 3), round(fill, 4))


def _side(pixels: Floats, start: Point, end: Point) -> tuple[Floats, float]:
    """The straight step at a guessed side: a x + b y = c, and the share of the side where it is seen.

    Steps that lie further out win: the guess may have stopped at a frame printed near the paper's edge.
    """
    begin, along = np.array(start), np.array(end) - np.array(start)
    inward = np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1.0)
    shares = np.linspace(0.05, 0.95, _SAMPLES)
    offsets = np.arange(-_BEYOND - 6, _BEYOND + 1)
    places = begin + shares[:, None, None] * along + offsets[None, :, None] * inward
    columns = places[..., 0].round().astype(int)
    rows = places[..., 1].round().astype(int)
    profile = pixels[rows.clip(0, pixels.shape[0] - 1), columns.clip(0, pixels.shape[1] - 1)]
    sums = np.cumsum(np.pad(profile, ((0, 0), (1, 0), (0, 0))), axis=1)
    # Four pixels on either side, two left out between them, as the picture is smoothed.
    four = (sums[:, 4:] - sums[:, :-4]) / 4
    steps = np.linalg.norm(four[:, 6:] - four[:, :-6], axis=2)
    middles = offsets[0] + 4.5 + np.arange(steps.shape[1])

    def best_within(window: NDArray[np.bool_]) -> tuple[Floats, float, float]:
        inside = np.where(window, steps, 0)
        best = middles[inside.argmax(axis=1)]
        spots = begin + shares[:, None] * along + best[:, None] * inward
        line, seen = _line_through(spots, inside.max(axis=1) >= LEAST_STEP)
        return line, seen, float(np.median(best))

    line, seen, depth = best_within(np.abs(middles) <= _REACH)
    further = best_within(middles <= min(-5.0, depth - 5))
    if further[1] >= LEAST_SEEN:
        line, seen, depth = further
    return (line, seen) if _differs_beyond(profile, offsets, depth) else (line, 0.0)


def _differs_beyond(profile: Floats, offsets: NDArray[np.int_], depth: float) -> bool:
    """Whether the paper differs from what lies outside, not only from a line printed on it."""
    inner = profile[:, (offsets >= depth + 14) & (offsets <= depth + 45)].reshape(-1, 3)
    outer = profile[:, (offsets <= depth - 3) & (offsets >= depth - 8)].reshape(-1, 3)
    return float(np.linalg.norm(np.median(inner, axis=0) - np.median(outer, axis=0))) >= LEAST_STEP


def _line_through(spots: NDArray[np.float64], strong: NDArray[np.bool_]) -> tuple[Floats, float]:
    """The line with most of the strong spots within 1.5 pixels, then the best fit through those."""
    usable = spots[strong]
    if len(usable) < 8:
        return np.zeros(3, dtype=np.float32), 0.0
    one, other = np.triu_indices(len(usable), k=6)
    along = usable[other] - usable[one]
    normal = np.stack((-along[:, 1], along[:, 0]), axis=1) / np.maximum(np.linalg.norm(along, axis=1), 1e-6)[:, None]
    offsets = (normal * usable[one]).sum(axis=1)
    near = np.abs(normal @ usable.T - offsets[:, None]) <= 1.5
    chosen = usable[near[int(near.sum(axis=1).argmax())]]
    middle = chosen.mean(axis=0)
    direction = np.linalg.svd(chosen - middle)[2][1]
    line = np.array([direction[0], direction[1], direction @ middle], dtype=np.float32)
    return line, len(chosen) / len(spots)


def _crossing(one: Floats, other: Floats) -> Point:
    determinant = float(one[0] * other[1] - one[1] * other[0])
    if abs(determinant) < 1e-6:
        return (-1.0, -1.0)
    x = float(one[2] * other[1] - one[1] * other[2]) / determinant
    y = float(one[0] * other[2] - one[2] * other[0]) / determinant
    return (x, y)


def _plausible(corners: list[Point]) -> bool:
    """Angles and opposite sides as a rectangle shows them when leant over by up to some 25 degrees."""
    sides = [math.dist(corners[index], corners[(index + 1) % 4]) for index in range(4)]
    for index in range(4):
        (ax, ay), (bx, by), (cx, cy) = corners[index - 1], corners[index], corners[(index + 1) % 4]
        turn = math.degrees(math.atan2(cy - by, cx - bx) - math.atan2(ay - by, ax - bx)) % 360
        if not _ANGLES[0] <= min(turn, 360 - turn) <= _ANGLES[1]:
            return False
    return all(0.6 <= sides[index] / max(sides[index + 2], 1e-6) <= 1 / 0.6 for index in (0, 1))
