"""Which kind of document a dropped file shows, told by its look or by reading it; nothing is stored (M19)."""

from dataclasses import dataclass

from core.domain.permissions import Actor, Permission
from core.domain.photos import PhotoKind, PhotoRefused
from core.imaging.faces import find_faces
from core.imaging.fitting import thumbnail
from core.imaging.opening import open_photo
from core.imaging.sorting import guess_kind
from core.services.context import Context
from core.services.photo_work import in_turn
from core.services.readings import recognise
from core.services.use_case import use_case

PREVIEW_SIDE = 160
LEGIBLE_SIDE = 1_600


@dataclass(frozen=True, slots=True)
class Sorted:
    """`kind` is None when neither the look nor the text tells; `refusal` says in Chinese why the file is no photograph."""

    kind: PhotoKind | None
    preview: bytes = b""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class _Looked:
    kind: PhotoKind | None
    preview: bytes
    legible: bytes


@use_case
def sort_picture(context: Context, actor: Actor, *, data: bytes) -> Sorted:
    """Look at one file; raises Refused("PHOTO_BUSY") when too many are being worked on."""
    actor.require(Permission.EDIT_PROFILE)
    try:
        looked = in_turn(lambda: _look(data))
    except PhotoRefused as refused:
        return Sorted(None, refusal=refused.sentence)
    if looked.kind is None and (read := recognise(context, actor, image=looked.legible)):
        return Sorted(read.kind, looked.preview)
    return Sorted(looked.kind, looked.preview)


def _look(data: bytes) -> _Looked:
    image = open_photo(data).image
    faces = [face.shares_of(image.size) for face in find_faces(image)]
    return _Looked(guess_kind(image, faces), thumbnail(image, PREVIEW_SIDE), thumbnail(image, LEGIBLE_SIDE))
