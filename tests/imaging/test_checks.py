"""Each fault with a picture that has it and one that does not."""

from collections.abc import Callable

import pytest
from PIL import Image

from core.demo.faces import portrait_image
from core.domain.photos import Fault, FaultCode, PhotoKind
from core.imaging.checks import examine, measure_page
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
    shaken,
    spoiled,
)

P, ID, DIPLOMA = PhotoKind.PORTRAIT, PhotoKind.ID_FRONT, PhotoKind.DIPLOMA


def faults(data: bytes, kind: PhotoKind) -> dict[str, Fault]:
    return {fault.code: fault for fault in examine(picture(data), kind)}


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
        (P, shaken(13), FaultCode.BLUR, "soft"),
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
        (P, brightened(90), FaultCode.BRIGHT, "soft"),
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
    assert measure_page(picture(good(kind))).coloured > 0.03


@pytest.mark.parametrize(
    "background", [(67, 142, 219), (200, 30, 40), (244, 244, 244), (249, 249, 249), (255, 240, 225)]
)
def test_a_background_that_is_not_white_is_refused(background: tuple[int, int, int]) -> None:
    found = {fault.code: fault for fault in examine(portrait_image(1, background), P)}
    assert found[FaultCode.PHOTO_BG].severity == "hard"


def test_a_shadow_in_one_corner_only_warns() -> None:
    image = portrait_image(1).copy()
    image.paste((225, 225, 225), (0, 0, image.width // 7, image.height // 6))
    found = {fault.code: fault for fault in examine(image, P)}
    assert found[FaultCode.PHOTO_BG].severity == "soft"


def test_a_portrait_lying_on_its_side_warns() -> None:
    found = {fault.code for fault in examine(portrait_image(1).transpose(Image.Transpose.ROTATE_90), P)}
    assert FaultCode.SHAPE in found
    assert FaultCode.SHAPE not in {fault.code for fault in examine(portrait_image(1), P)}


@pytest.mark.parametrize("kind", [P, ID])
@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (128, 128, 128), (31, 92, 74)])
def test_an_empty_picture_is_refused_without_an_exception(kind: PhotoKind, colour: tuple[int, int, int]) -> None:
    found = examine(Image.new("RGB", (1200, 900), colour), kind)
    assert any(fault.severity == "hard" for fault in found)


@pytest.mark.parametrize("kind", [P, ID])
@pytest.mark.parametrize("size", [(16, 16), (16, 128), (1200, 150)])
def test_odd_sizes_measure_without_an_exception(kind: PhotoKind, size: tuple[int, int]) -> None:
    assert examine(Image.new("RGB", size, (200, 10, 10)), kind)
