"""Whether two small pictures are one picture that was scaled, cropped a little, re-encoded or brightened.

The second stage after the fingerprint. One picture is laid over the other (Lucas–Kanade over an affine map, coarse to
fine, from three scales), its brightness and colour are levelled, and what still differs is counted block by block:
another face or another number differs in some blocks however equal the ground is.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[np.float64]

_SIDE: Final = 160
_MARGIN: Final = 10
_BLOCK: Final = 14
_COUNTED_BLOCK: Final = 4
"""The fourth worst block speaks for the picture: a mark, a scratch or a thumb covers fewer."""
_STAGES: Final = ((40, 1.5, 10), (80, 1.2, 8), (160, 1.0, 5))
"""Side in pixels, blur and most steps of each stage of laying over."""
_SCALES: Final = (1.0, 0.93, 1.07)
_FITS: Final = 4.0
"""Mean difference (of 255) below which no further scale is tried."""
_DARKEST, _BRIGHTEST = 5.0, 245.0
"""Clipped pixels don't tell how bright they were."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """An affine map in shares of half a side around the middle, with what it leaves."""

    x: tuple[float, float, float]
    y: tuple[float, float, float]
    rest: float


def unlikeness(one: Image.Image, other: Image.Image) -> float:
    """How much two upright RGB pictures differ where they differ most: 0 … 255, for one picture below about 4."""
    first, second = _prepared(one), _prepared(other)
    moved = _moved(first.convert("YCbCr"), _laid_over(first.convert("L"), second.convert("L")), _SIDE)
    inner = slice(_MARGIN, _SIDE - _MARGIN)
    a = np.asarray(moved, dtype=np.float64)[inner, inner]
    b = np.asarray(second.convert("YCbCr"), dtype=np.float64)[inner, inner]
    differs = _brightness_left(a[:, :, 0], b[:, :, 0])
    for channel in (1, 2):
        differs = differs + _colour_left(a[:, :, channel] - 128, b[:, :, channel] - 128) / 2
    across = (_SIDE - 2 * _MARGIN) // _BLOCK
    blocks = differs.reshape(across, _BLOCK, across, _BLOCK).mean(axis=(1, 3))
    return float(np.sort(blocks, axis=None)[-_COUNTED_BLOCK])


def _prepared(image: Image.Image) -> Image.Image:
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return small.filter(ImageFilter.GaussianBlur(1))


def _laid_over(one: Image.Image, other: Image.Image) -> _Laid:
    best: _Laid | None = None
    for scale in _SCALES:
        laid = _Laid((scale, 0.0, 0.0), (0.0, scale, 0.0), 0.0)
        for side, blur, steps in _STAGES:
            laid = _nearer(_small(one, side, blur), _small(other, side, blur), laid, steps)
        if best is None or laid.rest < best.rest:
            best = laid
        if best.rest < _FITS:
            break
    assert best is not None  # noqa: S101 - there is at least one scale
    return best


def _nearer(one: Image.Image, other: Image.Image, start: _Laid, most: int) -> _Laid:
    """Gauss–Newton steps with large differences counted less; the map stays near the identity."""
    side = one.width
    across, down, inner = _coordinates(side)
    goal = np.asarray(other, dtype=np.float64)
    laid = start
    for _ in range(most):
        seen = _levelled(np.asarray(_moved(one, laid, side), dtype=np.float64), goal)
        slope_down, slope_across = (np.gradient(seen, axis=axis)[inner].ravel() * side / 2 for axis in (0, 1))
        left = (goal - seen)[inner].ravel()
        columns = [slope * along for slope in (slope_across, slope_down) for along in (across, down, 1.0)]
        towards = np.stack(columns, axis=1)
        weighted = towards * (1 / (1 + np.abs(left) / 12))[:, None]
        step = np.linalg.solve(weighted.T @ towards + np.eye(6) * side, weighted.T @ left)
        laid = _Laid(
            _near((1, 0, 0), laid.x, step[:3]),
            _near((0, 1, 0), laid.y, step[3:]),
            float(np.abs(left).mean()),
        )
        if np.abs(step).max() * side < 0.02:
            break
    return laid


def _near(still: tuple[int, int, int], row: tuple[float, float, float], step: Floats) -> tuple[float, float, float]:
    a, b, c = (float(np.clip(v + d, at - 0.2, at + 0.2)) for at, v, d in zip(still, row, step, strict=True))
    return a, b, c


def _moved(image: Image.Image, laid: _Laid, side: int) -> Image.Image:
    half = side / 2
    (xx, xy, x0), (yx, yy, y0) = laid.x, laid.y
    rows = (xx, xy, half * (1 + x0 - xx - xy), yx, yy, half * (1 + y0 - yx - yy))
    return image.transform((side, side), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)


def _small(image: Image.Image, side: int, blur: float) -> Image.Image:
    return image.resize((side, side), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(blur))


@lru_cache(maxsize=8)
def _coordinates(side: int) -> tuple[Floats, Floats, tuple[slice, slice]]:
    """Places across and down in shares of half a side around the middle, of what lies inside the margin."""
    margin = max(2, side // 16)
    inner = (slice(margin, side - margin),) * 2
    down, across = (np.mgrid[0:side, 0:side] - side / 2 + 0.5) / (side / 2)
    return across[inner].ravel(), down[inner].ravel(), inner


def _levelled(seen: Floats, goal: Floats) -> Floats:
    """`seen` with the brightness and contrast of `goal`."""
    told = (seen > _DARKEST) & (seen < _BRIGHTEST) & (goal > _DARKEST) & (goal < _BRIGHTEST)
    if told.mean() < 0.02:
        told = np.ones_like(told)
    middle, wanted = seen[told].mean(), goal[told].mean()
    centred = seen[told] - middle
    gain = np.clip((centred * (goal[told] - wanted)).mean() / max(float((centred**2).mean()), 1e-6), 0.7, 1.4)
    result: Floats = np.clip(gain * (seen - middle) + wanted, 0, 255)
    return result


def _brightness_left(seen: Floats, goal: Floats) -> Floats:
    levelled = _levelled(seen, goal)
    # A clipped pixel was at least as bright as it looks: only a goal darker than that differs.
    result: Floats = np.where(seen > _BRIGHTEST, np.maximum(levelled - goal, 0), np.abs(levelled - goal))
    return result


def _colour_left(seen: Floats, goal: Floats) -> Floats:
    gain = np.clip((seen * goal).sum() / max(float((seen**2).sum()), 1e-6), 0.7, 1.4)
    result: Floats = np.abs(gain * seen - goal)
    return result
