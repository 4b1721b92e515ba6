"""A picture's fingerprint for finding near-identical ones, and the closer look that decides.

The fingerprint is a perceptual hash: 64 signs of the lowest cosine waves of a small copy, half of brightness and a
quarter of either colour. It finds candidates by an index and no more: faces on white and cards on one printed ground
are alike in their lowest waves (measured on drawings, docs/decisions/008: 4 of 100 pairs of different portraits and 18 of
100 pairs of different cards lie within 3 bits). `core.imaging.likeness` then compares the two pictures themselves.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]

_SIDE: Final = 32
_WAVES: Final = (32, 16, 16)
"""How many waves of brightness, blue and red."""
_BANDS: Final = 4
_BAND_BITS: Final = 16
_MOST_BITS: Final = 64


def fingerprint(image: Image.Image) -> int:
    """The perceptual hash of an upright RGB picture, as a signed integer of 64 bits (a BIGINT)."""
    small = image.convert("YCbCr").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    pixels = np.asarray(small, dtype=np.float64)
    turn, (rows, columns) = _cosines(), _lowest()
    signs = []
    for channel, count in enumerate(_WAVES):
        waves = (turn @ pixels[:, :, channel] @ turn.T)[rows[:count], columns[:count]]
        signs.append(waves > np.median(waves))
    # Waves of every kind in every band: a band of brightness alone would be shared by too many.
    dealt = np.concatenate([np.concatenate(signs)[band::_BANDS] for band in range(_BANDS)])
    return int.from_bytes(np.packbits(dealt).tobytes(), "big", signed=True)


def bands(value: int) -> tuple[int, int, int, int]:
    """The four 16-bit parts, 0 … 65535. Two fingerprints that differ in at most three bits share one of them."""
    plain = value % (1 << _MOST_BITS)
    first, second, third, fourth = (
        plain >> shift & (1 << _BAND_BITS) - 1 for shift in range(_MOST_BITS - _BAND_BITS, -1, -_BAND_BITS)
    )
    return first, second, third, fourth


def distance(one: int, other: int) -> int:
    """In how many of the 64 bits two fingerprints differ."""
    return ((one ^ other) % (1 << _MOST_BITS)).bit_count()


@lru_cache(maxsize=1)
def _cosines() -> Floats:
    """The orthonormal cosine transform (DCT-II) of one side."""
    wave, place = np.arange(_SIDE)[:, None], np.arange(_SIDE)[None, :]
    matrix: Floats = np.cos(np.pi * (2 * place + 1) * wave / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    matrix[0] /= np.sqrt(2)
    return matrix


@lru_cache(maxsize=1)
def _lowest() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the lowest waves, from low to high, without the mean."""
    places = sorted(((i, j) for i in range(_SIDE) for j in range(_SIDE)), key=lambda at: (sum(at), at[0]))
    rows, columns = np.array(places[1 : max(_WAVES) + 1]).T
    return rows, columns
