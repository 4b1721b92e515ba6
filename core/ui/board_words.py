"""The board in words: totals with their formulas, the sentence on short and full cells, and the list behind a mark."""

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from core.domain import metrics
from core.domain.lifecycle import STATE_LABELS, State
from core.domain.metrics import MEASURES, STANDING_WORDS, Formula, Measure, Quotient, Standing, quotient, standing
from core.domain.windows import PHASE_LABELS
from core.queries.batches import BatchView
from core.queries.board import Board, Cell
from core.queries.cell import Behind
from core.ui.charts import SIGNS, STEPS
from core.ui.wording import moment, span

NAMED = 6
"""How many cells a sentence names before it says 等."""

CSS = """
<style>
[data-stale="true"] {opacity:1 !important; transition:none !important;}
.xb-grid {margin-top:.2rem; display:grid; grid-template-columns:repeat(6,minmax(0,1fr)); gap:.6rem;}
@media (max-width:1100px) {.xb-grid {grid-template-columns:repeat(3,minmax(0,1fr));}}
@media (max-width:640px) {.xb-grid {grid-template-columns:repeat(2,minmax(0,1fr));}}
.xb-card {background:#fff; border:1px solid #DDD8CC; border-radius:8px; padding:.6rem .8rem .55rem; min-width:0;}
.xb-name {font-size:.875rem; color:#1D2B27; display:flex; justify-content:space-between; gap:.5em;}
.xb-name i {font-style:normal; color:#5B6B66; font-size:.8rem; font-family:Georgia,serif;}
.xb-value {font-size:1.65rem; font-weight:650; line-height:1.25; color:#1F5C4A; font-variant-numeric:tabular-nums; white-space:nowrap;}
.xb-note {font-size:.8rem; color:#5B6B66; line-height:1.4;}
.xb-note b {color:#1D2B27; font-weight:600; font-variant-numeric:tabular-nums;}
.xb-h {font-size:1.05rem; font-weight:650; color:#1D2B27; margin:.9rem 0 0 0; padding:0;}
.xb-say {border-left:4px solid #D98324; background:#fff; border-radius:0 8px 8px 0; padding:.55rem .9rem; margin:.2rem 0; line-height:1.65; color:#1D2B27;}
.xb-say p {margin:0;}
.xb-key {display:inline-flex; align-items:center; gap:.3em; margin-right:.9em; font-size:.8rem; color:#5B6B66; white-space:nowrap;}
.xb-key span {width:.85rem; height:.85rem; border:1px solid #DDD8CC; border-radius:2px; display:inline-block;}
.xb-top {display:flex; flex-wrap:wrap; gap:.3rem 1rem; align-items:center; min-height:2.5rem; font-size:.95rem; color:#1D2B27;}
.xb-list {max-height:24rem; overflow:auto; border:1px solid #DDD8CC; border-radius:8px; background:#fff;}
.xb-list table {border-collapse:collapse; width:100%; font-size:.9rem; font-variant-numeric:tabular-nums;}
.xb-list th {position:sticky; top:0; background:#F1EEE6; text-align:left; font-weight:600; padding:.4rem .8rem; color:#1D2B27;}
.xb-list td {padding:.35rem .8rem; border-top:1px solid #EDE9DF; color:#1D2B27; white-space:nowrap;}
</style>
"""


def batch_line(batch: BatchView, phase: str, demo: bool) -> None:
    """The phase and the window of the batch in one line."""
    windows = batch.windows
    label = '<span class="xl-badge" style="color:#8A4B0B;background:#FBF0E1">示例数据</span>' if demo else ""
    st.html(
        f'<div class="xb-top"><span class="xl-badge" style="color:#1F5C4A;background:#E6F0EC">{escape(phase)}</span>{label}'
        f"<span>报名 {moment(windows.open_at)} 至 {moment(windows.close_at)}</span></div>"
    )


def phase_word(batch: BatchView, board: Board) -> str:
    """The phase of the batch at the instant of the reading."""
    return PHASE_LABELS[batch.phase(board.at)]


def totals(board: Board) -> None:
    """Every number of domain.md §7 for what is shown, with its formula and n/N."""
    counts, review = board.counts, board.review_time
    waiting = sum(board.waiting)
    oldest = f"最久已等 {span(board.at - board.oldest)}" if board.oldest else "没有等待的报名"
    cards = [
        _card(metrics.SEATS, str(counts.seats), f"{len(board.cells)} 个岗位"),
        _card(metrics.APPLIED, str(counts.applied), f"报名人数 u：<b>{board.persons}</b>"),
        _card(metrics.APPROVED, str(counts.approved), _beside(Measure.APPROVED, board)),
        _card(metrics.HELD, str(counts.held), _beside(Measure.HELD, board)),
        _card(metrics.CONFIRMED, str(counts.confirmed), _beside(Measure.CONFIRMED, board)),
        _card(metrics.REPORTED, str(board.state(State.REPORTED)), f"已确认 c：<b>{counts.confirmed}</b>"),
        _card(MEASURES[Measure.APPLIED], (ratio := quotient(Measure.APPLIED, counts)).times, f"<b>{ratio.of}</b>"),
        _card(metrics.VACANCIES, str(metrics.vacancies(counts)), f"<b>{counts.seats} − {counts.held}</b>"),
        _card(metrics.PASS_RATE, board.pass_rate.percent, f"<b>{board.pass_rate.of}</b>"),
        _card(metrics.RETURN_RATE, board.return_rate.percent, f"<b>{board.return_rate.of}</b>"),
        _card(metrics.REVIEW_TIME, span(review) if review else metrics.NONE, f"<b>{board.reviewed}</b> 份首次结论"),
        _card(Formula("待审核", "已提交、等待结论的报名", ""), str(waiting), oldest),
    ]
    st.html(f'<div class="xb-grid">{"".join(cards)}</div>')


def _card(formula: Formula, value: str, beside: str) -> str:
    return (
        f'<div class="xb-card"><div class="xb-name"><span>{formula.label}</span><i>{formula.letters}</i></div>'
        f'<div class="xb-value">{value}</div><div class="xb-note">{beside}</div><div class="xb-note">{formula.words}</div></div>'
    )


def _beside(measure: Measure, board: Board) -> str:
    value = quotient(measure, board.counts)
    return f"{MEASURES[measure].label}：<b>{value.percent}（{value.of}）</b>"


def sentences(cells: Iterable[Cell], measure: Measure) -> list[str]:
    """Which cells are short and which are full, worst and fullest first; cells that are not offered are left out."""
    valued = [(cell, quotient(measure, cell.counts)) for cell in cells if cell.offered and cell.counts.seats]
    words = dict(zip((Standing.UNDER, Standing.FULL), STANDING_WORDS[measure], strict=True))
    found = []
    for kind, word in words.items():
        named = [pair for pair in valued if standing(measure, pair[1]) is kind]
        named.sort(key=lambda pair: (pair[1].value or 0.0) * (1 if kind is Standing.UNDER else -1))
        found.append(_sentence(len(valued), word, SIGNS[kind], named))
    return found


def _sentence(whole: int, word: str, sign: str, named: Sequence[tuple[Cell, Quotient]]) -> str:
    if not named:
        return f"{whole} 个有名额的岗位中，没有{word}的。"
    some = "、".join(f"{cell.base.short}·{cell.specialty.short}（{value.of}）" for cell, value in named[:NAMED])
    return f"{whole} 个有名额的岗位中有 {len(named)} 个{word}（{sign}）：{some}{'等' if len(named) > NAMED else ''}。"


def say(lines: Iterable[str]) -> None:
    """The sentences in their box."""
    st.html('<div class="xb-say">' + "".join(f"<p>{escape(line)}</p>" for line in lines) + "</div>")


def heading(title: str, note: str = "") -> None:
    """The name of a chart and the formula it draws."""
    st.html(f'<h2 class="xb-h">{escape(title)}</h2><div class="xb-note">{escape(note)}</div>')


def map_key(measure: Measure) -> None:
    """What the grounds and signs of the map mean, in words."""
    if measure is Measure.APPLIED:
        bounds = ("0", "不到 0.7 : 1", "不到 1.3 : 1", "不到 2 : 1", "2 : 1 起")
    else:
        bounds = ("0%", "1% 至 33%", "34% 至 66%", "67% 至 99%", "100% 起")
    keys = "".join(
        f'<span class="xb-key"><span style="background:{colour}"></span>{bound}</span>'
        for colour, bound in zip(STEPS, bounds, strict=True)
    )
    under, full = STANDING_WORDS[measure]
    st.html(f'<div>{keys}<br><span class="xb-key">▽ {under}</span><span class="xb-key">▲ {full}</span></div>')


def behind(rows: Sequence[Behind], cell: Cell, measure: Measure) -> None:
    """The applications behind a mark, with how many there are."""
    value = quotient(measure, cell.counts)
    what = metrics.part_of(MEASURES[measure])
    st.html(
        f'<div class="xb-note">{escape(cell.base.name)} · {escape(cell.specialty.name)}：{what} '
        f"<b>{len(rows)} 份</b>，计划名额 <b>{value.whole}</b>。姓名和证件号只显示一部分。</div>"
    )
    if not rows:
        return
    body = "".join(
        f"<tr><td>{i}</td><td>{escape(row.receipt)}</td><td>{escape(row.name)}</td><td>{escape(row.number_suffix)}</td>"
        f"<td>{STATE_LABELS[row.state]}</td><td>{moment(row.submitted_at)}</td><td>{moment(row.decided_at)}</td></tr>"
        for i, row in enumerate(rows, 1)
    )
    heads = "".join(f"<th>{h}</th>" for h in ("序号", "回执号", "姓名", "证件号末四位", "状态", "提交时间", "审核时间"))
    st.html(f'<div class="xb-list"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>')
