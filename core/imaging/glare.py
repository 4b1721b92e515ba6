"""Reflections of a flash or a lamp on a laminated card or glossy paper.

A reflection burns out in the middle and fades over a distance; white paper and printed white areas end sharply, and a
page that is white all over has no brighter patch.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.imaging.outlines import grown, pieces, shrunk

SIDE: Final = 500
BURNT_FROM: Final = 247.0
"""Darkest channel, of 255, of a burnt-out pixel after smoothing."""
HEADROOM: Final = 14.0
"""How much darker, in grey values, the paper around must be, or its own white can't be told from a reflection."""
SOFT_FROM: Final = 0.30
"""Brightness left just outside a patch, of its height over the paper: reflections 0.4–0.9, printed white 0–0.2."""
SMALLEST_PATCH: Final = 0.0006
"""Of the page: smaller sparkles of a hologram hide no letter."""
GLARE_SOFT: Final = 0.004
"""Suggested limit of a warning: of 160 drawn flashes 154 lay above (the others on paper that was itself nearly white),
of 88 pictures without one 1."""

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
    labels, count = pieces(shrunk(grown(burnt, 2), 2))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    total = 0
    for label in range(1, count + 1):
        if sizes[label] >= SMALLEST_PATCH * labels.size and _fades(smooth, labels == label):
            total += int(sizes[label])
    return total / labels.size


def _fades(level: Floats, patch: NDArray[np.bool_]) -> bool:
    """Whether the light around a patch falls slowly to the level of the paper, on most of its outline."""
    rows, columns = np.flatnonzero(patch.any(axis=1)), np.flatnonzero(patch.any(axis=0))
    reach = min(120, max(12, round(0.35 * float(np.sqrt(patch.sum())))))
    top, left = max(0, rows[0] - reach - 4), max(0, columns[0] - reach - 4)
    part = (slice(top, rows[-1] + reach + 5), slice(left, columns[-1] + reach + 5))
    inside, around = patch[part], level[part]
    near = grown(inside, 5) & ~grown(inside, 3)
    far = grown(inside, reach) & ~grown(inside, reach - 3)
    if near.sum() < 8 or far.sum() < 8:
        return False
    paper = float(np.percentile(around[far], 50))
    height = 255.0 - paper
    if height < HEADROOM:
        return False
    softness = (around[near] - paper) / height
    return float(np.percentile(softness, 60)) >= SOFT_FROM
