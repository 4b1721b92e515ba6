"""The parts of 审核工作台: filters, tabs with counts, the lines and their buttons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import NoReturn

import streamlit as st

from core.domain.permissions import Actor
from core.queries.batches import published_batches
from core.queries.queue import EVERY_STATE, MOST_COUNTED, TABS, Cursor, QueueFilter, QueuePage, QueueRow
from core.queries.reference import bases, specialties
from core.services import reviews
from core.services.context import Context
from core.ui.look import badge_html
from core.ui.page import Visit, page_path, shown_errors
from core.ui.wording import moment, span

DESK = "pages/review/desk.py"
APPLICATION = "application"
"""The one query parameter of the desk: the application's id, which says nothing about the person."""
_PAGES = "queue.pages"
_LAST = "queue.last"

CSS = """
<style>
.xq-row, .xq-head {display: grid; grid-template-columns: 6.4rem minmax(7rem,1.5fr) 4.4rem 9.8rem minmax(4rem,1fr)
  minmax(5rem,1fr) 13rem; column-gap: .7rem; align-items: center; min-height: 2.1rem; font-size: .95rem;}
.xq-head {color: #5B6B66; font-size: .85rem; min-height: 1.6rem; border-bottom: 1px solid #DDD8CC;}
.xq-row > span {overflow: hidden; text-overflow: ellipsis; white-space: nowrap;}
.xq-row small {color: #5B6B66; font-size: .8rem;}
.xq-name {font-weight: 600;}
.xq-held {display: block; color: #8A4B0B !important; overflow: hidden; text-overflow: ellipsis;}
.xq-num {font-variant-numeric: tabular-nums;}
.st-key-queue_lines [data-testid="stVerticalBlock"] {gap: .1rem;}
.st-key-queue_lines {gap: .1rem;}
.st-key-queue_lines button {min-height: 1.9rem; padding: 0 .6rem;}
</style>
"""


def filters(context: Context, actor: Actor, batch_id: int | None) -> QueueFilter | None:
    """The line of filters; None while there is no batch. Choosing anything begins again at the first page."""
    batches = {batch.id: batch.name for batch in published_batches(context, context.now())}
    if not batches:
        st.info("还没有已公布的批次。批次公布并有人提交志愿后，待审核的申请会出现在这里。", icon=":material/info:")
        return None
    own = {base.id: base.name for base in bases(context, inactive=True) if base.id in actor.base_ids}
    offered = {specialty.id: specialty.name for specialty in specialties(context, inactive=True)}
    first, second, third, fourth = st.columns([3, 3, 2.4, 3.6], vertical_alignment="bottom")
    with first:
        default = list(batches).index(batch_id) if batch_id in batches else 0
        batch = st.selectbox("批次", list(batches), default, key="queue.batch", format_func=batches.__getitem__)
    with second:
        base = _optional("报名基地单位", "queue.base", own, "全部（本人负责的基地）")
    with third:
        specialty = _optional("报名专业", "queue.specialty", offered, "全部专业")
    with fourth:
        text = st.text_input(
            "查找",
            key="queue.text",
            placeholder="姓名、拼音或首字母、证件号或手机号后 4 位、回执号",
            icon=":material/search:",
        )
    return QueueFilter(batch, base_id=base, specialty_id=specialty, text=text or "")


def tab(wanted: QueueFilter, numbers: Mapping[str, int]) -> QueueFilter:
    """The choice of a state with its count; a search looks through every state."""
    if wanted.text.strip():
        st.caption("按查找内容列出各个状态的申请；清空查找框即回到队列。")
        return replace(wanted, states=EVERY_STATE)
    chosen = st.segmented_control(
        "状态",
        list(TABS),
        default="waiting",
        required=True,
        key="queue.tab",
        format_func=lambda key: f"{TABS[key][0]} {counted(numbers[key])}",
        label_visibility="collapsed",
    )
    return replace(wanted, states=TABS[chosen or "waiting"][1])


def counted(number: int) -> str:
    """A count as the tabs show it: 999+ once counting stopped."""
    return f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)


def position(wanted: QueueFilter) -> Cursor | None:
    """Where the page in view begins; another question than before goes back to the start."""
    if st.session_state.get(_LAST) != wanted:
        st.session_state[_LAST], st.session_state[_PAGES] = wanted, []
    pages: list[Cursor] = st.session_state[_PAGES]
    return pages[-1] if pages else None


def lines(visit: Visit, page: QueuePage, *, several_bases: bool) -> None:
    """The lines of one page, each with its button."""
    with st.container(key="queue_lines"):
        left, _ = st.columns([10, 1.35], vertical_alignment="center")
        left.html(_head(several_bases))
        for row in page.rows:
            left, right = st.columns([10, 1.35], vertical_alignment="center")
            left.html(_line(row, several_bases))
            free = row.state.value == "SUBMITTED" and (row.mine or not row.held_by)
            word = "继续" if row.mine else "领取" if free else "查看"
            kind = "primary" if row.mine else "secondary"
            if right.button(word, key=f"queue.open.{row.application_id}", type=kind, width="stretch"):  # type: ignore[arg-type]
                _open(visit, row.application_id, take=free)


def paging(page: QueuePage) -> None:
    """Forward and back through the pages."""
    pages: list[Cursor] = st.session_state[_PAGES]
    if not pages and page.next is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("上一页", key="queue.back", disabled=not pages, icon=":material/chevron_left:"):
            pages.pop()
            st.rerun()
        st.caption(f"第 {len(pages) + 1} 页", width="content")
        if st.button("下一页", key="queue.on", disabled=page.next is None, icon=":material/chevron_right:"):
            pages.append(page.next)  # type: ignore[arg-type]
            st.rerun()


def take_next(visit: Visit, batch_id: int) -> None:
    """The button that takes the oldest waiting application and opens it."""
    if not st.button(
        "领取下一份", type="primary", icon=":material/play_arrow:", key="queue.next", width="stretch", shortcut="F2"
    ):
        return
    lease = reviews.take_next(visit.context, visit.actor, batch_id=batch_id)
    if lease is None:
        st.info("没有可领取的申请了：都已审完，或同事正在审核。", icon=":material/task_alt:")
        return
    go_to(lease.application_id)


def empty(wanted: QueueFilter) -> None:
    """What to do when nothing is listed."""
    if wanted.text.strip():
        words = "没有找到符合的申请。请核对查找内容（姓名可只输一部分；证件号、手机号输后 4 位），或清空筛选条件。"
    elif wanted.states == TABS["waiting"][1]:
        words = "没有待审核的申请，本基地的都处理完了。新提交的志愿会按提交时间出现在这里，刷新页面即可看到。"
    else:
        words = "这个状态下没有申请。请换一个状态，或放宽基地和专业的筛选。"
    st.info(words, icon=":material/inbox:")


def go_to(application_id: int) -> NoReturn:
    """Open the desk for one application."""
    st.switch_page(page_path(DESK), query_params={APPLICATION: str(application_id)})


def _open(visit: Visit, application_id: int, *, take: bool) -> None:
    if not take:
        go_to(application_id)
    taken = False
    with shown_errors():
        reviews.take(visit.context, visit.actor, application_id=application_id)
        taken = True
    if taken:
        go_to(application_id)


def _optional(label: str, key: str, options: Mapping[int, str], everything: str) -> int | None:
    # Zero stands for everything: a box that holds None offers to be emptied.
    choices: Sequence[int] = [0, *options]
    found = st.selectbox(label, choices, key=key, format_func=lambda each: options.get(each, everything))
    return found or None


def _head(several_bases: bool) -> str:
    names = ("状态", "姓名", "证件号", "回执号", "基地" if several_bases else "方向", "专业", "提交时间 · 已等待")
    return f'<div class="xq-head" role="row">{"".join(f"<span>{name}</span>" for name in names)}</div>'


def _line(row: QueueRow, several_bases: bool) -> str:
    again = f" <small>第{row.revision}次提交</small>" if row.revision > 1 else ""
    held = ""
    if row.held_by:
        who = "我" if row.mine else escape(row.held_by)
        held = f'<small class="xq-held">{who}审核中，至 {clock(row.held_until)}</small>'
    twins = " <small>有重复图片</small>" if row.twins else ""
    place = row.base if several_bases else (row.direction or "—")
    waiting = f" <small>{span(row.waiting)}</small>" if row.state.value == "SUBMITTED" else ""
    cells = (
        badge_html(row.state),
        f'<span class="xq-name" title="{escape(row.name)}">{escape(row.name)}</span>{again}{twins}{held}',
        f'<span class="xq-num">*{escape(row.number_suffix)}</span>',
        f'<span class="xq-num">{escape(row.receipt)}</span>',
        escape(place),
        escape(row.specialty),
        f'<span class="xq-num">{_short(moment(row.submitted_at))}</span>{waiting}',
    )
    return f'<div class="xq-row" role="row">{"".join(f"<span>{cell}</span>" for cell in cells)}</div>'


def clock(at: datetime | None) -> str:
    """17:00."""
    return moment(at).rsplit(" ", 1)[-1]


def _short(text: str) -> str:
    return text.split("年", 1)[-1]
