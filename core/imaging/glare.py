"""Reflections of a flash or a lamp on a laminated card or glossy paper.

A reflection burns out in the middle and fades over a distance; white paper and printed white areas end sharply, and a
page that is white all over has no brighter patch.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.imaging.outlines import pieces

SIDE: Final = 500
BURNT_FROM: Final = 247.0
"""Darkest channel, of 255, of a burnt-out pixel after smoothing."""
HEADROOM: Final = 14.0
"""How much darker, in grey values, the paper around must be, or its own white can't be told from a reflection."""
SOFT_FROM: Final = 0.30
"""Brightness left just outside a patch, of its height over the paper: reflections 0.4–0.9, printed white 0–0.2."""
SMALLEST_PATCH: Final = 0.0006
"""Of the page: smaller sparkles of a hologram hide no letter."""

Floats = NDArray[np.float32]


def glare_share(image: Image.Image) -> float:
    """Share (0 to 1) of an RGB page that is burnt out by a reflection."""
    factor = SIDE / max(image.size)
    size = (max(8, round(image.width * factor)), max(8, round(image.height * factor)))
    small = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0) if factor < 1 else image
    level = np.asarray(small, dtype=np.uint8).min(axis=2)
    smooth = np.asarray(Image.fromarray(level).filter(ImageFilter.BoxBlur(1)), dtype=np.float32)
    burnt = smooth >= BURNT_FROM
    if not burnt.any() or burnt.mean() > 0.5:
        return 0.0
    closed = Image.fromarray(burnt).convert("L").filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MinFilter(5))
    labels, count = pieces(np.asarray(closed) > 0)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    total = 0
    for label in range(1, count + 1):
        if sizes[label] >= SMALLEST_PATCH * labels.size and _fades(smooth, labels == label):
            total += int(sizes[label])
    return total / labels.size


def _fades(level: Floats, patch: NDArray[np.bool_]) -> bool:
    """Whether the light around a patch falls slowly to the level of the paper, on most of its outline."""
    rows, columns = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
    reach = max(12, round(0.35 * float(np.sqrt(patch.sum()))))
    top, left = max(0, rows[0] - reach - 4), max(0, columns[0] - reach - 4)
    part = (slice(top, rows[-1] + reach + 5), slice(left, columns[-1] + reach + 5))
    inside, around = Image.fromarray(patch[part]).convert("L"), level[part]
    near = _ring(inside, 3, 5)
    far = _ring(inside, reach - 3, reach)
    if near.sum() < 8 or far.sum() < 8:
        return False
    paper = float(np.percentile(around[far], 50))
    height = 255.0 - paper
    if height < HEADROOM:
        return False
    softness = (around[near] - paper) / height
    return float(np.percentile(softness, 60)) >= SOFT_FROM


def _ring(patch: Image.Image, inner: int, outer: int) -> NDArray[np.bool_]:
    """Pixels between two distances from the patch."""
    wide = _grown(patch, outer)
    ring: NDArray[np.bool_] = wide & ~_grown(patch, inner)
    return ring


def _grown(patch: Image.Image, by: int) -> NDArray[np.bool_]:
    """All pixels within a square of this reach: sums over windows, since Pillow's large filters are slow."""
    pixels = np.pad(np.asarray(patch, dtype=np.int32) > 0, by + 1).astype(np.int32)
    for axis in (0, 1):
        sums = np.cumsum(pixels, axis=axis)
        size = 2 * by + 1
        pixels = (np.take(sums, range(size, sums.shape[axis]), axis) - np.take(sums, range(sums.shape[axis] - size), axis) > 0).astype(np.int32)
    grown: NDArray[np.bool_] = pixels > 0
    height, width = patch.height, patch.width
    return grown[:height, :width]
