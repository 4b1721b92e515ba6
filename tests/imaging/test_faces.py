"""Faces are found where they are, once each, and the picture's direction by them."""

import pytest
from PIL import Image

from core.demo.drawing import draw_id_back
from core.demo.faces import portrait_image
from core.demo.phone import phone_photo
from core.domain.photos import PhotoKind
from core.imaging.faces import best_turn, find_faces
from tests.imaging.pictures import good, picture, saved


@pytest.mark.parametrize("seed", [*range(0, 61, 6), 1, 42])
@pytest.mark.parametrize("woman", [True, False])
def test_a_drawn_portrait_has_one_face_in_its_middle(seed: int, woman: bool) -> None:
    image = portrait_image(seed, woman=woman)
    (face,) = find_faces(image)
    assert face.score >= 0.75
    assert abs(face.centre[0] / image.width - 0.5) < 0.05
    assert 0.4 < face.width / image.width < 0.6
    (left, left_down), (right, right_down) = face.eyes
    assert face.left < left < face.centre[0] < right < face.right
    assert face.top < left_down < face.centre[1]
    assert abs(left_down - right_down) < 0.05 * face.height


@pytest.mark.parametrize("scale", [0.15, 0.5, 3.0])
def test_the_box_is_in_pixels_of_the_picture(scale: float) -> None:
    image = portrait_image(1)
    (face,) = find_faces(image)
    (scaled,) = find_faces(image.resize((round(image.width * scale), round(image.height * scale))))
    assert scaled.left == pytest.approx(face.left * scale, abs=0.03 * face.width * scale)
    assert scaled.bottom == pytest.approx(face.bottom * scale, abs=0.03 * face.width * scale)


@pytest.mark.parametrize("others", [1, 2])
def test_every_person_is_a_face(others: int) -> None:
    group = Image.new("RGB", (780 * (others + 1), 1_040), "white")
    for index in range(others + 1):
        group.paste(portrait_image(index + 3), (780 * index, 0))
    faces = find_faces(group)
    assert len(faces) == others + 1
    assert sorted(int(face.centre[0] // 780) for face in faces) == list(range(others + 1))


def test_a_face_that_fills_the_picture_is_found_with_room_around_it() -> None:
    image = portrait_image(2)
    (face,) = find_faces(image)
    tight = image.crop((round(face.left) + 12, round(face.top), round(face.right) - 12, round(face.bottom)))
    (found,) = find_faces(tight)
    assert found.width == pytest.approx(face.width, rel=0.15)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (800, 600), "white"),
        Image.new("RGB", (16, 16), "black"),
        Image.effect_noise((300, 400), 80).convert("RGB"),
        Image.linear_gradient("L").convert("RGB"),
    ],
    ids=["white", "tiny", "noise", "gradient"],
)
def test_nobody_is_found_where_nobody_is(image: Image.Image) -> None:
    assert find_faces(image) == ()
    assert best_turn(image) == 0


def test_nobody_is_found_on_papers() -> None:
    assert find_faces(picture(draw_id_back(1))) == ()
    assert find_faces(picture(good(PhotoKind.SCORE_SHEET))) == ()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("seed", [1, 4])
def test_the_turn_that_makes_the_face_upright(seed: int, turn: int) -> None:
    lying = portrait_image(seed).rotate(turn, expand=True)
    assert best_turn(lying) == turn
    assert best_turn(lying.rotate(-turn, expand=True)) == 0


def test_a_photographed_print_still_shows_its_face() -> None:
    photo = picture(phone_photo(saved(portrait_image(1)), rotate=90, megapixels=2))
    assert best_turn(photo) == 90
    assert len(find_faces(photo.rotate(-90, expand=True))) == 1
