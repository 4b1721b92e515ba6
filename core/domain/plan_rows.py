"""The rules of one row of a recruitment plan (计划管理), as typed or as read from a file."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_SEATS = 10_000
"""Of one base and specialty; a guard against a slipped digit, not a policy."""

BASE, BASE_NAME, SPECIALTY, SPECIALTY_NAME = "基地代码", "培训基地", "专业代码", "报名专业"
CAPACITY, OFFERED = "招收名额", "是否招收"
HEADERS = (BASE, BASE_NAME, SPECIALTY, SPECIALTY_NAME, CAPACITY, OFFERED)
REQUIRED = (BASE, SPECIALTY, CAPACITY)

_YES = frozenset({"", "是", "1", "true", "yes", "y", "√", "招收"})
_NO = frozenset({"否", "0", "false", "no", "n", "×", "不招收"})


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one cell of a file: its line as the spreadsheet counts it, its column and a sentence."""

    line: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row that holds: seats of a base and specialty."""

    line: int
    base_code: str
    specialty_code: str
    capacity: int
    offered: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are judged against: names by code, and the seats already held by (base code, specialty code)."""

    bases: Mapping[str, str]
    specialties: Mapping[str, str]
    held: Mapping[tuple[str, str], int]


def check_capacity(raw: str) -> str | None:
    """The sentence for a number of seats that can't be, or None."""
    text = _half_width(raw)
    if not text:
        return "请填写名额；不招收时填 0。"
    if re.fullmatch(r"-[0-9]+(\.0+)?", text):
        return f"名额不能是负数，现在是 {text}。"
    if not re.fullmatch(r"[0-9]{1,12}(\.0+)?", text):
        return "名额须是整数，例如 20；请不要写公式、小数或文字。"
    if int(text.split(".")[0]) > MOST_SEATS:
        return f"名额过大（{text}），单个基地专业最多 {MOST_SEATS} 个，请核对是否多打了数字。"
    return None


def check_held(capacity: int, held: int) -> str | None:
    """I2: seats never go below what is held."""
    return f"已占用 {held} 个名额，不能降到 {capacity} 个。" if capacity < held else None


def read_rows(
    table: Iterable[tuple[int, Mapping[str, str]]], known: Known
) -> tuple[tuple[PlanRow, ...], tuple[RowFault, ...]]:
    """Every row that holds and every fault, in the file's order; `table` gives line number and cells by header."""
    rows: list[PlanRow] = []
    faults: list[RowFault] = []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in table:
        found, row = _read_row(line, cells, known)
        if row is not None:
            key = (row.base_code, row.specialty_code)
            if key in seen:
                found = [RowFault(line, BASE, f"与第 {seen[key]} 行是同一基地和专业，请只保留一行。")]
            seen.setdefault(key, line)
        faults += found
        if row is not None and not found:
            rows.append(row)
    return tuple(rows), tuple(faults)


def _read_row(line: int, cells: Mapping[str, str], known: Known) -> tuple[list[RowFault], PlanRow | None]:
    base, specialty = _code(cells, BASE), _code(cells, SPECIALTY)
    faults = [
        *_check_code(line, BASE, base, BASE_NAME, cells, known.bases),
        *_check_code(line, SPECIALTY, specialty, SPECIALTY_NAME, cells, known.specialties),
    ]
    capacity = _half_width(cells.get(CAPACITY, ""))
    problem = check_capacity(capacity)
    if problem is None and not faults:
        problem = check_held(_whole(capacity), known.held.get((base, specialty), 0))
    if problem:
        faults.append(RowFault(line, CAPACITY, problem))
    offered = _half_width(cells.get(OFFERED, "")).lower()
    if offered not in _YES | _NO:
        faults.append(RowFault(line, OFFERED, "「是否招收」请填 是 或 否。"))
    if faults:
        return faults, None
    return [], PlanRow(line, base, specialty, _whole(capacity), offered in _YES)


def _check_code(
    line: int, column: str, code: str, name_column: str, cells: Mapping[str, str], names: Mapping[str, str]
) -> Sequence[RowFault]:
    if not code:
        return [RowFault(line, column, f"请填写{column}。")]
    if code not in names:
        return [RowFault(line, column, f"没有{column}为 {code[:40]} 的记录，请先在「基础数据」中核对。")]
    name = cells.get(name_column, "").strip()
    # A shifted column puts seats at the wrong hospital (domain.md §9), so a name that is given must agree.
    if name and name != names[code]:
        return [RowFault(line, name_column, f"{column} {code} 对应的是「{names[code]}」，与本行的名称不一致，请核对。")]
    return []


def _code(cells: Mapping[str, str], column: str) -> str:
    return _half_width(cells.get(column, "")).upper()


def _half_width(raw: str) -> str:
    return unicodedata.normalize("NFKC", raw).strip()


def _whole(text: str) -> int:
    return int(text.split(".", maxsplit=1)[0])
