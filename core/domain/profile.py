"""The profile as paths: what it is called, what changed, what it lacks (domain.md §5, M12–M20).

The content is a plain JSON document of four sections; `education` is a list of rows with stable ids (`e1`, `e2`, …).
A path names one value: `basic.address`, `education.e1.school`, `documents.portrait`. Rows keep their id for life, so a
reviewer's flag and a difference mean the same row in every revision. Scans lie beside the fields that they prove.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from typing import Any

from core.domain.photos import PhotoKind
from core.domain.profile_fields import EDUCATION, FIELDS, SECTION_LABELS, SEXES, Field, Word, in_words

Content = Mapping[str, Any]
Values = Mapping[str, Any]

SECTIONS = ("basic", "education", "practice", "documents")
MAX_ROWS = 10
"""More education rows than anybody has."""


@dataclass(frozen=True, slots=True)
class Person:
    """What the account already knows; sex (男 / 女) and birth date only from an 18-digit number (domain.md §4)."""

    number_kind: str
    number: str = attribute(repr=False)
    sex: str | None = attribute(default=None, repr=False)
    birth_date: date | None = attribute(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; None where it is absent."""

    field: str
    before: Any = attribute(repr=False)
    after: Any = attribute(repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the profile lacks before a choice is possible (M20): where, and what to do about it."""

    section: str
    field: str
    sentence: str


class Dictionaries:
    """The reference words that the rules look at: (kind, code) → Word."""

    def __init__(self, entries: Mapping[tuple[str, str], Word]) -> None:
        self._entries = entries

    def find(self, kind: str, code: str) -> Word | None:
        """The word of a code, None when there is none."""
        return self._entries.get((kind, code))

    def code_of(self, kind: str, *names: str) -> str | None:
        """The code of the word with one of these names, None when there is none."""
        return next((c for (k, c), word in self._entries.items() if k == kind and word.name in names), None)

    def name(self, kind: str, code: str) -> str:
        """Its name, the code itself when it is unknown."""
        word = self.find(kind, code)
        return word.name if word else code

    def parent(self, kind: str, code: str) -> str | None:
        """The class of a major, the province or city of a division."""
        word = self.find(kind, code)
        return word.parent if word else None


def empty_content() -> dict[str, Any]:
    """A profile in which nothing was filled in yet."""
    return {"basic": {}, "education": [], "practice": {}, "documents": {}}


def flatten(content: Content) -> dict[str, Any]:
    """Every value by its path; absent and empty values have none."""
    found: dict[str, Any] = {}
    for section in ("basic", "practice", "documents"):
        _gather(found, section, content.get(section) or {})
    for row in content.get("education") or ():
        _gather(found, f"education.{row['id']}", {k: v for k, v in row.items() if k != "id"})
    return found


def difference(before: Content, after: Content) -> list[Change]:
    """What differs, in the order of the profile (M26: the reviewer sees before and after)."""
    old, new = flatten(before), flatten(after)
    paths = list(dict.fromkeys([*new, *old]))
    return [Change(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)]


def label(field: str, content: Content | None = None) -> str:
    """A path in Chinese: 基本资料 · 通讯地址, 学历信息（第1条）· 毕业院校.

    With `content` the row is numbered by its place there, otherwise by the number in its id.
    """
    if field == "choice":
        return "志愿填报"
    section, *rest = field.split(".")
    head = SECTION_LABELS.get(section, section)
    if section == EDUCATION and rest:
        head += f"（第{_row_number(rest[0], content)}条）"
        rest = rest[1:]
    found = field_of(field)
    tail = found.label if found else "".join(rest[:1])
    return f"{head} · {tail}" if tail else head


def field_of(path: str) -> Field | None:
    """The catalogue's entry of a path, None for a whole section, a whole row or an unknown word."""
    section, *rest = path.split(".")
    if section == EDUCATION:
        rest = rest[1:]
    return FIELDS.get(section, {}).get(rest[0]) if len(rest) == 1 else None


def shown(field: str, value: Any, words: Dictionaries) -> str:
    """A value as people read it: the name of a code, 是 / 否, a date in Chinese; a dash for none."""
    if value in (None, ""):
        return "—"
    found = field_of(field)
    if found is None or not isinstance(value, str):
        return str(value)
    if found.kind == "division":
        return division_name(value, words)
    if found.dictionary and found.dictionary not in ("", "own"):
        special = in_words(found, value)
        return special if special != value else words.name(found.dictionary, value)
    return in_words(found, value)


def division_name(code: str, words: Dictionaries) -> str:
    """福建省福州市鼓楼区."""
    names: list[str] = []
    at: str | None = code
    while at and len(names) < 3:
        names.insert(0, words.name("division", at))
        at = words.parent("division", at)
    return "".join(names)


def rows(content: Content) -> Sequence[Mapping[str, Any]]:
    """The education rows."""
    return content.get("education") or ()


def completed(row: Mapping[str, Any], today: date) -> bool:
    """M16: 已毕业 with an end that has come."""
    end = as_date(row.get("end"))
    return row.get("status") == "COMPLETED" and end is not None and end <= today


def as_date(value: Any) -> date | None:
    """The date of an ISO string, None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Slot:
    """One place for one scan, as this profile needs it."""

    path: str
    kind: PhotoKind
    label: str
    hint: str
    document_id: str | None


def slots(content: Content) -> list[Slot]:
    """The scans that this profile asks for, in the order of the cards on the page (M19)."""
    found = [_slot("documents", item, content.get("documents") or {}, "") for item in _scans("documents", content)]
    for row in rows(content):
        values = dict(row)
        found += [
            _slot(f"education.{row['id']}", item, values, f"（第{_row_number(row['id'], content)}条学历）")
            for item in _scans(EDUCATION, content, values)
        ]
    found += [_slot("practice", item, content.get("practice") or {}, "") for item in _scans("practice", content)]
    return found


def scan_fields(section: str) -> list[Field]:
    """The fields of a section that hold document ids."""
    return [item for item in FIELDS[section].values() if item.kind == "document"]


def missing(content: Content, *, person: Person, today: date) -> list[Missing]:
    """Everything that stands between this profile and a choice (M14–M17, M20), in the order of the page."""
    basic = _identified(content.get("basic") or {}, person)
    found = _missing_in("basic", "basic", basic, basic)
    found += _missing_education(content, today)
    practice = content.get("practice") or {}
    found += _missing_in("practice", "practice", practice, practice)
    documents = dict(content.get("documents") or {})
    found += _missing_in("documents", "documents", documents, documents | _borrowed(content))
    return found


def progress(content: Content, found: Sequence[Missing], person: Person) -> tuple[int, int]:
    """How many of the required things are there, and how many there are."""
    parts = [("basic", _identified(content.get("basic") or {}, person)), ("practice", content.get("practice") or {})]
    parts += [(EDUCATION, dict(row)) for row in rows(content)]
    documents = dict(content.get("documents") or {}) | _borrowed(content)
    there = sum(
        1
        for section, known in [*parts, ("documents", documents)]
        for item in FIELDS[section].values()
        if item.needed(known) and known.get(item.name)
    )
    return there, there + len(found)


def allows(flags: Iterable[str], path: str) -> bool:
    """Whether one of the reviewer's flags opens `path`: itself, anything below it, or what hangs on its answer (M26)."""
    return any(path == way or path.startswith(way + ".") for flag in flags for way in (flag, *opened_with(flag)))


def opened_with(flag: str) -> frozenset[str]:
    """Paths that a flag opens beside its own: what a corrected answer makes necessary or obsolete (T5).

    Without them a corrected 人员类型 could never be completed with its unit and consent.
    """
    stem, _, last = flag.rpartition(".")
    section = flag.split(".", maxsplit=1)[0]
    names = _FOLLOWERS.get((section, last), ())
    return frozenset(name if "." in name else f"{stem}.{name}" for name in names)


_GRADUATION = ("end", "diploma_number", "diploma", "degree", "degree_type", "degree_number", "degree_scan")
_FOLLOWERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("basic", "person_type"): ("unit", "primary_care", "directed", "graduate_kind", "documents.consent"),
    ("basic", "graduate_kind"): ("directed",),
    ("basic", "unit"): ("primary_care", "documents.consent"),
    ("basic", "cet_level"): ("cet_score",),
    ("education", "school"): ("school_other",),
    ("education", "major"): ("major_other",),
    ("education", "level"): ("degree", "degree_type", "degree_number", "degree_scan"),
    ("education", "degree"): ("degree_type", "degree_number", "degree_scan"),
    ("education", "status"): _GRADUATION,
    ("education", "end"): ("status", *_GRADUATION),
    **{("practice", name): tuple(FIELDS["practice"]) for name in ("qualified", "licensed", "pending")},
}


def _gather(found: dict[str, Any], stem: str, values: Values) -> None:
    # Stored JSON comes back in the order of its keys; people read the order of the catalogue.
    known = [name for name in FIELDS[stem.split(".", maxsplit=1)[0]] if name in values]
    names = dict.fromkeys([*known, *values])
    found.update({f"{stem}.{name}": values[name] for name in names if values[name] not in (None, "")})


def _row_number(row_id: str, content: Content | None) -> str:
    ids = [row["id"] for row in rows(content)] if content else []
    return str(ids.index(row_id) + 1) if row_id in ids else row_id.removeprefix("e")


def _borrowed(content: Content) -> dict[str, Any]:
    return {"person_type": (content.get("basic") or {}).get("person_type")}


def _scans(section: str, content: Content, values: Values | None = None) -> list[Field]:
    known = dict(values if values is not None else content.get(section) or {}) | _borrowed(content)
    return [item for item in scan_fields(section) if item.relevant(known)]


def _slot(stem: str, item: Field, values: Values, suffix: str) -> Slot:
    kind = item.photo or PhotoKind.PORTRAIT
    return Slot(f"{stem}.{item.name}", kind, item.label + suffix, item.hint, values.get(item.name))


def _identified(basic: Values, person: Person) -> dict[str, Any]:
    known = {"sex": person.sex, "birth_date": person.birth_date.isoformat() if person.birth_date else None}
    return dict(basic) | {name: value for name, value in known.items() if value}


def _missing_in(section: str, stem: str, values: Values, known: Values, suffix: str = "") -> list[Missing]:
    return [
        Missing(section, f"{stem}.{item.name}", item.please(suffix))
        for item in FIELDS[section].values()
        if item.needed(known) and not values.get(item.name)
    ]


def _missing_education(content: Content, today: date) -> list[Missing]:
    if not rows(content):
        return [Missing(EDUCATION, EDUCATION, "请至少填写一条已毕业的学历。")]
    found = []
    for row in rows(content):
        suffix = f"（第{_row_number(row['id'], content)}条学历）"
        found += _missing_in(EDUCATION, f"education.{row['id']}", row, row, suffix)
    if not any(completed(row, today) for row in rows(content)):
        found.append(Missing(EDUCATION, EDUCATION, "学历信息中须至少有一条“已毕业”且毕业日期已到的学历。"))
    return found


__all__ = [
    "MAX_ROWS",
    "SECTIONS",
    "SECTION_LABELS",
    "SEXES",
    "Change",
    "Content",
    "Dictionaries",
    "Missing",
    "Person",
    "Slot",
    "Word",
    "allows",
    "as_date",
    "completed",
    "difference",
    "division_name",
    "empty_content",
    "field_of",
    "flatten",
    "label",
    "missing",
    "opened_with",
    "progress",
    "rows",
    "scan_fields",
    "shown",
    "slots",
]
