"""Re-encoding into 153,600 … 307,200 bytes with the best quality that fits (M19). Never padded."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image

from core.domain.photos import STORED_MIN_BYTES

AIM_BYTES: Final = 300_000
"""Below 300 K whether K means 1000 or 1024."""
CLOSE_ENOUGH: Final = 0.96
QUALITY_LOW, QUALITY_HIGH = 78, 95
_SHRINKS: Final = 8


@dataclass(frozen=True, slots=True)
class Fitted:
    """Our own encoding of a picture, its size inside the range."""

    data: bytes
    format: str
    width: int
    height: int


def fit(image: Image.Image, longest: int = 2_000) -> Fitted | None:
    """Encode an RGB picture into the range, starting at `longest` pixels; None when it holds too little."""
    image = _scaled(image, min(1.0, longest / max(image.size)))
    for _ in range(_SHRINKS):
        smallest = encode(image, QUALITY_LOW)
        if len(smallest) <= AIM_BYTES:
            break
        image = _scaled(image, min(0.97, (AIM_BYTES / len(smallest)) ** 0.55))
    else:
        return None
    best = _best_quality(image, smallest)
    if len(best) >= STORED_MIN_BYTES:
        return Fitted(best, "JPEG", *image.size)
    return next(_richer(image), None)


def encode(image: Image.Image, quality: int) -> bytes:
    """JPEG bytes with full colour resolution and nothing but pixels in them."""
    out = io.BytesIO()
    _bare(image).save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def thumbnail(image: Image.Image, longest: int = 320) -> bytes:
    """A small JPEG for lists and cards."""
    return encode(_scaled(image, min(1.0, longest / max(image.size))), 82)


def _best_quality(image: Image.Image, smallest: bytes) -> bytes:
    low, high, best = QUALITY_LOW, QUALITY_HIGH + 1, smallest
    attempt = QUALITY_HIGH if len(smallest) * 3 < AIM_BYTES else (low + high) // 2
    while high - low > 1 and len(best) < AIM_BYTES * CLOSE_ENOUGH:
        tried = encode(image, attempt)
        if len(tried) <= AIM_BYTES:
            low, best = attempt, tried
        else:
            high = attempt
        attempt = (low + high) // 2
    return best


def _richer(image: Image.Image) -> Iterator[Fitted]:
    """Ways up for a small picture, in the order of how little they change it."""
    for factor in (1.0, 1.25, 1.5, 2.0):
        larger = _scaled(image, factor)
        for quality in (95, 97, 98, 99, 100) if factor > 1 else (97, 98, 99, 100):
            data = encode(larger, quality)
            if STORED_MIN_BYTES <= len(data) <= AIM_BYTES:
                yield Fitted(data, "JPEG", *larger.size)
    for factor in (1.0, 1.5, 2.0):
        larger = _scaled(image, factor)
        out = io.BytesIO()
        _bare(larger).save(out, "PNG")
        if STORED_MIN_BYTES <= out.tell() <= AIM_BYTES:
            yield Fitted(out.getvalue(), "PNG", *larger.size)


def _bare(image: Image.Image) -> Image.Image:
    """Pillow writes a comment or profile found in `info`; nothing of the kind may reach the stored file."""
    if image.info:
        image = image.copy()
        image.info = {}
    return image


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    if factor == 1.0:
        return image
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0 if factor < 1 else None)
