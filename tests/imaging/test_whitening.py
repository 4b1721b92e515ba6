"""A whitened portrait passes the check for white by a fresh look at it, and the person stays."""

import numpy as np
import pytest
from PIL import Image

from core.demo.faces import portrait_image
from core.imaging.people import background_white_share, person_mask
from core.imaging.whitening import whitened
from tests.imaging.pictures import picture, saved

Colour = tuple[int, int, int]
PLAIN: list[Colour] = [(67, 142, 219), (200, 30, 40), (190, 190, 190), (240, 228, 205), (245, 245, 245)]


def photographed(seed: int, colour: Colour) -> Image.Image:
    """With the noise of a camera and as JPEG: a drawn backdrop alone is too clean."""
    noise = np.random.default_rng(seed).normal(0, 4, (1_040, 780, 1))
    noisy = np.clip(np.asarray(portrait_image(seed, colour)) + noise, 0, 255).astype(np.uint8)
    return picture(saved(Image.fromarray(noisy), quality=90))


def apart(one: Image.Image, other: Image.Image) -> np.ndarray:
    return np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int)).max(axis=2)


@pytest.mark.parametrize("colour", PLAIN)
@pytest.mark.parametrize("seed", [1, 2, 10])
def test_a_plain_backdrop_becomes_white(seed: int, colour: Colour) -> None:
    image = photographed(seed, colour)
    result = whitened(image, person_mask(image))
    assert result.size == image.size
    assert result.mode == "RGB"
    stored = picture(saved(result, quality=90))
    assert background_white_share(stored, person_mask(stored)) >= 0.95


@pytest.mark.parametrize("colour", PLAIN)
def test_the_person_stays_and_no_coloured_rim(colour: Colour) -> None:
    """The outline as the same person drawn before white has it, the face as it came."""
    image, ideal = portrait_image(2, colour), portrait_image(2)
    result = whitened(image, person_mask(image))
    assert (apart(result, ideal) > 60).mean() < 0.004
    assert apart(result, image)[300:520, 280:500].max() <= 1


def test_a_backdrop_darker_on_one_side_becomes_white() -> None:
    light = np.linspace(1.0, 0.7, 780)[None, :, None]
    image = Image.fromarray((np.asarray(portrait_image(3, (235, 225, 210))) * light).astype(np.uint8))
    result = whitened(image, person_mask(image))
    assert background_white_share(result, person_mask(result)) >= 0.95


def test_what_is_white_already_stays_the_same() -> None:
    image = portrait_image(4)
    assert (apart(whitened(image, person_mask(image)), image) > 2).mean() < 0.002


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_mask_of_nobody_or_everything_raises_nothing(share: float) -> None:
    image = Image.new("RGB", (300, 400), (120, 60, 30))
    result = whitened(image, np.full((400, 300), share, dtype=np.float32))
    assert result.getpixel((150, 200)) == ((120, 60, 30) if share else (255, 255, 255))
