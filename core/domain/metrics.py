"""Every number of the board with its formula (domain.md §7): the one place that computes them.

Charts, tables, exports and 对账 ask here, so that the same name always means the same quotient. A quotient whose
denominator is zero has no value and reads "—"; beside every percentage stands its n/N.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain.lifecycle import PASSED, State
from core.domain.windows import Phase

NONE = "—"

REVIEW_DECIDED = frozenset(PASSED | {State.REJECTED})
"""`decided` of 通过率: passed or refused. A return asks for a correction and decides nothing."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a cell, a base, a specialty or the whole batch counts: q, a, p, h, c of domain.md §7."""

    seats: int = 0
    applied: int = 0
    approved: int = 0
    held: int = 0
    confirmed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.seats + other.seats,
            self.applied + other.applied,
            self.approved + other.approved,
            self.held + other.held,
            self.confirmed + other.confirmed,
        )


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of all."""
    return sum(counts, Counts())


@dataclass(frozen=True, slots=True)
class Quotient:
    """A share of people or seats, kept as n and N so that both can be shown."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """n ÷ N, or None where N is zero."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> str:
        """45%, or a dash."""
        return f"{percentage(self.part, self.whole)}%" if self.whole else NONE

    @property
    def times(self) -> str:
        """1.5 : 1, or a dash."""
        return f"{tenths(self.part, self.whole)} : 1" if self.whole else NONE

    @property
    def of(self) -> str:
        """n/N, shown even where the quotient has no value."""
        return f"{self.part}/{self.whole}"


def percentage(part: int, whole: int) -> int:
    """Whole per cent, halves rounded up; 100 only when part ≥ whole and 0 only when part is zero.

    So a cell with one empty seat in a thousand never reads as full, nor one with one person as empty.
    """
    rounded = (200 * part + whole) // (2 * whole)
    if part < whole:
        rounded = min(rounded, 99)
    return max(rounded, 1) if part > 0 else rounded


def tenths(part: int, whole: int) -> str:
    """n ÷ N with one decimal, halves rounded up."""
    scaled = (20 * part + whole) // (2 * whole)
    return f"{scaled // 10}.{scaled % 10}"


class Measure(StrEnum):
    """What a viewer may colour the map by: one counter over the seats of a cell."""

    APPROVED = "approved"
    HELD = "held"
    CONFIRMED = "confirmed"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Formula:
    """A number's name, its formula in words and in the letters of domain.md §7."""

    label: str
    words: str
    letters: str

    @property
    def sentence(self) -> str:
        """通过填充率 = 审核通过 ÷ 计划名额（p/q）."""
        return f"{self.label} = {self.words}" + (f"（{self.letters}）" if self.letters else "")


MEASURES: dict[Measure, Formula] = {
    Measure.APPROVED: Formula("通过填充率", "审核通过 ÷ 计划名额", "p/q"),
    Measure.HELD: Formula("录取填充率", "占用名额 ÷ 计划名额", "h/q"),
    Measure.CONFIRMED: Formula("确认填充率", "已确认 ÷ 计划名额", "c/q"),
    Measure.APPLIED: Formula("报录比", "有效报名 ÷ 计划名额", "a/q"),
}

SEATS = Formula("计划名额", "各岗位计划人数之和", "q")
APPLIED = Formula("有效报名", "已提交、仍参加本批招录的报名", "a")
PERSONS = Formula("报名人数", "有效报名的人，每人只计一次", "u")
APPROVED = Formula("审核通过", "通过资格审核的报名", "p")
HELD = Formula("占用名额", "拟录取、待确认、已确认、已报到", "h")
CONFIRMED = Formula("已确认", "已确认、已报到", "c")
REPORTED = Formula("已报到", "到基地报到的人", "r")
VACANCIES = Formula("缺额", "计划名额 − 占用名额", "q − h")
PASS_RATE = Formula("通过率", "审核通过 ÷ 已有结论（通过、不通过）", "")
RETURN_RATE = Formula("退回率", "曾被退回 ÷ 曾提交", "")
REVIEW_TIME = Formula("中位审核时长", "首次结论 − 首次提交，取中位数", "")

FORMULAS: tuple[Formula, ...] = (
    *MEASURES.values(),
    SEATS,
    APPLIED,
    PERSONS,
    APPROVED,
    HELD,
    CONFIRMED,
    REPORTED,
    VACANCIES,
    PASS_RATE,
    RETURN_RATE,
    REVIEW_TIME,
)


def part_of(formula: Formula) -> str:
    """The name of what a quotient counts: 审核通过 for p/q."""
    return formula.words.split(" ÷ ")[0]


def quotient(measure: Measure, counts: Counts) -> Quotient:
    """The chosen measure of these counts."""
    part = {
        Measure.APPROVED: counts.approved,
        Measure.HELD: counts.held,
        Measure.CONFIRMED: counts.confirmed,
        Measure.APPLIED: counts.applied,
    }[measure]
    return Quotient(part, counts.seats)


def shown(measure: Measure, value: Quotient) -> str:
    """The measure as it reads in a cell: 报录比 as 1.5 : 1, the others in per cent."""
    return value.times if measure is Measure.APPLIED else value.percent


class Standing(StrEnum):
    """How a cell stands by the chosen measure; read as a word and a sign, never as a colour alone."""

    UNDER = "under"
    BETWEEN = "between"
    FULL = "full"
    NO_SEATS = "no_seats"


LIMITS: dict[Measure, tuple[float, float]] = {
    Measure.APPROVED: (0.5, 1),
    Measure.HELD: (0.5, 1),
    Measure.CONFIRMED: (0.5, 1),
    Measure.APPLIED: (1, 2),
}
"""Below the first a cell is short, from the second on it is full."""

STANDING_WORDS: dict[Measure, tuple[str, str]] = {
    Measure.APPROVED: ("审核通过不足计划的一半", "审核通过已达到计划"),
    Measure.HELD: ("占用名额不足计划的一半", "名额已占满"),
    Measure.CONFIRMED: ("已确认不足计划的一半", "已全部确认"),
    Measure.APPLIED: ("有效报名少于计划", "报录比达到 2 : 1"),
}


def standing(measure: Measure, value: Quotient) -> Standing:
    """Short, between or full by LIMITS; a cell without seats is neither."""
    if value.value is None:
        return Standing.NO_SEATS
    low, high = LIMITS[measure]
    if value.value < low:
        return Standing.UNDER
    return Standing.FULL if value.value >= high else Standing.BETWEEN


def vacancies(counts: Counts) -> int:
    """缺额 = q − h; never negative, because h ≤ q (I2)."""
    return counts.seats - counts.held


def pass_rate(approved: int, refused: int) -> Quotient:
    """通过率 = p / decided."""
    return Quotient(approved, approved + refused)


def return_rate(ever_returned: int, ever_submitted: int) -> Quotient:
    """退回率 = ever returned / ever submitted."""
    return Quotient(ever_returned, ever_submitted)


def weighted_median(lengths: Sequence[tuple[int, int]]) -> float | None:
    """The median of (value, how often) pairs: the middle one, or the mean of the two in the middle; None of none."""
    ordered = sorted((value, times) for value, times in lengths if times > 0)
    count = sum(times for _, times in ordered)
    if count == 0:
        return None
    return (_at(ordered, (count - 1) // 2) + _at(ordered, count // 2)) / 2


def _at(ordered: Sequence[tuple[int, int]], index: int) -> int:
    passed = 0
    for value, times in ordered:
        passed += times
        if index < passed:
            return value
    raise IndexError(index)


def default_measure(phase: Phase, counts: Counts) -> Measure:
    """What the board opens with: p/q before any admission, h/q once seats are held."""
    admitting = phase in (Phase.ADMISSION, Phase.ADJUSTMENT, Phase.REPORTING, Phase.ENDED)
    return Measure.HELD if admitting and counts.held else Measure.APPROVED
