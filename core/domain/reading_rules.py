"""What a reading means beside the profile: where the two differ, and what could be filled in (domain.md §6, M18).

A difference warns and goes to the reviewer, it never refuses; a suggestion is only for an empty field and only taken by
its owner. No sentence holds a whole number of a person or paper.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from core.domain.identity import DocumentKind, mask_number, normalize_number
from core.domain.lines import plain
from core.domain.photos import PHOTO_LABELS, PhotoKind
from core.domain.profile import Content, Dictionaries, Person, rows, shown
from core.domain.profile_check import check_field
from core.domain.profile_fields import EDUCATION, FIELDS, OTHER, in_words
from core.domain.reading import Reading
from core.domain.reasons import ReturnReason
from core.domain.text import clean_person_name

_CARDS: Final = frozenset({PhotoKind.ID_FRONT, PhotoKind.ID_BACK})
_CARD_HOLDERS: Final = frozenset({DocumentKind.RESIDENT.value, DocumentKind.RESIDENCE.value})
NUMBER_FIELD: Final = MappingProxyType(
    {
        PhotoKind.DIPLOMA: "diploma_number",
        PhotoKind.DEGREE: "degree_number",
        PhotoKind.QUALIFICATION: "qualification_number",
        PhotoKind.LICENCE: "licence_number",
    }
)
"""Which field of the same section or row holds the number printed on a certificate."""
_SCHOOLED: Final = frozenset({PhotoKind.DIPLOMA, PhotoKind.DEGREE})
_DECIDES: Final = "如果核对无误，可以保持不变，由审核员人工判断。"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference between a picture and what was given: the reason it may be returned for, the field, two sentences."""

    code: ReturnReason
    path: str
    applicant: str = field(repr=False)
    reviewer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A value for an empty field; `value` as it is stored, `shown` as people read it."""

    path: str
    label: str
    value: str = field(repr=False)
    shown: str = field(repr=False)


def same_name(one: str, other: str) -> bool:
    """Whether two names are one person's: any other sign is another name; spaces, dots and width don't count."""
    return _bare(one) == _bare(other)


def compare(
    reading: Reading,
    content: Content,
    *,
    path: str,
    kind: PhotoKind,
    name: str,
    person: Person,
    words: Dictionaries,
    today: date,
) -> tuple[Mismatch, ...]:
    """Every difference between the picture at `path`, meant to be a `kind`, and the profile with the registered person.

    What was not read is no difference. `today` is the date in Asia/Shanghai.
    """
    if wrong := _wrong_side(reading, path, kind, person):
        return (wrong,)
    if kind is PhotoKind.ID_BACK:
        found = [_expired(reading, path, today)]
    elif kind is PhotoKind.ID_FRONT:
        card = person.number_kind in _CARD_HOLDERS
        found = [_other_name(reading, path, kind, name, person), _other_person(reading, path, person)] if card else []
    else:
        values = _values(content, path)
        found = [
            _other_name(reading, path, kind, name),
            _other_number(reading, path, kind, values),
            *_other_school(reading, path, kind, values, words),
        ]
    return tuple(each for each in found if each is not None)


def suggestions(
    reading: Reading, content: Content, *, path: str, kind: PhotoKind, name: str, words: Dictionaries
) -> tuple[Suggestion, ...]:
    """What the picture at `path` could fill in: empty fields that are asked for, with values that could be saved.

    Nothing from a picture of another kind, and nothing from a paper made out to somebody else.
    """
    if reading.seen not in (None, kind) or (reading.name is not None and not same_name(reading.name, name)):
        return ()
    section = "basic" if kind is PhotoKind.ID_FRONT else path.split(".", maxsplit=1)[0]
    stem = "basic" if section == "basic" else path.rpartition(".")[0]
    known = dict(content.get("basic") or {}) if section == "basic" else _values(content, path)
    found = []
    for field_name, value in _offers(reading, kind, known, words).items():
        item = FIELDS[section][field_name]
        if known.get(field_name) or not value or not item.relevant(known):
            continue
        if check_field(item, known | {field_name: value}, words=words) is None:
            where = f"{stem}.{field_name}"
            found.append(Suggestion(where, item.label, value, shown(where, value, words)))
    return tuple(found)


def read_out(reading: Reading) -> tuple[tuple[str, str], ...]:
    """What was read as label and words, the numbers masked; for the line 从照片读出."""
    ends = reading.valid_to
    validity = None if ends is None else "长期" if ends == date.max else in_words(_ANY_DATE, ends.isoformat())
    number_label = "证件号" if reading.seen is PhotoKind.ID_FRONT else "编号"
    found = (
        ("姓名", reading.name),
        (number_label, mask_number(reading.number) if reading.number else None),
        ("签发机关", reading.office),
        ("有效期至", validity),
        ("院校", reading.school),
        ("专业", reading.major),
        ("签发日期", in_words(_ANY_DATE, reading.issued.isoformat()) if reading.issued else None),
    )
    return tuple((label, text) for label, text in found if text)


_ANY_DATE: Final = FIELDS["practice"]["qualification_date"]


def _offers(reading: Reading, kind: PhotoKind, known: Mapping[str, Any], words: Dictionaries) -> dict[str, str | None]:
    if kind is PhotoKind.ID_FRONT:
        group = reading.ethnic_group
        code = words.code_of("ethnic_group", group, group + "族") if group else None
        return {"ethnic_group": code, "address": reading.address}
    number = {NUMBER_FIELD[kind]: reading.number} if kind in NUMBER_FIELD else {}
    issued = reading.issued.isoformat() if reading.issued else None
    if kind in _SCHOOLED:
        school, major = reading.school, reading.major
        offered = number | {
            "school": words.code_of("university", school) if school else None,
            "school_other": school if known.get("school") == OTHER else None,
            "major": words.code_of("major", major) if major else None,
            "major_other": major if known.get("major") == OTHER else None,
        }
        if kind is PhotoKind.DIPLOMA:
            offered["start"] = reading.start.isoformat() if reading.start else None
            offered["end"] = _graduation(reading)
        return offered
    if kind is PhotoKind.QUALIFICATION:
        category = words.code_of("licence_category", reading.category) if reading.category else None
        return number | {"qualification_date": issued, "category": category}
    return number


def _graduation(reading: Reading) -> str | None:
    """The day of issue where it lies in the month of graduation; the month alone names no day."""
    issued, end = reading.issued, reading.end
    together = issued is not None and end is not None and (issued.year, issued.month) == (end.year, end.month)
    return issued.isoformat() if issued is not None and together else None


def _wrong_side(reading: Reading, path: str, kind: PhotoKind, person: Person) -> Mismatch | None:
    seen = reading.seen
    if seen is None or seen is kind or (kind in _CARDS and person.number_kind not in _CARD_HOLDERS):
        return None
    is_, should = PHOTO_LABELS[seen], PHOTO_LABELS[kind]
    code = ReturnReason.ID_SIDE if kind in _CARDS else ReturnReason.OTHER
    applicant = f"这张照片看起来是{is_}，这里需要的是{should}。照片已保存；请换成{should}。{_DECIDES}"
    return Mismatch(code, path, applicant, f"照片看起来是{is_}，应为{should}，请核对。")


def _other_name(
    reading: Reading, path: str, kind: PhotoKind, name: str, person: Person | None = None
) -> Mismatch | None:
    if reading.name is None or same_name(reading.name, name):
        return None
    paper = PHOTO_LABELS[kind]
    applicant = (
        f"{paper}上的姓名读作“{reading.name}”，与注册的姓名“{name}”不一致。照片已保存；"
        f"请核对照片是否拿错、是否清晰，姓名确有变更的请备好证明。{_DECIDES}"
    )
    agrees = person is not None and reading.number == normalize_number(person.number)
    also = "（号码与注册的一致，可能只是识别有误）" if agrees else ""
    reviewer = f"{paper}上的姓名读作“{reading.name}”，与注册的姓名不一致{also}，请对照原图核对。"
    return Mismatch(ReturnReason.ID_MISMATCH, path, applicant, reviewer)


def _other_person(reading: Reading, path: str, person: Person) -> Mismatch | None:
    if reading.number is None or reading.number == normalize_number(person.number):
        return None
    read, own = mask_number(reading.number), mask_number(person.number)
    applicant = (
        f"身份证上的号码读作 {read}，与注册的证件号 {own} 不一致。照片已保存；请换成本人的身份证照片，"
        f"注册时填错号码的请联系管理员更正。{_DECIDES}"
    )
    reviewer = f"身份证上的号码读作 {read}，与注册的证件号不一致，请对照原图逐位核对。"
    return Mismatch(ReturnReason.ID_MISMATCH, path, applicant, reviewer)


def _expired(reading: Reading, path: str, today: date) -> Mismatch | None:
    if reading.valid_to is None or reading.valid_to >= today:
        return None
    day = in_words(_ANY_DATE, reading.valid_to.isoformat())
    applicant = f"身份证的有效期读作 {day} 止，已经过期。照片已保存；请换成有效的身份证照片。{_DECIDES}"
    return Mismatch(ReturnReason.OTHER, path, applicant, f"身份证的有效期读作 {day} 止，可能已过期，请核对。")


def _other_number(reading: Reading, path: str, kind: PhotoKind, values: Mapping[str, Any]) -> Mismatch | None:
    given = values.get(NUMBER_FIELD.get(kind, ""))
    if not reading.number or not isinstance(given, str) or not given or _core(given) == _core(reading.number):
        return None
    paper, read, own = PHOTO_LABELS[kind], mask_number(reading.number), mask_number(given)
    where = f"{path.rpartition('.')[0]}.{NUMBER_FIELD[kind]}"
    applicant = f"{paper}上的编号读作 {read}，与填写的 {own} 不一致。照片已保存；请对照证书逐位核对后修改。{_DECIDES}"
    reviewer = f"{paper}上的编号读作 {read}，与填写的不一致，请对照原图逐位核对。"
    return Mismatch(ReturnReason.CERT_NO, where, applicant, reviewer)


def _other_school(
    reading: Reading, path: str, kind: PhotoKind, values: Mapping[str, Any], words: Dictionaries
) -> Sequence[Mismatch]:
    if kind not in _SCHOOLED:
        return ()
    found = []
    for name, dictionary, read in (("school", "university", reading.school), ("major", "major", reading.major)):
        code = values.get(name)
        given = values.get(f"{name}_other") if code == OTHER else words.name(dictionary, code) if code else None
        if not read or not isinstance(given, str) or not given or plain(given) in reading.text:
            continue
        if name == "school" and plain(given).endswith(read):
            continue  # a seal over the first signs is no other school
        label = FIELDS[EDUCATION][name].label
        applicant = (
            f"{PHOTO_LABELS[kind]}上的{label}读作“{read}”，与填写的“{given}”不一致。照片已保存；"
            f"请核对后修改，更名或合并的院校按证书上的名称填写。{_DECIDES}"
        )
        reviewer = f"{PHOTO_LABELS[kind]}上的{label}读作“{read}”，填写的是“{given}”，请核对。"
        where = f"{path.rpartition('.')[0]}.{name}"
        found.append(Mismatch(ReturnReason.EDU_SCHOOL, where, applicant, reviewer))
    return found


def _values(content: Content, path: str) -> dict[str, Any]:
    """The section, or the education row, that a slot belongs to."""
    section, *rest = path.split(".")
    if section == EDUCATION:
        return next((dict(row) for row in rows(content) if row["id"] == rest[0]), {})
    return dict(content.get(section) or {})


def _bare(name: str) -> str:
    return re.sub("[ ·.•‧∙⋅・･'’-]", "", plain(clean_person_name(name))).casefold()


def _core(number: str) -> str:
    """A certificate's number without the decoration that some print and others don't: 第…号, No., brackets, hyphens."""
    return re.sub(r"^NO\.?|[^0-9A-Z]", "", plain(number).upper())
