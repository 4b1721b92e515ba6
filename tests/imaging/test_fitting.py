"""M19: what is stored lies in 153,600 … 307,200 bytes, decodes, and is never padded."""

import io

import numpy as np
import pytest
from PIL import Image

from core.domain.photos import STORED_MAX_BYTES, STORED_MIN_BYTES, PhotoKind
from core.imaging.fitting import AIM_BYTES, fit, thumbnail
from tests.imaging.pictures import at_width, good, picture


def noisy(width: int, height: int, strength: float) -> Image.Image:
    pixels = np.random.default_rng(3).normal(128, strength, (height, width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "image",
    [
        picture(good(PhotoKind.ID_FRONT)),
        at_width(4_000)(picture(good(PhotoKind.DIPLOMA))),
        at_width(420)(picture(good(PhotoKind.PORTRAIT))),
        noisy(3_000, 2_000, 60),
        noisy(600, 400, 20),
        noisy(300, 300, 40),
    ],
)
def test_what_fits_is_in_the_range_and_decodes(image: Image.Image) -> None:
    fitted = fit(image)
    assert fitted is not None
    assert STORED_MIN_BYTES <= len(fitted.data) <= AIM_BYTES < STORED_MAX_BYTES
    with Image.open(io.BytesIO(fitted.data)) as stored:
        stored.load()
        assert (stored.format, stored.size) == (fitted.format, (fitted.width, fitted.height))
    assert abs(fitted.width / fitted.height - image.width / image.height) < 0.01


@pytest.mark.parametrize("size", [(16, 16), (400, 300), (1_000, 700)])
def test_a_picture_with_too_little_in_it_does_not_fit(size: tuple[int, int]) -> None:
    assert fit(Image.new("RGB", size, (240, 240, 240))) is None


def test_nothing_is_appended_behind_the_picture() -> None:
    fitted = fit(at_width(420)(picture(good(PhotoKind.PORTRAIT))))
    assert fitted is not None
    assert fitted.data.endswith((b"\xff\xd9", b"IEND\xaeB`\x82"))
    assert b"\xff\xfe" not in fitted.data[:2_000]


def test_enlarging_stops_at_twice_the_side() -> None:
    fitted = fit(at_width(260)(picture(good(PhotoKind.PORTRAIT))))
    assert fitted is None or fitted.width <= 520


def test_quality_uses_the_room_there_is() -> None:
    fitted = fit(at_width(4_000)(picture(good(PhotoKind.DIPLOMA))))
    assert fitted is not None
    assert len(fitted.data) > 0.9 * AIM_BYTES


def test_a_thumbnail_is_small() -> None:
    data = thumbnail(picture(good(PhotoKind.DIPLOMA)))
    assert len(data) < 40_000
    assert max(picture(data).size) == 320
