"""From measured values to faults: the only place where a photograph is judged.

Pure and total: any measured value gives an answer. Each sentence says what is wrong and what helps.
"""

from dataclasses import dataclass

from core.domain.photos import (
    PORTRAIT_LIMITS,
    STORED_MAX_BYTES,
    STORED_MIN_BYTES,
    Fault,
    FaultCode,
    PageLimits,
    PhotoKind,
    PortraitLimits,
    Severity,
    page_limits,
)


@dataclass(frozen=True, slots=True)
class PortraitMeasures:
    """Grey values 0–255, shares 0–1, sides in pixels; `face_*`, `acuity`, `crete` in the middle where a face is."""

    width: int
    height: int
    white_corners: float
    white_border: float
    bright_end: float
    contrast: float
    face_median: float
    face_clipped: float
    acuity: float
    crete: float


@dataclass(frozen=True, slots=True)
class PageMeasures:
    """Grey values 0–255, shares 0–1, sides in pixels, blur measures on 1,000 px."""

    width: int
    height: int
    dark_end: float
    bright_end: float
    clipped: float
    contrast: float
    acuity: float
    crete: float
    coloured: float


def judge_arrival(size: int, format_name: str, *, turned: bool) -> tuple[Fault, ...]:
    """Faults of the file that storing it repairs: its bytes (M19), its format, its direction."""
    faults = []
    if size > STORED_MAX_BYTES:
        sentence = f"文件为 {_kilo(size)} K，超过 300 K；保存时会自动压缩到 150–300 K，您无需处理。"
        faults.append(Fault(FaultCode.PHOTO_SIZE, "soft", size, STORED_MAX_BYTES, sentence))
    elif size < STORED_MIN_BYTES:
        sentence = f"文件为 {_kilo(size)} K，不足 150 K；保存时会自动转换到 150–300 K，您无需处理。"
        faults.append(Fault(FaultCode.PHOTO_SIZE, "soft", size, STORED_MIN_BYTES, sentence))
    if turned:
        sentence = "照片是横着或倒着保存的；保存时会自动转正，请核对方向。"
        faults.append(Fault(FaultCode.TURNED, "soft", 1, 0, sentence))
    if format_name != "JPEG":
        sentence = f"图片格式为 {format_name}；保存时会自动转换为 JPG，您无需处理。"
        faults.append(Fault(FaultCode.FORMAT, "soft", 1, 0, sentence))
    return tuple(faults)


def too_little_content(size: int) -> Fault:
    """The picture can't reach 150 K by honest means; it is never padded."""
    sentence = "图片内容太少，清晰保存后仍不足 150 K。请用手机靠近原件重新拍摄，或用 300 dpi 以上重新扫描。"
    return Fault(FaultCode.PHOTO_SIZE, "hard", size, STORED_MIN_BYTES, sentence)


def judge_portrait(measured: PortraitMeasures, limits: PortraitLimits = PORTRAIT_LIMITS) -> tuple[Fault, ...]:
    """All faults of a portrait at once."""
    found = (
        _portrait_resolution(measured, limits),
        _portrait_shape(measured, limits),
        _portrait_exposure(measured, limits),
        _portrait_blur(measured, limits),
        _portrait_background(measured, limits),
    )
    return tuple(fault for fault in found if fault is not None)


def judge_page(kind: PhotoKind, measured: PageMeasures, limits: PageLimits | None = None) -> tuple[Fault, ...]:
    """All faults of a card or certificate at once."""
    limits = limits or page_limits(kind)
    found = (
        _page_resolution(measured, limits),
        _page_exposure(measured, limits),
        _page_blur(measured, limits),
        _page_copy(measured, limits),
    )
    return tuple(fault for fault in found if fault is not None)


def _kilo(size: int) -> str:
    return f"{size / 1024:,.0f}"


def _portrait_resolution(measured: PortraitMeasures, limits: PortraitLimits) -> Fault | None:
    shorter = min(measured.width, measured.height)
    if shorter >= limits.shorter_soft:
        return None
    severity: Severity = "hard" if shorter < limits.shorter_hard else "soft"
    threshold = limits.shorter_hard if severity == "hard" else limits.shorter_soft
    sentence = (
        f"照片只有 {measured.width}×{measured.height} 像素，面部不够清楚。"
        f"请上传照相馆给的原图，或重新拍摄（短边至少 {limits.shorter_soft} 像素）。"
    )
    return Fault(FaultCode.SMALL, severity, shorter, threshold, sentence)


def _portrait_shape(measured: PortraitMeasures, limits: PortraitLimits) -> Fault | None:
    aspect = measured.width / measured.height
    if aspect <= limits.aspect_soft:
        return None
    sentence = "照片是横向的，证件照应为竖向。请转正并裁剪成免冠半身照后再上传。"
    return Fault(FaultCode.SHAPE, "soft", aspect, limits.aspect_soft, sentence)


def _portrait_exposure(measured: PortraitMeasures, limits: PortraitLimits) -> Fault | None:
    if measured.bright_end < limits.bright_end_dark:
        return Fault(FaultCode.DARK, "hard", measured.bright_end, limits.bright_end_dark, _DARK)
    if measured.contrast < limits.contrast_faded:
        sentence = "照片几乎没有明暗，看不到人像。请确认选对了文件，或在均匀光线下重新拍摄。"
        return Fault(FaultCode.FADED, "hard", measured.contrast, limits.contrast_faded, sentence)
    if measured.face_median < limits.face_dark:
        sentence = "面部看起来偏暗。请面向窗户或灯光重新拍摄，避免背光。"
        return Fault(FaultCode.DARK, "soft", measured.face_median, limits.face_dark, sentence)
    bright = "面部看起来过亮，五官可能看不清。请关闭闪光灯、避开强光后重新拍摄。"
    if measured.face_median > limits.face_bright:
        return Fault(FaultCode.BRIGHT, "soft", measured.face_median, limits.face_bright, bright)
    if measured.face_clipped > limits.face_clipped:
        return Fault(FaultCode.BRIGHT, "soft", measured.face_clipped, limits.face_clipped, bright)
    return None


def _portrait_blur(measured: PortraitMeasures, limits: PortraitLimits) -> Fault | None:
    if measured.acuity < limits.acuity_hard and measured.crete > limits.crete_hard:
        return Fault(FaultCode.BLUR, "hard", measured.acuity, limits.acuity_hard, _PORTRAIT_BLUR)
    if measured.acuity < limits.acuity_soft:
        return Fault(FaultCode.BLUR, "soft", measured.acuity, limits.acuity_soft, _PORTRAIT_BLUR)
    if measured.crete > limits.crete_hard:
        return Fault(FaultCode.BLUR, "soft", measured.crete, limits.crete_hard, _PORTRAIT_BLUR)
    return None


def _portrait_background(measured: PortraitMeasures, limits: PortraitLimits) -> Fault | None:
    share = measured.white_corners
    if share < limits.white_corners_hard:
        sentence = (
            f"背景不是纯白：上方两角只有 {share:.0%} 的像素为纯白（要求 {limits.white_corners_soft:.0%}）。"
            "请换白色背景重新拍摄，或向照相馆索取白底电子照。"
        )
        return Fault(FaultCode.PHOTO_BG, "hard", share, limits.white_corners_hard, sentence)
    sentence = "背景可能不够纯白或有阴影。请核对背景为均匀的纯白色；不是时请换白底照片，以免被退回。"
    if share < limits.white_corners_soft:
        return Fault(FaultCode.PHOTO_BG, "soft", share, limits.white_corners_soft, sentence)
    if measured.white_border < limits.white_border_soft:
        return Fault(FaultCode.PHOTO_BG, "soft", measured.white_border, limits.white_border_soft, sentence)
    return None


def _page_resolution(measured: PageMeasures, limits: PageLimits) -> Fault | None:
    longest = max(measured.width, measured.height)
    if longest >= limits.longest_hard:
        return None
    sentence = (
        f"图片只有 {measured.width}×{measured.height} 像素，小字看不清。"
        f"请上传原图，不要上传截图或缩略图（长边至少 {limits.longest_hard} 像素）。"
    )
    return Fault(FaultCode.SMALL, "hard", longest, limits.longest_hard, sentence)


def _page_exposure(measured: PageMeasures, limits: PageLimits) -> Fault | None:
    if measured.bright_end < limits.bright_end_dark:
        return Fault(FaultCode.DARK, "hard", measured.bright_end, limits.bright_end_dark, _DARK)
    if measured.contrast < limits.contrast_faded:
        sentence = "图片发白或发灰，文字与底色分不开。请确认选对了文件，并在均匀光线下重新拍摄。"
        return Fault(FaultCode.FADED, "hard", measured.contrast, limits.contrast_faded, sentence)
    if measured.clipped > limits.clipped_bright and measured.dark_end > limits.dark_end_bright:
        sentence = (
            f"图片过亮：{measured.clipped:.0%} 的画面没有细节。请关闭闪光灯、避开反光，或调低扫描亮度后重新拍摄。"
        )
        return Fault(FaultCode.BRIGHT, "hard", measured.clipped, limits.clipped_bright, sentence)
    return None


def _page_blur(measured: PageMeasures, limits: PageLimits) -> Fault | None:
    if measured.acuity < limits.acuity_hard:
        return Fault(FaultCode.BLUR, "hard", measured.acuity, limits.acuity_hard, _PAGE_BLUR)
    if measured.crete > limits.crete_hard:
        return Fault(FaultCode.BLUR, "hard", measured.crete, limits.crete_hard, _PAGE_BLUR)
    if measured.acuity < limits.acuity_soft:
        return Fault(FaultCode.BLUR, "soft", measured.acuity, limits.acuity_soft, _PAGE_BLUR)
    if measured.crete > limits.crete_soft:
        return Fault(FaultCode.BLUR, "soft", measured.crete, limits.crete_soft, _PAGE_BLUR)
    return None


def _page_copy(measured: PageMeasures, limits: PageLimits) -> Fault | None:
    if measured.coloured >= limits.coloured_hard:
        return None
    if limits.copy_refuses:
        sentence = "图片没有颜色，疑似复印件或黑白扫描件。请直接拍摄或彩色扫描证件原件。"
        return Fault(FaultCode.COPY, "hard", measured.coloured, limits.coloured_hard, sentence)
    sentence = "图片没有颜色，可能是复印件。材料盖有红章时，请拍摄或彩色扫描盖章的原件，以免被退回。"
    return Fault(FaultCode.COPY, "soft", measured.coloured, limits.coloured_hard, sentence)


_DARK = "画面太暗，看不清内容。请打开灯或到窗边，避免遮挡光线后重新拍摄。"
_PORTRAIT_BLUR = "面部不够清晰。请擦净镜头、对准面部对焦，站稳后重新拍摄，或上传照相馆的原图。"
_PAGE_BLUR = "文字不够清晰。请把证件平放在桌上，双手持稳、点击屏幕对焦后重新拍摄。"
