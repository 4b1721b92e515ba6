"""The paper on the desk is found where it lies, or not at all."""

import random
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.demo.desk import Scene, Shot, photographed
from core.demo.phone import phone_photo
from core.domain.photos import PhotoKind
from core.imaging.opening import open_photo
from core.imaging.page_finding import find_page
from core.imaging.straightening import MARGIN, on_page
from tests.imaging.pictures import good, picture, saved

DESKS = {
    "wood": (112, 84, 62),
    "dark": (40, 38, 42),
    "grey": (128, 130, 132),
    "pale wood": (196, 168, 128),
    "green": (60, 110, 80),
    "red": (140, 50, 45),
}
KINDS = (PhotoKind.ID_FRONT, PhotoKind.ID_BACK, PhotoKind.DIPLOMA, PhotoKind.DEGREE, PhotoKind.CONSENT)
FLAT = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@lru_cache(maxsize=8)
def paper(kind: PhotoKind) -> Image.Image:
    return picture(good(kind))


def any_scene(desk: tuple[int, int, int], seed: int) -> Scene:
    pick = random.Random(f"{desk} {seed}")
    return Scene(
        desk=desk,
        texture=pick.choice((0.0, 0.05, 0.1, 0.2)),
        turn=pick.uniform(-12, 12),
        lean=(pick.uniform(-20, 20), pick.uniform(-20, 20)),
        fill=pick.uniform(0.55, 0.95),
        shadow=pick.choice((0.0, 0.0, 0.2, 0.4)),
        light=pick.uniform(0, 0.35),
        glare=pick.choice((0.0, 0.0, 0.3)),
        noise=pick.uniform(1, 8),
        brightness=pick.uniform(0.65, 1),
        seed=seed,
    )


def furthest_out(shot: Shot, image: Image.Image) -> tuple[float, float] | None:
    """How far a true corner lies outside the page found, and inside it, in shares of the page's sides."""
    page = find_page(image)
    if page is None:
        return None
    out = [0.0]
    inside = [0.0]
    for true, flat in zip(shot.corners, FLAT, strict=True):
        for seen, wanted in zip(on_page(true, page), flat, strict=True):
            beyond = (seen - wanted) if wanted else (wanted - seen)
            out.append(beyond)
            inside.append(-beyond)
    return max(out), max(inside)


@pytest.mark.parametrize("desk", DESKS)
def test_on_an_ordinary_desk_the_paper_is_found_and_nothing_is_cut(desk: str) -> None:
    found = 0
    for seed in range(8):
        shot = photographed(paper(KINDS[seed % len(KINDS)]), any_scene(DESKS[desk], seed), (1_200, 900))
        off = furthest_out(shot, picture(saved(shot.image, quality=75)))
        if off is not None:
            found += 1
            assert off[0] <= MARGIN
            assert off[1] <= 0.05
    assert found >= 7


@pytest.mark.parametrize("desk", [(240, 240, 238), (232, 230, 222), (205, 206, 208)])
def test_pale_paper_on_a_pale_desk_is_rather_not_found_than_cut(desk: tuple[int, int, int]) -> None:
    for seed in range(8):
        shot = photographed(paper(KINDS[seed % len(KINDS)]), any_scene(desk, seed), (1_200, 900))
        off = furthest_out(shot, picture(saved(shot.image, quality=75)))
        assert off is None or off[0] <= MARGIN


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_that_fills_the_frame_has_no_page_in_it(kind: PhotoKind) -> None:
    assert find_page(paper(kind)) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_with_white_around_it_is_not_cut_to_its_print(kind: PhotoKind) -> None:
    scan = Image.new("RGB", (1_654, 2_339), (255, 255, 255))
    printed = paper(kind).resize((1_100, 700))
    scan.paste(printed, (277, 500))
    page = find_page(scan)
    if page is not None:
        left, top = page.corners[0]
        assert abs(left * 1_654 - 277) < MARGIN * 1_100
        assert abs(top * 2_339 - 500) < MARGIN * 700


def test_white_paper_with_writing_on_a_white_desk_is_not_found() -> None:
    desk = np.full((900, 1_200, 3), 236, np.uint8)
    image = Image.fromarray(desk)
    draw = ImageDraw.Draw(image)
    for row in range(12):
        draw.line((300, 250 + row * 32, 900, 250 + row * 32), fill=(40, 40, 44), width=6)
    assert find_page(image) is None


def test_a_paper_that_leaves_the_frame_is_not_found() -> None:
    shot = photographed(paper(PhotoKind.DIPLOMA), Scene(fill=0.9), (1_200, 900))
    assert find_page(shot.image.crop((200, 0, 1_200, 900))) is None


def test_an_empty_desk_and_noise_hold_no_page() -> None:
    assert find_page(Image.new("RGB", (800, 600), (112, 84, 62))) is None
    noise = np.random.default_rng(1).integers(0, 255, (600, 800, 3), np.uint8)
    assert find_page(Image.fromarray(noise)) is None


@pytest.mark.parametrize("size", [(16, 16), (16, 128), (2_000, 16), (40, 30)])
def test_any_size_gets_an_answer(size: tuple[int, int]) -> None:
    assert find_page(Image.new("RGB", size, (90, 90, 90))) is None


def test_a_sideways_phone_photo_is_found_after_turning() -> None:
    opened = open_photo(phone_photo(good(PhotoKind.DIPLOMA), rotate=90, megapixels=12))
    page = find_page(opened.image)
    assert page is not None
    assert 0.6 < page.fill < 0.95
    assert page.confidence > 0.6
