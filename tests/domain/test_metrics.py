"""The formulas of domain.md §7."""

from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.lifecycle import PASSED, State
from core.domain.metrics import (
    FORMULAS,
    LIMITS,
    MEASURES,
    NONE,
    REVIEW_DECIDED,
    STANDING_WORDS,
    Counts,
    Measure,
    Quotient,
    Standing,
    default_measure,
    part_of,
    pass_rate,
    percentage,
    quotient,
    return_rate,
    shown,
    standing,
    tenths,
    total,
    vacancies,
    weighted_median,
)
from core.domain.windows import Phase

small = st.integers(0, 2000)
counts = st.builds(Counts, small, small, small, small, small)


def test_each_measure_is_its_counter_over_the_seats() -> None:
    cell = Counts(seats=20, applied=30, approved=9, held=8, confirmed=7)
    assert {m: quotient(m, cell) for m in Measure} == {
        Measure.APPLIED: Quotient(30, 20),
        Measure.APPROVED: Quotient(9, 20),
        Measure.HELD: Quotient(8, 20),
        Measure.CONFIRMED: Quotient(7, 20),
    }
    assert vacancies(cell) == 12


@pytest.mark.parametrize(
    ("measure", "words"),
    [(Measure.APPLIED, "1.5 : 1"), (Measure.APPROVED, "45%"), (Measure.HELD, "40%"), (Measure.CONFIRMED, "35%")],
)
def test_how_a_measure_reads(measure: Measure, words: str) -> None:
    cell = Counts(seats=20, applied=30, approved=9, held=8, confirmed=7)
    assert shown(measure, quotient(measure, cell)) == words


@given(counts, st.sampled_from(Measure))
def test_without_seats_there_is_a_dash_and_no_number(cell: Counts, measure: Measure) -> None:
    value = quotient(measure, Counts(0, cell.applied, cell.approved, cell.held, cell.confirmed))
    assert value.value is None
    assert shown(measure, value) == NONE == "—"
    assert standing(measure, value) is Standing.NO_SEATS
    assert value.of == f"{value.part}/0"


@given(st.lists(counts))
def test_a_total_is_the_sum_of_every_count(cells: list[Counts]) -> None:
    summed = total(cells)
    for name in ("seats", "applied", "approved", "held", "confirmed"):
        assert getattr(summed, name) == sum(getattr(cell, name) for cell in cells)


@given(small, st.integers(1, 2000))
def test_a_percentage_is_near_and_never_lies_at_the_ends(part: int, whole: int) -> None:
    shown_value = percentage(part, whole)
    assert abs(Fraction(100 * part, whole) - shown_value) <= 1
    assert (shown_value == 0) == (part == 0)
    assert (shown_value >= 100) == (part >= whole)


@given(small, st.integers(1, 2000))
def test_tenths_are_rounded_to_the_nearest(part: int, whole: int) -> None:
    assert abs(Fraction(tenths(part, whole)) - Fraction(part, whole)) <= Fraction(1, 20)


@pytest.mark.parametrize(("part", "whole", "words"), [(1, 1000, "1%"), (999, 1000, "99%"), (1, 8, "13%"), (0, 5, "0%")])
def test_percent_words(part: int, whole: int, words: str) -> None:
    assert Quotient(part, whole).percent == words


def test_pass_rate_counts_passed_and_refused_only() -> None:
    assert pass_rate(9, 3) == Quotient(9, 12)
    assert PASSED | {State.REJECTED} == REVIEW_DECIDED
    assert State.RETURNED not in REVIEW_DECIDED


def test_return_rate() -> None:
    assert return_rate(2, 8).percent == "25%"
    assert return_rate(0, 0).percent == NONE


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 5))))
def test_the_weighted_median_is_the_median_of_the_written_out_list(pairs: list[tuple[int, int]]) -> None:
    written = [value for value, times in pairs for _ in range(times)]
    assert weighted_median(pairs) == (median(written) if written else None)


@pytest.mark.parametrize(
    ("measure", "part", "expected"),
    [
        (Measure.APPROVED, 9, Standing.UNDER),
        (Measure.APPROVED, 10, Standing.BETWEEN),
        (Measure.APPROVED, 19, Standing.BETWEEN),
        (Measure.APPROVED, 20, Standing.FULL),
        (Measure.APPLIED, 19, Standing.UNDER),
        (Measure.APPLIED, 20, Standing.BETWEEN),
        (Measure.APPLIED, 39, Standing.BETWEEN),
        (Measure.APPLIED, 40, Standing.FULL),
        (Measure.HELD, 20, Standing.FULL),
    ],
)
def test_where_short_and_full_begin(measure: Measure, part: int, expected: Standing) -> None:
    assert standing(measure, Quotient(part, 20)) is expected


def test_the_default_is_p_over_q_until_seats_are_held_in_admission() -> None:
    some = Counts(20, 30, 10, 5, 0)
    assert default_measure(Phase.OPEN, some) is Measure.APPROVED
    assert default_measure(Phase.REVIEWING, some) is Measure.APPROVED
    assert default_measure(Phase.ADMISSION, Counts(20, 30, 10)) is Measure.APPROVED
    assert default_measure(Phase.ADMISSION, some) is Measure.HELD


def test_every_measure_has_formula_limits_and_words() -> None:
    assert set(MEASURES) == set(LIMITS) == set(STANDING_WORDS) == set(Measure)
    assert all(low < high for low, high in LIMITS.values())
    labels = [formula.label for formula in FORMULAS]
    assert len(set(labels)) == len(labels)
    assert MEASURES[Measure.APPLIED].sentence == "报录比 = 有效报名 ÷ 计划名额（a/q）"
    assert part_of(MEASURES[Measure.HELD]) == "占用名额"
