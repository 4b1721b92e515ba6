"""Lines of text that an OCR engine found on a picture, and the little that can be said of them without knowing the paper.

Pure and total: nothing here raises on what an engine may return. The texts are personal data and stay out of `repr`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, Final

Box = tuple[float, float, float, float]

NOISE_BELOW: Final = 0.5
"""Confidence below which a line is no text: half-covered watermarks, ornaments."""
SURE_FROM: Final = 0.85
"""Confidence of a line read the right way up; on drawn papers those lie at 0.93–1.00, upside down at 0.50–0.85."""
_WATERMARK: Final = re.compile("[示例]{1,6}")
_DIGIT_LOOKALIKES: Final = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1", "B": "8"})
_CHINESE_DIGITS: Final = {c: str(i % 10) for i, c in enumerate("〇一二三四五六七八九")} | {
    "零": "0",
    "○": "0",
    "O": "0",
}
_DATE: Final = re.compile(r"(?<!\d)(\d{4})年(\d{1,2})月(\d{1,2})日")
_CHINESE_DATE: Final = re.compile(
    "([〇○零O一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it says, how sure the engine is (0–1), and left, top, right, bottom in pixels of the picture."""

    text: str = field(repr=False)
    confidence: float
    box: Box

    @property
    def middle(self) -> float:
        """Height of its centre."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        """Never 0, so that it can divide."""
        return max(1.0, self.box[3] - self.box[1])

    @property
    def lying(self) -> bool:
        """Whether it runs from left to right; a line of one or two signs tells nothing and counts as such."""
        return len(self.text) < 3 or self.box[2] - self.box[0] >= self.height


def as_words(lines: Iterable[Line]) -> list[list[Any]]:
    """Lines as plain JSON, to be kept encrypted."""
    return [[line.text, round(line.confidence, 3), [round(edge) for edge in line.box]] for line in lines]


def from_words(words: Sequence[Any]) -> tuple[Line, ...]:
    """The lines that `as_words` wrote; an entry of another shape is left out."""
    found = []
    for entry in words:
        match entry:
            case [str(text), int() | float() as confidence, [left, top, right, bottom]]:
                found.append(Line(text, float(confidence), (left, top, right, bottom)))
    return tuple(found)


def rows(lines: Iterable[Line]) -> tuple[str, ...]:
    """The rows of the page from top to bottom: `plain` boxes with a space between, without noise and 示例 marks."""
    kept = [line for line in lines if line.confidence >= NOISE_BELOW and not _WATERMARK.fullmatch(plain(line.text))]
    grouped: list[list[Line]] = []
    for line in sorted(kept, key=lambda each: each.middle):
        if grouped and _same_row(grouped[-1], line):
            grouped[-1].append(line)
        else:
            grouped.append([line])
    return tuple(_joined(sorted(row, key=lambda each: each.box[0])) for row in grouped)


def plain(text: str) -> str:
    """NFKC without any white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def digits(text: str) -> str:
    """The text with O, I, l, | and B read as digits; for places where only digits can stand."""
    return text.translate(_DIGIT_LOOKALIKES)


def number_of(text: str) -> str:
    """A certificate's number: look-alikes become digits inside a long row of digits; a letter in front may be meant."""
    repaired = text[:1] + digits(text[1:])
    mostly = len(text) >= 12 and sum(c.isdigit() for c in text) * 2 >= len(text)
    return repaired.upper() if mostly and repaired[1:].isdigit() else text.upper()


def dates_in(text: str) -> list[date]:
    """Every real date in full, 2024年6月30日 or 二〇二四年六月三十日, in the order of the text."""
    found = [(m.start(), (int(m[1]), int(m[2]), int(m[3]))) for m in _DATE.finditer(text)]
    for match in _CHINESE_DATE.finditer(text):
        year = int("".join(_CHINESE_DIGITS[c] for c in match[1]))
        found.append((match.start(), (year, _chinese_count(match[2]), _chinese_count(match[3]))))
    return [day for _, parts in sorted(found) if (day := real_date(*parts)) is not None]


def real_date(year: int, month: int, day: int) -> date | None:
    """The date, None when there is none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def sure_signs(lines: Iterable[Line]) -> float:
    """How much was read for certain from left to right: signs of sure lying lines, weighed by confidence.

    Near 0 on a page that lies upside down or on its side; the largest of several turns is the upright one.
    """
    return sum(len(x.text) * x.confidence for x in lines if x.lying and x.confidence >= SURE_FROM and len(x.text) > 2)


def looks_upright(lines: Sequence[Line]) -> bool:
    """Whether most of what was found was read for certain; True as well for a page with next to no text."""
    everything = sum(len(line.text) for line in lines if line.confidence >= NOISE_BELOW)
    return everything < 8 or sure_signs(lines) >= everything / 2


def lies_on_its_side(lines: Iterable[Line]) -> bool:
    """Whether most longer lines run from top to bottom."""
    longer = [line for line in lines if len(line.text) > 2]
    return sum(not line.lying for line in longer) * 2 > len(longer)


def _same_row(row: Sequence[Line], line: Line) -> bool:
    last = row[-1]
    return abs(last.middle - line.middle) < 0.5 * min(last.height, line.height)


def _joined(row: Sequence[Line]) -> str:
    """The boxes of one row; a sign that two overlapping boxes both hold (姓名, 名林晓杏) is kept once."""
    text = plain(row[0].text)
    for last, line in pairwise(row):
        piece = plain(line.text)
        overlap = last.box[2] - line.box[0]
        twice = overlap > 0.4 * min(last.height, line.height) and text[-1:] == piece[:1]
        text += " " + (piece[1:] if twice else piece)
    return text


def _chinese_count(text: str) -> int:
    """六 6, 十 10, 十二 12, 二十 20, 三十一 31; 0 for anything else."""
    tens, ten, units = text.rpartition("十")
    if any(c == "十" for c in tens) or len(tens) > 1 or len(units) > 1:
        return 0
    one = int(_CHINESE_DIGITS.get(units, "0"))
    return (int(_CHINESE_DIGITS.get(tens, "1")) * 10 + one) if ten else one
