"""The figures of 招录看板, drawn one way: the product's colours, Chinese fonts, values in words beside every mark.

No meaning lies in colour alone: every mark carries its number, its n/N and, where it stands out, a sign. Builders take
frozen values and are cached by them, so all viewers of the same data share one figure; nobody may change it.
"""

from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from core.domain.lifecycle import STATE_LABELS, State
from core.domain.metrics import (
    LIMITS,
    MEASURES,
    Counts,
    Measure,
    Quotient,
    Standing,
    part_of,
    percentage,
    quotient,
    shown,
    standing,
)
from core.queries.board import Cell, Place
from core.ui.look import APRICOT, INK, INK_GREEN, LINE, MUTED

FONTS = "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'Source Han Sans SC', sans-serif"
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False, "responsive": True}
STEPS = ("#F4F1EA", "#DCEBE4", "#B5D3C7", "#7FB3A1", INK_GREEN)
"""Grounds of nothing, the first, second and last third below full, and full; the text on each keeps AA contrast."""
SIGNS = {Standing.UNDER: "▽", Standing.FULL: "▲", Standing.BETWEEN: "", Standing.NO_SEATS: ""}
WAITING_LABELS = ("4小时内", "4至24小时", "1至3天", "3至7天", "7天以上")
ROW = 38
"""Pixels of one base in the map and in the bars beside it, so that the rows meet."""
GREEN_BAR, WHITE = "#5E9C87", "#FFFFFF"


@cache
def _template() -> Any:
    import plotly.graph_objects as go

    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"size": 13, "color": INK},
    }
    layout = {
        "font": {"family": FONTS, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "xaxis": axis,
        "yaxis": axis,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": WHITE, "bordercolor": LINE, "font": {"family": FONTS, "size": 13, "color": INK}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 13}},
        "showlegend": False,
        "bargap": 0.36,
        "separators": ".,",
    }
    return go.layout.Template(layout=layout)


def _figure(traces: list[Any], height: int, **layout: Any) -> Any:
    import plotly.graph_objects as go

    return go.Figure(traces, layout={"template": _template(), "height": height, **layout})


def ground(measure: Measure, value: Quotient) -> str:
    """The colour of a cell: one of STEPS, by thirds of what `measure` calls full."""
    if not value.value:
        return STEPS[0]
    return STEPS[1 + min(3, int(3 * value.value / LIMITS[measure][1]))]


def text_on(colour: str) -> str:
    """White on the darkest ground, ink on the others."""
    return WHITE if colour == STEPS[-1] else INK


@lru_cache(maxsize=64)
def seat_map(cells: tuple[Cell, ...], measure: Measure, picked: tuple[int, int] | None = None) -> Any:
    """Base × specialty as squares that can be clicked; `customdata` holds (base id, specialty id) of each.

    `go.Heatmap` gives no selection on a click, a grid of markers does (docs/architecture.md).
    """
    import plotly.graph_objects as go

    bases = list(dict.fromkeys(cell.base for cell in cells))
    specialties = list(dict.fromkeys(cell.specialty for cell in cells))
    x = {place: i - 0.16 for i, place in enumerate(specialties)}
    y = {place: i for i, place in enumerate(bases)}
    values = [quotient(measure, cell.counts) for cell in cells]
    traces = []
    for ink in (INK, WHITE):
        kin = [cell for cell, value in zip(cells, values, strict=True) if text_on(ground(measure, value)) == ink]
        traces.append(_squares(kin, measure, ink, [(x[c.specialty], y[c.base]) for c in kin], picked))
    beside = go.Scatter(
        x=[x[cell.specialty] for cell in cells],
        y=[y[cell.base] for cell in cells],
        mode="text",
        text=[f"        {value.of} {SIGNS[standing(measure, value)]}" for value in values],
        textposition="middle right",
        textfont={"size": 13, "color": INK},
        hoverinfo="skip",
        **_unfaded(INK),
    )
    height = ROW * len(bases) + 40
    return _figure(
        [*traces, beside],
        height,
        xaxis={
            "tickvals": list(range(len(specialties))),
            "ticktext": [place.short for place in specialties],
            "range": [-0.5, len(specialties) - 0.5],
            "side": "top",
        },
        yaxis=_rows([place.short for place in bases]),
        margin={"l": 8, "r": 8, "t": 36, "b": 4},
    )


def _squares(
    cells: list[Cell], measure: Measure, ink: str, at: list[tuple[float, int]], picked: tuple[int, int] | None
) -> Any:
    """The squares whose text has one colour: a selection would otherwise fade the text of the others."""
    import plotly.graph_objects as go

    values = [quotient(measure, cell.counts) for cell in cells]
    chosen = [(cell.base.id, cell.specialty.id) == picked for cell in cells]
    edge = {"width": [4 if c else 1 for c in chosen], "color": [APRICOT if c else LINE for c in chosen]}
    return go.Scatter(
        x=[x for x, _ in at],
        y=[y for _, y in at],
        mode="markers+text",
        text=[shown(measure, value).replace(" ", "") for value in values],
        textposition="middle center",
        textfont={"size": 11.5, "color": ink},
        customdata=[[cell.base.id, cell.specialty.id] for cell in cells],
        hovertext=[_hover(cell, measure) for cell in cells],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={
            "symbol": "square",
            "size": 33,
            "color": [ground(measure, value) for value in values],
            "opacity": 1,
            "line": edge,
        },
        **_unfaded(ink),
    )


def _unfaded(ink: str) -> dict[str, Any]:
    style = {"marker": {"opacity": 1}, "textfont": {"color": ink}}
    return {"selected": style, "unselected": style}


def _rows(names: list[str]) -> dict[str, Any]:
    return {"tickvals": list(range(len(names))), "ticktext": names, "range": [len(names) - 0.5, -0.5]}


def _hover(cell: Cell, measure: Measure) -> str:
    counts, value = cell.counts, quotient(measure, cell.counts)
    lines = [
        f"<b>{cell.base.name}</b>",
        cell.specialty.name + ("" if cell.offered else "（本批次停招）"),
        f"{MEASURES[measure].label} {shown(measure, value)}（{value.of}）",
        f"计划 {counts.seats} · 报名 {counts.applied} · 通过 {counts.approved}",
        f"占用 {counts.held} · 确认 {counts.confirmed}",
    ]
    return "<br>".join(lines)


@lru_cache(maxsize=128)
def quota_bars(sums: tuple[tuple[Place, Counts], ...], measure: Measure, *, top: int = 36) -> Any:
    """One bar for each base or specialty inside the outline of its seats, with n/N and the share at its end."""
    import plotly.graph_objects as go

    values = [quotient(measure, counts) for _, counts in sums]
    y = list(range(len(sums)))
    seats = go.Bar(
        x=[value.whole for value in values],
        y=y,
        orientation="h",
        name="计划名额",
        width=0.62,
        marker={"color": WHITE, "line": {"color": MUTED, "width": 1}},
        hoverinfo="skip",
    )
    parts = go.Bar(
        x=[value.part for value in values],
        y=y,
        orientation="h",
        name=part_of(MEASURES[measure]),
        width=0.34,
        marker={"color": [INK_GREEN if standing(measure, v) is Standing.FULL else GREEN_BAR for v in values]},
        customdata=[
            [place.name, value.of, shown(measure, value)] for (place, _), value in zip(sums, values, strict=True)
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]} · %{customdata[2]}<extra></extra>",
    )
    longest = max([1, *(max(value.part, value.whole) for value in values)])
    ends = go.Scatter(
        x=[max(value.part, value.whole) for value in values],
        y=y,
        mode="text",
        text=[f" {shown(measure, value)}（{value.of}）{SIGNS[standing(measure, value)]}" for value in values],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
    )
    return _figure(
        [seats, parts, ends],
        ROW * len(sums) + top + 4,
        barmode="overlay",
        xaxis={"range": [0, longest * 1.5], "showticklabels": False},
        yaxis=_rows([place.short for place, _ in sums]),
        margin={"l": 8, "r": 8, "t": top, "b": 4},
    )


@lru_cache(maxsize=32)
def submissions_over_time(series: tuple[tuple[datetime, int, int], ...], *, hourly: bool, height: int = 220) -> Any:
    """提交志愿 and 补正重交 for each hour or day in Asia/Shanghai, one on the other."""
    import plotly.graph_objects as go

    x = [at.replace(tzinfo=None) for at, _, _ in series]
    when = "%{x|%Y年%-m月%-d日 %H时}" if hourly else "%{x|%Y年%-m月%-d日}"
    kinds = (("提交志愿", 1, GREEN_BAR, ""), ("补正重交", 2, APRICOT, "/"))
    traces = [
        go.Bar(
            x=x,
            y=[row[column] for row in series],
            name=name,
            marker={
                "color": colour,
                "pattern": {"shape": shape, "fgcolor": WHITE, "size": 5, "solidity": 0.25, "fillmode": "overlay"},
            },
            hovertemplate=f"{when}<br>{name} %{{y}} 份<extra></extra>",
        )
        for name, column, colour, shape in kinds
    ]
    return _figure(
        traces,
        height,
        barmode="stack",
        bargap=0.2,
        showlegend=True,
        xaxis={"tickformat": "%-d日%H时" if hourly else "%-m月%-d日", "nticks": 8, "showline": True, "linecolor": LINE},
        yaxis={"showgrid": True, "gridcolor": LINE, "nticks": 5, "rangemode": "tozero", "tickformat": "d"},
        margin={"l": 8, "r": 8, "t": 32, "b": 8},
    )


@lru_cache(maxsize=32)
def state_funnel(states: tuple[tuple[State, int], ...]) -> Any:
    """How many applications stand in each state, in the order of the application's life."""
    import plotly.graph_objects as go

    whole = sum(n for _, n in states)
    y = list(range(len(states)))
    bars = go.Bar(
        x=[n for _, n in states],
        y=y,
        orientation="h",
        marker={"color": [APRICOT if state in (State.SUBMITTED, State.RETURNED) else GREEN_BAR for state, _ in states]},
        width=0.6,
        text=[f" {percentage(n, whole) if whole else 0}%（{n}/{whole}）" for _, n in states],
        textposition="outside",
        textfont={"size": 13},
        constraintext="none",
        cliponaxis=False,
        hoverinfo="skip",
    )
    longest = max([1, *(n for _, n in states)])
    return _figure(
        [bars],
        max(150, 26 * len(states) + 16),
        xaxis={"range": [0, longest * 1.42], "showticklabels": False},
        yaxis=_rows([STATE_LABELS[state] for state, _ in states]),
    )


@lru_cache(maxsize=32)
def queue_age(waiting: tuple[int, ...], *, height: int = 220) -> Any:
    """How many 待审核 have waited how long."""
    import plotly.graph_objects as go

    whole = sum(waiting)
    late = len(waiting) - 2
    bars = go.Bar(
        x=list(WAITING_LABELS),
        y=list(waiting),
        marker={"color": [APRICOT if i >= late else GREEN_BAR for i in range(len(waiting))]},
        width=0.6,
        text=[f"{n}/{whole}" for n in waiting],
        textposition="outside",
        textfont={"size": 13},
        constraintext="none",
        cliponaxis=False,
        hovertemplate="%{x} %{y} 份<extra></extra>",
    )
    return _figure(
        [bars],
        height,
        xaxis={"showline": True, "linecolor": LINE, "type": "category"},
        yaxis={"showticklabels": False, "range": [0, max([1, *waiting]) * 1.2]},
        margin={"l": 8, "r": 8, "t": 20, "b": 8},
    )
