"""From what was measured of a card or certificate to its checks (M19: originals, legible).

Pure and total: any measured value gives an answer. Each sentence says what is wrong and what helps.
"""

from dataclasses import dataclass

from core.domain.photo_limits import PageLimits, page_limits
from core.domain.photo_rules import TOO_DARK, failed, passed
from core.domain.photos import PHOTO_LABELS, Check, FaultCode, PhotoKind

_LEGIBLE = "文字不够清晰。请把证件平放在桌上，双手持稳、点击屏幕对焦后重新拍摄。"


@dataclass(frozen=True, slots=True)
class PageMeasures:
    """Grey values 0–255, shares 0–1, sides of the page in pixels of the file, blur measures on 1,000 px.

    `fill` is the share of the frame that the page takes, 1 when no edge of it was seen. `looks_like` is the kind that
    the picture looks like by its shape, None when it can't tell.
    """

    width: int
    height: int
    dark_end: float
    bright_end: float
    clipped: float
    contrast: float
    acuity: float
    crete: float
    coloured: float
    fill: float = 1.0
    glare: float = 0.0
    looks_like: PhotoKind | None = None


def judge_page(kind: PhotoKind, measured: PageMeasures, limits: PageLimits | None = None) -> tuple[Check, ...]:
    """Every check of a card or certificate, in the order of the card on the screen."""
    limits = limits or page_limits(kind)
    return (
        *_side(kind, measured.looks_like),
        _fill(measured, limits),
        _resolution(measured, limits),
        _sharpness(measured, limits),
        _colour(measured, limits),
        _exposure(measured, limits),
        _glare(measured, limits),
    )


def _side(kind: PhotoKind, looks_like: PhotoKind | None) -> tuple[Check, ...]:
    """Only a look that can tell says anything; it warns, since a drawing's rule never met every real card."""
    if looks_like is None:
        return ()
    if looks_like is kind:
        return (passed("side", "证件面", 1, 1, f"看起来是{PHOTO_LABELS[kind]}"),)
    sentence = f"这张图片看起来像{PHOTO_LABELS[looks_like]}，这里需要{PHOTO_LABELS[kind]}。请核对是否选错了文件，选错时请重新上传。"
    return (failed("side", "证件面", "soft", FaultCode.ID_SIDE, 0, 1, sentence),)


def _fill(measured: PageMeasures, limits: PageLimits) -> Check:
    name, label = "fill", "取景"
    if measured.fill >= limits.fill_soft:
        return passed(name, label, measured.fill, limits.fill_soft, "证件充满画面")
    sentence = f"证件只占画面的 {measured.fill:.0%}。请靠近一些，让证件充满画面，或核对自动裁剪后的图片。"
    return failed(name, label, "soft", FaultCode.FILL, measured.fill, limits.fill_soft, sentence)


def _resolution(measured: PageMeasures, limits: PageLimits) -> Check:
    name, label = "resolution", "尺寸"
    longest = max(measured.width, measured.height)
    sides = f"{measured.width}×{measured.height} 像素"
    if longest >= limits.longest_hard:
        return passed(name, label, longest, limits.longest_hard, sides)
    sentence = f"证件只有 {sides}，小字看不清。请靠近拍摄或上传原图，不要上传截图或缩略图（长边至少 {limits.longest_hard} 像素）。"
    return failed(name, label, "hard", FaultCode.SMALL, longest, limits.longest_hard, sentence)


def _sharpness(measured: PageMeasures, limits: PageLimits) -> Check:
    name, label = "sharpness", "清晰度"
    if measured.acuity < limits.acuity_hard:
        return failed(name, label, "hard", FaultCode.BLUR, measured.acuity, limits.acuity_hard, _LEGIBLE)
    if measured.crete > limits.crete_hard:
        return failed(name, label, "hard", FaultCode.BLUR, measured.crete, limits.crete_hard, _LEGIBLE)
    if measured.acuity < limits.acuity_soft:
        return failed(name, label, "soft", FaultCode.BLUR, measured.acuity, limits.acuity_soft, _LEGIBLE)
    if measured.crete > limits.crete_soft:
        return failed(name, label, "soft", FaultCode.BLUR, measured.crete, limits.crete_soft, _LEGIBLE)
    text = f"文字清晰（{measured.acuity:.2f}，要求 {limits.acuity_soft}）"
    return passed(name, label, measured.acuity, limits.acuity_soft, text)


def _colour(measured: PageMeasures, limits: PageLimits) -> Check:
    name, label = "colour", "原件"
    if measured.coloured >= limits.coloured_hard:
        return passed(name, label, measured.coloured, limits.coloured_hard, "彩色，像是原件")
    if limits.copy_refuses:
        sentence = "图片没有颜色，疑似复印件或黑白扫描件。请直接拍摄或彩色扫描证件原件。"
        return failed(name, label, "hard", FaultCode.COPY, measured.coloured, limits.coloured_hard, sentence)
    sentence = "图片没有颜色，可能是复印件。材料盖有红章时，请拍摄或彩色扫描盖章的原件，以免被退回。"
    return failed(name, label, "soft", FaultCode.COPY, measured.coloured, limits.coloured_hard, sentence)


def _exposure(measured: PageMeasures, limits: PageLimits) -> Check:
    name, label = "exposure", "光线"
    if measured.bright_end < limits.bright_end_dark:
        return failed(name, label, "hard", FaultCode.DARK, measured.bright_end, limits.bright_end_dark, TOO_DARK)
    if measured.contrast < limits.contrast_faded:
        sentence = "图片发白或发灰，文字与底色分不开。请确认选对了文件，并在均匀光线下重新拍摄。"
        return failed(name, label, "hard", FaultCode.FADED, measured.contrast, limits.contrast_faded, sentence)
    if measured.clipped > limits.clipped_bright and measured.dark_end > limits.dark_end_bright:
        sentence = (
            f"图片过亮：{measured.clipped:.0%} 的画面没有细节。请关闭闪光灯、避开反光，或调低扫描亮度后重新拍摄。"
        )
        return failed(name, label, "hard", FaultCode.BRIGHT, measured.clipped, limits.clipped_bright, sentence)
    return passed(name, label, measured.contrast, limits.contrast_faded, "明暗正常")


def _glare(measured: PageMeasures, limits: PageLimits) -> Check:
    name, label = "glare", "反光"
    if measured.glare <= limits.glare_soft:
        return passed(name, label, measured.glare, limits.glare_soft, "没有明显反光")
    sentence = f"证件上有反光（占 {measured.glare:.1%}），被遮住的字可能看不清。请关闭闪光灯、换个角度重新拍摄。"
    return failed(name, label, "soft", FaultCode.GLARE, measured.glare, limits.glare_soft, sentence)
