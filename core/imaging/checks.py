"""Measuring what needs no model: sides, sharpness, exposure, colour, white background.

Only numbers come out; `core.domain.photo_rules` decides what they mean.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.domain.photo_rules import PageMeasures, PortraitMeasures, judge_page, judge_portrait
from core.domain.photos import PORTRAIT_LIMITS, Fault, PhotoKind

Grey = NDArray[np.float32]

PAGE_SIDE = 1_000
FACE_SIDE = 200
COLOUR_SIDE = 400
CLIPPED_FROM = 254
COLOURED_FROM = 40.0
"""Difference of the channels (of 255) from which a pixel is clearly coloured, white balanced, at 400 px."""
FACE_BOX = (0.25, 0.14, 0.75, 0.62)
FACE_MIDDLE = (0.38, 0.24, 0.62, 0.52)
"""Where a head-and-shoulders picture has its face, as shares of the sides, until a face model tells."""


def examine(image: Image.Image, kind: PhotoKind, *, size: tuple[int, int] | None = None) -> tuple[Fault, ...]:
    """All faults of an upright RGB picture; `size` is the file's own size when the picture was decoded reduced."""
    if kind is PhotoKind.PORTRAIT:
        return judge_portrait(measure_portrait(image, size=size))
    return judge_page(kind, measure_page(image, size=size))


def measure_portrait(image: Image.Image, *, size: tuple[int, int] | None = None) -> PortraitMeasures:
    """The values behind a portrait's verdict."""
    width, height = size or image.size
    corners, border = white_shares(image)
    grey = _grey(image, PAGE_SIDE // 2)
    face = _grey(_part(image, FACE_BOX), FACE_SIDE)
    middle = np.asarray(_part(image, FACE_MIDDLE).convert("L"))
    low, high = np.percentile(grey, (1, 99))
    return PortraitMeasures(
        width=width,
        height=height,
        white_corners=corners,
        white_border=border,
        bright_end=float(np.percentile(grey, 95)),
        contrast=float(high - low),
        face_median=float(np.median(middle)),
        face_clipped=float((middle >= CLIPPED_FROM).mean()),
        acuity=acuity(face),
        crete=crete(face),
    )


def measure_page(image: Image.Image, *, size: tuple[int, int] | None = None) -> PageMeasures:
    """The values behind a card's or certificate's verdict."""
    width, height = size or image.size
    grey = _grey(image, PAGE_SIDE)
    first, dark_end, bright_end, last = np.percentile(grey, (1, 5, 95, 99))
    return PageMeasures(
        width=width,
        height=height,
        dark_end=float(dark_end),
        bright_end=float(bright_end),
        clipped=float((grey >= CLIPPED_FROM).mean()),
        contrast=float(last - first),
        acuity=acuity(grey),
        crete=crete(grey),
        coloured=coloured_share(image),
    )


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
    small = np.asarray(_brought_to(image, COLOUR_SIDE), dtype=np.float32)
    white = np.maximum(np.percentile(small.reshape(-1, 3), 90, axis=0), 1.0)
    balanced = np.minimum(small * (float(white.max()) / white), 255.0)
    return float((np.ptp(balanced, axis=2) > COLOURED_FROM).mean())


def white_shares(image: Image.Image, level: int = PORTRAIT_LIMITS.white_level) -> tuple[float, float]:
    """Share of white pixels in the two top corners, and in a strip along the top and the upper half of the sides."""
    small = np.asarray(_brought_to(image, 600) if max(image.size) > 600 else image)
    white = small.min(axis=2) >= level
    height, width = white.shape
    down, across, strip = max(1, height // 5), max(1, width // 7), max(1, width // 25)
    corners = np.concatenate((white[:down, :across].ravel(), white[:down, -across:].ravel()))
    half = height // 2
    border = np.concatenate((white[:strip].ravel(), white[:half, :strip].ravel(), white[:half, -strip:].ravel()))
    return float(corners.mean()), float(border.mean())


def _grey(image: Image.Image, longest: int) -> Grey:
    return np.asarray(_brought_to(image.convert("L"), longest), dtype=np.float32)


def _brought_to(image: Image.Image, longest: int) -> Image.Image:
    factor = longest / max(image.size)
    size = (max(4, round(image.width * factor)), max(4, round(image.height * factor)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0 if factor < 1 else None)


def _part(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    left, top, right, bottom = box
    width, height = image.size
    return image.crop((int(left * width), int(top * height), int(right * width) + 1, int(bottom * height) + 1))


def _smooth(grey: Grey) -> Grey:
    rows = grey[:-2] * 0.25 + grey[1:-1] * 0.5 + grey[2:] * 0.25
    smooth: Grey = rows[:, :-2] * 0.25 + rows[:, 1:-1] * 0.5 + rows[:, 2:] * 0.25
    return smooth


def _gradient_energy(grey: Grey, axis: int) -> float:
    steps = np.diff(grey, axis=axis)
    return float((steps * steps).mean())
