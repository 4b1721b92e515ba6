"""The page alone, in its own proportions, with nothing cut and no pixel invented."""

import numpy as np
import pytest
from PIL import Image

from core.demo.desk import Scene, photographed
from core.domain.photos import PhotoKind
from core.imaging.page_finding import Page, find_page
from core.imaging.pages import measure
from core.imaging.straightening import CARD_ASPECT, aspect_of, straightened
from tests.imaging.pictures import good, picture

LEANT = Scene(turn=6, lean=(14, -12), fill=0.85)


def true_page(kind: PhotoKind, scene: Scene = LEANT) -> tuple[Image.Image, Page]:
    shot = photographed(picture(good(kind)), scene)
    return shot.image, Page(shot.corners, 1.0, 0.5)


@pytest.mark.parametrize("kind", [PhotoKind.ID_FRONT, PhotoKind.DIPLOMA, PhotoKind.LICENCE])
@pytest.mark.parametrize("lean", [(0.0, 0.0), (15.0, 0.0), (0.0, 15.0), (14.0, -12.0), (-20.0, 18.0)])
def test_the_aspect_ratio_is_that_of_the_paper(kind: PhotoKind, lean: tuple[float, float]) -> None:
    image, page = true_page(kind, Scene(turn=6, lean=lean, fill=0.85))
    width, height = picture(good(kind)).size
    assert aspect_of(page.corners, image.size) == pytest.approx(width / height, rel=0.08)


def test_a_card_gets_the_cards_proportions_exactly() -> None:
    image, page = true_page(PhotoKind.ID_BACK)
    flat = straightened(image, page, margin=0.0)
    assert flat.width / flat.height == pytest.approx(CARD_ASPECT, rel=0.005)


def test_the_straightened_page_shows_what_was_laid_on_the_desk() -> None:
    image, page = true_page(PhotoKind.DIPLOMA, Scene(turn=6, lean=(14, -12), light=0, noise=0, brightness=1.0))
    flat = straightened(image, page, margin=0.0).resize((320, 226))
    wanted = picture(good(PhotoKind.DIPLOMA)).resize((320, 226))
    apart = np.abs(np.asarray(flat, np.int16) - np.asarray(wanted, np.int16)).mean()
    assert apart < 6


def test_it_never_has_more_pixels_than_the_page_had() -> None:
    image, page = true_page(PhotoKind.DIPLOMA)
    flat = straightened(image, page, margin=0.0)
    xs, ys = [x * image.width for x, _ in page.corners], [y * image.height for _, y in page.corners]
    shoelace = sum(xs[at - 1] * ys[at] - xs[at] * ys[at - 1] for at in range(4)) / 2
    assert flat.width * flat.height <= abs(shoelace) * 1.01


def test_the_margin_shows_desk_and_never_the_black_beyond_the_frame() -> None:
    image, page = true_page(PhotoKind.DIPLOMA, Scene(fill=0.999, light=0, noise=0))
    flat = np.asarray(straightened(image, page))
    assert flat.min(axis=2)[[0, -1]].min() > 20
    image, page = true_page(PhotoKind.DIPLOMA, Scene(fill=0.8, light=0, noise=0, texture=0))
    flat = np.asarray(straightened(image, page))
    assert np.abs(flat[2, flat.shape[1] // 2].astype(int) - np.array([100, 75, 55])).max() < 8


def test_a_found_card_stays_sharp_enough_for_its_check() -> None:
    shot = photographed(picture(good(PhotoKind.ID_FRONT)), LEANT, (4_000, 3_000))
    small = shot.image.reduce(2)
    page = find_page(small)
    assert page is not None
    flat = straightened(small, page)
    measured = measure(flat, flat.size)
    assert measured.acuity > 0.32
    assert measured.crete < 0.38
