"""The mark is on every part of a picture, readable on light and dark, and the document under it can still be judged."""

import io

import numpy as np
import pytest
from PIL import Image

from core.imaging.watermark import NotAPicture, marked

TEXT = "严审核 yan.shenhe 2026-08-01 09:00 仅限资格审核"


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (1200, 800)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "JPEG", quality=95)
    return made.getvalue()


def grey(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=np.int16)


@pytest.mark.parametrize("colour", [(255, 255, 255), (128, 128, 128), (12, 12, 12), (67, 142, 219)])
@pytest.mark.parametrize("size", [(1200, 800), (413, 626), (320, 200)])
def test_no_quarter_is_without_it(colour: tuple[int, int, int], size: tuple[int, int]) -> None:
    before = picture(colour, size)
    changed = np.abs(grey(marked(before, TEXT)) - grey(before)) > 16
    height, width = changed.shape
    for top in (0, height // 2):
        for left in (0, width // 2):
            assert changed[top : top + height // 2, left : left + width // 2].mean() > 0.005


def test_it_hides_nothing() -> None:
    before = picture((255, 255, 255))
    after = grey(marked(before, TEXT))
    assert (after > 230).mean() > 0.8
    assert after.min() > 130


def test_the_size_of_the_picture_stays() -> None:
    assert grey(marked(picture((255, 255, 255), (413, 626)), TEXT)).shape == (626, 413)


def test_two_viewers_get_two_pictures() -> None:
    before = picture((255, 255, 255))
    assert marked(before, TEXT) != marked(before, TEXT.replace("严", "陈"))


@pytest.mark.parametrize("data", [b"", b"no picture", picture((0, 0, 0))[:200], b"GIF89a" + b"0" * 100])
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        marked(data, TEXT)
