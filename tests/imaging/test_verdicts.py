"""Each fault with a picture that has it and one that does not."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from core.demo.faces import portrait_image
from core.demo.phone import phone_photo
from core.domain.photos import Fault, FaultCode, PhotoKind
from core.imaging.measures import coloured_share
from core.imaging.pipeline import check
from tests.imaging.pictures import (
    PAPERS,
    at_width,
    blurred,
    brightened,
    copied,
    copied_under_warm_light,
    good,
    levels,
    picture,
    saved,
    shaken,
    spoiled,
)

P, ID, DIPLOMA = PhotoKind.PORTRAIT, PhotoKind.ID_FRONT, PhotoKind.DIPLOMA


BY_THE_WAY = {FaultCode.PHOTO_SIZE, FaultCode.FORMAT}


def faults(data: bytes, kind: PhotoKind) -> dict[str, Fault]:
    return {fault.code: fault for fault in check(data, kind).faults if fault.code not in BY_THE_WAY}


@pytest.mark.parametrize("kind", list(PhotoKind))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_good_pictures_have_no_fault(kind: PhotoKind, seed: int) -> None:
    assert faults(good(kind, seed), kind) == {}


@pytest.mark.parametrize(
    ("kind", "how", "code", "severity"),
    [
        (ID, blurred(4), FaultCode.BLUR, "hard"),
        (DIPLOMA, blurred(4), FaultCode.BLUR, "hard"),
        (ID, shaken(19), FaultCode.BLUR, "hard"),
        (P, blurred(9), FaultCode.BLUR, "hard"),
        (P, shaken(11), FaultCode.BLUR, "soft"),
        (P, shaken(25), FaultCode.BLUR, "hard"),
        (ID, copied, FaultCode.COPY, "hard"),
        (DIPLOMA, copied_under_warm_light, FaultCode.COPY, "hard"),
        (PhotoKind.SCORE_SHEET, copied, FaultCode.COPY, "soft"),
        (PhotoKind.CONSENT, copied, FaultCode.COPY, "soft"),
        (ID, levels(0, 50), FaultCode.DARK, "hard"),
        (P, levels(0, 50), FaultCode.DARK, "hard"),
        (P, levels(0, 68), FaultCode.DARK, "hard"),
        (ID, levels(200, 240), FaultCode.FADED, "hard"),
        (P, levels(200, 240), FaultCode.FADED, "hard"),
        (DIPLOMA, brightened(150), FaultCode.BRIGHT, "hard"),
        (P, brightened(90), FaultCode.BRIGHT, "hard"),
        (ID, at_width(899), FaultCode.SMALL, "hard"),
        (P, at_width(219), FaultCode.SMALL, "hard"),
        (P, at_width(294), FaultCode.SMALL, "soft"),
    ],
)
def test_a_fault_is_found(
    kind: PhotoKind, how: Callable[[Image.Image], Image.Image], code: FaultCode, severity: str
) -> None:
    found = faults(spoiled(kind, how), kind)
    assert code in found
    assert found[code].severity == severity


@pytest.mark.parametrize(
    ("kind", "how", "code"),
    [
        (ID, blurred(0.7), FaultCode.BLUR),
        (P, blurred(0.7), FaultCode.BLUR),
        (ID, levels(0, 200), FaultCode.DARK),
        (DIPLOMA, brightened(20), FaultCode.BRIGHT),
        (P, brightened(15), FaultCode.BRIGHT),
        (ID, levels(60, 200), FaultCode.FADED),
        (ID, at_width(900), FaultCode.SMALL),
        (P, at_width(295), FaultCode.SMALL),
        (P, brightened(3), FaultCode.PHOTO_BG),
    ],
)
def test_a_slight_change_is_no_fault(
    kind: PhotoKind, how: Callable[[Image.Image], Image.Image], code: FaultCode
) -> None:
    assert code not in faults(spoiled(kind, how), kind)


@pytest.mark.parametrize("kind", [ID, PhotoKind.ID_BACK, *PAPERS])
def test_a_colour_original_is_no_copy(kind: PhotoKind) -> None:
    assert coloured_share(picture(good(kind))) > 0.03


@pytest.mark.parametrize(
    "background", [(67, 142, 219), (200, 30, 40), (244, 244, 244), (249, 249, 249), (255, 240, 225)]
)
def test_a_plain_background_that_is_not_white_can_be_whitened(background: tuple[int, int, int]) -> None:
    found = faults(saved(portrait_image(1, background)), P)
    assert [(fault.code, fault.severity) for fault in found.values()] == [(FaultCode.PHOTO_BG, "soft")]


def test_a_busy_background_is_refused() -> None:
    person = portrait_image(1, (10, 250, 10))
    ground = Image.effect_noise(person.size, 120).convert("RGB")
    behind = person.point(lambda value: value).convert("RGB")
    green = Image.fromarray((np.asarray(behind) == np.array([10, 250, 10])).all(axis=2))
    behind.paste(ground, mask=green)
    found = faults(saved(behind), P)
    assert found[FaultCode.PHOTO_BG].severity == "hard"
    assert "白墙" in found[FaultCode.PHOTO_BG].sentence


def test_nobody_and_two_people_are_refused() -> None:
    one = portrait_image(1)
    two = Image.new("RGB", (one.width * 2, one.height), (255, 255, 255))
    two.paste(one, (0, 0))
    two.paste(portrait_image(7), (one.width, 0))
    assert faults(saved(two), P)[FaultCode.FACE_MANY].measured == 2
    wall = Image.effect_noise((900, 1200), 60).convert("RGB")
    assert FaultCode.FACE_NONE in faults(saved(wall), P)


def test_a_face_that_leaves_the_frame_is_refused() -> None:
    image = portrait_image(1)
    cut = image.crop((round(image.width * 0.45), 0, image.width, image.height))
    assert FaultCode.FACE_CUT in faults(saved(cut), P)


def test_the_other_side_of_the_card_warns() -> None:
    assert faults(good(PhotoKind.ID_BACK), ID)[FaultCode.ID_SIDE].severity == "soft"
    assert FaultCode.ID_SIDE not in faults(good(ID), ID)


def test_a_grey_copy_on_a_brown_desk_is_still_a_copy() -> None:
    assert faults(phone_photo(spoiled(ID, copied), rotate=90), ID)[FaultCode.COPY].severity == "hard"


@pytest.mark.parametrize("kind", [P, ID])
@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (128, 128, 128), (31, 92, 74)])
def test_an_empty_picture_is_refused_without_an_exception(kind: PhotoKind, colour: tuple[int, int, int]) -> None:
    assert check(saved(Image.new("RGB", (1200, 900), colour)), kind).verdict == "reject"


@pytest.mark.parametrize("kind", [P, ID])
@pytest.mark.parametrize("size", [(16, 16), (16, 128), (1200, 150)])
def test_odd_sizes_are_refused_without_an_exception(kind: PhotoKind, size: tuple[int, int]) -> None:
    assert check(saved(Image.new("RGB", size, (200, 10, 10))), kind).verdict == "reject"
