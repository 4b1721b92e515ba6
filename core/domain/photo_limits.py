"""Every threshold of the photo checks, per document kind, with the measurement that set it (M19).

Measured on pictures whose verdict is known; docs/photos.md has the precision and recall that follow.
"""

from dataclasses import dataclass
from typing import Final

from core.domain.photos import PhotoKind


@dataclass(frozen=True, slots=True)
class PortraitLimits:
    """Portraits; the face and the person are found by models.

    other_face: a second face counts from half the width of the first one; 15 of 15 groups found, 82 of 82 single ones pass.
    cut_side, cut_top: share of the face's width that may lie outside the frame.
    face_hard: width in pixels of the file; below 110 a face has too few to be recognised by.
    centre_low … share_high: where the face's middle may lie and how much of the width it may fill before we crop.
    white_level, white_share: a pixel is white when min(R, G, B) ≥ 250; of pixels outside the person. 98.1 % of white
    backdrops pass, 0.5 % of others, 0 of 316 near-white ones.
    texture_plain, softness_plain: a backdrop at most this rough, and an outline of the person at most this soft, can be
    whitened so that the edge still looks true: 0 of 23 were flawed, of all 79 looked at 19.
    shorter_hard, shorter_soft: sides in pixels; 295 px is the width of a one-inch photo at 300 dpi.
    acuity_*, crete_*: the face at 200 px; on 74 real faces sharp 0.25–0.32 and blurred 0.12–0.18, none of the sharp
    refused. To refuse, both must fail.
    bright_end_dark, contrast_faded: 95th percentile and 99th minus 1st of the grey values of the whole picture.
    face_*: median and clipped share of the face; dark < 60, bright > 235 or > 25 % clipped.
    """

    other_face: float = 0.5
    cut_side: float = 0.05
    cut_top: float = 0.02
    face_hard: int = 110
    centre_low: float = 0.35
    centre_high: float = 0.65
    share_low: float = 0.18
    share_high: float = 0.75
    white_level: int = 250
    white_share: float = 0.95
    texture_plain: float = 0.06
    softness_plain: float = 5.0
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


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Identity cards and certificates, measured on the page itself where its edges were found.

    longest_hard: below 900 px the small print of a card can't be read.
    acuity_*, crete_*: at 1,000 px. On drawn papers, flat and as 12-megapixel phone photographs: good 0.85–1.62 and
    0.16–0.19, slightly soft but readable 0.49–0.86, blurred by 2 px 0.15–0.24 and 0.51–0.56, shaken by 9 px 0.16–0.26
    and 0.44–0.55. No real photograph of a card was at hand: measure again on the first real intake.
    bright_end_dark: 95th percentile of the grey values. clipped_bright with dark_end_bright: share of pixels at 254
    or more while even the 5th percentile is bright. contrast_faded: 99th minus 1st percentile.
    coloured_hard: share of clearly coloured pixels after white balance; originals 4–12 %, copies 0.000 (240 of 240 caught).
    copy_refuses: false where a plain print-out is a legitimate original.
    fill_soft: share of the frame that the page takes. A page whose edges are seen is always cut out; below this it is also
    said, since its letters get few pixels: a photograph that leaves a hand's breadth of desk fills 0.65–0.9.
    glare_soft: share of the page under blown-out reflections; 154 of 160 caught, 1 of 88 good ones warned.
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
    fill_soft: float = 0.60
    glare_soft: float = 0.004


PORTRAIT_LIMITS: Final = PortraitLimits()
CARD_LIMITS: Final = PageLimits()
CERTIFICATE_LIMITS: Final = PageLimits()
PRINTED_LIMITS: Final = PageLimits(copy_refuses=False)
"""Score sheets and letters are often printed in black: a missing colour only warns."""

CARDS: Final = frozenset({PhotoKind.ID_FRONT, PhotoKind.ID_BACK})
_PRINTED: Final = frozenset({PhotoKind.SCORE_SHEET, PhotoKind.CONSENT})


def page_limits(kind: PhotoKind) -> PageLimits:
    """Limits of a kind that is not a portrait; raises ValueError for a portrait."""
    if kind is PhotoKind.PORTRAIT:
        raise ValueError("a portrait has limits of its own")
    if kind in _PRINTED:
        return PRINTED_LIMITS
    return CARD_LIMITS if kind in CARDS else CERTIFICATE_LIMITS
