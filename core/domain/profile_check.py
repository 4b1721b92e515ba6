"""From what somebody typed to what may be stored: one clear sentence for each field at fault (M14–M17).

`clean_section` drops what no longer applies and tidies texts; `check_section` judges. Neither raises on any input. Scans
are not judged here: they are stored the moment they are uploaded and only counted by `profile.missing`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from core.domain.profile import MAX_ROWS, Dictionaries, Person, Values, as_date
from core.domain.profile_fields import EDUCATION, FIELDS, OTHER, SEXES, STATUSES, YES_NO, Field
from core.domain.text import check_email, check_person_name, check_postcode, check_text, clean_person_name, clean_text

EARLIEST_BIRTH = date(1930, 1, 1)
YOUNGEST_YEARS = 16
LONGEST_STUDY_YEARS = 12
FURTHEST_GRADUATION_YEARS = 8
BEST_SCORE = {"CET4": 710, "CET6": 710, "TEM4": 100, "TEM8": 100}
"""CET counts to 710 since 2005, before to 100; TEM to 100."""

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")
_ROW_ID = re.compile(r"e[1-9][0-9]{0,5}")
_NUMBER = re.compile(r"[0-9A-Za-z()（）第号字-]+")
_PHONE = re.compile(r"\+?[0-9]{3,5}(?:-?[0-9]){4,12}")


def clean_section(section: str, values: Values, *, person: Person) -> Any:
    """The section as it would be stored: known fields only, tidied, without empty and no longer relevant ones.

    Sex and birth date are the number's own where it tells them (R11). `education` takes {"rows": […]} and gives a list.
    """
    if section == EDUCATION:
        return [{"id": str(row.get("id"))} | _clean(EDUCATION, row) for row in _rows_of(values)]
    cleaned = _clean(section, values)
    if section == "basic":
        if person.sex is not None:
            cleaned["sex"] = person.sex
        if person.birth_date is not None:
            cleaned["birth_date"] = person.birth_date.isoformat()
    return cleaned


def read_date(typed: str) -> str:
    """A date as people type it (2020-6-20, 2020/06/20, 2020.6.20, 20200620, 2020年6月20日) in ISO; else as typed."""
    text = "".join(unicodedata.normalize("NFKC", typed).split()) if len(typed) <= 40 else ""
    match = _DATE.fullmatch(text)
    if match is None:
        return typed
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return typed


def check_section(section: str, values: Values, *, person: Person, today: date, words: Dictionaries) -> dict[str, str]:
    """Sentence by path (`basic.email`, `education.e1.end`) for every fault of a section as typed; empty when it holds.

    `today` is the date in Asia/Shanghai. A section that the profile does not have raises KeyError.
    """
    if section == EDUCATION:
        return _check_rows(_rows_of(values), person=person, today=today, words=words)
    known = dict(values) | clean_section(section, values, person=person)
    faults = {}
    for item in FIELDS[section].values():
        sentence = check_field(item, known, words=words)
        if sentence:
            faults[f"{section}.{item.name}"] = sentence
    found = _BETWEEN[section](known, person, today) if section in _BETWEEN else {}
    return {f"{section}.{name}": text for name, text in found.items()} | faults


def check_field(item: Field, known: Values, *, words: Dictionaries) -> str | None:
    """What is wrong with one field by itself; `known` are all values of its section or row."""
    if item.kind == "document" or not item.relevant(known):
        return None
    value = known.get(item.name)
    if value in (None, ""):
        return item.please() if item.required else None
    if not isinstance(value, str):
        return f"{item.label}的内容无法识别，请重新填写。"
    if item.kind == "text":
        return _check_typed(item, value, known)
    if item.kind == "date":
        return None if as_date(read_date(value)) else f"{item.label}不是真实的日期，请按 2020-06-20 的样式填写。"
    return _check_code(item, value, words)


def _rows_of(values: Values) -> list[Mapping[str, Any]]:
    found = values.get("rows")
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _clean(section: str, values: Values) -> dict[str, Any]:
    fields = FIELDS[section].values()
    typed = {item.name: _tidy(item, values.get(item.name)) for item in fields if item.kind != "document"}
    # Twice, since dropping one field (`licensed`) may make another (`licence_number`) pointless.
    for _ in range(2):
        typed = {item.name: typed.get(item.name) for item in fields if item.relevant(typed)}
    return {name: value for name, value in typed.items() if value not in (None, "")}


def _tidy(item: Field, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if item.kind == "date":
        return read_date(value)
    if item.style == "name":
        return clean_person_name(value)
    if item.style == "phone":
        return "".join(unicodedata.normalize("NFKC", value).split())
    return clean_text(value).upper() if item.style == "number" else clean_text(value)


def _check_typed(item: Field, value: str, known: Values) -> str | None:
    if item.style == "email":
        return check_email(value, required=item.required)
    if item.style == "postcode":
        return check_postcode(value, required=item.required)
    if item.style == "name":
        problem = check_person_name(value)
        return problem.replace("姓名", item.label, 1) if problem else None
    if item.style == "phone":
        return _check_contact_phone(item, value)
    problem = check_text(
        value,
        label=item.label,
        required=item.required,
        max_length=item.max_length,
        min_length=item.min_length,
        plain=True,
    )
    if problem is None and item.style == "number":
        problem = _check_number(item, value)
    if problem is None and item.style == "score":
        problem = _check_score(item, value, str(known.get("cet_level")))
    if problem is None and item.style == "plain" and not any(c.isalpha() for c in value):
        problem = f"{item.label}里没有文字，请按证书或实际情况填写。"
    return problem


def _check_number(item: Field, value: str) -> str | None:
    text = clean_text(value)
    if not _NUMBER.fullmatch(text):
        return f"{item.label}只能用半角数字、字母和短横线，请对照证书填写。"
    return None if any(c.isdigit() for c in text) else f"{item.label}里没有数字，请对照证书填写。"


def _check_score(item: Field, value: str, level: str) -> str | None:
    text = clean_text(value)
    best = BEST_SCORE.get(level, 990)
    if re.fullmatch(r"[0-9]{1,3}", text) and 1 <= int(text) <= best:
        return None
    return f"{item.label}应为 1 至 {best} 的半角整数。"


def _check_contact_phone(item: Field, value: str) -> str | None:
    text = "".join(unicodedata.normalize("NFKC", value).split()) if len(value) <= 64 else "x"
    if _PHONE.fullmatch(text):
        return None
    return f"{item.label}应为手机号，或带区号的座机如 0591-87654321，请核对。"


def _check_code(item: Field, value: str, words: Dictionaries) -> str | None:
    again = f"{item.label}不在可选范围内，请重新选择。"
    if item.kind == "yes_no":
        return None if value in YES_NO else again
    if item.name == "sex":
        return None if value in SEXES else again
    if item.name == "status":
        return None if value in STATUSES else again
    if value == OTHER and item.dictionary in ("university", "major"):
        return None
    word = words.find(item.dictionary, value)
    if word is None:
        return again
    return None if word.leaf else f"{item.label}请一直选到县（市、区）。"


def _check_birth(known: Values, person: Person, today: date) -> dict[str, str]:
    birth = as_date(known.get("birth_date"))
    if birth is None or person.birth_date is not None:
        return {}
    if not EARLIEST_BIRTH <= birth <= today:
        return {"birth_date": f"出生日期应在 {EARLIEST_BIRTH.year} 年至今天之间，请重新选择。"}
    if _years_between(birth, today) < YOUNGEST_YEARS:
        return {"birth_date": f"按这个出生日期还不满 {YOUNGEST_YEARS} 周岁，请核对。"}
    return {}


def _check_practice(known: Values, person: Person, today: date) -> dict[str, str]:
    on = as_date(known.get("qualification_date"))
    if on is None or known.get("qualified") != "yes":
        return {}
    if on > today:
        return {"qualification_date": "取得日期不能晚于今天，请对照证书核对。"}
    earliest = max(date(1985, 1, 1), person.birth_date or date(1985, 1, 1))
    return {} if on >= earliest else {"qualification_date": f"取得日期不能早于 {earliest.year} 年，请对照证书核对。"}


_BETWEEN: dict[str, Callable[[Values, Person, date], dict[str, str]]] = {
    "basic": _check_birth,
    "practice": _check_practice,
}


def _check_rows(found: list[Mapping[str, Any]], *, person: Person, today: date, words: Dictionaries) -> dict[str, str]:
    if not found:
        return {EDUCATION: "请至少填写一条学历。"}
    if len(found) > MAX_ROWS:
        return {EDUCATION: f"最多填写 {MAX_ROWS} 条学历，请删掉多余的。"}
    ids = [str(row.get("id")) for row in found]
    if len(set(ids)) < len(ids) or not all(_ROW_ID.fullmatch(row_id) for row_id in ids):
        return {EDUCATION: "学历的编号有重复，请刷新页面后重新添加。"}
    faults: dict[str, str] = {}
    for raw in found:
        row = {**raw, **_clean(EDUCATION, raw)}
        stem = f"{EDUCATION}.{raw['id']}"
        between = _check_period(row, person, today)
        own = {i.name: check_field(i, row, words=words) for i in FIELDS[EDUCATION].values()}
        faults |= {f"{stem}.{name}": text for name, text in between.items()}
        faults |= {f"{stem}.{name}": text for name, text in own.items() if text}
    return faults


def _check_period(row: Values, person: Person, today: date) -> dict[str, str]:
    start, end = as_date(row.get("start")), as_date(row.get("end"))
    faults: dict[str, str] = {}
    if start is not None:
        faults |= _check_start(start, person, today)
    if end is not None:
        sentence = _check_end(start, end, str(row.get("status")), today)
        faults |= {"end": sentence} if sentence else {}
    return faults


def _check_start(start: date, person: Person, today: date) -> dict[str, str]:
    if start > today:
        return {"start": "入学日期不能晚于今天，请核对。"}
    earliest = date(1950, 1, 1)
    if person.birth_date is not None:
        earliest = date(person.birth_date.year + 10, 1, 1)
    return {} if start >= earliest else {"start": f"入学日期不能早于 {earliest.year} 年，请核对。"}


def _check_end(start: date | None, end: date, status: str, today: date) -> str | None:
    if start is not None and end <= start:
        return "毕业日期须晚于入学日期，请核对这两个日期。"
    if start is not None and _years_between(start, end) >= LONGEST_STUDY_YEARS:
        return f"入学到毕业超过 {LONGEST_STUDY_YEARS} 年，请核对这两个日期。"
    if status == "COMPLETED" and end > today:
        return "已毕业的毕业日期不能晚于今天；还没有毕业请选“在读”。"
    if status == "STUDYING" and end < today:
        return "预计毕业日期已经过去；已经毕业请选“已毕业”，延期请填写新的预计日期。"
    if end.year > today.year + FURTHEST_GRADUATION_YEARS:
        return f"毕业日期不能晚于 {today.year + FURTHEST_GRADUATION_YEARS} 年，请核对。"
    return None


def _years_between(first: date, last: date) -> int:
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))
