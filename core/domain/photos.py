"""Document photographs: their kinds, their limits, and the words for what is wrong with one (M19).

The numbers come from measurements noted beside them; `core.imaging` measures, `core.domain.photo_rules` judges.
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


@dataclass(frozen=True, slots=True)
class PortraitLimits:
    """Portraits, judged without a face model: where the face is guessed, a guess warns and seldom refuses.

    white_level, white_share: a pixel is white when min(R, G, B) ≥ 250; 0 of 316 near-white backdrops pass 95 %.
    white_corners_hard: the top corners alone accept 98.8 % of white portraits; hair reaches into a corner of the
    rest, so that only less than half white refuses.
    white_border_soft: a border strip accepts 63 % of white portraits (hair, shoulders), so that it only warns.
    shorter_hard, shorter_soft: a face of 110 px fills half of 220 px; 295 px is the width of a one-inch photo.
    acuity_*, crete_*: set on 74 real faces at 200 px, sharp 0.25–0.32 and blurred 0.12–0.18, none of the sharp refused;
    on our drawn faces sharp 0.41–0.53, visibly blurred 0.10–0.21, shaken 0.12–0.22. To refuse, both must fail.
    face_*: median and clipped share of the face; dark < 60, bright > 235 or > 25 % clipped.
    aspect_soft: width / height above which the picture does not look like an upright portrait.
    """

    white_level: int = 250
    white_corners_hard: float = 0.50
    white_corners_soft: float = 0.95
    white_border_soft: float = 0.80
    shorter_hard: int = 220
    shorter_soft: int = 295
    acuity_hard: float = 0.19
    acuity_soft: float = 0.23
    crete_hard: float = 0.60
    bright_end_dark: float = 70.0
    contrast_faded: float = 50.0
    face_dark: float = 60.0
    face_bright: float = 235.0
    face_clipped: float = 0.25
    aspect_soft: float = 1.0


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Identity cards and certificates.

    longest_hard: below 900 px the small print of a card can't be read.
    acuity_*, crete_*: at 1,000 px. On drawn papers, flat and as 12-megapixel phone photographs: good 0.85–1.62 and
    0.16–0.19, slightly soft but readable 0.49–0.86, blurred by 2 px 0.15–0.24 and 0.51–0.56, shaken by 9 px 0.16–0.26
    and 0.44–0.55. No real photograph of a card was at hand: measure again on the first real intake.
    bright_end_dark: 95th percentile of the grey values. clipped_bright with dark_end_bright: share of pixels at 254
    or more while even the 5th percentile is bright. contrast_faded: 99th minus 1st percentile.
    coloured_hard: share of clearly coloured pixels after white balance; originals 4–12 %, copies 0.000 (240 of 240 caught).
    copy_refuses: false where a plain print-out is a legitimate original.
    """

    longest_hard: int = 900
    acuity_hard: float = 0.25
    acuity_soft: float = 0.32
    crete_hard: float = 0.45
    crete_soft: float = 0.38
    bright_end_dark: float = 70.0
    clipped_bright: float = 0.40
    dark_end_bright: float = 185.0
    contrast_faded: float = 50.0
    coloured_hard: float = 0.003
    copy_refuses: bool = True


PORTRAIT_LIMITS: Final = PortraitLimits()
CARD_LIMITS: Final = PageLimits()
CERTIFICATE_LIMITS: Final = PageLimits()
PRINTED_LIMITS: Final = PageLimits(copy_refuses=False)
"""Score sheets and letters are often printed in black: a missing colour only warns."""

_PRINTED: Final = frozenset({PhotoKind.SCORE_SHEET, PhotoKind.CONSENT})
_CARDS: Final = frozenset({PhotoKind.ID_FRONT, PhotoKind.ID_BACK})


def page_limits(kind: PhotoKind) -> PageLimits:
    """Limits of a kind that is not a portrait; raises ValueError for a portrait."""
    if kind is PhotoKind.PORTRAIT:
        raise ValueError("a portrait has limits of its own")
    if kind in _PRINTED:
        return PRINTED_LIMITS
    return CARD_LIMITS if kind in _CARDS else CERTIFICATE_LIMITS


class FaultCode(StrEnum):
    """PHOTO_BG, PHOTO_SIZE, BLUR and COPY are the return reasons of domain.md §6; the others are only found here."""

    PHOTO_BG = "PHOTO_BG"
    PHOTO_SIZE = "PHOTO_SIZE"
    BLUR = "BLUR"
    COPY = "COPY"
    SMALL = "SMALL"
    DARK = "DARK"
    BRIGHT = "BRIGHT"
    FADED = "FADED"
    SHAPE = "SHAPE"
    TURNED = "TURNED"
    FORMAT = "FORMAT"


Severity = Literal["hard", "soft"]
Outcome = Literal["accept", "fixable", "reject"]

REPAIRED_BY_US: Final = frozenset({FaultCode.PHOTO_SIZE, FaultCode.TURNED, FaultCode.FORMAT})
"""Soft faults with these codes disappear by themselves when the picture is stored."""


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


class Step(StrEnum):
    """What was done to a picture on its way in, in the order in which it is done."""

    TURNED = "turned"
    STRAIGHTENED = "straightened"
    CROPPED = "cropped"
    WHITENED = "whitened"
    RESIZED = "resized"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, whatever came out: a line with ✓, ! or ✗ on the document's card.

    `name` is stable, `label` and `text` are Chinese; `measured` and `threshold` share one unit, as in Fault.
    """

    name: str
    label: str
    state: Literal["ok", "soft", "hard"]
    measured: float
    threshold: float
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about the file as it came; `size` in bytes, `format` as in "JPEG", sides in upright pixels."""

    verdict: Outcome
    faults: tuple[Fault, ...]
    size: int
    format: str
    width: int
    height: int


def outcome_of(faults: Iterable[Fault]) -> Outcome:
    """`reject` with a hard fault, `fixable` when we repair something on the way in, otherwise `accept`."""
    found = tuple(faults)
    if any(fault.severity == "hard" for fault in found):
        return "reject"
    return "fixable" if any(fault.code in REPAIRED_BY_US for fault in found) else "accept"


REFUSALS: Final = MappingProxyType(
    {
        "FILE_EMPTY": "文件是空的，没有保存。请重新选择图片后再上传。",
        "FILE_TOO_LARGE": "文件超过 20 MB，没有保存。请用手机或电脑的普通画质重新拍摄后再上传。",
        "FILE_KIND": "这是{found}，不是照片，没有保存。请上传手机拍摄或扫描得到的 JPG、PNG、WebP 或 HEIC 图片。",
        "FILE_SCANS": "图片的编码方式异常，没有保存。请用手机重新拍摄，或在电脑上另存为普通 JPG 后再上传。",
        "FILE_PIXELS": "图片的像素过多，没有保存。请把拍摄画质调到 5000 万像素以下后重新拍摄。",
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
