"""The person's mask, and what is measured behind the person."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.demo.faces import portrait_image
from core.imaging.people import (
    MASK_SIDE,
    background,
    background_texture,
    background_white_share,
    edge_softness,
    person_mask,
)

WHITE = (255, 255, 255)


@pytest.mark.parametrize("seed", [*range(0, 61, 10), 57, 32, 49])
@pytest.mark.parametrize("woman", [True, False])
def test_a_drawn_portrait_stands_before_white(seed: int, woman: bool) -> None:
    image = portrait_image(seed, woman=woman)
    mask = person_mask(image)
    assert background_white_share(image, mask) >= 0.98
    assert background_texture(image, mask) <= 0.02
    assert edge_softness(mask) <= 5


def test_the_mask_is_the_person() -> None:
    image = portrait_image(5)
    mask = person_mask(image)
    assert mask.shape == (600, 450)
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1
    drawn = np.asarray(image.resize((450, 600))).min(axis=2) < 250
    wrong = ((mask > 0.5) != drawn) & (np.asarray(image.convert("L").resize((450, 600))) < 200)
    assert wrong.mean() < 0.01


@pytest.mark.parametrize("size", [(16, 16), (1200, 900), (200, 1600), (600, 800)])
def test_any_size_gives_a_mask_of_at_most_600_pixels(size: tuple[int, int]) -> None:
    mask = person_mask(Image.new("RGB", size, (30, 90, 160)))
    assert max(mask.shape) <= MASK_SIDE
    assert mask.shape[1] / mask.shape[0] == pytest.approx(size[0] / size[1], rel=0.03)


@pytest.mark.parametrize("colour", [(245, 245, 245), (249, 249, 249), (67, 142, 219), (200, 30, 40), (255, 255, 240)])
def test_a_backdrop_that_is_not_quite_white_is_not_white(colour: tuple[int, int, int]) -> None:
    image = portrait_image(3, colour)
    assert background_white_share(image, person_mask(image)) < 0.02


def test_the_level_decides_what_is_white() -> None:
    image = portrait_image(3, (245, 245, 245))
    mask = person_mask(image)
    assert background_white_share(image, mask, level=245) > 0.98
    assert background_white_share(image, mask, level=246) < 0.02


def test_the_share_is_the_part_of_the_backdrop() -> None:
    image = portrait_image(3).copy()
    mask = person_mask(image)
    ImageDraw.Draw(image).rectangle((0, 0, image.width // 2, 200), fill=(120, 120, 120))
    behind = background(mask)
    expected = 1 - behind[:115, :225].sum() / behind.sum()
    assert background_white_share(image, mask) == pytest.approx(expected, abs=0.02)


def lit_from_the_side() -> Image.Image:
    light = np.linspace(1.0, 0.7, 780)[None, :, None]
    return Image.fromarray((np.asarray(portrait_image(3, (235, 225, 210))) * light).astype(np.uint8))


def before_stripes() -> Image.Image:
    image = portrait_image(3)
    wall = Image.new("RGB", image.size, (250, 250, 250))
    for left in range(0, image.width, 80):
        ImageDraw.Draw(wall).rectangle((left, 0, left + 39, image.height), fill=(150, 110, 90))
    white = image.convert("L").point(lambda value: 255 if value >= 250 else 0)
    return Image.composite(wall, image, white)


def test_a_wall_lit_from_the_side_is_plain_and_stripes_are_not() -> None:
    plain, striped = lit_from_the_side(), before_stripes()
    assert background_texture(plain, person_mask(plain)) <= 0.06
    assert background_texture(striped, person_mask(portrait_image(3))) > 0.06


def test_without_any_background_nothing_is_white_or_plain() -> None:
    image = Image.new("RGB", (300, 400), WHITE)
    everything = np.ones((400, 300), dtype=np.float32)
    assert background_white_share(image, everything) == 0
    assert background_texture(image, everything) == 1
    assert edge_softness(everything) == 0


def test_a_soft_outline_measures_its_width() -> None:
    ramp = np.clip((np.arange(100) - 45) / 10, 0, 1)
    mask = np.tile(ramp, (100, 1)).astype(np.float32)
    assert edge_softness(mask) == pytest.approx(8, abs=1.5)
    assert edge_softness((mask > 0.5).astype(np.float32)) == 0
