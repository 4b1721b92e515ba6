"""Several files dropped at once: cards and portraits are told by shape and faces, papers are left alone."""

import pytest
from PIL import Image

from core.demo.desk import Scene, photographed
from core.domain.photos import PhotoKind
from core.imaging.faces import find_faces
from core.imaging.sides import Box, looks_like
from core.imaging.sorting import guess_kind
from tests.imaging.pictures import PAPERS, good, picture

ON_CARD: Box = (0.70, 0.20, 0.86, 0.48)
SCENES = (
    Scene(),
    Scene(turn=7, lean=(10, -12), fill=0.7),
    Scene(desk=(40, 38, 42), turn=-6, lean=(-14, 5), shadow=0.3),
)


def faces_of(image: Image.Image) -> list[Box]:
    width, height = image.size
    return [(f.left / width, f.top / height, f.right / width, f.bottom / height) for f in find_faces(image)]


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("kind", [PhotoKind.ID_FRONT, PhotoKind.ID_BACK])
def test_both_sides_of_a_photographed_card(kind: PhotoKind, scene: Scene) -> None:
    image = photographed(picture(good(kind)), scene).image
    assert guess_kind(image, faces_of(image)) is kind


@pytest.mark.parametrize("kind", [PhotoKind.ID_FRONT, PhotoKind.ID_BACK, PhotoKind.PORTRAIT])
def test_scans_and_portraits(kind: PhotoKind) -> None:
    image = picture(good(kind))
    assert guess_kind(image, faces_of(image)) is kind


@pytest.mark.parametrize("kind", PAPERS)
def test_papers_need_reading(kind: PhotoKind) -> None:
    image = picture(good(kind))
    assert guess_kind(image, faces_of(image)) is None
    shot = photographed(image, SCENES[1]).image
    assert guess_kind(shot, faces_of(shot)) is None


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_back_lying_on_its_side_is_still_one(turn: int) -> None:
    assert guess_kind(picture(good(PhotoKind.ID_BACK)).rotate(turn, expand=True), []) is PhotoKind.ID_BACK


def test_a_front_needs_its_one_face_where_the_card_has_it() -> None:
    card = picture(good(PhotoKind.ID_FRONT))
    assert guess_kind(card, [ON_CARD]) is PhotoKind.ID_FRONT
    for faces in ([], [(0.1, 0.2, 0.26, 0.48)], [ON_CARD, (0.1, 0.2, 0.26, 0.48)], [(0.2, 0.1, 0.9, 0.9)]):
        assert guess_kind(card, faces) is None


def test_a_portrait_is_upright_with_one_large_face_in_the_middle() -> None:
    image = picture(good(PhotoKind.PORTRAIT))
    face: Box = (0.32, 0.25, 0.68, 0.55)
    assert guess_kind(image, [face]) is PhotoKind.PORTRAIT
    assert guess_kind(image, [face, face]) is None
    assert guess_kind(image, [(0.45, 0.3, 0.55, 0.4)]) is None
    assert guess_kind(image.resize((900, 600)), [face]) is None


def test_scores_tell_the_wrong_side() -> None:
    front = looks_like(picture(good(PhotoKind.ID_FRONT)), 1)
    back = looks_like(picture(good(PhotoKind.ID_BACK)), 0)
    assert front[PhotoKind.ID_FRONT] > 0.9 > 0.1 > front[PhotoKind.ID_BACK]
    assert back[PhotoKind.ID_BACK] > 0.9 > 0.1 > back[PhotoKind.ID_FRONT]
