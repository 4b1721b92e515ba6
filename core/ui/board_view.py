"""The moving part of 招录看板: redrawn by itself every two seconds while somebody looks at it."""

from datetime import timedelta

import streamlit as st

from core import runtime
from core.clock import zone_name
from core.domain.lifecycle import State
from core.domain.metrics import MEASURES, Measure, default_measure, part_of
from core.domain.permissions import Actor, Role
from core.queries.batches import BatchView, current_batch
from core.queries.board import Board, Cell
from core.queries.cell import cell_applications
from core.ui import board_words as words
from core.ui import charts
from core.ui.board_data import visible_batches, visible_board
from core.ui.page import still
from core.ui.wording import moment, span

EVERY = 2
"""Seconds between two redraws: a decision shows within five seconds."""
BATCH, MAP, PICKED, MEASURE = "board.batch", "board.map", "board.cell", "board.measure"
HOURLY_WITHIN = timedelta(days=2)
JOURNEY = (State.SUBMITTED, State.RETURNED, State.APPROVED, State.REJECTED)
"""States shown even when nobody stands in them."""


@st.fragment(run_every=EVERY)
def live_board() -> None:
    """All numbers and charts of one batch. The guard stands inside: a fragment runs without its page."""
    actor = still(Role.BASE_LEAD, Role.ADMINISTRATOR)
    known = visible_batches(actor)
    if not known:
        st.info("还没有批次。管理员在「批次管理」新建批次后，这里会自动出现数字。", icon=":material/info:")
        return
    batch, board = _chosen(actor, known)
    if not board.cells:
        st.info("这个批次还没有招录计划，设好计划后这里会自动出现数字。", icon=":material/info:")
        return
    words.totals(board)
    measure = _measure(batch, board)
    words.say(words.sentences(board.cells, measure))
    picked = _map_and_bars(board, measure)
    if picked:
        _behind(actor, board, picked, measure)
    _rest(board, measure)


def _chosen(actor: Actor, known: dict[int, BatchView]) -> tuple[BatchView, Board]:
    context = runtime.context()
    if st.session_state.get(BATCH) not in known:
        current = current_batch(context, context.now())
        st.session_state[BATCH] = current.id if current and current.id in known else next(iter(known))
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        chosen = st.selectbox(
            "批次", list(known), key=BATCH, format_func=lambda of: known[of].name, label_visibility="collapsed"
        )
    board = visible_board(actor, chosen)
    with right:
        words.batch_line(known[chosen], words.phase_word(known[chosen], board), context.settings.demo)
    return known[chosen], board


def _measure(batch: BatchView, board: Board) -> Measure:
    st.session_state.setdefault(MEASURE, default_measure(batch.phase(board.at), board.counts))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        chosen = st.segmented_control(
            "图中显示",
            list(Measure),
            key=MEASURE,
            format_func=lambda m: f"{MEASURES[m].label} {MEASURES[m].letters}",
        )
    right.html(
        f'<div class="xb-note" style="text-align:right">数据时间 <b>{moment(board.at, seconds=True)}</b>，每 {EVERY} 秒自动更新</div>'
    )
    return chosen or default_measure(batch.phase(board.at), board.counts)


def _map_and_bars(board: Board, measure: Measure) -> Cell | None:
    formula = MEASURES[measure]
    left, right = st.columns([11, 9], gap="medium")
    with left:
        words.heading(f"各岗位{formula.label}", f"{formula.sentence}；点击方格查看名单")
        figure = charts.seat_map(board.cells, measure, st.session_state.get(PICKED))
        alt = f"培训基地与专业的{formula.label}，共 {len(board.cells)} 个岗位"
        st.plotly_chart(
            figure, key=MAP, on_select=_keep, selection_mode="points", theme=None, config=charts.CONFIG, alt=alt
        )
    with right:
        words.heading(f"各培训基地{formula.label}", f"外框为计划名额，实心条为{part_of(formula)}")
        _draw(charts.quota_bars(board.by_base(), measure), f"各培训基地{formula.label}")
    left, right = st.columns([11, 9], gap="medium", vertical_alignment="center")
    with left:
        words.map_key(measure)
    with right:
        return _picked(board)


def _picked(board: Board) -> Cell | None:
    cells = {(cell.base.id, cell.specialty.id): cell for cell in board.cells}
    if st.session_state.get(PICKED) not in cells:
        st.session_state[PICKED] = None
    chosen = st.selectbox(
        "查看岗位名单",
        list(cells),
        key=PICKED,
        index=None,
        placeholder="点击上面的方格，或在这里选择岗位",
        format_func=lambda of: f"{cells[of].base.name} · {cells[of].specialty.name}",
    )
    return cells.get(chosen) if chosen else None


def _keep() -> None:
    """New data drops a chart's selection, so the click is copied to the picker's own key."""
    marks = [point["customdata"] for point in st.session_state[MAP].selection.points if "customdata" in point]
    if marks:
        base_id, specialty_id = marks[0]
        st.session_state[PICKED] = (base_id, specialty_id)


def _behind(actor: Actor, board: Board, cell: Cell, measure: Measure) -> None:
    rows = cell_applications(
        runtime.context(),
        actor,
        batch_id=board.batch_id,
        base_id=cell.base.id,
        specialty_id=cell.specialty.id,
        measure=measure,
    )
    words.behind(rows, cell, measure)


def _rest(board: Board, measure: Measure) -> None:
    formula = MEASURES[measure]
    left, right = st.columns([11, 9], gap="medium")
    daily = board.submissions(hourly=False)
    hourly = bool(daily) and daily[-1][0] - daily[0][0] < HOURLY_WITHIN
    with left:
        words.heading("提交时间", f"按小时计，{zone_name()}" if hourly else f"按日计，{zone_name()}")
        _draw(charts.submissions_over_time(board.submissions(hourly=hourly), hourly=hourly), "提交时间")
        oldest = f"最久已等 {span(board.at - board.oldest)}" if board.oldest else "没有等待的报名"
        words.heading("待审核等待时间", f"从最近一次提交算起；{oldest}")
        _draw(charts.queue_age(board.waiting), "待审核等待时间")
    with right:
        words.heading(f"各专业{formula.label}", f"外框为计划名额，实心条为{part_of(formula)}")
        _draw(charts.quota_bars(board.by_specialty(), measure, top=8), f"各专业{formula.label}")
        words.heading("报名状态", "每份报名只计入当前状态，分母为全部报名")
        found = tuple((state, n) for state in State if (n := board.state(state)) or state in JOURNEY)
        _draw(charts.state_funnel(found), "报名状态")


def _draw(figure: object, alt: str) -> None:
    st.plotly_chart(figure, theme=None, config=charts.CONFIG, alt=alt)
