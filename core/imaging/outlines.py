"""Shapes of a mask: grown, shrunk, its largest piece, the hull round it, the quadrangle round the hull."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
Mask = NDArray[np.bool_]


def pieces(mask: Mask) -> tuple[NDArray[np.int32], int]:
    """Number each connected piece (sides touching) from 1; also how many there are."""
    labels = np.zeros(mask.shape, dtype=np.int32)
    parents = [0]

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    runs: list[tuple[int, int, int, int]] = []
    above: list[tuple[int, int, int]] = []
    for row, (starts, ends) in enumerate(_runs(mask)):
        current: list[tuple[int, int, int]] = []
        first = 0
        for start, end in zip(starts, ends, strict=True):
            label = 0
            while first < len(above) and above[first][1] <= start:
                first += 1
            for _, _, other in _touching(above, first, end):
                if label == 0:
                    label = root(other)
                else:
                    parents[root(other)] = root(label)
            if label == 0:
                label = len(parents)
                parents.append(label)
            current.append((start, end, label))
            runs.append((row, start, end, label))
        above = current
    numbers: dict[int, int] = {}
    for row, start, end, label in runs:
        labels[row, start:end] = numbers.setdefault(root(label), len(numbers) + 1)
    return labels, len(numbers)


def largest_piece(mask: Mask) -> Mask | None:
    """The piece with the most pixels."""
    labels, count = pieces(mask)
    if count == 0:
        return None
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    found: Mask = labels == int(sizes.argmax())
    return found


def grown(mask: Mask, by: int) -> Mask:
    """All pixels within a square of this reach (at most 120) of a set one.

    By blurring, one direction at a time: Pillow's rank filters are ten times slower.
    """
    for reach in ((by, 0), (0, by)):
        blurred = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(reach))
        mask = np.asarray(blurred) > 0
    return mask


def shrunk(mask: Mask, by: int) -> Mask:
    """The pixels whose whole square of this reach is set."""
    narrower: Mask = ~grown(~mask, by)
    return narrower


def hull(mask: Mask) -> list[Point]:
    """The convex polygon round all set pixels, clockwise on the screen, pixels taken as squares."""
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask.argmax(axis=1)[rows]
    last = mask.shape[1] - mask[:, ::-1].argmax(axis=1)[rows]
    points = sorted(
        {
            (float(x), float(y + down))
            for xs in (first, last)
            for x, y in zip(xs.tolist(), rows.tolist(), strict=True)
            for down in (0, 1)
        }
    )
    return _half(points)[:-1] + _half(points[::-1])[:-1]


def enclosing_quad(polygon: Sequence[Point]) -> Quad | None:
    """Take away the side whose neighbours close the gap with the least new area, until four remain.

    The corners begin at the left top and go clockwise; None when a side can't be taken away.
    """
    corners = list(polygon)
    while len(corners) > 4:
        best: tuple[float, int, Point] | None = None
        for index in range(len(corners)):
            before, one, other, after = (corners[(index + shift) % len(corners)] for shift in (-1, 0, 1, 2))
            met = _meeting(before, one, other, after)
            if met is None:
                continue
            added = area_of((one, met, other))
            if best is None or added < best[0]:
                best = (added, index, met)
        if best is None:
            return None
        _, index, met = best
        corners[index] = met
        del corners[(index + 1) % len(corners)]
    if len(corners) < 4:
        return None
    start = min(range(4), key=lambda index: corners[index][0] + corners[index][1])
    turned = corners[start:] + corners[:start]
    return (turned[0], turned[1], turned[2], turned[3])


def area_of(polygon: Sequence[Point]) -> float:
    """The area inside, whichever way round."""
    total = sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True))
    return abs(total) / 2


def _runs(mask: Mask) -> list[tuple[list[int], list[int]]]:
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    return [(np.flatnonzero(row == 1).tolist(), np.flatnonzero(row == -1).tolist()) for row in steps]


def _touching(above: list[tuple[int, int, int]], first: int, end: int) -> list[tuple[int, int, int]]:
    found = []
    for run in above[first:]:
        if run[0] >= end:
            break
        found.append(run)
    return found


def _half(points: list[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in points:
        while len(chain) > 1 and _cross(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _cross(one: Point, other: Point, third: Point) -> float:
    return (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])


def _meeting(before: Point, one: Point, other: Point, after: Point) -> Point | None:
    """Where the lines before→one and after→other meet beyond the side one–other."""
    ux, uy = one[0] - before[0], one[1] - before[1]
    vx, vy = other[0] - after[0], other[1] - after[1]
    cross = ux * vy - uy * vx
    if abs(cross) < 1e-9 * max(1.0, math.hypot(ux, uy) * math.hypot(vx, vy)):
        return None
    share = ((other[0] - one[0]) * vy - (other[1] - one[1]) * vx) / cross
    back = ((other[0] - one[0]) * uy - (other[1] - one[1]) * ux) / cross
    if share < 0 or back < 0:
        return None
    return (one[0] + ux * share, one[1] + uy * share)
