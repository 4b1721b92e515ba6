"""From lines of text to what an identity card or certificate says (domain.md §4, M18, M19).

Nothing is guessed: what can't be read for certain is None. A number of 18 digits counts only with its right check digit
and when it agrees with the birth date printed on the same card.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from core.domain.identity import DocumentKind, check_number
from core.domain.lines import SURE_FROM, Line, dates_in, digits, number_of, plain, real_date, rows
from core.domain.photos import PhotoKind
from core.domain.text import check_person_name, clean_person_name

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff〇"
_PERSON: Final = f"[{_HAN}][{_HAN}·.•‧∙⋅・]{{0,20}}?[{_HAN}]"
_NUMBER_RUN: Final = re.compile(r"(?<![0-9A-Za-z])([0-9OoIl|B]{17}[0-9OoIl|BXx×])(?![0-9A-Za-z])")
_BIRTH: Final = re.compile(r"(\d{4})年?(\d{1,2})月(\d{1,2})日?")
_VALIDITY: Final = re.compile(
    r"(\d{4})[.,:]?(\d{2})[.,:]?(\d{2})[-—–―一~至到]+(?:(\d{4})[.,:]?(\d{2})[.,:]?(\d{2})|(长期))"
)
_CERTIFICATE_NUMBER: Final = re.compile(
    r"(?:编号|编码|证号|证书号)(?:[: 为]|No\.?)*([0-9A-Za-z|第(][-0-9A-Za-z|()第号字]*)", re.IGNORECASE
)
_PERIOD: Final = re.compile(r"(\d{4})年(\d{1,2})月(?:\d{1,2}日)?[至到—-](\d{4})年(\d{1,2})月")
_SCHOOL_ALONE: Final = re.compile(f"[{_HAN}]{{2,24}}(?:大学|学院|学校)(?:[(][{_HAN}]{{2,8}}[)])?")
_SCHOOL_WITHIN: Final = re.compile(f"(?:在|由|于)([{_HAN}]{{2,20}}?(?:大学|学院))(?!校)")
_MAJOR: Final = re.compile(f"(?:.*(?:本校|大学|学院)|在)([{_HAN}()]{{2,24}}?)专业(?!学位)")
_CATEGORY: Final = re.compile("类别[: ]?(临床|中医|口腔|公共卫生)")
_HOLDER: Final = tuple(
    re.compile(pattern)
    for pattern in (
        f"(?:学生|考生|持证人|持有人)[: ]?({_PERSON})(?=[,(。]|性别|参加|系|男|女|于)",
        f"姓名[: ]?({_PERSON})(?=[,(。:]|性别|身份|出生|$)",
        f"(?:^|[。:])({_PERSON})(?=,[男女]|在本校|经医师资格考试|经审核|经考试|系我单位)",
        f"职工({_PERSON})(?=参加)",
    )
)
_TRADITIONAL: Final = str.maketrans("書證畢業學醫師執資", "书证毕业学医师执资")

_SIGNS: Final = (
    (PhotoKind.ID_FRONT, 3, "公民身份号码|公民身份证号码"),
    (PhotoKind.ID_FRONT, 1, "姓名"),
    (PhotoKind.ID_FRONT, 1, "性别[男女].{0,4}民族|民族"),
    (PhotoKind.ID_FRONT, 1, "住址"),
    (PhotoKind.ID_BACK, 3, "签发机关"),
    (PhotoKind.ID_BACK, 2, "有效期限"),
    (PhotoKind.ID_BACK, 2, "居民身份证(?!号)"),
    (PhotoKind.DIPLOMA, 4, "毕业证书(?!编)"),
    (PhotoKind.DIPLOMA, 3, "准予毕业"),
    (PhotoKind.DEGREE, 4, "学位证书(?!编)"),
    (PhotoKind.DEGREE, 3, "授予.{0,6}(?:学士|硕士|博士)"),
    (PhotoKind.QUALIFICATION, 4, "医师资格证书(?!编)"),
    (PhotoKind.QUALIFICATION, 3, "医师资格考试合格|具备执业医师资格"),
    (PhotoKind.LICENCE, 4, "医师执业证书(?!编)"),
    (PhotoKind.LICENCE, 3, "准予注册|执业范围"),
    (PhotoKind.SCORE_SHEET, 4, "成绩单"),
    (PhotoKind.SCORE_SHEET, 2, "准考证号"),
    (PhotoKind.CONSENT, 4, "同意证明"),
    (PhotoKind.CONSENT, 3, "兹同意|同意我单位"),
)
_KIND_SIGNS: Final = tuple((kind, weight, re.compile(pattern)) for kind, weight, pattern in _SIGNS)
_ENOUGH: Final = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read for certain; `seen` is the kind that the words tell, None when they don't.

    `number` is the person's on a card, the paper's own on a certificate. `valid_to` is date.max for 长期. `start` and
    `end` of a course are known to the month and stand on its first day. `text` is the whole page without white space.
    """

    seen: PhotoKind | None
    name: str | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)
    ethnic_group: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    office: str | None = field(default=None, repr=False)
    valid_from: date | None = None
    valid_to: date | None = None
    school: str | None = None
    major: str | None = None
    category: str | None = None
    start: date | None = None
    end: date | None = None
    issued: date | None = None
    text: str = field(default="", repr=False)


def kind_of(lines: Iterable[Line]) -> PhotoKind | None:
    """Which paper the key words tell; None when they tell none, or two alike."""
    text = plain("".join(rows(lines))).translate(_TRADITIONAL)
    points: dict[PhotoKind, int] = {}
    for kind, weight, pattern in _KIND_SIGNS:
        if pattern.search(text):
            points[kind] = points.get(kind, 0) + weight
    best = sorted(points, key=lambda kind: -points[kind])
    if not best or points[best[0]] < _ENOUGH or (len(best) > 1 and points[best[0]] == points[best[1]]):
        return None
    return best[0]


def read(kind: PhotoKind, lines: Sequence[Line], *, today: date) -> Reading:
    """What a picture in the place for `kind` says; read as what its own words tell where they tell it."""
    seen = kind_of(lines)
    reader = _READERS.get(seen or kind)
    return reader(seen, lines, today) if reader else Reading(seen, text=_page(lines))


def resident_number(text: str, *, today: date) -> str | None:
    """The one 18-digit number with a right check digit, with O, I, l and B put right inside the digits; else None."""
    found = set()
    for match in _NUMBER_RUN.finditer(text):
        candidate = digits(match[1]).upper().replace("×", "X")
        if any(check_number(k, candidate, today=today).valid for k in (DocumentKind.RESIDENT, DocumentKind.RESIDENCE)):
            found.add(candidate)
    return found.pop() if len(found) == 1 else None


def _page(lines: Iterable[Line]) -> str:
    return plain("".join(rows(lines)))


def _read_front(seen: PhotoKind | None, lines: Sequence[Line], today: date) -> Reading:
    page = rows(lines)
    squeezed = [plain(row) for row in page]
    birth = _birth_of(squeezed)
    number = _number_of_card(lines, birth, today)
    sex = _first(re.compile("性别([男女])"), squeezed)
    return Reading(
        seen,
        name=_name_of_card(squeezed),
        sex=sex,
        ethnic_group=_first(re.compile(f"民族([{_HAN}]{{1,6}})"), squeezed),
        birth_date=birth,
        address=_address_of(lines),
        number=number,
        text="".join(squeezed),
    )


def _number_of_card(lines: Sequence[Line], birth: date | None, today: date) -> str | None:
    """Single lines first, then rows: a number that the engine cut in two stands in one row."""
    for text in (" ".join(plain(line.text) for line in lines), " ".join(plain(row) for row in rows(lines))):
        number = resident_number(re.sub("公民身份(?:证)?号码[: ]?", " ", text), today=today)
        if number is not None:
            return number if birth is None or f"{birth:%Y%m%d}" == number[6:14] else None
    return None


def _name_of_card(page: Sequence[str]) -> str | None:
    for row in page:
        _, label, rest = row.partition("姓名")
        if label:
            name = clean_person_name(rest.lstrip(":"))
            return name if check_person_name(name) is None else None
    return None


def _birth_of(page: Sequence[str]) -> date | None:
    for row in page:
        match = _BIRTH.search(row) if "出生" in row or row.startswith("出") else None
        if match:
            return real_date(int(match[1]), int(match[2]), int(match[3]))
    return None


def _address_of(lines: Sequence[Line]) -> str | None:
    """What stands right of and below 住址 until the number, inside the column that the portrait leaves free."""
    label = next((line for line in lines if plain(line.text).startswith("住址")), None)
    end = next((line for line in lines if "公民身份" in line.text), None)
    if label is None or end is None:
        return None
    edge = label.box[0] + (end.box[2] - end.box[0]) * 3.2
    column = [
        line
        for line in lines
        if line is not label
        and label.middle - label.height < line.middle < end.box[1]
        and label.box[0] < line.box[0] < edge
    ]
    parts = rows(column)
    text = plain(label.text)[2:].lstrip(":") + "".join(plain(part) for part in parts)
    return text if len(text) >= 5 else None


def _read_back(seen: PhotoKind | None, lines: Sequence[Line], _today: date) -> Reading:
    page = [plain(row) for row in rows(lines)]
    text = "".join(page)
    match = next((m for row in page if (m := _VALIDITY.search(digits(row)))), None)
    start = real_date(int(match[1]), int(match[2]), int(match[3])) if match else None
    end = None
    if match:
        end = date.max if match[7] else real_date(int(match[4]), int(match[5]), int(match[6]))
    office = _first(re.compile(f"签发机关[: ]?([{_HAN}]{{3,30}})"), page)
    return Reading(seen, office=office, valid_from=start, valid_to=end, text=text)


def _read_certificate(seen: PhotoKind | None, lines: Sequence[Line], _today: date) -> Reading:
    sure = [line for line in lines if line.confidence >= SURE_FROM]
    spaced = rows(sure)
    page = [plain(row) for row in spaced]
    text = "".join(page)
    number = _first(_CERTIFICATE_NUMBER, spaced)
    period = _PERIOD.search(text)
    dates = dates_in("\n".join(spaced)) or dates_in(text)
    return Reading(
        seen,
        name=_holder_of(text, page),
        number=number_of(number) if number and sum(c.isdigit() for c in number) >= 4 else None,
        school=_school_of(sure, text),
        major=_first(_MAJOR, [text]),
        category=_first(_CATEGORY, [text]),
        start=real_date(int(period[1]), int(period[2]), 1) if period else None,
        end=real_date(int(period[3]), int(period[4]), 1) if period else None,
        issued=dates[-1] if dates else None,
        text=text,
    )


def _holder_of(text: str, page: Sequence[str]) -> str | None:
    for pattern in _HOLDER:
        found = _first(pattern, [*page, text])
        if found is not None:
            name = clean_person_name(found)
            return name if check_person_name(name) is None else None
    return None


def _school_of(lines: Iterable[Line], text: str) -> str | None:
    """The signature line; where the seal hides its first signs, the running text has the whole name."""
    alone = [plain(line.text) for line in lines if _SCHOOL_ALONE.fullmatch(plain(line.text))]
    within = [match[1] for match in _SCHOOL_WITHIN.finditer(text)]
    if not alone:
        return within[0] if within else None
    return next((name for name in within if name.endswith(alone[-1])), alone[-1])


def _first(pattern: re.Pattern[str], page: Iterable[str]) -> str | None:
    return next((match[1] for row in page if (match := pattern.search(row))), None)


_READERS: Final = MappingProxyType(
    {PhotoKind.ID_FRONT: _read_front, PhotoKind.ID_BACK: _read_back}
    | dict.fromkeys(
        (PhotoKind.DIPLOMA, PhotoKind.DEGREE, PhotoKind.QUALIFICATION, PhotoKind.LICENCE, PhotoKind.SCORE_SHEET),
        _read_certificate,
    )
)
