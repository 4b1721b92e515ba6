"""The cut around a head: arithmetic, so that most is checked over many faces at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.demo.faces import portrait_image
from core.imaging.cropping import HAIR, LEAST_WIDTH, is_well_placed, portrait_box
from core.imaging.faces import Face, find_faces

Size = tuple[int, int]


def face_at(middle: float, top: float, width: float) -> Face:
    eyes = top + 0.35 * width
    return Face(
        middle - width / 2,
        top,
        middle + width / 2,
        top + width,
        0.9,
        ((middle - width / 5, eyes), (middle + width / 5, eyes)),
    )


def moved(face: Face, box: tuple[int, int, int, int]) -> Face:
    (ax, ay), (bx, by) = face.eyes
    left, top = box[:2]
    eyes = ((ax - left, ay - top), (bx - left, by - top))
    return Face(face.left - left, face.top - top, face.right - left, face.bottom - top, face.score, eyes)


@pytest.mark.parametrize("size", [(3000, 4000), (4000, 3000), (2000, 2000)])
@pytest.mark.parametrize("place", [0.4, 0.5, 0.6])
def test_a_small_face_is_placed_as_on_an_identity_photograph(size: Size, place: float) -> None:
    face = face_at(size[0] * place, size[1] * 0.4, 320)
    box = portrait_box(face, size)
    assert box is not None
    width, height = box[2] - box[0], box[3] - box[1]
    cut = moved(face, box)
    assert width * 4 == height * 3
    assert 0.45 <= cut.width / width <= 0.55
    assert 0.40 <= cut.eyes[0][1] / height <= 0.45
    assert abs(cut.centre[0] / width - 0.5) < 0.01
    assert cut.top - HAIR * cut.height >= 0


@settings(deadline=None, derandomize=True)
@given(
    st.integers(200, 5000),
    st.integers(200, 5000),
    st.floats(0.0, 1.0),
    st.floats(-0.1, 1.0),
    st.floats(0.02, 1.2),
)
def test_a_cut_lies_inside_is_3_to_4_and_keeps_the_face(
    width: int, height: int, across: float, down: float, part: float
) -> None:
    face = face_at(across * width, down * height, part * width)
    box = portrait_box(face, (width, height))
    if box is None:
        return
    left, top, right, bottom = box
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert (right - left) * 4 == (bottom - top) * 3
    assert right - left >= LEAST_WIDTH
    assert left <= max(0, face.left)
    assert right >= min(width, face.right)
    assert top <= max(0, face.top)
    assert bottom >= min(height, face.bottom)


def test_a_cut_that_was_made_is_not_made_again() -> None:
    face = face_at(1500, 1400, 400)
    box = portrait_box(face, (3000, 4000))
    assert box is not None
    assert portrait_box(moved(face, box), (box[2] - box[0], box[3] - box[1])) is None


@pytest.mark.parametrize(("width", "cut"), [(141, False), (143, True)])
def test_a_crop_narrower_than_295_pixels_is_not_offered(width: float, cut: bool) -> None:
    assert (portrait_box(face_at(800, 600, width), (1600, 1600)) is not None) == cut


def test_a_face_at_the_border_stays_as_near_the_middle_as_the_picture_allows() -> None:
    box = portrait_box(face_at(250, 500, 300), (2000, 2000))
    assert box is not None
    assert box[0] <= 2
    assert box[2] - box[0] == pytest.approx(500, abs=3)


def test_a_head_that_no_3_to_4_crop_can_hold_is_left_alone() -> None:
    assert portrait_box(face_at(1000, 120, 380), (2000, 520)) is None


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("woman", [True, False])
def test_a_drawn_portrait_is_well_placed(seed: int, woman: bool) -> None:
    image = portrait_image(seed, woman=woman)
    assert is_well_placed(find_faces(image)[0], image.size)
    assert portrait_box(find_faces(image)[0], image.size) is None
