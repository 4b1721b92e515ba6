"""A pure white background in place of a plain one: the person stays, the backdrop's colour leaves even the hair."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.imaging.people import Mask, brought_to
from core.imaging.smoothing import filled, grown

WHITE: Final = np.float32(1)
BAND: Final = 0.02
"""Half the width of the strip where person and backdrop may mix: part of the mask's longest side."""
_CLEARLY_APART: Final = 0.02
"""Squared distance of two colours (0…1 a channel) from which the colour says more than the mask."""

_NOISE: Final = np.float32(0.06)
_UNSURE: Final = np.float32(0.06)
"""Noise of the camera and of JPEG: in a colour, and in a share so near to nothing or all that it is that."""
_STRANGE: Final = np.float32(0.12)
"""A colour so far beside every mixture of the two is neither: an ear beside hair, a collar beside a jacket."""

Plane = NDArray[np.float32]


def whitened(image: Image.Image, mask: Mask) -> Image.Image:
    """The RGB picture before pure white; `mask` is its `person_mask`. Meant for plain backdrops, others leave traces.

    In the strip along the outline each pixel is taken for a mixture of the person's and the backdrop's colour nearby.
    The backdrop's part is then exchanged for white, not the pixel, so that no coloured rim stays. Measure the result
    again before it is offered.
    """
    size = (mask.shape[1], mask.shape[0])
    working = _unit(brought_to(image, size))
    reach = max(2, round(max(size) * BAND))
    inside, outside = mask > 0.9, mask < 0.1
    person, backdrop = ~grown(~inside, reach // 2), ~grown(~outside, reach // 2)
    person_colour = filled(working, person, reach)
    backdrop_colour = filled(working, backdrop, reach)

    pixels = _unit(image)
    behind = _enlarged(backdrop_colour, image.size)
    share = _share(pixels, _enlarged(person_colour, image.size), behind, _enlarged(mask, image.size))
    share = np.where(_enlarged_area(person, image.size), np.float32(1), share)
    share = np.where(_enlarged_area(backdrop, image.size), np.float32(0), share)
    missing = (1 - share)[..., None]
    result = np.where(missing >= 1, WHITE, pixels + missing * (WHITE - behind))
    return Image.fromarray(np.rint(np.clip(result, 0, 1) * 255).astype(np.uint8))


def _share(pixels: Plane, person: Plane, behind: Plane, mask: Plane) -> Plane:
    """The person's part of each pixel: where its colour lies between the two; the mask where they are alike.

    Bounded so that what remains of the pixel without the backdrop is a colour: no channel below black or above white.
    """
    apart = person - behind
    distance = (apart * apart).sum(axis=2)
    by_colour = np.clip(((pixels - behind) * apart).sum(axis=2) / np.maximum(distance, 1e-6), 0, 1)
    beside = pixels - behind - by_colour[..., None] * apart
    strange = np.clip((np.sqrt((beside * beside).sum(axis=2)) - _NOISE) / _STRANGE, 0, 1)
    by_colour += (1 - by_colour) * strange
    trust = distance / (distance + np.float32(_CLEARLY_APART))
    share = trust * by_colour + (1 - trust) * mask
    darkest, brightest = (
        (pixels + _NOISE) / np.maximum(behind, 0.02),
        (1 + _NOISE - pixels) / np.maximum(1 - behind, 0.02),
    )
    bounded = np.maximum(share, 1 - np.minimum(darkest, brightest).min(axis=2))
    clear: Plane = np.clip((bounded - _UNSURE) / (1 - 2 * _UNSURE), 0, 1)
    return clear


def _unit(image: Image.Image) -> Plane:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _enlarged(plane: Plane, size: tuple[int, int]) -> Plane:
    if plane.ndim == 3:
        return np.stack([_enlarged(plane[..., channel], size) for channel in range(plane.shape[2])], axis=2)
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))


def _enlarged_area(area: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    return np.asarray(Image.fromarray(area).resize(size, Image.Resampling.NEAREST), dtype=bool)
