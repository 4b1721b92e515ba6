"""What people may type into a text field, with the sentence that stands beside it otherwise.

Every check cleans first, never raises on any string, and returns the Chinese sentence or None. Store what `clean_text`
(or `clean_person_name`) returns.
"""

import re
import unicodedata

MAX_NAME = 64
MAX_EMAIL = 254

# Letters by category, yet drawn as nothing: Hangul fillers and the empty Braille cell.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_EMOJI = re.compile("[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u20e3\ufe0f\U0001f000-\U0001faff]")

# Chinese ideographs: extension A, the basic block, compatibility ideographs, planes 2 and 3 (extensions B and later,
# so also those younger than this Python's Unicode tables), and 〇.
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fffd\U00030000-\U0003fffd〇"
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_NAME = re.compile(rf"[{_HAN}{_LATIN}](?:[ ·,.'’-]{{0,2}}[{_HAN}{_LATIN}])*\.?")
_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・･", "·"))
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_FULL_WIDTH_LATIN = re.compile("[Ａ-Ｚａ-ｚ]")

_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)


def clean_text(raw: str) -> str:
    """NFC without the white space at both ends. Not NFKC: that would change characters of real names."""
    return unicodedata.normalize("NFC", raw).strip()


def check_text(
    raw: str,
    *,
    label: str,
    required: bool,
    max_length: int,
    min_length: int = 0,
    allow_newlines: bool = False,
    plain: bool = False,
) -> str | None:
    """The sentence for a text that may not be stored, or None. Lengths count characters after cleaning.

    `plain` is for short fields that end in lists and spreadsheets: it also refuses emoji, < and >, and a start that a
    spreadsheet would read as a formula.
    """
    text = clean_text(raw)
    if not text:
        return f"请填写{label}。" if required else None
    if len(text) > max_length:
        return f"{label}最多 {max_length} 个字，现在是 {len(text)} 个字，请缩短后再保存。"
    problem = _unseen_problem(text, label, allow_newlines)
    if problem is None and plain:
        problem = _plain_problem(text, label)
    if problem is None and len(text) < min_length:
        problem = f"{label}至少 {min_length} 个字，现在是 {len(text)} 个字。"
    return problem


def clean_person_name(raw: str) -> str:
    """`clean_text`, with one middle dot (·), half-width Latin letters, single spaces, no variation selectors."""
    text = _VARIATION_SELECTORS.sub("", unicodedata.normalize("NFC", raw)).translate(_DOTS)
    text = _FULL_WIDTH_LATIN.sub(lambda m: chr(ord(m[0]) - 0xFEE0), text)
    return re.sub("[ \u3000]+", " ", text).strip()


def check_person_name(raw: str) -> str | None:
    """A name as the document prints it (M5): Chinese, with rare characters and the middle dot, or Latin letters."""
    name = clean_person_name(raw)
    problem = check_text(name, label="姓名", required=True, max_length=MAX_NAME, plain=True)
    if problem is not None:
        return problem
    if any(c.isnumeric() and not re.match(f"[{_HAN}]", c) for c in name):
        return "姓名里不能有数字，请按证件上的姓名填写。"
    if any(unicodedata.category(c) == "Co" for c in name):
        return "姓名里有其他电脑无法显示的自造字，请用输入法重新输入这个字。"
    if len(name) < 2:
        return "姓名至少 2 个字，请按证件上的姓名填写。"
    if not _NAME.fullmatch(name):
        return "姓名只能有汉字、拉丁字母、空格和间隔号“·”，请按证件上的姓名填写。"
    return None


def check_email(raw: str, *, required: bool = True) -> str | None:
    """An e-mail address in half-width characters (RFC 5321 lengths, dot-atom form)."""
    problem = check_text(raw, label="电子邮箱", required=required, max_length=MAX_EMAIL)
    text = clean_text(raw)
    if problem is not None or not text:
        return problem
    if not text.isascii():
        return "电子邮箱只能用半角英文字母、数字和符号，请切换到半角输入。"
    if not _EMAIL.fullmatch(text) or text.index("@") > 64:
        return "电子邮箱格式不对，应类似 name@example.com。"
    return None


def check_postcode(raw: str, *, required: bool = False) -> str | None:
    """Six half-width digits; 999077 and 999078 stand for Hong Kong and Macao."""
    text = clean_text(raw)
    if not text:
        return "请填写邮政编码。" if required else None
    if not re.fullmatch("[0-9]{6}", text) or text == "000000":
        return "邮政编码应为 6 位半角数字，如 350003。"
    return None


def escape_formula(cell: str) -> str:
    """The cell, with ' in front when a spreadsheet could run it (domain.md §9; OWASP CSV injection).

    That is a start with = + - @, a tab or a line end, also full-width or behind spaces. Doing it twice changes nothing.
    """
    start = cell.lstrip(" \u3000\u00a0\u200b\ufeff")
    return "'" + cell if start.startswith(_FORMULA_STARTS) else cell


def _unseen_problem(text: str, label: str, allow_newlines: bool) -> str | None:
    """Characters that nobody sees but that disturb storing, reading or comparing."""
    if not allow_newlines and ("\n" in text or "\r" in text):
        return f"{label}只能写一行，请删掉换行。"
    kinds = {_unseen_kind(c) for c in text if c not in "\r\n"}
    for kind, words in _UNSEEN_WORDS.items():
        if kind in kinds:
            return f"{label}里有{words}，请删掉后重新输入。"
    return None


_UNSEEN_WORDS = {
    "surrogate": "无法识别的残缺字符",
    "control": "看不见的控制字符（如制表符）",
    "bidi": "会颠倒文字方向的隐藏字符",
    "invisible": "看不见的零宽字符",
    "unknown": "无法显示的字符",
}


def _unseen_kind(character: str) -> str | None:
    category = unicodedata.category(character)
    if character in _BIDI:
        return "bidi"
    if character in _BLANK_LETTERS or category in {"Cf", "Zl", "Zp"}:
        return "invisible"
    if (ord(character) & 0xFFFE) == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF:
        return "unknown"
    return {"Cs": "surrogate", "Cc": "control"}.get(category)


def _plain_problem(text: str, label: str) -> str | None:
    if _EMOJI.search(text):
        return f"{label}里不能有表情符号，请删掉。"
    if "<" in text or ">" in text:
        return f"{label}里不能有尖括号 < 和 >，请删掉。"
    if text.startswith(_FORMULA_STARTS):
        return f"{label}不能以 = + - @ 开头，请删掉开头的符号。"
    return None
