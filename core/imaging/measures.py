"""Measuring what needs no model: sharpness, exposure, colour.

Only numbers come out; the rules of `core.domain` decide what they mean.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.float32]

COLOUR_SIDE = 400
CLIPPED_FROM = 254
COLOURED_FROM = 40.0
"""Difference of the channels (of 255) from which a pixel is clearly coloured, white balanced, at 400 px."""


@dataclass(frozen=True, slots=True)
class Light:
    """Percentiles of the grey values 0–255, the share of clipped pixels, and the contrast: 99th minus 1st."""

    dark_end: float
    bright_end: float
    clipped: float
    contrast: float


def light(grey: Grey) -> Light:
    """How bright and how varied a grey picture is."""
    first, dark_end, bright_end, last = (float(value) for value in np.percentile(grey, (1, 5, 95, 99)))
    return Light(dark_end, bright_end, float((grey >= CLIPPED_FROM).mean()), last - first)


def acuity(grey: Grey) -> float:
    """Share of the gradient energy at a quarter of the scale that is still there at full scale.

    The worse of the two directions counts, since a shaken picture is soft in one only. Both pictures are smoothed
    over three pixels first: sensor noise would pass for sharpness. A flat picture has none: 0.
    """
    height, width = (side // 4 * 4 for side in grey.shape)
    coarse = _smooth(grey[:height, :width].reshape(height // 4, 4, width // 4, 4).mean(axis=(1, 3)))
    fine = _smooth(grey)
    shares = []
    for axis in (0, 1):
        reference = _gradient_energy(coarse, axis)
        shares.append(_gradient_energy(fine, axis) / reference if reference > 0 else 0.0)
    return min(shares)


def crete(grey: Grey, length: int = 9) -> float:
    """No-reference blur of Crété et al. 2007: 0 sharp, 1 blurred; how little a strong blur still changes."""
    worst = 0.0
    for oriented in (grey, grey.T):
        padded = np.pad(oriented, ((length // 2 + 1, length // 2), (0, 0)), mode="edge")
        sums = np.cumsum(padded, axis=0, dtype=np.float64)
        blurred = (sums[length:] - sums[:-length]) / length
        sharp_steps = np.abs(np.diff(oriented, axis=0))
        blurred_steps = np.abs(np.diff(blurred, axis=0))
        total = float(sharp_steps.sum())
        if total > 0:
            lost = float(np.maximum(0, sharp_steps - blurred_steps).sum())
            worst = max(worst, (total - lost) / total)
    return worst


def coloured_share(image: Image.Image) -> float:
    """Share of clearly coloured pixels after the white of the paper was made neutral."""
    small = np.asarray(brought_to(image, COLOUR_SIDE), dtype=np.float32)
    white = np.maximum(np.percentile(small.reshape(-1, 3), 90, axis=0), 1.0)
    balanced = np.minimum(small * (float(white.max()) / white), 255.0)
    return float((np.ptp(balanced, axis=2) > COLOURED_FROM).mean())


def grey_at(image: Image.Image, longest: int) -> Grey:
    """The grey values of a picture brought to one size, as the blur measures want it."""
    return np.asarray(brought_to(image.convert("L"), longest), dtype=np.float32)


def brought_to(image: Image.Image, longest: int) -> Image.Image:
    """The picture with its longest side at `longest` pixels, smaller or larger than it is."""
    factor = longest / max(image.size)
    size = (max(4, round(image.width * factor)), max(4, round(image.height * factor)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0 if factor < 1 else None)


def _smooth(grey: Grey) -> Grey:
    rows = grey[:-2] * 0.25 + grey[1:-1] * 0.5 + grey[2:] * 0.25
    smooth: Grey = rows[:, :-2] * 0.25 + rows[:, 1:-1] * 0.5 + rows[:, 2:] * 0.25
    return smooth


def _gradient_energy(grey: Grey, axis: int) -> float:
    steps = np.diff(grey, axis=axis)
    return float((steps * steps).mean())
