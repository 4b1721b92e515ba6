"""Where the faces are: BlazeFace (models/README.md) on the picture, in pixels of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.imaging.networks import network

Point = tuple[float, float]

FOUND_FROM: Final = 0.65
"""Score from which something counts as a face: real and drawn faces have 0.8 and more, engraved heads on coins 0.51–0.63."""
OVERLAP: Final = 0.3
"""Two finds that share more than this part of their union are one face."""
MARGIN: Final = 0.3
"""A face that fills the picture is found when white is laid around it: part of the longest side, on each side."""
TURN_FROM: Final = 0.7
STANDS_FROM: Final = 0.8
"""A face that stands this surely needs no look in the three other directions."""
TURN_GAIN: Final = 0.1
"""A picture is turned when the face is found that surely and so much more surely than as it is (328 of 328 right)."""
_MIDDLES: Final = 48


@dataclass(frozen=True, slots=True)
class Face:
    """A box from the brows to the chin, in pixels; it may reach outside the picture. `score` 0…1.

    `eyes` are the middles of the two eyes, the one further left in the picture first.
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float
    eyes: tuple[Point, Point]

    @property
    def width(self) -> float:
        """Pixels from cheek to cheek."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from the brows to the chin."""
        return self.bottom - self.top

    def shares_of(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Left, top, right and bottom as shares of a picture's width and height."""
        width, height = size
        return self.left / width, self.top / height, self.right / width, self.bottom / height

    @property
    def centre(self) -> Point:
        """The middle of the box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def find_faces(image: Image.Image) -> tuple[Face, ...]:
    """The faces of an RGB picture, the surest first; empty when there is none."""
    found = _found(image, 0.0)
    return found or _found(image, MARGIN)


def best_turn(image: Image.Image) -> int:
    """Degrees clockwise (0, 90, 180, 270) by which the picture has to be turned so that its face stands upright.

    0 also when no direction is clearly better: a guess would turn good pictures.
    """
    small = image.copy()
    small.thumbnail((640, 640), Image.Resampling.BILINEAR, reducing_gap=2.0)
    as_it_is = _upright_score(small)
    if as_it_is >= STANDS_FROM:
        return 0
    scores = {0: as_it_is} | {turn: _upright_score(_turned(small, turn)) for turn in (90, 180, 270)}
    best = max(scores, key=lambda turn: scores[turn])
    return best if scores[best] > TURN_FROM and scores[best] - scores[0] > TURN_GAIN else 0


def _turned(image: Image.Image, clockwise: int) -> Image.Image:
    return image.rotate(-clockwise, expand=True) if clockwise else image


def _upright_score(image: Image.Image) -> float:
    """The detector also finds faces upside down; only the eyes say that."""
    return max((face.score for face in find_faces(image) if _stands(face)), default=0.0)


def _stands(face: Face) -> bool:
    (left_x, left_y), (right_x, right_y) = face.eyes
    across = right_x - left_x
    return (left_y + right_y) / 2 < face.centre[1] and abs(right_y - left_y) < across


def _found(image: Image.Image, margin: float) -> tuple[Face, ...]:
    detector = network("face")
    longest = max(image.size)
    side = longest * (1 + 2 * margin)
    scale = detector.size / side
    small_size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(small_size, Image.Resampling.BILINEAR, reducing_gap=3.0)
    at = ((detector.size - small.width) // 2, (detector.size - small.height) // 2)
    canvas = Image.new("RGB", (detector.size, detector.size), (255, 255, 255) if margin else (0, 0, 0))
    canvas.paste(small, at)
    regressors, scores = detector(np.asarray(canvas, dtype=np.float32) / np.float32(127.5) - np.float32(1))
    likely = 1 / (1 + np.exp(-np.clip(scores.reshape(-1).astype(np.float64), -80, 80)))
    chosen = np.flatnonzero(likely >= FOUND_FROM)
    points = regressors.reshape(-1, 8, 2)[chosen].astype(np.float64)
    points[:, [0, 2, 3, 4, 5, 6, 7]] += _anchors()[chosen][:, None] * detector.size
    faces = [
        _in_pixels(values, float(likely[index]), at, (image.width / small.width, image.height / small.height))
        for index, values in zip(chosen, points, strict=True)
    ]
    return _distinct(sorted(faces, key=lambda face: -face.score))


@lru_cache(maxsize=1)
def _anchors() -> NDArray[np.float64]:
    middles = (np.arange(_MIDDLES) + 0.5) / _MIDDLES
    across, down = np.meshgrid(middles, middles)
    return np.stack((across.ravel(), down.ravel()), axis=1)


def _in_pixels(values: NDArray[np.float64], score: float, at: tuple[int, int], scale: Point) -> Face:
    """`values`: middle, size, the two eyes, then points that are not needed; on the detector's canvas."""

    def pixel(point: NDArray[np.float64]) -> Point:
        return float((point[0] - at[0]) * scale[0]), float((point[1] - at[1]) * scale[1])

    left, top = pixel(values[0] - values[1] / 2)
    right, bottom = pixel(values[0] + values[1] / 2)
    first, second = sorted((pixel(values[2]), pixel(values[3])))
    return Face(left, top, right, bottom, score, (first, second))


def _distinct(faces: Sequence[Face]) -> tuple[Face, ...]:
    """One face for each heap of finds: the mean of the heap by score, which is steadier than its best find."""
    kept: list[Face] = []
    waiting = list(faces)
    while waiting:
        best = waiting[0]
        heap = [face for face in waiting if _overlap(best, face) > OVERLAP]
        kept.append(_mean(heap))
        waiting = [face for face in waiting[1:] if _overlap(best, face) <= OVERLAP]
    return tuple(kept)


def _mean(heap: Sequence[Face]) -> Face:
    values = np.array([(f.left, f.top, f.right, f.bottom, *f.eyes[0], *f.eyes[1]) for f in heap])
    weights = np.array([face.score for face in heap])
    left, top, right, bottom, ax, ay, bx, by = (float(v) for v in np.average(values, axis=0, weights=weights))
    return replace(heap[0], left=left, top=top, right=right, bottom=bottom, eyes=((ax, ay), (bx, by)))


def _overlap(one: Face, other: Face) -> float:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 1.0 if one is other else 0.0
    shared = across * down
    return shared / (one.width * one.height + other.width * other.height - shared)
