"""The rules of one row of reference data (基础数据): bases, specialties and the dictionaries of the profile."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.plan_rows import RowFault
from core.domain.text import check_text, clean_text


class ReferenceKind(StrEnum):
    """One importable table; the value is the name of its file in data/reference/."""

    BASES = "bases"
    SPECIALTIES = "specialties"
    UNIVERSITIES = "universities"
    MAJORS = "majors"
    ETHNIC_GROUPS = "ethnic_groups"
    DIVISIONS = "divisions"
    DICTIONARIES = "dictionaries"


REFERENCE_LABELS = {
    ReferenceKind.BASES: "培训基地",
    ReferenceKind.SPECIALTIES: "专业",
    ReferenceKind.UNIVERSITIES: "毕业院校",
    ReferenceKind.MAJORS: "毕业专业",
    ReferenceKind.ETHNIC_GROUPS: "民族",
    ReferenceKind.DIVISIONS: "行政区划",
    ReferenceKind.DICTIONARIES: "其他选项",
}

DICTIONARY_KIND = {
    ReferenceKind.UNIVERSITIES: "university",
    ReferenceKind.MAJORS: "major",
    ReferenceKind.ETHNIC_GROUPS: "ethnic_group",
    ReferenceKind.DIVISIONS: "division",
}
"""Which words of the dictionary a table holds; `dictionaries` names the kind in each row."""

FLAGS = frozenset({"assistant", "active"})
_YES, _NO = frozenset({"1", "是", "true", "yes"}), frozenset({"0", "否", "false", "no"})
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_PHONE = re.compile(r"[0-9０-９ ()（）+、/转-]*")
_KIND = re.compile(r"[a-z][a-z_]{1,39}")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the field it fills, its header on the screen (the field's name is accepted, too), its limits."""

    field: str
    header: str
    required: bool = False
    longest: int = 120
    pattern: re.Pattern[str] | None = None
    """What a value must look like, with the sentence in `looks` when it doesn't."""
    looks: str = ""


_CODE_COLUMN, _NAME_COLUMN = Column("code", "代码", True, 40), Column("name", "名称", True)
_ACTIVE = Column("active", "启用")

COLUMNS: dict[ReferenceKind, tuple[Column, ...]] = {
    ReferenceKind.BASES: (
        _CODE_COLUMN,
        _NAME_COLUMN,
        Column("short_name", "简称", True, 20),
        Column("city", "城市", True, 20),
        Column("address", "地址", longest=200),
        Column("contact_name", "联系人", longest=40),
        Column(
            "contact_phone",
            "联系电话",
            False,
            40,
            _PHONE,
            "联系电话只能写数字、空格、短横线和“转”，如 0591-00000001 转 8。",
        ),
        Column("policy_contact", "政策咨询", longest=200),
        _ACTIVE,
    ),
    ReferenceKind.SPECIALTIES: (
        _CODE_COLUMN,
        _NAME_COLUMN,
        Column("assistant", "助理全科"),
        Column("directions", "方向", longest=1_000),
        _ACTIVE,
    ),
    ReferenceKind.UNIVERSITIES: (
        _CODE_COLUMN,
        _NAME_COLUMN,
        Column("province", "省份", longest=40),
        Column("also_known_as", "曾用名", longest=240),
        _ACTIVE,
    ),
    ReferenceKind.MAJORS: (_CODE_COLUMN, _NAME_COLUMN, Column("class", "专业类", True, 40), _ACTIVE),
    ReferenceKind.ETHNIC_GROUPS: (_CODE_COLUMN, _NAME_COLUMN, _ACTIVE),
    ReferenceKind.DIVISIONS: (_CODE_COLUMN, _NAME_COLUMN, Column("parent", "上级代码", longest=40), _ACTIVE),
    ReferenceKind.DICTIONARIES: (Column("kind", "类别", True, 40), _CODE_COLUMN, _NAME_COLUMN, _ACTIVE),
}
_UNIQUE_NAMES = frozenset({ReferenceKind.BASES, ReferenceKind.SPECIALTIES})

Key = tuple[str, str]
"""Kind and code; the kind is empty for bases and specialties."""
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Existing:
    """What rows are judged against: the rows that are there, by key."""

    rows: Mapping[Key, Row] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row that holds; flags read "1" or "0"."""

    line: int
    key: Key
    values: Row


def key_of(kind: ReferenceKind, values: Mapping[str, str]) -> Key:
    """The key of a row."""
    return (DICTIONARY_KIND.get(kind) or values.get("kind", ""), values["code"])


def read_rows(
    kind: ReferenceKind, table: Iterable[tuple[int, Mapping[str, str]]], existing: Existing
) -> tuple[tuple[ReadRow, ...], tuple[RowFault, ...]]:
    """Every row that holds and every fault in the file's order; cells come by header."""
    rows: list[ReadRow] = []
    faults: list[RowFault] = []
    seen: dict[Key, int] = {}
    for line, cells in table:
        found, values = _read_cells(kind, line, cells)
        if not found:
            key = key_of(kind, values)
            if key in seen:
                found = [RowFault(line, "代码", f"代码 {key[1]} 与第 {seen[key]} 行重复，请只保留一行。")]
            else:
                seen[key] = line
                rows.append(ReadRow(line, key, values))
        faults += found
    faults += _across(kind, rows, existing)
    return tuple(rows), tuple(sorted(faults, key=lambda fault: fault.line))


def check_field(kind: ReferenceKind, name: str, raw: str) -> str | None:
    """The sentence for one field's value, or None: for a form that edits a single row."""
    column = next(column for column in COLUMNS[kind] if column.field == name)
    return _check(column, raw)[1]


def _read_cells(kind: ReferenceKind, line: int, cells: Mapping[str, str]) -> tuple[list[RowFault], Row]:
    faults: list[RowFault] = []
    values: Row = {}
    for column in COLUMNS[kind]:
        if column.field in FLAGS and column.header not in cells:
            continue
        values[column.field], problem = _check(column, cells.get(column.header, ""))
        if problem:
            faults.append(RowFault(line, column.header, problem))
    return faults, values


def _check(column: Column, raw: str) -> tuple[str, str | None]:
    if column.field in FLAGS:
        return _flag(column, raw)
    text = clean_text(raw)
    if column.field in ("code", "parent", "kind"):
        text = unicodedata.normalize("NFKC", text)
    problem = check_text(text, label=column.header, required=column.required, max_length=column.longest, plain=True)
    if problem is None and column.pattern and not column.pattern.fullmatch(text):
        problem = column.looks
    if problem is None and text:
        problem = _shape(column, text)
    return text, problem


def _flag(column: Column, raw: str) -> tuple[str, str | None]:
    text = unicodedata.normalize("NFKC", raw).strip().lower()
    if not text:
        return ("1" if column.field == "active" else "0"), None
    if text in _YES | _NO:
        return ("1" if text in _YES else "0"), None
    return "0", f"「{column.header}」请填 是 或 否。"


def _shape(column: Column, text: str) -> str | None:
    if column.field in ("code", "parent") and not _CODE.fullmatch(text):
        return f"{column.header}只能用字母、数字和 . _ -，现在是「{text[:40]}」。"
    if column.field == "kind" and (not _KIND.fullmatch(text) or text in DICTIONARY_KIND.values()):
        return f"不认识的类别「{text[:40]}」，请参照模板填写。"
    return None


def _across(kind: ReferenceKind, rows: Sequence[ReadRow], existing: Existing) -> list[RowFault]:
    faults: list[RowFault] = []
    if kind in _UNIQUE_NAMES:
        faults += _same_names(rows, existing.rows)
    if kind is ReferenceKind.DIVISIONS:
        codes = {row.key[1] for row in rows} | {code for _, code in existing.rows}
        faults += _orphans(rows, codes)
    return faults


def _same_names(rows: Sequence[ReadRow], existing: Mapping[Key, Row]) -> Iterable[RowFault]:
    mine = {row.key for row in rows}
    taken = {row["name"]: key[1] for key, row in existing.items() if key not in mine}
    for row in rows:
        name = row.values["name"]
        if name in taken:
            yield RowFault(row.line, "名称", f"名称与代码 {taken[name]} 的记录相同，请核对。")
        taken.setdefault(name, row.key[1])


def _orphans(rows: Sequence[ReadRow], codes: Collection[str]) -> Iterable[RowFault]:
    for row in rows:
        parent = row.values.get("parent", "")
        if parent and parent not in codes:
            yield RowFault(row.line, "上级代码", f"没有代码为 {parent} 的上级区划，请核对。")
        if parent == row.key[1]:
            yield RowFault(row.line, "上级代码", "上级代码不能是自己。")
