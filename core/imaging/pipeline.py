"""From any phone photograph to what can be stored: opened, turned, judged, cut, re-encoded, judged again."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial

from core.domain.photo_rules import judge_arrival, too_little_content
from core.domain.photos import Check, PhotoKind, PhotoRefused, Step, Verdict, faults_of, outcome_of
from core.imaging.fitting import thumbnail
from core.imaging.opening import open_photo
from core.imaging.pages import page_versions
from core.imaging.portraits import portrait_versions
from core.imaging.versions import Version, Versions

PREVIEW_SIDE = 480


@dataclass(frozen=True, slots=True)
class Processed:
    """What became of a file. `best` is None exactly when the verdict is `reject`.

    `other` is the picture without the crop, where that passes, too. `needs_choice` says that `best` changes the
    person's own picture (a whitened background), so that it may be stored only after a yes. `before` is a small
    JPEG of what came, as EXIF turns it, `checks` are true of it, `original_sha256` is the hash of the bytes that came.
    """

    verdict: Verdict
    checks: tuple[Check, ...]
    best: Version | None
    other: Version | None
    needs_choice: bool
    before: bytes
    original_sha256: str


def process(data: bytes, kind: PhotoKind) -> Processed:
    """Judge a file and make of it what can be stored: our own encoding in 153,600 … 307,200 bytes (M19).

    Raises PhotoRefused when the file can't be opened as one photograph. Pure of input and output.
    """
    opened = open_photo(data)
    versions = portrait_versions if kind is PhotoKind.PORTRAIT else partial(page_versions, kind)
    steps = (Step.TURNED,) if opened.turned else ()
    made = _only_acceptable(versions(opened.image, (opened.width, opened.height), steps), len(data))
    faults = faults_of(made.checks)
    told = {fault.code for fault in faults}
    turned = opened.turned or (made.best is not None and Step.TURNED in made.best.steps)
    arrival = judge_arrival(len(data), opened.format, turned=turned)
    faults += tuple(fault for fault in arrival if fault.code not in told)
    outcome = outcome_of(faults, made.best.warnings if made.best else ())
    return Processed(
        verdict=Verdict(outcome, faults, len(data), opened.format, *made.size),
        checks=made.checks,
        best=made.best,
        other=made.other,
        needs_choice=made.needs_choice,
        before=thumbnail(opened.image, PREVIEW_SIDE),
        original_sha256=hashlib.sha256(data).hexdigest(),
    )


def check(data: bytes, kind: PhotoKind) -> Verdict:
    """The verdict alone, never an exception: a file that can't be opened is a `reject` with its sentence."""
    try:
        return process(data, kind).verdict
    except PhotoRefused as refused:
        return Verdict("reject", (refused.as_fault(),), len(data), "", 0, 0)


def _only_acceptable(made: Versions, size: int) -> Versions:
    """Without a hard fault in what came something must be storable; what refuses it is told instead."""
    if any(check.state == "hard" for check in made.checks):
        return made
    if made.best is None:
        return replace(made, checks=(*made.checks, too_little_content(size)))
    if made.best.acceptable:
        return made
    refusing = tuple(check for check in made.best.checks if check.state == "hard")
    names = {check.name for check in refusing}
    return Versions(made.size, (*(check for check in made.checks if check.name not in names), *refusing))
