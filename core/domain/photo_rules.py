"""What is judged of every photograph, whatever it shows: the file that came, and what is left of it once stored (M19).

Pure and total: any measured value gives an answer. Each sentence says what is wrong and what helps.
"""

from typing import Final, Literal

from core.domain.photos import (
    STORED_MAX_BYTES,
    STORED_MIN_BYTES,
    Check,
    Fault,
    FaultCode,
)

TOO_DARK: Final = "画面太暗，看不清内容。请打开灯或到窗边，避免遮挡光线后重新拍摄。"


def passed(name: str, label: str, measured: float, threshold: float, text: str) -> Check:
    """A check that came out well."""
    return Check(name, label, "ok", "", measured, threshold, text)


def failed(
    name: str,
    label: str,
    state: Literal["soft", "hard"],
    code: FaultCode,
    measured: float,
    threshold: float,
    text: str,
) -> Check:
    """A check with a fault: `hard` refuses, `soft` warns."""
    return Check(name, label, state, code, measured, threshold, text)


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


def stored_size(size: int) -> Check:
    """The size of what is stored, which is always in the range (M19)."""
    return passed("size", "大小", size, STORED_MAX_BYTES, f"{_kilo(size)} K（要求 150–300 K）")


def too_little_content(size: int) -> Check:
    """The picture can't reach 150 K by honest means; it is never padded."""
    sentence = "图片内容太少，清晰保存后仍不足 150 K。请用手机靠近原件重新拍摄，或用 300 dpi 以上重新扫描。"
    return failed("size", "大小", "hard", FaultCode.PHOTO_SIZE, size, STORED_MIN_BYTES, sentence)


def _kilo(size: int) -> str:
    return f"{size / 1024:,.0f}"
