"""From what was measured of a portrait to its checks (M19: a bareheaded portrait on pure white).

Pure and total: any measured value gives an answer. Each sentence says what is wrong and what helps.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.domain.photo_limits import PORTRAIT_LIMITS, PortraitLimits
from core.domain.photo_rules import TOO_DARK, failed, passed
from core.domain.photos import Check, FaultCode


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """The largest face: `width` in pixels of the file; `share` and `centre` of the picture's width.

    `outside_side` and `outside_top` are shares of the face's width that lie beyond the frame; grey values 0–255,
    `clipped` a share, acuity and Crété at 200 px.
    """

    width: float
    share: float
    centre: float
    outside_side: float
    outside_top: float
    median: float
    clipped: float
    acuity: float
    crete: float


@dataclass(frozen=True, slots=True)
class PortraitMeasures:
    """Sides in pixels of the file; `faces` counts the largest face and those at least half as wide.

    `face` is None exactly when `faces` is 0. `white` is the share of white pixels outside the person and `texture`
    the roughness there, `softness` the width of the person's outline; all None when there is no background.
    """

    width: int
    height: int
    bright_end: float
    contrast: float
    faces: int
    face: FaceMeasures | None
    white: float | None
    texture: float | None
    softness: float | None = None


def judge_portrait(measured: PortraitMeasures, limits: PortraitLimits = PORTRAIT_LIMITS) -> tuple[Check, ...]:
    """Every check of a portrait, in the order of the card; what can't be measured without a face is left out."""
    face, white = measured.face, measured.white
    return (
        *((_faces(measured.faces, face, limits), _place(face, limits)) if face else (_no_face(),)),
        *(() if white is None else (_background(white, limits),)),
        _resolution(measured, limits),
        *((_sharpness(face, limits),) if face else ()),
        _exposure(measured, limits),
    )


def can_be_whitened(
    checks: Iterable[Check], measured: PortraitMeasures, limits: PortraitLimits = PORTRAIT_LIMITS
) -> bool:
    """Whether the background is all that is wrong, and plain enough to be replaced without a false edge."""
    wrong = {check.code for check in checks if check.state == "hard"}
    if wrong != {FaultCode.PHOTO_BG} or measured.texture is None or measured.softness is None:
        return False
    return measured.texture <= limits.texture_plain and measured.softness <= limits.softness_plain


def with_white_offered(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The same checks once a white background was made and found good: the background no longer refuses."""
    sentence = "背景不是纯白。系统已生成白底版本，请对照前后两张，确认后采用；不满意时请在白墙前重新拍摄。"
    return tuple(
        replace(check, state="soft", text=sentence) if check.code == FaultCode.PHOTO_BG else check for check in checks
    )


def _no_face() -> Check:
    sentence = "照片中没有找到人脸。请确认选对了文件，上传正面免冠、五官清楚的证件照。"
    return failed("face", "人脸", "hard", FaultCode.FACE_NONE, 0, 1, sentence)


def _faces(count: int, face: FaceMeasures, limits: PortraitLimits) -> Check:
    def refused(code: FaultCode, measured: float, threshold: float, sentence: str) -> Check:
        return failed("face", "人脸", "hard", code, measured, threshold, sentence)

    if count > 1:
        return refused(
            FaultCode.FACE_MANY, count, 1, f"照片中有 {count} 张人脸。请上传只有您本人一人的证件照，不要用合影裁剪。"
        )
    sentence = "人脸没有完整进入画面。请让头部全部入镜，头顶上方留出空白，重新拍摄。"
    if face.outside_top > limits.cut_top:
        return refused(FaultCode.FACE_CUT, face.outside_top, limits.cut_top, sentence)
    if face.outside_side > limits.cut_side:
        return refused(FaultCode.FACE_CUT, face.outside_side, limits.cut_side, sentence)
    if face.width < limits.face_hard:
        sentence = f"人脸只有 {face.width:.0f} 像素宽，看不清五官。请靠近拍摄，或上传照相馆的原图，不要用截图。"
        return refused(FaultCode.FACE_SMALL, face.width, limits.face_hard, sentence)
    return passed("face", "人脸", face.width, limits.face_hard, f"一张，完整，宽 {face.width:.0f} 像素")


def _place(face: FaceMeasures, limits: PortraitLimits) -> Check:
    name, label = "place", "构图"
    if not limits.centre_low <= face.centre <= limits.centre_high:
        edge = limits.centre_low if face.centre < limits.centre_low else limits.centre_high
        sentence = "人像偏在一边。请核对裁剪后的照片，不满意时请正对镜头、居中重新拍摄。"
        return failed(name, label, "soft", FaultCode.FACE_PLACE, face.centre, edge, sentence)
    if face.share < limits.share_low:
        sentence = f"人像太小，面部只占画面宽度的 {face.share:.0%}。请核对裁剪后的照片，不满意时请靠近重新拍摄。"
        return failed(name, label, "soft", FaultCode.FACE_PLACE, face.share, limits.share_low, sentence)
    if face.share > limits.share_high:
        sentence = f"人像太大，面部占画面宽度的 {face.share:.0%}。请稍微离远，露出肩部后重新拍摄。"
        return failed(name, label, "soft", FaultCode.FACE_PLACE, face.share, limits.share_high, sentence)
    return passed(name, label, face.share, limits.share_high, f"居中，面部占画面宽度的 {face.share:.0%}")


def _background(share: float, limits: PortraitLimits) -> Check:
    name, label = "background", "背景"
    wanted = f"（要求 {limits.white_share:.0%}）"
    if share >= limits.white_share:
        return passed(name, label, share, limits.white_share, f"{share:.0%} 为纯白{wanted}")
    # Floored, so that a refused value never reads like the limit itself.
    found = f"{int(share * 100)}%"
    sentence = (
        f"背景不是纯白：人像以外只有 {found} 为纯白{wanted}。请在白墙前光线均匀处重新拍摄，或向照相馆索取白底电子照。"
    )
    return failed(name, label, "hard", FaultCode.PHOTO_BG, share, limits.white_share, sentence)


def _resolution(measured: PortraitMeasures, limits: PortraitLimits) -> Check:
    name, label = "resolution", "尺寸"
    shorter = min(measured.width, measured.height)
    sides = f"{measured.width}×{measured.height} 像素"
    if shorter >= limits.shorter_soft:
        return passed(name, label, shorter, limits.shorter_soft, sides)
    sentence = (
        f"照片只有 {sides}，面部不够清楚。请上传照相馆给的原图，或重新拍摄（短边至少 {limits.shorter_soft} 像素）。"
    )
    if shorter < limits.shorter_hard:
        return failed(name, label, "hard", FaultCode.SMALL, shorter, limits.shorter_hard, sentence)
    return failed(name, label, "soft", FaultCode.SMALL, shorter, limits.shorter_soft, sentence)


def _sharpness(face: FaceMeasures, limits: PortraitLimits) -> Check:
    name, label = "sharpness", "清晰度"
    sentence = "面部不够清晰。请擦净镜头、对准面部对焦，站稳后重新拍摄，或上传照相馆的原图。"
    if face.acuity < limits.acuity_hard and face.crete > limits.crete_hard:
        return failed(name, label, "hard", FaultCode.BLUR, face.acuity, limits.acuity_hard, sentence)
    if face.acuity < limits.acuity_soft:
        return failed(name, label, "soft", FaultCode.BLUR, face.acuity, limits.acuity_soft, sentence)
    if face.crete > limits.crete_hard:
        return failed(name, label, "soft", FaultCode.BLUR, face.crete, limits.crete_hard, sentence)
    return passed(
        name, label, face.acuity, limits.acuity_soft, f"面部清晰（{face.acuity:.2f}，要求 {limits.acuity_soft}）"
    )


def _exposure(measured: PortraitMeasures, limits: PortraitLimits) -> Check:
    name, label = "exposure", "光线"
    if measured.bright_end < limits.bright_end_dark:
        return failed(name, label, "hard", FaultCode.DARK, measured.bright_end, limits.bright_end_dark, TOO_DARK)
    if measured.contrast < limits.contrast_faded:
        sentence = "照片几乎没有明暗，看不到人像。请确认选对了文件，或在均匀光线下重新拍摄。"
        return failed(name, label, "hard", FaultCode.FADED, measured.contrast, limits.contrast_faded, sentence)
    face = measured.face
    if face is None:
        return passed(name, label, measured.bright_end, limits.bright_end_dark, "明暗正常")
    if face.median < limits.face_dark:
        sentence = "面部太暗，五官看不清。请面向窗户或灯光重新拍摄，避免背光。"
        return failed(name, label, "hard", FaultCode.DARK, face.median, limits.face_dark, sentence)
    sentence = "面部过亮，五官看不清。请关闭闪光灯、避开强光后重新拍摄。"
    if face.median > limits.face_bright:
        return failed(name, label, "hard", FaultCode.BRIGHT, face.median, limits.face_bright, sentence)
    if face.clipped > limits.face_clipped:
        return failed(name, label, "hard", FaultCode.BRIGHT, face.clipped, limits.face_clipped, sentence)
    return passed(name, label, face.median, limits.face_dark, f"面部明暗正常（{face.median:.0f}）")
