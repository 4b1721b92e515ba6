"""The portrait: what is seen on it, and the versions that can be made of it (M19)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.domain.photo_limits import PORTRAIT_LIMITS
from core.domain.photos import Check, Step
from core.domain.portrait_rules import (
    FaceMeasures,
    PortraitMeasures,
    can_be_whitened,
    judge_portrait,
    with_white_offered,
)
from core.imaging.cropping import portrait_box
from core.imaging.faces import Face, best_turn, find_faces
from core.imaging.measures import acuity, crete, grey_at, light
from core.imaging.people import background_texture, background_white_share, edge_softness, person_mask
from core.imaging.versions import Versions, make_version
from core.imaging.whitening import whitened

LONGEST = 1_600
LOOK_SIDE = 500
FACE_SIDE = 200


@dataclass(frozen=True, slots=True)
class Looked:
    """A portrait with what was found on it."""

    image: Image.Image
    faces: tuple[Face, ...]
    mask: NDArray[np.float32]


def portrait_versions(image: Image.Image, size: tuple[int, int], steps: tuple[Step, ...]) -> Versions:
    """Everything about a portrait; `size` is the file's own, `steps` what was done to it so far."""
    if turn := best_turn(image):
        image, steps = image.rotate(-turn, expand=True), (Step.TURNED,)
        size = (size[1], size[0]) if turn in {90, 270} else size
    looked = look(image)
    measured = measure(looked, size)
    checks = judge_portrait(measured)
    if can_be_whitened(checks, measured):
        return _with_white(looked, size, checks, steps)
    if any(check.state == "hard" for check in checks):
        return Versions(size, checks)
    whole = make_version(image, LONGEST, steps, _judge)
    box = portrait_box(looked.faces[0], image.size) if looked.faces else None
    cropped = make_version(image.crop(box), LONGEST, (*steps, Step.CROPPED), _judge) if box else None
    if cropped is None or not cropped.acceptable:
        return Versions(size, checks, whole)
    return Versions(size, checks, cropped, whole if whole and whole.acceptable else None)


def look(image: Image.Image) -> Looked:
    """Find the faces, the largest first, and the person."""
    faces = sorted(find_faces(image), key=lambda face: -face.width)
    return Looked(image, tuple(faces), person_mask(image))


def measure(looked: Looked, size: tuple[int, int]) -> PortraitMeasures:
    """The values behind a portrait's checks; `size` is the file's own."""
    image, faces = looked.image, looked.faces
    lit = light(grey_at(image, LOOK_SIDE))
    counted = [face for face in faces if face.width >= PORTRAIT_LIMITS.other_face * faces[0].width]
    has_background = float((looked.mask < 0.5).mean()) > 0.02
    return PortraitMeasures(
        width=size[0],
        height=size[1],
        bright_end=lit.bright_end,
        contrast=lit.contrast,
        faces=len(counted),
        face=_face_measures(image, faces[0], size[0] / image.width) if faces else None,
        white=background_white_share(image, looked.mask, PORTRAIT_LIMITS.white_level) if has_background else None,
        texture=background_texture(image, looked.mask) if has_background else None,
        softness=edge_softness(looked.mask) if has_background else None,
    )


def _judge(image: Image.Image) -> tuple[Check, ...]:
    return judge_portrait(measure(look(image), image.size))


def _with_white(looked: Looked, size: tuple[int, int], checks: tuple[Check, ...], steps: tuple[Step, ...]) -> Versions:
    """A white background is offered beside the original only where the result is good enough to be accepted."""
    image, mask = looked.image, looked.mask
    box = portrait_box(looked.faces[0], image.size)
    white = whitened(image, mask)
    if box:
        white, steps = white.crop(box), (*steps, Step.CROPPED)
    version = make_version(white, LONGEST, (*steps, Step.WHITENED), _judge)
    if version is None or not version.acceptable:
        return Versions(size, checks)
    return Versions(size, with_white_offered(checks), version, None, needs_choice=True)


def _face_measures(image: Image.Image, face: Face, scale: float) -> FaceMeasures:
    left, right = max(0.0, face.left), min(float(image.width), face.right)
    top, bottom = max(0.0, face.top), min(float(image.height), face.bottom)
    part = image.crop((int(left), int(top), max(int(left) + 4, int(right)), max(int(top) + 4, int(bottom))))
    grey = grey_at(part, FACE_SIDE)
    lit = light(grey)
    return FaceMeasures(
        width=face.width * scale,
        share=face.width / image.width,
        centre=face.centre[0] / image.width,
        outside_side=max(0.0, -face.left, face.right - image.width) / face.width,
        outside_top=max(0.0, -face.top) / face.width,
        median=float(np.median(grey)),
        clipped=lit.clipped,
        acuity=acuity(grey),
        crete=crete(grey),
    )
