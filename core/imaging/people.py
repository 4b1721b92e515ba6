"""The person and what is behind: a mask of the person, and how white and how plain the background is."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.imaging.networks import network
from core.imaging.smoothing import grown, guided

Mask = NDArray[np.float32]

MASK_SIDE: Final = 600
"""Longest side of a mask in pixels: finer hair does not change a share, and a mask costs 0.1 s."""
MARGIN: Final = 0.015
"""Strip around the person that belongs to neither: part of the mask's longest side."""
_LEAST_BACKGROUND: Final = 0.01


def person_mask(image: Image.Image) -> Mask:
    """How much each pixel belongs to a person, 0…1, (height, width) of the picture brought to at most 600 pixels."""
    segmenter = network("person")
    scale = min(1.0, MASK_SIDE / max(image.size))
    size = (max(2, round(image.width * scale)), max(2, round(image.height * scale)))
    working = brought_to(image, size)
    small = brought_to(working, (segmenter.size, segmenter.size))
    (coarse,) = segmenter(np.asarray(small, dtype=np.float32) / np.float32(255))
    mask = np.asarray(Image.fromarray(coarse[..., 0]).resize(size, Image.Resampling.BILINEAR))
    guide = np.asarray(working, dtype=np.float32) / np.float32(255)
    refined: Mask = np.clip(guided(guide, mask, max(2, max(size) // 100), 1e-3), 0, 1)
    return refined


def background(mask: Mask) -> NDArray[np.bool_]:
    """The pixels that are surely behind the person, without a strip along its edge."""
    return ~grown(mask > 0.25, round(max(mask.shape) * MARGIN))


def background_white_share(image: Image.Image, mask: Mask, level: int = 250) -> float:
    """Share of the background with min(R, G, B) ≥ `level`; 0 when no background is to be seen."""
    behind = background(mask)
    if behind.mean() < _LEAST_BACKGROUND:
        return 0.0
    pixels = np.asarray(brought_to(image, (mask.shape[1], mask.shape[0])))
    return float((pixels[behind].min(axis=1) >= level).mean())


def background_texture(image: Image.Image, mask: Mask) -> float:
    """How busy the background is: deviation from a smoothly lit plain colour, as a part of full scale.

    A surface of second order is fitted to each channel, which explains a wall lit from one side; the root mean square
    of what it does not explain is the measure. The largest 2 % are left out: a lost strand of hair is no pattern.
    1 when no background is to be seen.
    """
    behind = background(mask)
    if behind.mean() < _LEAST_BACKGROUND:
        return 1.0
    height, width = mask.shape
    down, across = (axis.astype(np.float32) for axis in np.nonzero(behind))
    down, across = down / height - np.float32(0.5), across / width - np.float32(0.5)
    terms = np.stack((np.ones_like(down), down, across, down * down, across * across, down * across), axis=1)
    colours = np.asarray(brought_to(image, (width, height)), dtype=np.float32)[behind] / np.float32(255)
    surface = np.linalg.solve(terms.T @ terms + 1e-3 * np.eye(6), terms.T @ colours)
    squares = np.sort(((colours - terms @ surface) ** 2).mean(axis=1))
    return float(np.sqrt(squares[: max(1, int(len(squares) * 0.98))].mean()))


def edge_softness(mask: Mask) -> float:
    """Mean width in the mask's pixels of the strip where person and background mix; a clear outline has few."""
    inside = mask > 0.5
    steps = np.count_nonzero(inside[1:] != inside[:-1]) + np.count_nonzero(inside[:, 1:] != inside[:, :-1])
    mixed = np.count_nonzero((mask > 0.1) & (mask < 0.9))
    return float(mixed / steps) if steps else 0.0


def brought_to(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at exactly that size, each pixel the mean of what it replaces."""
    return image if image.size == size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
