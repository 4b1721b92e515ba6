"""操作日志 on the screen: filters, one page, older pages, the export."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import streamlit as st

from core.clock import local_zone
from core.domain.permissions import ROLE_LABELS, Role
from core.queries.log import MOST_EXPORTED, LogFilter, LogLine, log_clerks, log_page
from core.services.exports import export_log
from core.ui.imports import CSV, as_download
from core.ui.log_words import ACTION_WORDS, SUBJECT_WORDS, action_words, detail_words, subject_words
from core.ui.page import Visit
from core.ui.wording import moment

PAGES = "log.pages"
HEADERS = ("时间", "操作人", "身份", "操作", "对象", "基地", "说明")


def filters(visit: Visit) -> LogFilter:
    """What the reader asks for; a changed question begins at the newest line again."""
    clerks = dict(log_clerks(visit.context, visit.actor))
    one, two, three, four, five = st.columns([1.3, 1.3, 1.1, 1, 1])
    action = one.selectbox("操作", [None, *ACTION_WORDS], format_func=lambda a: ACTION_WORDS[a] if a else "全部")
    who = two.selectbox("操作人", [None, *clerks], format_func=lambda id_: clerks[id_] if id_ else "全部")
    subject = three.selectbox("对象", [None, *SUBJECT_WORDS], format_func=lambda s: SUBJECT_WORDS[s] if s else "全部")
    first = four.date_input("从", value=None, format="YYYY/MM/DD")
    last = five.date_input("到", value=None, format="YYYY/MM/DD")
    wanted = LogFilter(action=action, actor_id=who, subject=subject)
    wanted = replace(wanted, since=_midnight(first), until=_midnight(last, days=1))
    if st.session_state.get("log.wanted") != wanted:
        st.session_state["log.wanted"] = wanted
        st.session_state[PAGES] = [None]
    return wanted


def page_of_log(visit: Visit, wanted: LogFilter) -> None:
    """The lines of the page that was reached, and the way on and back."""
    reached: list[int | None] = st.session_state.setdefault(PAGES, [None])
    page = log_page(visit.context, visit.actor, wanted=wanted, before_id=reached[-1])
    if not page.lines:
        st.info("没有符合条件的记录。请放宽条件。", icon=":material/search_off:")
        return
    rows = [dict(zip(HEADERS, _row(line), strict=True)) for line in page.lines]
    st.dataframe(
        rows,
        hide_index=True,
        height=36 * len(rows) + 40,
        row_height=36,
        column_config={"说明": st.column_config.TextColumn(width="large")},
    )
    newer, older, note = st.columns([1, 1, 5], vertical_alignment="center")
    if newer.button("上一页", disabled=len(reached) == 1, key="log.newer", width="stretch"):
        reached.pop()
        st.rerun()
    if older.button("下一页", disabled=page.next_before is None, key="log.older", width="stretch"):
        reached.append(page.next_before)
        st.rerun()
    note.caption(f"第 {len(reached)} 页，本页 {len(rows)} 条，最新的在上。申请人只显示编号。")


def export_button(visit: Visit, wanted: LogFilter) -> None:
    """The filtered log as a file; exporting is logged, too."""
    as_download(
        f"导出 CSV（最多 {MOST_EXPORTED} 条）",
        lambda: export_log(visit.context, visit.actor, wanted=wanted, headers=HEADERS, rows_of=_rows),
        "操作日志.csv",
        CSV,
        "log.export",
    )


def _rows(lines: Iterable[LogLine]) -> Iterator[list[str]]:
    for line in lines:
        yield _row(line)


def _row(line: LogLine) -> list[str]:
    return [
        moment(line.at, seconds=True),
        _who(line),
        ROLE_LABELS[line.role],
        action_words(line.action),
        subject_words(line.subject, line.subject_id),
        line.base_name or "—",
        detail_words(line.details) or "—",
    ]


def _who(line: LogLine) -> str:
    if line.role is Role.APPLICANT:
        return f"申请人 {line.actor_id}"
    return line.actor_name or ("系统" if line.role is Role.SYSTEM else "—")


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    return datetime.combine(day, time(), local_zone()) + timedelta(days=days) if isinstance(day, date) else None
