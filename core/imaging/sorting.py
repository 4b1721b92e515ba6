"""What several files dropped at once may be, where shape and faces tell; papers need reading and stay unsorted."""

from collections.abc import Sequence
from typing import Final

from PIL import Image

from core.domain.photos import PhotoKind
from core.imaging.page_finding import Page, find_page
from core.imaging.sides import Box, looks_like
from core.imaging.straightening import on_page, straightened

SURE: Final = 0.6
"""Least score for an ID card's side; drawn cards score 0.9–1.0, papers 0."""
PORTRAIT_FACE: Final = 0.22
"""Least width of a portrait's face as a share of the frame: portraits 0.3–0.6, faces printed on papers below 0.16."""
_UPRIGHT: Final = (0.55, 0.95)


def guess_kind(image: Image.Image, faces: Sequence[Box]) -> PhotoKind | None:
    """The kind of an upright RGB photograph, or None unless sure; `faces` are boxes in shares of the frame."""
    if _is_portrait(image.size, faces):
        return PhotoKind.PORTRAIT
    page = find_page(image)
    card = straightened(image, page, margin=0.0) if page else image
    seen = [_moved(face, page) for face in faces] if page else list(faces)
    # A card photographed sideways still shows its emblem; its face would not have been found where it belongs.
    for turn in (None, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270):
        scores = looks_like(card.transpose(turn) if turn is not None else card, seen)
        kind, score = max(scores.items(), key=lambda item: item[1])
        if score >= SURE and (turn is None or kind is PhotoKind.ID_BACK):
            return kind
    return None


def _is_portrait(size: tuple[int, int], faces: Sequence[Box]) -> bool:
    if len(faces) != 1 or not _UPRIGHT[0] <= size[0] / size[1] <= _UPRIGHT[1]:
        return False
    left, top, right, bottom = faces[0]
    centred = 0.3 <= (left + right) / 2 <= 0.7 and 0.15 <= (top + bottom) / 2 <= 0.7
    return centred and right - left >= PORTRAIT_FACE


def _moved(face: Box, page: Page) -> Box:
    left, top = on_page((face[0], face[1]), page)
    right, bottom = on_page((face[2], face[3]), page)
    return (min(left, right), min(top, bottom), max(left, right), max(top, bottom))
