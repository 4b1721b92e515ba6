"""The drawings are what the portal would take from a person, and nobody's document."""

import io
from datetime import date

import numpy as np
import pytest
from PIL import Image

from core.demo.drawing import draw_certificate, draw_id_back, draw_id_front, draw_portrait
from core.demo.phone import phone_photo
from core.domain.photos import STORED_MAX_BYTES, STORED_MIN_BYTES, PhotoKind
from core.imaging.pipeline import check
from tests.imaging.pictures import PAPERS, good, picture


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("woman", [True, False])
def test_every_portrait_is_in_the_range_and_accepted(seed: int, woman: bool) -> None:
    data = draw_portrait(seed, woman=woman)
    assert STORED_MIN_BYTES <= len(data) <= STORED_MAX_BYTES
    assert check(data, PhotoKind.PORTRAIT).faults == ()


@pytest.mark.parametrize("seed", [0, 5, 1_000_003])
@pytest.mark.parametrize("kind", [kind for kind in PhotoKind if kind is not PhotoKind.PORTRAIT])
def test_every_document_is_in_the_range_and_accepted(kind: PhotoKind, seed: int) -> None:
    data = good(kind, seed)
    assert STORED_MIN_BYTES <= len(data) <= STORED_MAX_BYTES
    assert check(data, kind).faults == ()


def test_a_seed_always_gives_the_same_picture() -> None:
    assert draw_portrait(4) == draw_portrait(4)
    assert draw_portrait(4) != draw_portrait(5)
    assert draw_id_back(3) == draw_id_back(3)


def test_the_longest_and_shortest_texts_are_drawn() -> None:
    for name, address in (("杏", "省"), ("买买提艾力·阿卜杜热合曼", "示例省" * 20), ("", "")):
        data = draw_id_front(name, "男", "维吾尔", date(1999, 12, 31), address, "11010519491231002X", 1)
        assert check(data, PhotoKind.ID_FRONT).faults == ()


@pytest.mark.parametrize("kind", [PhotoKind.PORTRAIT, PhotoKind.ID_FRONT, PhotoKind.ID_BACK])
def test_only_papers_are_certificates(kind: PhotoKind) -> None:
    assert kind not in PAPERS
    with pytest.raises(KeyError):
        draw_certificate(kind, "林晓杏", "中医学", "示例中医药大学", "1", date(2024, 6, 30), 1)


@pytest.mark.parametrize(("turn", "orientation"), [(0, 1), (90, 6), (180, 3), (270, 8)])
def test_a_phone_photo_says_how_it_lies(turn: int, orientation: int) -> None:
    data = phone_photo(good(PhotoKind.DIPLOMA), rotate=turn, megapixels=2)
    with Image.open(io.BytesIO(data)) as photo:
        assert photo.getexif()[0x0112] == orientation
        assert (photo.width > photo.height) == (turn in {0, 180})
        assert abs(photo.width * photo.height - 2_000_000) < 20_000


def test_noise_is_what_was_asked_for() -> None:
    def roughness(noise: float) -> float:
        desk = np.asarray(picture(phone_photo(good(PhotoKind.DIPLOMA), 0, 1, noise)), dtype=float)[:8]
        return float(np.abs(np.diff(desk, axis=1)).mean())

    assert roughness(0) < 1
    assert roughness(20) > 8
