"""志愿填报 in parts: the window with its countdown, the checklist, the choice with live numbers, the receipt."""

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from core.clock import zone_name
from core.domain.eligibility import Finding
from core.domain.errors import OutsideWindow
from core.domain.lifecycle import State
from core.domain.metrics import APPLIED, MEASURES, SEATS, Measure, shown
from core.domain.permissions import Role
from core.domain.profile import Missing
from core.domain.profile_fields import SECTION_LABELS
from core.queries.batches import BatchView
from core.queries.plan import PlanRow, public_plan
from core.queries.progress import MyApplication
from core.queries.reference import specialties
from core.services import applications, choices
from core.services.choices import Wish
from core.ui.forms import Form
from core.ui.look import badge_html, figure
from core.ui.messages import sentence
from core.ui.next_step import NEXT_STEP
from core.ui.page import Visit, done, page_path, shown_errors, still
from core.ui.wording import moment, span

AFTER_SUBMITTING = """**接下来**

1. 培训基地将审核您的报名材料，审核期间个人信息不能修改。
2. 审核结果会出现在「招收查询」；如被退回，请按说明补正重交。
3. 请妥善保存回执编号，咨询时报出编号即可。"""
DECLARATION = "本人承诺以上信息真实有效"


def window_card(visit: Visit, batch: BatchView) -> OutsideWindow | None:
    """Batch, start, end and countdown (M21); why nothing can be submitted now, or None."""
    with st.container(border=True):
        st.html(
            f'<div class="xl-caption">批次</div><div class="xl-figure">{escape(batch.name)}</div>'
            f"<p>报名时间：{moment(batch.windows.open_at)} 至 {moment(batch.windows.close_at)}（{zone_name()}）</p>"
        )
        _countdown(batch)
    try:
        batch.windows.require_open(visit.now)
    except OutsideWindow as refusal:
        return refusal
    return None


@st.fragment(run_every=20)
def _countdown(batch: BatchView) -> None:
    from core import runtime

    still(Role.APPLICANT)
    now, windows = runtime.context().now(), batch.windows
    if windows.suspended:
        st.warning("本批次已暂停，暂时不能报名。", icon=":material/pause_circle:")
    elif now < windows.open_at:
        st.info(f"距开始还有 {span(windows.open_at - now)}（以服务器时间为准）。", icon=":material/schedule:")
    elif now < windows.close_at:
        st.info(f"距截止还有 {span(windows.close_at - now)}（以服务器时间为准）。", icon=":material/schedule:")
    else:
        st.warning(f"报名已于 {moment(windows.close_at)} 截止。", icon=":material/event_busy:")


def blocked_by_profile(missing: Sequence[Missing]) -> None:
    """M20: the checklist of what the profile lacks, each section with its link."""
    st.warning(
        f"个人信息还有 {len(missing)} 处没有填完，补全后才能填报志愿。已填写的内容都在。", icon=":material/checklist:"
    )
    for section, label in SECTION_LABELS.items():
        items = [item for item in missing if item.section == section]
        if items:
            lines = "".join(f"<li>{escape(item.sentence)}</li>" for item in items)
            st.html(f"<b>{label}</b>（{len(items)} 处）<ul>{lines}</ul>")
            st.page_link(
                page_path("pages/applicant/profile.py"),
                label=f"去填写{label}",
                icon=":material/arrow_forward:",
                query_params={"section": section},
            )


def saved_choice(application: MyApplication | None) -> dict[str, Any]:
    """What a form opens with: the draft's or the returned application's wish."""
    if application is None:
        return {}
    return {
        "base": str(application.base_id),
        "specialty": str(application.specialty_id),
        "direction": application.direction or None,
        "adjust": application.accepts_adjustment,
    }


def choice_fields(visit: Visit, form: Form, batch: BatchView) -> Wish | None:
    """报名基地单位, 报名专业 (only what the batch offers), direction and 服从调剂; None while incomplete."""
    plan = public_plan(visit.context, batch.id)
    bases = {str(row.base_id): f"{row.base}（{row.city}）" for row in plan}
    base = form.choice("base", "报名基地单位", list(bases), words=bases, check=_chosen("报名基地单位"))
    of_base = {str(row.specialty_id): row.specialty for row in plan if str(row.base_id) == base}
    specialty = form.choice(
        "specialty",
        "报名专业",
        list(of_base),
        words=of_base,
        check=_chosen("报名专业"),
        hint="" if base else "先选择报名基地单位，这里会列出它本批次招收的专业。",
        disabled=not base,
    )
    direction = _direction(visit, form, specialty)
    adjust = form.tick("adjust", "服从调剂（所报岗位未录取时，愿意调剂到其他有名额的岗位）")
    cell = next((row for row in plan if (str(row.base_id), str(row.specialty_id)) == (base, specialty)), None)
    if cell is None:
        return None
    _numbers(cell)
    return Wish(cell.base_id, cell.specialty_id, direction, adjust)


def _direction(visit: Visit, form: Form, specialty: str) -> str:
    names = next((s.directions for s in specialties(visit.context) if str(s.id) == specialty), ())
    if not names:
        return ""
    return form.choice("direction", "专业方向（可不选）", list(names), hint="以基地实际安排为准。")


def _chosen(label: str) -> Any:
    return lambda value: None if value else f"请选择{label}。"


def _numbers(cell: PlanRow) -> None:
    formula = MEASURES[Measure.APPLIED]
    with st.container(border=True):
        seats, applied, ratio = st.columns(3)
        with seats:
            figure(SEATS.label, str(cell.seats), "本岗位计划人数")
        with applied:
            figure(APPLIED.label, str(cell.applied), APPLIED.words)
        with ratio:
            figure(formula.label, shown(Measure.APPLIED, cell.ratio), f"{formula.words}（{cell.applied}/{cell.seats}）")


def findings_list(visit: Visit, batch: BatchView, wish: Wish | None) -> Sequence[Finding]:
    """The eligibility rules' sentences for this wish: hard ones bar, warnings travel to the reviewer."""
    found = choices.preview(visit.context, visit.actor, batch_id=batch.id, wish=wish) if wish else []
    for finding in found:
        if finding.severity == "hard":
            st.error(finding.sentence, icon=":material/block:")
        else:
            st.warning(finding.sentence, icon=":material/info:")
    return found


def declaration(form: Form) -> bool:
    """The truth declaration of a submission (T2)."""
    return form.tick("declared", DECLARATION, check=lambda on: None if on else f"请先勾选「{DECLARATION}」。")


def keep_draft(visit: Visit, batch: BatchView, wish: Wish, draft: MyApplication | None) -> None:
    """T1: keep the wish without handing it in; the page says that it still has to be submitted."""
    with shown_errors():
        applications.choose(
            visit.context,
            visit.actor,
            batch_id=batch.id,
            base_id=wish.base_id,
            specialty_id=wish.specialty_id,
            direction=wish.direction,
            accepts_adjustment=wish.accepts_adjustment,
            seen_version=draft.version if draft else None,
        )
        deadline = moment(batch.windows.close_at)
        done(f"草稿已保存，还没有提交。请在 {deadline} 之前点“提交志愿”，看到回执编号才算报名成功。", tone="info")


def receipt_card(application: MyApplication) -> None:
    """The receipt, large, and what happens next; read from the database, so F5 keeps it (M22)."""
    with st.container(border=True):
        st.html(
            f'<div style="text-align:center;padding:1rem 0">{badge_html(application.state)}'
            f'<div class="xl-caption" style="margin-top:.8rem">回执编号</div>'
            f'<div style="font-size:2.2rem;font-weight:650;letter-spacing:.06em;color:#1F5C4A" data-testid="receipt">'
            f"{escape(application.receipt or '—')}</div>"
            f'<p class="xl-caption">提交时间：{moment(application.submitted_at, seconds=True)}</p>'
            f"<p>{escape(application.base)} · {escape(application.specialty)}"
            f"{'（' + escape(application.direction) + '）' if application.direction else ''}</p></div>"
        )
    if application.state is State.SUBMITTED:
        st.markdown(AFTER_SUBMITTING)
    else:
        st.markdown(f"**接下来**\n\n{NEXT_STEP[application.state]}")
    st.page_link(page_path("pages/applicant/progress.py"), label="查看招收查询", icon=":material/manage_search:")


def window_refusal(refusal: OutsideWindow) -> None:
    """Why the form below can't be sent now."""
    st.warning(sentence(refusal), icon=":material/event_busy:")
