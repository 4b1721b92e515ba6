"""The form of one batch: its name, its calendar in Shanghai time, its switches."""

from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from core.clock import local_zone
from core.domain.errors import InvalidInput
from core.domain.windows import PHASE_LABELS, Windows
from core.queries.batches import BatchView
from core.services import batches as service
from core.services.context import Context
from core.ui.forms import Form
from core.ui.page import Visit, done, shown_errors
from core.ui.wording import moment, span

NEW = 0
TIMES = (
    ("publish_at", "公布时间", "从这时起所有人都能看到批次和计划。"),
    ("open_at", "报名开始", ""),
    ("close_at", "报名截止", "到这一刻为止可以提交；这一刻起不能再提交或取消。"),
    ("correction_end", "补正截止", "被退回的申请最晚到这时补正重交。"),
    ("review_end", "审核截止", ""),
    ("adjust_open", "调剂开始", "没有调剂可以留空。"),
    ("adjust_close", "调剂结束", ""),
    ("report_from", "报到开始", "尚未确定可以留空。"),
    ("report_to", "报到结束", ""),
)
OPTIONAL = frozenset({"adjust_open", "adjust_close", "report_from", "report_to"})


def batch_table(found: tuple[BatchView, ...], now: datetime) -> None:
    """All batches at a glance."""
    rows = [
        {
            "批次": b.name,
            "年度": str(b.year),
            "阶段": PHASE_LABELS[b.phase(now)],
            "报名": f"{moment(b.windows.open_at)} 至 {moment(b.windows.close_at)}",
            "补正截止": moment(b.windows.correction_end),
            "助理全科": "招收" if b.assistant_offered else "不招收",
        }
        for b in found
    ]
    st.dataframe(rows, hide_index=True)


def batch_form(visit: Visit, seen: BatchView | None) -> None:
    """New batch, or one to change; the version it was opened with goes along (I4)."""
    form = Form(f"batch.{seen.id if seen else NEW}", _saved(seen, visit.now))
    version = st.session_state.setdefault(f"{form.name}#version", seen.version if seen else 0)
    left, right = st.columns([3, 1])
    with left:
        form.text("name", "批次名称", placeholder="例如：2026年第一批")
    with right:
        year = form.number("year", "年度", service.EARLIEST_YEAR, service.LATEST_YEAR)
    given = _times(form)
    one, two = st.columns(2)
    with one:
        given["confirm_hours"] = form.number("confirm_hours", "录取后确认时限（小时）", 1, 720)
    with two:
        assistant = form.tick("assistant_offered", "本批次招收中医助理全科")
    reason = _reason(form, seen, given, visit.now)
    form.summary()
    if not form.submitted("保存" if seen else "新建批次"):
        return
    with shown_errors():
        try:
            windows = _windows(given)
            _save(visit, seen, version, year=year, form=form, windows=windows, assistant=assistant, reason=reason)
        except InvalidInput as refused:
            form.refuse(refused.fields)
            raise
        form.close()
        done(f"批次「{form.values['name'].strip()}」已保存。")


def _save(
    visit: Visit,
    seen: BatchView | None,
    version: int,
    *,
    year: int,
    form: Form,
    windows: Windows,
    assistant: bool,
    reason: str,
) -> None:
    common: dict[str, Any] = {
        "year": year,
        "name": form.values["name"],
        "windows": windows,
        "assistant_offered": assistant,
    }
    if seen is None:
        service.create(visit.context, visit.actor, **common)
        return
    service.change(visit.context, visit.actor, batch_id=seen.id, seen_version=version, reason=reason, **common)


def suspend_form(context: Context, visit: Visit, seen: BatchView) -> None:
    """Stop the batch with a reason, or let it go on."""
    suspended = seen.windows.suspended
    st.write(
        "批次已暂停，所有人都不能提交、取消或补正。" if suspended else "暂停后，提交、取消和补正立即停止，直到恢复。"
    )
    form = Form(f"suspend.{seen.id}.{seen.version}")
    reason = (
        "" if suspended else form.text("reason", "暂停的理由", area=True, hint="会写入操作日志，请不要写个人信息。")
    )
    if form.submitted("恢复批次" if suspended else "暂停批次"):
        with shown_errors():
            service.suspend(
                context,
                visit.actor,
                batch_id=seen.id,
                seen_version=seen.version,
                suspended=not suspended,
                reason=reason,
            )
            form.close()
            done("批次已恢复。" if suspended else "批次已暂停。")


def delete_form(context: Context, visit: Visit, seen: BatchView) -> None:
    """Delete a batch that nobody applied to; the name is typed once to prevent a slip."""
    st.write("只有从来没有人报名的批次才能删除，招录计划会一起删除，不能恢复。")
    form = Form(f"delete.{seen.id}.{seen.version}")
    typed = form.text("name", f"请输入批次名称「{seen.name}」以确认")
    if form.submitted("删除批次", disabled=typed.strip() != seen.name):
        with shown_errors():
            service.delete(context, visit.actor, batch_id=seen.id, seen_version=seen.version)
            form.close()
            done(f"批次「{seen.name}」已删除。")


def _saved(seen: BatchView | None, now: datetime) -> dict[str, Any]:
    if seen is not None:
        times = {name: _local(getattr(seen.windows, name)) for name, *_ in TIMES}
        return {
            "name": seen.name,
            "year": seen.year,
            "confirm_hours": seen.windows.confirm_hours,
            "assistant_offered": seen.assistant_offered,
            **times,
        }
    morning = now.astimezone(local_zone()).replace(hour=9, minute=0, second=0, microsecond=0, tzinfo=None)
    days = {"publish_at": 1, "open_at": 7, "close_at": 21, "correction_end": 24, "review_end": 31}
    times = {name: morning + timedelta(days=days[name]) if name in days else None for name, *_ in TIMES}
    return {"name": "", "year": morning.year, "confirm_hours": 48, "assistant_offered": False, **times}


def _times(form: Form) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for start in range(0, len(TIMES), 3):
        for place, (name, label, hint) in zip(st.columns(3), TIMES[start : start + 3], strict=True):
            with place:
                value = form.instant(name, f"{label}（可留空）" if name in OPTIONAL else label, hint=hint)
                given[name] = value.replace(tzinfo=local_zone()) if value else None
    return given


def _windows(given: dict[str, Any]) -> Windows:
    labels = {name: label for name, label, _ in TIMES}
    if empty := {name: f"请填写{labels[name]}。" for name in labels if name not in OPTIONAL and given[name] is None}:
        raise InvalidInput(empty)
    return Windows(**given)


def _reason(form: Form, seen: BatchView | None, given: dict[str, Any], now: datetime) -> str:
    """Asked for only when applicants lose time; how much is said beside it."""
    if seen is None or any(given[name] is None for name, *_ in TIMES if name not in OPTIONAL):
        return ""
    windows = Windows(**given)
    if not service.shortens(seen.windows, windows, now):
        return ""
    lost = seen.windows.close_at - windows.close_at
    words = f"报名时间将缩短 {span(lost)}。" if lost > timedelta(0) else "申请人可用的时间将缩短。"
    st.warning(words + "请写明理由，会记入操作日志。", icon=":material/schedule:")
    return form.text("reason", "缩短的理由", area=True, hint="至少 5 个字，请不要写个人信息。")


def _local(at: datetime | None) -> datetime | None:
    return at.astimezone(local_zone()).replace(tzinfo=None) if at else None
