"""A version of a picture that could be stored: re-encoded into the range, and judged again as it would be stored."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from core.domain.photo_rules import stored_size
from core.domain.photos import Check, Fault, Step, faults_of
from core.imaging.fingerprint import fingerprint
from core.imaging.fitting import fit, thumbnail

Judge = Callable[[Image.Image], tuple[Check, ...]]


@dataclass(frozen=True, slots=True)
class Version:
    """`data` is our own encoding in the range of M19; `checks` and `warnings` are true of it, not of what came.

    `thumbnail` is a small JPEG of it, `steps` what was done to it, `fingerprint` its perceptual hash.
    """

    data: bytes
    format: str
    width: int
    height: int
    thumbnail: bytes
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    fingerprint: int

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """The soft faults that are still there: they travel to the reviewer."""
        return faults_of(self.checks)

    @property
    def acceptable(self) -> bool:
        """Whether nothing about it refuses."""
        return all(check.state != "hard" for check in self.checks)


@dataclass(frozen=True, slots=True)
class Versions:
    """The checks of what came, the version to store, and the one without the crop where that is acceptable, too.

    `size` is the file's own, upright. `needs_choice`: the best version changes the person's own picture and waits for
    a yes.
    """

    size: tuple[int, int]
    checks: tuple[Check, ...]
    best: Version | None = None
    other: Version | None = None
    needs_choice: bool = False


def make_version(image: Image.Image, longest: int, steps: tuple[Step, ...], judge: Judge) -> Version | None:
    """Encode and judge; None when the picture holds too little for the range and is therefore not padded."""
    fitted = fit(image, longest)
    if fitted is None:
        return None
    with Image.open(io.BytesIO(fitted.data), formats=(fitted.format,)) as opened:
        stored = opened.convert("RGB")
    return Version(
        data=fitted.data,
        format=fitted.format,
        width=fitted.width,
        height=fitted.height,
        thumbnail=thumbnail(stored),
        steps=steps,
        checks=(*judge(stored), stored_size(len(fitted.data))),
        fingerprint=fingerprint(stored),
    )
