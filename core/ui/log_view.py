"""操作日志 on the screen: filters, one page, older pages, the export."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Literal

import streamlit as st

from core.clock import local_zone
from core.domain.permissions import ROLE_LABELS, Role
from core.queries.log import MOST_EXPORTED, LogFilter, LogLine, log_clerks, log_page
from core.services.exports import export_log
from core.ui.imports import CSV, XLSX, as_download
from core.ui.log_words import ACTION_WORDS, SUBJECT_WORDS, action_words, detail_words, subject_words
from core.ui.page import Visit
from core.ui.wording import moment

PAGES = "log.pages"
HEADERS = ("时间", "操作人", "身份", "操作", "对象", "基地", "说明")


def filters(visit: Visit) -> LogFilter:
    """What the reader asks for; a changed question begins at the newest line again."""
    clerks = dict(log_clerks(visit.context, visit.actor))
    one, two, three, four, five = st.columns([1.3, 1.3, 1.1, 1, 1])
    six, seven, eight, _ = st.columns([1.3, 1.3, 1.1, 2])
    action = one.selectbox("操作", [None, *ACTION_WORDS], format_func=lambda a: ACTION_WORDS[a] if a else "全部")
    who = two.selectbox("操作人", [None, *clerks], format_func=lambda id_: clerks[id_] if id_ else "全部")
    subject = three.selectbox("对象", [None, *SUBJECT_WORDS], format_func=lambda s: SUBJECT_WORDS[s] if s else "全部")
    first = four.date_input("从", value=None, format="YYYY/MM/DD")
    last = five.date_input("到", value=None, format="YYYY/MM/DD")
    role = six.selectbox("身份", [None, *Role], format_func=lambda r: ROLE_LABELS[r] if r else "全部")
    account = seven.text_input("账号编号", max_chars=10, help="申请人只能按编号查找。").strip()
    number = eight.text_input("对象编号", max_chars=64).strip()
    if account and not account.isdecimal():
        st.warning("账号编号是数字，请核对；这一项没有起作用。", icon=":material/warning:")
    wanted = LogFilter(action=action, actor_id=_number(account) or who, role=role, subject=subject)
    wanted = replace(wanted, subject_id=number or None)
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
    """The filtered log as a file, cells that a spreadsheet would run escaped; exporting is logged, too."""

    def made(kind: Literal["csv", "xlsx"]) -> Callable[[], bytes]:
        return lambda: export_log(visit.context, visit.actor, wanted=wanted, headers=HEADERS, rows_of=_rows, kind=kind)

    left, right, note = st.columns([1, 1, 4], vertical_alignment="center")
    with left:
        as_download("导出 CSV", made("csv"), "操作日志.csv", CSV, "log.export")
    with right:
        as_download("导出 Excel", made("xlsx"), "操作日志.xlsx", XLSX, "log.export.xlsx")
    note.caption(f"按上面的条件导出，最多 {MOST_EXPORTED} 条。")


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
    if line.actor_id is None:
        return "系统" if line.role is Role.SYSTEM else "运维人员"
    return line.actor_name or f"账号 {line.actor_id}"


def _number(typed: str) -> int | None:
    # Digits of other scripts count as decimal, too; a number beyond the column finds nobody.
    return int(typed) if typed.isdecimal() and len(typed) <= 9 else None


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    return datetime.combine(day, time(), local_zone()) + timedelta(days=days) if isinstance(day, date) else None
