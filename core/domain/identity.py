"""Document numbers: what a person may register with, and whether the number can be a real one (domain.md §4, M5, M8).

Nothing here raises on what people type: every string of any length gets a verdict with one sentence.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from stdnum.cn import ric


class DocumentKind(StrEnum):
    """The document kinds that a resident physician may register with (M5)."""

    RESIDENT = "resident"
    RESIDENCE = "residence"
    HK_MACAO = "hk-macao"
    TAIWAN = "taiwan"

    @property
    def label(self) -> str:
        """The document's name as printed on it."""
        return DOCUMENT_LABELS[self]


DOCUMENT_LABELS = {
    DocumentKind.RESIDENT: "居民身份证",
    DocumentKind.RESIDENCE: "港澳台居民居住证",
    DocumentKind.HK_MACAO: "港澳居民来往内地通行证",
    DocumentKind.TAIWAN: "台湾居民来往大陆通行证",
}

# GB/T 2260, first two digits; 71 is Taiwan province. 81 and 82 stand only in the prefixes of residence permits.
PROVINCES = frozenset(
    str(code)
    for codes in (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66), (71,))
    for code in codes
)
RESIDENCE_PREFIXES = frozenset({"810000", "820000", "830000"})
MAX_TYPED = 64

_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{15}")
_HK_MACAO = re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?")
_TAIWAN = re.compile(r"[0-9]{8}(?:[0-9]{2})?")
_EXIT_PERMIT = re.compile(r"[CW][A-Z0-9][0-9]{7}")


@dataclass(frozen=True, slots=True)
class NumberVerdict:
    """What is known about a typed document number.

    `normalized` is what to store and compare (for an old ten-digit HK/Macao card the first nine characters, which are
    the person). `reason` is a stable code and `sentence` the Chinese words for it, both None when valid. Birth date and
    sex (男 / 女) are known only from a valid 18-digit number. The personal parts stay out of `repr`, so out of logs.
    """

    valid: bool
    kind: DocumentKind
    normalized: str = field(repr=False)
    reason: str | None = None
    sentence: str | None = None
    birth_date: date | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)


def normalize_number(raw: str) -> str:
    """NFKC, without any white space, upper case (domain.md §4)."""
    return "".join(unicodedata.normalize("NFKC", raw).split()).upper()


def check_number(kind: DocumentKind, raw: str, *, today: date) -> NumberVerdict:
    """Judge a typed document number of the chosen kind; `today` is the server's date in Asia/Shanghai.

    Source: domain.md §4; GB 11643 (ISO 7064 MOD 11-2) for the eighteen-digit numbers. Never raises.
    """
    if len(raw) > MAX_TYPED:
        return _refuse(kind, "", "TOO_LONG", f"证件号太长：共输入了 {len(raw)} 个字符，请只填写证件号本身。")
    number = normalize_number(raw)
    problem = _general_problem(kind, number)
    if problem is not None:
        return _refuse(kind, number, *problem)
    return _CHECKS[kind](kind, number, today)


def make_number(prefix6: str, birth: date, sequence: int) -> str:
    """An eighteen-digit number with its check digit; odd `sequence` (0–999) means 男, even 女.

    Raises ValueError when the prefix is not six digits or the sequence does not fit.
    """
    if not re.fullmatch(r"[0-9]{6}", prefix6) or not 0 <= sequence <= 999:
        raise ValueError("six digits and a sequence of 0 to 999 are needed")
    body = f"{prefix6}{birth:%Y%m%d}{sequence:03d}"
    return body + ric.calc_check_digit(body + "0")


def mask_number(number: str) -> str:
    """The number with its middle hidden: three and four characters of a long one, one and three of a short one."""
    head, tail = (3, 4) if len(number) >= 15 else (1, 3)
    return _mask(number, head, tail)


def mask_phone(phone: str) -> str:
    """138****5678."""
    return _mask(phone, 3, 4)


def mask_name(name: str) -> str:
    """张*三, 张*, 欧**东: the first character and, from three characters on, the last."""
    return name[:1] + "*" if len(name) == 2 else _mask(name, 1, 1)


def number_suffix(number: str) -> str:
    """The last four characters, upper case: what a reviewer may search by."""
    return normalize_number(number)[-4:]


def _mask(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[-tail:] if hidden > 0 else "*" * len(text)


def _refuse(kind: DocumentKind, number: str, reason: str, sentence: str) -> NumberVerdict:
    return NumberVerdict(valid=False, kind=kind, normalized=number, reason=reason, sentence=sentence)


def _general_problem(kind: DocumentKind, number: str) -> tuple[str, str] | None:
    """What is wrong under any kind, or belongs to another kind."""
    if not number:
        return "EMPTY", f"请填写{kind.label}上的证件号。"
    if _EXIT_PERMIT.fullmatch(number):
        return (
            "EXIT_PERMIT",
            "这是往来港澳通行证（C 或 W 开头），由内地居民持有，不能用来注册；内地居民请改选“居民身份证”并填写。",
        )
    if kind is DocumentKind.RESIDENT and _FIFTEEN.fullmatch(number):
        return "FIFTEEN_DIGITS", "15 位的第一代居民身份证已停止使用，请填写现行 18 位居民身份证上的号码。"
    belongs = _kind_of(number)
    if belongs is not None and belongs is not kind:
        return "WRONG_KIND", f"这个号码像是{belongs.label}的号码，请把证件类型改为“{belongs.label}”，或重新核对证件号。"
    return None


def _kind_of(number: str) -> DocumentKind | None:
    """The kind whose pattern the number has; no two patterns overlap."""
    if _EIGHTEEN.fullmatch(number):
        if number[:6] in RESIDENCE_PREFIXES:
            return DocumentKind.RESIDENCE
        return DocumentKind.RESIDENT if number[:2] in PROVINCES else None
    if _HK_MACAO.fullmatch(number):
        return DocumentKind.HK_MACAO
    return DocumentKind.TAIWAN if _TAIWAN.fullmatch(number) else None


def _check_eighteen(kind: DocumentKind, number: str, today: date) -> NumberVerdict:
    if not _EIGHTEEN.fullmatch(number):
        return _refuse(
            kind,
            number,
            "PATTERN",
            f"{kind.label}号应为 18 位：前 17 位是数字，最后一位是数字或 X；现在是 {len(number)} 位，请对照证件核对。",
        )
    if kind is DocumentKind.RESIDENT and number[:2] not in PROVINCES:
        return _refuse(kind, number, "PROVINCE", "证件号开头两位不是有效的省份代码，请对照证件核对。")
    if kind is DocumentKind.RESIDENCE and number[:6] not in RESIDENCE_PREFIXES:
        return _refuse(
            kind, number, "PROVINCE", "港澳台居民居住证号应以 810000、820000 或 830000 开头，请对照证件核对。"
        )
    birth, problem = _birth_date(number, today)
    if problem is not None:
        return _refuse(kind, number, *problem)
    if ric.calc_check_digit(number) != number[-1]:
        return _refuse(
            kind, number, "CHECK_DIGIT", "证件号的最后一位校验码与前 17 位不符，可能有一位填错，请逐位核对。"
        )
    sex = "男" if int(number[16]) % 2 else "女"
    return NumberVerdict(valid=True, kind=kind, normalized=number, birth_date=birth, sex=sex)


def _birth_date(number: str, today: date) -> tuple[date | None, tuple[str, str] | None]:
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None, ("BIRTH_NOT_REAL", "证件号第 7 至 14 位不是真实存在的日期，请对照证件核对。")
    if birth.year < 1900:
        return None, ("BIRTH_BEFORE_1900", "证件号中的出生日期早于 1900 年，请对照证件核对。")
    if birth > today:
        return None, ("BIRTH_IN_FUTURE", "证件号中的出生日期晚于今天，请对照证件核对。")
    return birth, None


def _check_hk_macao(kind: DocumentKind, number: str, _today: date) -> NumberVerdict:
    match = _HK_MACAO.fullmatch(number)
    if match is None:
        return _refuse(
            kind, number, "PATTERN", f"{kind.label}号应为 H 或 M 加 8 位数字（旧版为 10 位数字），请对照证件核对。"
        )
    return NumberVerdict(valid=True, kind=kind, normalized=match[1])


def _check_taiwan(kind: DocumentKind, number: str, _today: date) -> NumberVerdict:
    if not _TAIWAN.fullmatch(number):
        return _refuse(
            kind,
            number,
            "PATTERN",
            f"{kind.label}号应为 8 位数字（旧版为 10 位数字，括号和字母不用填写），请对照证件核对。",
        )
    return NumberVerdict(valid=True, kind=kind, normalized=number)


_CHECKS: dict[DocumentKind, Callable[[DocumentKind, str, date], NumberVerdict]] = {
    DocumentKind.RESIDENT: _check_eighteen,
    DocumentKind.RESIDENCE: _check_eighteen,
    DocumentKind.HK_MACAO: _check_hk_macao,
    DocumentKind.TAIWAN: _check_taiwan,
}
