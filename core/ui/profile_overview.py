"""The top of 个人信息: how far it is, what the reviewer wants, what is missing, and the one next step (M12, M20, M26)."""

from collections.abc import Callable
from html import escape

import streamlit as st

from core.domain import profile
from core.domain.profile import SECTION_LABELS, SECTIONS
from core.domain.reasons import RETURN_LABELS, ReturnReason
from core.services.profiles import ProfileView
from core.ui.page import link, page_path
from core.ui.wording import share

MOST_NAMES = 3


def overview(view: ProfileView, start: Callable[[str], None], *, editing: bool) -> None:
    """Progress, reasons, checklist and next step; `start` opens a section, for callbacks.

    While somebody edits, the checklist folds away, so that the form is what they see.
    """
    there, needed = profile.progress(view.content, view.missing, view.person)
    st.progress(there / max(needed, 1), text=f"已完成 {share(there, needed)}")
    if view.editable.kind == "none":
        st.info(
            "您的报名正在处理，个人信息已锁定，仅供查看。如需修改，请等审核退回，或在截止前取消报名。",
            icon=":material/lock:",
        )
    elif view.editable.kind == "flagged":
        _say_returned(view, start)
    _checklist(view, start, folded=editing)
    if not view.missing and view.editable.kind == "all":
        st.success("个人信息已填完。下一步：志愿填报。", icon=":material/check_circle:")
        if st.button("去志愿填报", type="primary", icon=":material/arrow_forward:"):
            st.switch_page(page_path("pages/applicant/choice.py"))


def section_of(path: str) -> str:
    """The section in which a flagged path is corrected: scans lie under 证件照片."""
    section = path.split(".", maxsplit=1)[0]
    found = profile.field_of(path)
    if found is not None and found.kind == "document":
        return "documents"
    return section


def _say_returned(view: ProfileView, start: Callable[[str], None]) -> None:
    st.warning(
        f"审核退回了 {len(view.editable.flags)} 处，只有这些项目可以修改。改好后到「招收查询」点“补正重交”。",
        icon=":material/undo:",
    )
    for number, flag in enumerate(view.editable.flags):
        words = RETURN_LABELS.get(ReturnReason(flag.reason), "其他")
        text, button = st.columns([5, 1], vertical_alignment="center")
        note = f"：{escape(flag.note)}" if flag.note else ""
        text.html(
            f'<p class="xl-returned"><b>{escape(profile.label(flag.field, view.content))}</b> ↩ {escape(words)}{note}</p>'
        )
        section = section_of(flag.field)
        if section in SECTIONS:
            button.button("去修改", key=f"profile.flag.{number}", on_click=start, args=(section,), width="stretch")
    link("pages/applicant/progress.py", "去招收查询", ":material/manage_search:")


def _checklist(view: ProfileView, start: Callable[[str], None], *, folded: bool) -> None:
    if not view.missing:
        return
    first = section_of(view.missing[0].field)
    head = f"还差 {len(view.missing)} 项，填完后才能填报志愿"
    with st.expander(head) if folded else st.container(border=True):
        if not folded:
            st.html(f'<p class="xl-next">{head}</p>')
        for section in SECTIONS:
            lacking = [item for item in view.missing if section_of(item.field) == section]
            text, button = st.columns([5, 1], vertical_alignment="center")
            text.html(_section_line(section, [item.sentence for item in lacking]))
            if lacking:
                button.button(
                    "去填写",
                    key=f"profile.go.{section}",
                    on_click=start,
                    args=(section,),
                    type="primary" if section == first else "secondary",
                    width="stretch",
                )


def _section_line(section: str, sentences: list[str]) -> str:
    name = SECTION_LABELS[section]
    if not sentences:
        return f'<p class="xl-step xl-step-done"><b>✓ {name}</b> 已填完</p>'
    few = "；".join(escape(sentence.rstrip("。")) for sentence in sentences[:MOST_NAMES])
    more = f" 等 {len(sentences)} 项" if len(sentences) > MOST_NAMES else ""
    return f'<p class="xl-step"><b>○ {name}</b> {few}{more}</p>'
