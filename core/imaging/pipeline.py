"""From any phone photograph to what is stored: opened, turned, judged, shrunk, re-encoded, judged again."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from core.domain.photo_rules import judge_arrival, too_little_content
from core.domain.photos import Fault, PhotoKind, PhotoRefused, Verdict, outcome_of
from core.imaging.checks import examine
from core.imaging.fitting import Fitted, fit, thumbnail
from core.imaging.opening import Opened, open_photo

_LONGEST = {PhotoKind.PORTRAIT: 1_600}


@dataclass(frozen=True, slots=True)
class Processed:
    """`stored` is None exactly when the verdict is `reject`; its sides are then those of the file that came.

    `warnings` are the soft faults that are still true of `stored`: they travel to the reviewer.
    `original_sha256` is the hash of the bytes that came, `thumbnail` a small upright JPEG of them.
    """

    verdict: Verdict
    stored: bytes | None
    width: int
    height: int
    original_sha256: str
    thumbnail: bytes
    warnings: tuple[Fault, ...] = ()


def process(data: bytes, kind: PhotoKind) -> Processed:
    """Judge a file and make of it what is stored: our own encoding in 153,600 … 307,200 bytes (M19).

    Raises PhotoRefused when the file can't be opened as one photograph. Pure of input and output.
    """
    opened = open_photo(data)
    size = (opened.width, opened.height)
    faults = examine(opened.image, kind, size=size) + judge_arrival(len(data), opened.format, turned=opened.turned)
    fitted: Fitted | None = None
    remaining: tuple[Fault, ...] = ()
    if outcome_of(faults) != "reject":
        fitted = fit(opened.image, _LONGEST.get(kind, 2_000))
        remaining = _judged_again(fitted, kind) if fitted else (too_little_content(len(data)),)
        if outcome_of(remaining) == "reject":
            fitted, faults = None, _merged(faults, remaining)
    return Processed(
        verdict=_verdict(opened, faults, len(data)),
        stored=fitted.data if fitted else None,
        width=fitted.width if fitted else opened.width,
        height=fitted.height if fitted else opened.height,
        original_sha256=hashlib.sha256(data).hexdigest(),
        thumbnail=thumbnail(opened.image),
        warnings=remaining if fitted else (),
    )


def check(data: bytes, kind: PhotoKind) -> Verdict:
    """The verdict alone, never an exception: a file that can't be opened is a `reject` with its sentence."""
    try:
        return process(data, kind).verdict
    except PhotoRefused as refused:
        return Verdict("reject", (refused.as_fault(),), len(data), "", 0, 0)


def _judged_again(fitted: Fitted, kind: PhotoKind) -> tuple[Fault, ...]:
    with Image.open(io.BytesIO(fitted.data), formats=(fitted.format,)) as stored:
        return examine(stored.convert("RGB"), kind)


def _merged(first: tuple[Fault, ...], then: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Of two faults with one code the later one counts: it is about what would have been stored."""
    replaced = {fault.code for fault in then}
    return tuple(fault for fault in first if fault.code not in replaced) + then


def _verdict(opened: Opened, faults: tuple[Fault, ...], size: int) -> Verdict:
    return Verdict(outcome_of(faults), faults, size, opened.format, opened.width, opened.height)
