"""The parts of the desk that decide: the checklist, 通过, 退回, 不通过, and taking a decision back."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from core import runtime
from core.domain.errors import DomainError
from core.domain.lifecycle import Action, find
from core.domain.permissions import Permission
from core.domain.profile import SECTIONS, flatten, label
from core.domain.profile_fields import SECTION_LABELS
from core.domain.reasons import (
    CHECKLIST,
    REFUSAL_LABELS,
    RETURN_LABELS,
    Refusal,
    RefusalReason,
    ReturnItem,
    ReturnReason,
    note_fault,
)
from core.queries.desk import Desk
from core.services import reviews
from core.ui.messages import sentence
from core.ui.page import Visit, done, shown_errors, visitor
from core.ui.review_desk import QUEUE
from core.ui.review_queue import APPLICATION
from core.ui.wording import moment

PLACES = ("比对上传照片", "学信网", "国家卫生健康委网站", "国家医学考试网", "中国教育考试网", "电话核实", "查验原件")
USUAL_PLACE = {"education": "学信网", "practice": "国家卫生健康委网站"}
LOOKUPS = (
    ("国家卫生健康委", "https://www.nhc.gov.cn"),
    ("国家医学考试网", "https://www.nmec.org.cn"),
    ("中国教育考试网", "https://www.neea.edu.cn"),
)
"""M18."""
_WAYS = {"approve": "通过", "return": "退回", "reject": "不通过"}
_SAID = "desk.said"


def checklist(visit: Visit, desk: Desk, *, locked: bool) -> None:
    """What to verify before 通过, each line with where it was verified (M18)."""
    st.html(f'<h3 class="xl-caption" style="margin:0">核对清单 {len(desk.checks)}/{len(CHECKLIST)}</h3>')
    if said := st.session_state.pop(_SAID, None):
        st.error(said, icon=":material/error:")
    for item, words in CHECKLIST.items():
        _check_line(visit, desk, item, words, locked)
    links = " · ".join(f'<a href="{url}" target="_blank" rel="noopener noreferrer">{name}</a>' for name, url in LOOKUPS)
    st.html(f'<p class="xl-caption">核验网站：{links}</p>')


def _check_line(visit: Visit, desk: Desk, item: str, words: str, locked: bool) -> None:
    check = desk.checks.get(item)
    key = f"desk.check.{desk.application_id}.{desk.revision}.{item}"
    st.session_state[key] = check is not None
    if check:
        st.checkbox(words, key=key, disabled=locked, on_change=_tick, args=(desk, item, key, check.where))
        st.html(f'<p class="xl-field-hint">{escape(check.by)} · {escape(check.where)} · {moment(check.at)}</p>')
        return
    left, right = st.columns([5, 2.6], vertical_alignment="center")
    usual = USUAL_PLACE.get(item, PLACES[0])
    place = right.selectbox(
        f"{words}的核验方式",
        PLACES,
        PLACES.index(usual),
        key=f"{key}.where",
        label_visibility="collapsed",
        disabled=locked,
    )
    left.checkbox(words, key=key, disabled=locked, on_change=_tick, args=(desk, item, key, place))


def _tick(desk: Desk, item: str, key: str, place: str) -> None:
    # A callback runs before the page's own guard: who is there is asked anew.
    actor = visitor()
    if actor is None:
        return
    try:
        reviews.tick(
            runtime.context(),
            actor,
            application_id=desk.application_id,
            item=item,
            checked=bool(st.session_state[key]),
            where=place,
        )
    except DomainError as error:
        st.session_state[_SAID] = sentence(error)


def decide(visit: Visit, desk: Desk) -> None:
    """The three ways out, one at a time; afterwards the next application is taken and opened."""
    way = st.segmented_control(
        "审核结论",
        list(_WAYS),
        default="approve",
        required=True,
        key=f"desk.way.{desk.application_id}",
        format_func=_WAYS.__getitem__,
        width="stretch",
    )
    {"approve": _approve, "return": _return, "reject": _reject}[way or "approve"](visit, desk)


def _approve(visit: Visit, desk: Desk) -> None:
    left = len(CHECKLIST) - len(desk.checks)
    if left:
        st.caption(f"还有 {left} 项没有核对，全部勾选后才能通过。")
    if st.button("确认通过", key="desk.approve", type="primary", disabled=bool(left), width="stretch"):
        with shown_errors():
            reviews.approve(visit.context, visit.actor, application_id=desk.application_id, seen_version=desk.version)
            _onward(visit, desk, "已通过")


def _return(visit: Visit, desk: Desk) -> None:
    store = f"desk.items.{desk.application_id}.{desk.revision}"
    items: list[ReturnItem] = st.session_state.setdefault(store, [])
    fields = flaggable(desk)
    faults = st.session_state.pop(f"{store}.fault", "")
    field = st.selectbox(
        "退回项目",
        list(fields),
        None,
        key=f"{store}.field",
        persist_state="session",
        format_func=fields.__getitem__,
        placeholder="请选择要改的项目",
    )
    reason = st.selectbox(
        "原因",
        list(ReturnReason),
        None,
        key=f"{store}.reason",
        persist_state="session",
        format_func=RETURN_LABELS.__getitem__,
        placeholder="请选择",
    )
    note = st.text_area(
        "说明",
        key=f"{store}.note",
        persist_state="session",
        placeholder="写给申请人：哪里不对、怎么改（至少 5 个字）",
        height=80,
    )
    if faults:
        st.html(f'<p class="xl-field-error" role="alert">{escape(faults)}</p>')
    st.button(
        "加入退回清单", key=f"{store}.add", icon=":material/add:", on_click=_add, args=(store, field, reason, note)
    )
    for place, item in enumerate(items):
        left, right = st.columns([6, 1], vertical_alignment="center")
        left.text(f"{place + 1}. {fields[item.field]}：{RETURN_LABELS[item.reason]}。{item.note}")
        right.button("移除", key=f"{store}.drop.{place}", type="tertiary", on_click=_drop, args=(store, place))
    if st.button(
        f"确认退回（{len(items)} 项）", key="desk.return", type="primary", disabled=not items, width="stretch"
    ):
        with shown_errors():
            reviews.return_(
                visit.context, visit.actor, application_id=desk.application_id, seen_version=desk.version, items=items
            )
            _onward(visit, desk, f"已退回 {len(items)} 项")
    st.caption("申请人只能修改清单里的项目。")


def _add(store: str, field: str | None, reason: ReturnReason | None, note: str) -> None:
    if not field or not reason:
        fault = "请选择退回项目和原因，再加入清单。"
    elif found := note_fault(note):
        fault = found
    elif any((each.field, each.reason) == (field, reason) for each in st.session_state[store]):
        fault = "这个项目已因同样的原因在清单里，请修改说明前先移除。"
    else:
        st.session_state[store].append(ReturnItem(field, reason, note.strip()))
        st.session_state[f"{store}.field"] = st.session_state[f"{store}.reason"] = None
        st.session_state[f"{store}.note"] = ""
        return
    st.session_state[f"{store}.fault"] = fault


def _drop(store: str, place: int) -> None:
    del st.session_state[store][place]


def _reject(visit: Visit, desk: Desk) -> None:
    key = f"desk.refusal.{desk.application_id}"
    reason = st.selectbox(
        "不通过原因",
        list(RefusalReason),
        None,
        key=f"{key}.reason",
        persist_state="session",
        format_func=REFUSAL_LABELS.__getitem__,
        placeholder="请选择",
    )
    note = st.text_area(
        "说明",
        key=f"{key}.note",
        persist_state="session",
        placeholder="写给申请人：不符合哪条规定（至少 5 个字）",
        height=100,
    )
    fault = note_fault(note)
    ready = reason is not None and fault is None
    if note and fault:
        st.html(f'<p class="xl-field-error" role="alert">{escape(fault)}</p>')
    if not ready:
        st.caption("请选择原因并写至少 5 个字的说明。不通过后申请人在本批次不能补正这份申请。")
    if st.button("确认不通过", key="desk.reject", type="primary", disabled=not ready, width="stretch") and reason:
        with shown_errors():
            reviews.reject(
                visit.context,
                visit.actor,
                application_id=desk.application_id,
                seen_version=desk.version,
                refusal=Refusal(reason, note),
            )
            _onward(visit, desk, "已判定不通过")


def take_back(visit: Visit, desk: Desk) -> None:
    """撤回审核结论, for whoever may (T13)."""
    if find(Action.REVERT, desk.state) is None or not _may_revert(visit):
        return
    with st.expander("撤回审核结论", icon=":material/undo:"):
        st.caption("申请回到待审核，原结论和这次撤回都会留在办理记录里，申请人会收到通知。")
        key = f"desk.revert.{desk.application_id}"
        reason = st.text_area(
            "撤回理由",
            key=f"{key}.reason",
            persist_state="session",
            height=80,
            placeholder="至少 5 个字",
        )
        if st.button("确认撤回", key="desk.revert", type="primary"):
            with shown_errors():
                reviews.revert(
                    visit.context,
                    visit.actor,
                    application_id=desk.application_id,
                    seen_version=desk.version,
                    reason=reason,
                )
                done(f"已撤回{desk.name}的审核结论，申请回到待审核。")


def flaggable(desk: Desk) -> Mapping[str, str]:
    """What may be returned, by its label: pictures first, then every value, whole sections last, and the choice."""
    found = {picture.path: label(picture.path, desk.content) for picture in desk.pictures}
    found |= {path: label(path, desk.content) for path in flatten(desk.content)}
    found |= {section: f"{SECTION_LABELS[section]}（整个部分）" for section in SECTIONS}
    return found | {"choice": label("choice")}


def _may_revert(visit: Visit) -> bool:
    try:
        visit.actor.require(Permission.REVERT_DECISION)
    except DomainError:
        return False
    return True


def _onward(visit: Visit, desk: Desk, what: str) -> None:
    said = f"{what}：{desk.name}（回执号 {desk.receipt}）。"
    lease = reviews.take_next(visit.context, visit.actor, batch_id=desk.batch_id, but=desk.application_id)
    if lease is None:
        done(f"{said}没有其他待审核的申请了。", page=QUEUE)
    st.query_params[APPLICATION] = str(lease.application_id)
    done(f"{said}已为您领取下一份。")


__all__ = ["PLACES", "checklist", "decide", "flaggable", "take_back"]
