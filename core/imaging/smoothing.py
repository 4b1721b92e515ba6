"""Box means by running sums, and what is built on them: the guided filter and the filling of gaps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def box_mean(plane: Plane, radius: int) -> Plane:
    """The mean over (2 · radius + 1)² pixels of (height, width) or (height, width, channels); less at the border."""
    summed = _along(_along(plane.astype(np.float64), radius, 0), radius, 1)
    mean: Plane = summed.astype(np.float32)
    return mean


def guided(guide: Plane, plane: Plane, radius: int, smoothness: float) -> Plane:
    """`plane` brought to the edges of the colour picture `guide` (guided filter of He et al. 2010).

    Both 0…1. `smoothness` is the variance of colour from which a difference counts as an edge. In colour, since grey
    does not tell a dark jacket from a red backdrop.
    """
    mean, mean_plane = box_mean(guide, radius), box_mean(plane, radius)
    covariance = box_mean(guide * plane[..., None], radius) - mean * mean_plane[..., None]
    squares = [box_mean(guide[..., i] * guide[..., j], radius) - mean[..., i] * mean[..., j] for i, j in _PAIRS]
    slope = _solved(squares, covariance, smoothness)
    offset = mean_plane - (slope * mean).sum(axis=2)
    refined: Plane = (box_mean(slope, radius) * guide).sum(axis=2) + box_mean(offset, radius)
    return refined


def filled(pixels: Plane, known: NDArray[np.bool_], radius: int) -> Plane:
    """A smooth picture of the known pixels' colours that reaches everywhere; grey where nothing is known.

    Nearby colours count first: the radius doubles until every pixel has one within it.
    """
    weight = known.astype(np.float32)
    weighted = pixels * weight[..., None]
    result = np.full(pixels.shape, np.float32(0.5), dtype=np.float32)
    missing = np.ones(known.shape, dtype=bool)
    while known.any() and missing.any() and radius < 2 * max(known.shape):
        share = box_mean(weight, radius)
        reached = missing & (share > 1e-3)
        result[reached] = box_mean(weighted, radius)[reached] / share[reached][:, None]
        missing &= ~reached
        radius *= 2
    return result


def grown(inside: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """The area and everything within `radius` pixels of it, across, down or both."""
    if radius <= 0:
        return inside
    wider: NDArray[np.bool_] = box_mean(inside.astype(np.float32), radius) > 0.5 / (2 * radius + 1) ** 2
    return wider


def _along(plane: NDArray[np.float64], radius: int, axis: int) -> NDArray[np.float64]:
    length = plane.shape[axis]
    sums = np.concatenate((np.zeros_like(plane.take([0], axis)), np.cumsum(plane, axis)), axis)
    middle = np.arange(length)
    last, first = np.minimum(middle + radius + 1, length), np.maximum(middle - radius, 0)
    shape = [1] * plane.ndim
    shape[axis] = length
    window: NDArray[np.float64] = sums.take(last, axis) - sums.take(first, axis)
    counts: NDArray[np.float64] = (last - first).reshape(shape).astype(np.float64)
    mean: NDArray[np.float64] = window / counts
    return mean


def _solved(squares: Sequence[Plane], right: Plane, smoothness: float) -> Plane:
    """x of (S + smoothness · 1) x = right at every pixel, S symmetric and given by its upper half (Cramer's rule)."""
    more = np.float32(smoothness)
    a, b, c, d, e, f = squares
    a, d, f = a + more, d + more, f + more
    ca, cb, cc = d * f - e * e, c * e - b * f, b * e - c * d
    inverse = (ca, cb, cc, a * f - c * c, b * c - a * e, a * d - b * b)
    determinant = a * ca + b * cb + c * cc
    p, q, r = right[..., 0], right[..., 1], right[..., 2]
    rows = (
        inverse[0] * p + inverse[1] * q + inverse[2] * r,
        inverse[1] * p + inverse[3] * q + inverse[4] * r,
        inverse[2] * p + inverse[4] * q + inverse[5] * r,
    )
    solved: Plane = np.stack(rows, axis=2) / determinant[..., None]
    return solved
