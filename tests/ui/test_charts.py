"""The figures hold what the data says, in words as well as in colours."""

from datetime import datetime
from itertools import product

import pytest

from core.clock import SHANGHAI
from core.domain.lifecycle import State
from core.domain.metrics import Counts, Measure, Quotient, quotient, shown
from core.queries.board import Cell, Place
from core.ui import charts
from core.ui.board_words import sentences

BASES = (Place(1, "示例第一中医院", "示例1院"), Place(2, "示例第二中医院", "示例2院"))
SPECIALTIES = (Place(7, "中医", "中医"), Place(8, "中医全科", "中医全科"))
COUNTS = (Counts(10, 30, 12, 10, 9), Counts(8, 4, 3, 0, 0), Counts(0, 2, 1, 0, 0), Counts(5, 5, 4, 2, 1))
CELLS = tuple(
    Cell(base, specialty, True, counts)
    for (base, specialty), counts in zip(product(BASES, SPECIALTIES), COUNTS, strict=True)
)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", charts.STEPS)
def test_the_text_on_every_ground_keeps_aa_contrast(colour: str) -> None:
    light, dark = sorted((luminance(colour), luminance(charts.text_on(colour))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("measure", Measure)
def test_the_map_has_one_clickable_mark_for_each_cell_with_its_value(measure: Measure) -> None:
    figure = charts.seat_map(CELLS, measure)
    *squares, beside = figure.data
    marks = {tuple(of): text for trace in squares for of, text in zip(trace.customdata, trace.text, strict=True)}
    assert marks == {
        (c.base.id, c.specialty.id): shown(measure, quotient(measure, c.counts)).replace(" ", "") for c in CELLS
    }
    assert [text.split()[0] for text in beside.text] == [quotient(measure, c.counts).of for c in CELLS]
    assert beside.customdata is None
    assert all(trace.marker.symbol == "square" for trace in squares)
    assert list(figure.layout.yaxis.ticktext) == ["示例1院", "示例2院"]
    assert list(figure.layout.xaxis.ticktext) == ["中医", "中医全科"]


def test_each_mark_stands_where_its_base_and_specialty_cross() -> None:
    figure = charts.seat_map(CELLS, Measure.APPROVED)
    for trace in figure.data[:-1]:
        for x, y, (base_id, specialty_id) in zip(trace.x, trace.y, trace.customdata, strict=True):
            assert BASES[y].id == base_id
            assert SPECIALTIES[round(x)].id == specialty_id


def test_full_and_short_cells_bear_a_sign_beside_the_colour() -> None:
    beside = charts.seat_map(CELLS, Measure.APPROVED).data[-1].text
    assert [text.strip() for text in beside] == ["12/10 ▲", "3/8 ▽", "1/0", "4/5"]


def test_the_picked_cell_is_framed() -> None:
    figure = charts.seat_map(CELLS, Measure.APPROVED, (2, 8))
    framed = [
        tuple(of)
        for trace in figure.data[:-1]
        for of, width in zip(trace.customdata, trace.marker.line.width, strict=True)
        if width > 1
    ]
    assert framed == [(2, 8)]


def test_a_cell_without_seats_shows_a_dash() -> None:
    figure = charts.seat_map(CELLS, Measure.APPROVED)
    marks = {
        tuple(of): text for trace in figure.data[:-1] for of, text in zip(trace.customdata, trace.text, strict=True)
    }
    assert marks[2, 7] == "—"


@pytest.mark.parametrize(("part", "step"), [(0, 0), (1, 1), (3, 1), (4, 2), (6, 2), (7, 3), (9, 3), (10, 4), (25, 4)])
def test_the_ground_goes_by_thirds_and_is_darkest_only_when_full(part: int, step: int) -> None:
    assert charts.ground(Measure.APPROVED, Quotient(part, 10)) == charts.STEPS[step]


def test_bars_hold_seats_and_part_and_say_both() -> None:
    sums = ((BASES[0], COUNTS[0]), (BASES[1], COUNTS[1]))
    seats, parts, ends = charts.quota_bars(sums, Measure.APPROVED).data
    assert (list(seats.x), list(parts.x)) == ([10, 8], [12, 3])
    assert [text.strip() for text in ends.text] == ["120%（12/10）▲", "38%（3/8）▽"]
    assert (seats.name, parts.name) == ("计划名额", "审核通过")


def test_submissions_stack_first_and_corrected_ones_on_local_time() -> None:
    day = datetime(2026, 8, 1, tzinfo=SHANGHAI)
    first, again = charts.submissions_over_time(((day, 5, 0), (day.replace(day=2), 3, 2)), hourly=False).data
    assert (list(first.y), list(again.y)) == ([5, 3], [0, 2])
    assert first.x[0] == datetime(2026, 8, 1)
    assert (first.name, again.name) == ("提交志愿", "补正重交")
    assert again.marker.pattern.shape == "/"


def test_the_states_are_named_with_share_and_counts() -> None:
    figure = charts.state_funnel(((State.SUBMITTED, 3), (State.APPROVED, 9)))
    assert list(figure.data[0].x) == [3, 9]
    assert [text.strip() for text in figure.data[0].text] == ["25%（3/12）", "75%（9/12）"]
    assert list(figure.layout.yaxis.ticktext) == ["待审核", "审核通过"]


def test_no_state_at_all_is_no_division_by_zero() -> None:
    assert charts.state_funnel(((State.SUBMITTED, 0),)).data[0].text[0].strip() == "0%（0/0）"


def test_queue_ages_stand_over_their_words() -> None:
    bars = charts.queue_age((1, 2, 3, 4, 0)).data[0]
    assert list(bars.x) == list(charts.WAITING_LABELS)
    assert (list(bars.y), list(bars.text)) == ([1, 2, 3, 4, 0], ["1/10", "2/10", "3/10", "4/10", "0/10"])


def test_every_figure_wears_the_template_and_chinese_fonts() -> None:
    day = datetime(2026, 8, 1, tzinfo=SHANGHAI)
    figures = (
        charts.seat_map(CELLS, Measure.HELD),
        charts.quota_bars(((BASES[0], COUNTS[0]),), Measure.HELD),
        charts.submissions_over_time(((day, 1, 0),), hourly=True),
        charts.state_funnel(((State.DRAFT, 1),)),
        charts.queue_age((0, 0, 0, 0, 0)),
    )
    for figure in figures:
        assert figure.layout.template.layout.font.family.startswith(
            "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei'"
        )
    assert charts.CONFIG["displayModeBar"] is False


def test_the_sentences_name_the_short_and_the_full_cells() -> None:
    under, full = sentences(CELLS, Measure.APPROVED)
    assert under == "3 个有名额的岗位中有 1 个审核通过不足计划的一半（▽）：示例1院·中医全科（3/8）。"
    assert full == "3 个有名额的岗位中有 1 个审核通过已达到计划（▲）：示例1院·中医（12/10）。"
    assert sentences(CELLS[3:], Measure.APPROVED) == [
        "1 个有名额的岗位中，没有审核通过不足计划的一半的。",
        "1 个有名额的岗位中，没有审核通过已达到计划的。",
    ]


def test_a_long_sentence_names_the_most_telling_six() -> None:
    many = tuple(
        Cell(Place(i, f"示例{i}", f"示例{i}"), SPECIALTIES[0], True, Counts(10, approved=i % 5)) for i in range(12)
    )
    under, _ = sentences(many, Measure.APPROVED)
    assert under.startswith("12 个有名额的岗位中有 12 个")
    assert under.count("/10") == 6
    assert under.endswith("等。")
    assert "（4/10）" not in under
