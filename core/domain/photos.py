"""Document photographs: their kinds, what can be wrong with one, and what was done to it (M19).

`core.imaging` measures, `portrait_rules` and `page_rules` judge by the numbers of `photo_limits`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal

from core.domain.errors import DomainError

STORED_MIN_BYTES: Final = 153_600
"""M19: 150 K, inclusive."""
STORED_MAX_BYTES: Final = 307_200
"""M19: 300 K, inclusive."""
UPLOAD_MAX_BYTES: Final = 20 * 1024 * 1024
"""What may arrive; any phone photo is smaller."""


class PhotoKind(StrEnum):
    """What the picture has to show."""

    PORTRAIT = "portrait"
    ID_FRONT = "id_front"
    ID_BACK = "id_back"
    DIPLOMA = "diploma"
    DEGREE = "degree"
    QUALIFICATION = "qualification"
    LICENCE = "licence"
    SCORE_SHEET = "score_sheet"
    CONSENT = "consent"


PHOTO_LABELS: Final = MappingProxyType(
    {
        PhotoKind.PORTRAIT: "证件照",
        PhotoKind.ID_FRONT: "身份证人像面",
        PhotoKind.ID_BACK: "身份证国徽面",
        PhotoKind.DIPLOMA: "毕业证书",
        PhotoKind.DEGREE: "学位证书",
        PhotoKind.QUALIFICATION: "医师资格证书",
        PhotoKind.LICENCE: "医师执业证书",
        PhotoKind.SCORE_SHEET: "成绩单",
        PhotoKind.CONSENT: "单位同意证明",
    }
)


class FaultCode(StrEnum):
    """PHOTO_BG, PHOTO_SIZE, BLUR, COPY and ID_SIDE are the return reasons of domain.md §6; the others are only found here."""

    PHOTO_BG = "PHOTO_BG"
    PHOTO_SIZE = "PHOTO_SIZE"
    BLUR = "BLUR"
    COPY = "COPY"
    ID_SIDE = "ID_SIDE"
    FACE_NONE = "FACE_NONE"
    FACE_MANY = "FACE_MANY"
    FACE_CUT = "FACE_CUT"
    FACE_SMALL = "FACE_SMALL"
    FACE_PLACE = "FACE_PLACE"
    SMALL = "SMALL"
    DARK = "DARK"
    BRIGHT = "BRIGHT"
    FADED = "FADED"
    GLARE = "GLARE"
    FILL = "FILL"
    TURNED = "TURNED"
    FORMAT = "FORMAT"


Severity = Literal["hard", "soft"]
Outcome = Literal["accept", "fixable", "reject"]


class Step(StrEnum):
    """What was done to a picture on its way in, in the order in which it is done."""

    TURNED = "turned"
    STRAIGHTENED = "straightened"
    CROPPED = "cropped"
    WHITENED = "whitened"


STEP_WORDS: Final = MappingProxyType(
    {
        Step.TURNED: "已转正",
        Step.STRAIGHTENED: "已裁去桌面并摆正",
        Step.CROPPED: "已按证件照比例裁剪",
        Step.WHITENED: "背景已换成纯白",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: `hard` refuses, `soft` warns the applicant and travels to the reviewer.

    `sentence` says in Chinese what is wrong and what helps; `measured` and `threshold` share one unit.
    """

    code: str
    severity: Severity
    measured: float
    threshold: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, whatever came out: a line with ✓, ! or ✗ on the document's card.

    `name` is stable, `label` and `text` are Chinese; `code` is empty while the state is `ok`.
    """

    name: str
    label: str
    state: Literal["ok", "soft", "hard"]
    code: str
    measured: float
    threshold: float
    text: str


def faults_of(checks: Iterable[Check]) -> tuple[Fault, ...]:
    """The checks that did not come out well."""
    return tuple(Fault(c.code, c.state, c.measured, c.threshold, c.text) for c in checks if c.state != "ok")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about the file as it came; `size` in bytes, `format` as in "JPEG", sides in upright pixels."""

    verdict: Outcome
    faults: tuple[Fault, ...]
    size: int
    format: str
    width: int
    height: int


def outcome_of(faults: Iterable[Fault], remaining: Iterable[Fault] = ()) -> Outcome:
    """`reject` with a hard fault, `fixable` when one of them is no longer there once stored, otherwise `accept`."""
    found = tuple(faults)
    if any(fault.severity == "hard" for fault in found):
        return "reject"
    left = {fault.code for fault in remaining}
    return "fixable" if any(fault.code not in left for fault in found) else "accept"


REFUSALS: Final = MappingProxyType(
    {
        "FILE_EMPTY": "文件是空的，没有保存。请重新选择图片后再上传。",
        "FILE_TOO_LARGE": "文件超过 20 MB，没有保存。请用手机或电脑的普通画质重新拍摄后再上传。",
        "FILE_KIND": "这是{found}，不是照片，没有保存。请上传手机拍摄或扫描得到的 JPG、PNG、WebP 或 HEIC 图片。",
        "FILE_SCANS": "图片的编码方式异常，没有保存。请用手机重新拍摄，或在电脑上另存为普通 JPG 后再上传。",
        "FILE_PIXELS": "图片的像素过多，没有保存。请在手机或电脑上另存为较小的 JPG 后再上传。",
        "FILE_TINY": "图片只有 {width}×{height} 像素，看不清内容，没有保存。请上传原图，不要上传缩略图。",
        "FILE_SHAPE": "图片过于狭长，没有保存。请让整张证件充满画面后重新拍摄。",
        "FILE_ANIMATED": "这是动态图片，没有保存。请上传一张静态照片。",
        "FILE_DAMAGED": "图片已损坏或没有传完整，没有保存。请重新选择原图上传；仍不成功时请重新拍摄。",
    }
)


class PhotoRefused(DomainError):
    """The file can't be opened safely as one photograph; nothing was stored."""

    code = "FILE_DAMAGED"

    def __init__(self, code: str, /, **details: Any) -> None:
        super().__init__(code, **details)
        self.sentence = REFUSALS[code].format(**details)

    def as_fault(self) -> Fault:
        """The same refusal in the shape of a fault, for reports that list every verdict alike."""
        return Fault(self.code, "hard", 0.0, 0.0, self.sentence)


@dataclass(frozen=True, slots=True)
class TwinLimits:
    """When a picture counts as another account's picture again: candidates by fingerprint, judged by likeness.

    Measured on drawings (docs/decisions/008). The same picture re-encoded at quality 40, halved, 10 % darker or brighter,
    15 % more contrast, cropped by up to 5 %, turned by 1°: at most 8 bits (12 cut at one side, 14 turned), unlikeness at
    most 5.7, median 2. Different people among candidates: 9 of 5,748 comparisons of 500 portraits at 5 or below (drawings
    that an eye hardly tells apart), 0 of 3,382 of 300 cards; 1 in 100 below 7, median 25 and 18.
    """

    bits: int = 10
    """Fingerprints further apart aren't looked at more closely."""
    unlikeness: float = 5.0
    """Difference of the fourth worst block, of 255, up to which two pictures are one (`core.imaging.likeness`)."""
    compared: int = 12
    """The nearest candidates only: 10 ms each, outside of any transaction."""
    recorded: int = 100
    """Pairs kept of one picture; a hundred accounts with one file say the same as a thousand."""


TWIN_LIMITS: Final = TwinLimits()
TWIN_KINDS: Final = frozenset({PhotoKind.PORTRAIT, PhotoKind.ID_FRONT})
"""Compared by their look, each with its own kind; of any other kind only the very same file is told: two people's
diplomas of one school are meant to look alike."""
