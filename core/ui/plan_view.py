"""The public recruitment plan as a live table, filtered by what the reader looks for."""

from collections.abc import Sequence

import streamlit as st

from core.domain import metrics
from core.domain.metrics import MEASURES, Measure, Quotient, percentage, total
from core.queries.batches import BatchView
from core.queries.plan import PlanRow
from core.ui.board_data import shared_plan
from core.ui.wording import moment

EVERY = 5
"""Seconds between two redraws."""
ALL = "全部"


def matching(rows: Sequence[PlanRow], *, city: str, specialty: str, words: str) -> tuple[PlanRow, ...]:
    """The rows of a city and a specialty whose base carries every typed word; ALL lets everything pass."""
    asked = words.split()
    return tuple(
        row
        for row in rows
        if city in (ALL, row.city) and specialty in (ALL, row.specialty) and all(word in row.base for word in asked)
    )


@st.fragment(run_every=EVERY)
def live_plan(batch: BatchView) -> None:
    """Filters, sums and the table of one batch; public, so nothing here depends on who reads it."""
    rows = shared_plan(batch.id)
    if not rows:
        st.info("这个批次的招录计划还没有公布，请稍后再来。", icon=":material/info:")
        return
    found = _filtered(rows)
    if not found:
        st.info("没有符合条件的岗位，请放宽条件。", icon=":material/search_off:")
        return
    st.html(f'<p class="xl-hint" style="margin:.2rem 0 .4rem">{_summary(found)}</p>')
    _table(found)
    st.caption(_formulas())


def _filtered(rows: Sequence[PlanRow]) -> tuple[PlanRow, ...]:
    left, middle, right = st.columns([2, 1, 1])
    words = left.text_input("搜索培训基地", key="plan.words", placeholder="例如：厦门、附属第二")
    city = middle.selectbox("城市", [ALL, *dict.fromkeys(row.city for row in rows)], key="plan.city")
    specialty = right.selectbox("专业", [ALL, *dict.fromkeys(row.specialty for row in rows)], key="plan.specialty")
    return matching(rows, city=city, specialty=specialty, words=words)


def _summary(rows: Sequence[PlanRow]) -> str:
    counts = total(row.counts for row in rows)
    ratio = metrics.quotient(Measure.APPLIED, counts)
    return (
        f"{len({row.base_id for row in rows})} 个培训基地、{len(rows)} 个岗位：计划名额 <b>{counts.seats}</b>，"
        f"有效报名 <b>{counts.applied}</b>，审核通过 <b>{counts.approved}</b>，报录比 <b>{_with_counts(ratio)}</b>"
    )


def _with_counts(value: Quotient) -> str:
    return f"{value.times}（{value.of}）"


def _table(rows: Sequence[PlanRow]) -> None:
    import pandas as pd

    columns = {
        "培训基地": [row.base for row in rows],
        "城市": [row.city for row in rows],
        "专业": [row.specialty for row in rows],
        "计划名额": [row.seats for row in rows],
        "有效报名": [row.applied for row in rows],
        "审核通过": [row.approved for row in rows],
        "报录比": [row.ratio.value for row in rows],
        "报名/名额": [row.ratio.of for row in rows],
        "通过填充率": [_percent(row) for row in rows],
        "通过/名额": [Quotient(row.approved, row.seats).of for row in rows],
    }
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height=min(36 * len(rows) + 38, 720),
        row_height=36,
        placeholder=metrics.NONE,
        column_config={
            "培训基地": st.column_config.TextColumn(width="large"),
            "报录比": st.column_config.NumberColumn(format="%.1f : 1", help=MEASURES[Measure.APPLIED].sentence),
            "通过填充率": st.column_config.NumberColumn(format="%d%%", help=MEASURES[Measure.APPROVED].sentence),
        },
    )


def _percent(row: PlanRow) -> int | None:
    return percentage(row.approved, row.seats) if row.seats else None


def _formulas() -> str:
    formulas = (MEASURES[Measure.APPLIED], MEASURES[Measure.APPROVED])
    return "；".join(formula.sentence for formula in formulas) + "。计划名额为 0 时显示「—」。点击列名可以排序。"


def batch_line(batch: BatchView, demo: bool) -> None:
    """Which batch this is and when it takes applications."""
    label = '<span class="xl-badge" style="color:#8A4B0B;background:#FBF0E1">示例数据</span> ' if demo else ""
    windows = batch.windows
    st.html(f"<p>{label}报名时间：{moment(windows.open_at)} 至 {moment(windows.close_at)}</p>")
