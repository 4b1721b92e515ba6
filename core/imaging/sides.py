"""Which side of an identity card a flat, upright picture shows, told without reading it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.domain.photos import PhotoKind
from core.imaging.straightening import CARD_ASPECT

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the frame's sides."""

ASPECT_OFF: Final = 0.07
"""How far width / height may lie from a card's 1.585; certificates are 1.41, screens 1.78."""
EMBLEM_LEAST: Final = 0.06
"""Share of clearly red or golden pixels in the emblem's place: backs 0.15–0.35, fronts and papers below 0.02."""
EMBLEM_ALONE: Final = 0.70
"""Share of all such pixels on the card that lie there: a certificate's stamp and frame lie elsewhere."""
_EMBLEM: Final = (0.02, 0.06, 0.36, 0.58)
_PORTRAIT: Final = (0.58, 0.05, 1.0, 0.78)


def looks_like(image: Image.Image, faces: int | Sequence[Box]) -> dict[PhotoKind, float]:
    """How much the flat picture looks like the front and the back of an ID card, each 0 to 1, from 0.5 on surely.

    `faces` are the faces found, or how many lie in the right half.
    """
    if not is_card_shaped(image.size):
        return {PhotoKind.ID_FRONT: 0.0, PhotoKind.ID_BACK: 0.0}
    right = faces if isinstance(faces, int) else sum(is_card_portrait(face) for face in faces)
    anywhere = faces if isinstance(faces, int) else len(faces)
    there, alone = emblem_shares(image)
    emblem = min(1.0, there / (2 * EMBLEM_LEAST)) * min(1.0, alone / EMBLEM_ALONE)
    front = 0.0 if right != 1 or anywhere != 1 else 1.0 - emblem
    back = 0.0 if anywhere else emblem
    return {PhotoKind.ID_FRONT: round(front, 3), PhotoKind.ID_BACK: round(back, 3)}


def is_card_shaped(size: tuple[int, int]) -> bool:
    """Whether width / height is that of a card lying on its long side."""
    return abs(size[0] / size[1] / CARD_ASPECT - 1) <= ASPECT_OFF


def is_card_portrait(face: Box) -> bool:
    """Whether a face lies and is as large as the one on a card's front."""
    left, top, right, bottom = face
    x, y = (left + right) / 2, (top + bottom) / 2
    inside = _PORTRAIT[0] <= x <= _PORTRAIT[2] and _PORTRAIT[1] <= y <= _PORTRAIT[3]
    return inside and 0.06 <= right - left <= 0.34


def emblem_shares(image: Image.Image) -> tuple[float, float]:
    """Red and golden pixels at the left top: their share of that place, and of all such pixels in the picture."""
    small = image.resize((317, 200), Image.Resampling.BOX, reducing_gap=2.0)
    vivid = _vivid(np.asarray(small, dtype=np.float32))
    left, top, right, bottom = _EMBLEM
    height, width = vivid.shape
    there = vivid[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    total = int(vivid.sum())
    return float(there.mean()), float(there.sum() / total) if total else 0.0


def _vivid(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Clearly red to golden after the paper's white was made neutral."""
    white = np.maximum(np.percentile(pixels.reshape(-1, 3), 85, axis=0), 1.0)
    red, green, blue = np.moveaxis(pixels * (float(white.max()) / white), 2, 0)
    vivid: NDArray[np.bool_] = (red - blue > 70) & (red - green > 15) & (red > 90)
    return vivid
