"""A flash in the laminate is told from white paper."""

import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.demo.desk import Scene, photographed
from core.domain.photos import PhotoKind
from core.imaging.glare import GLARE_SOFT, glare_share
from core.imaging.page_finding import Page
from core.imaging.straightening import straightened
from tests.imaging.pictures import brightened, good, picture

KINDS = [kind for kind in PhotoKind if kind is not PhotoKind.PORTRAIT]


def flashed(kind: PhotoKind, size: float, at: tuple[float, float], brightness: float) -> Image.Image:
    scene = Scene(turn=4, lean=(8, 5), glare=size, glare_at=at, brightness=brightness)
    shot = photographed(picture(good(kind)), scene)
    return straightened(shot.image, Page(shot.corners, 1.0, 0.5))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("size", "at"), [(0.12, (0.3, 0.4)), (0.2, (0.7, 0.6)), (0.35, (0.5, 0.5))])
def test_a_flash_is_seen(kind: PhotoKind, size: float, at: tuple[float, float]) -> None:
    assert glare_share(flashed(kind, size, at, 0.8)) > GLARE_SOFT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("brightness", [0.6, 0.8, 1.0])
def test_a_card_without_a_flash_has_none(kind: PhotoKind, brightness: float) -> None:
    assert glare_share(flashed(kind, 0.0, (0.5, 0.5), brightness)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_has_none_even_on_white_paper(kind: PhotoKind) -> None:
    scan = picture(good(kind))
    assert glare_share(scan) == 0
    white = Image.new("RGB", (1_654, 1_170), (255, 255, 255))
    white.paste(scan.resize((900, 600)), (300, 300))
    assert glare_share(white) == 0
    assert glare_share(brightened(10)(scan)) == 0


def test_a_printed_white_box_is_no_glare_but_the_same_with_soft_edges_is() -> None:
    page = Image.new("RGB", (1_000, 640), (196, 200, 190))
    ImageDraw.Draw(page).ellipse((400, 220, 600, 420), fill=(255, 255, 255))
    assert glare_share(page) == 0
    mask = Image.new("L", page.size)
    ImageDraw.Draw(mask).ellipse((380, 200, 620, 440), fill=255)
    soft = Image.composite(
        Image.new("RGB", page.size, (255, 255, 255)),
        Image.new("RGB", page.size, (196, 200, 190)),
        mask.filter(ImageFilter.GaussianBlur(30)).point(lambda value: min(255, value * 3 // 2)),
    )
    assert glare_share(soft) > GLARE_SOFT


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_plain_picture_has_none(shade: int) -> None:
    assert glare_share(Image.new("RGB", (300, 16), (shade, shade, shade))) == 0
