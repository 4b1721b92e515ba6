"""招收查询 in parts: one application with its next step, its returned items, its timeline (M24–M27)."""

from contextlib import suppress
from html import escape

import streamlit as st

from core.domain.errors import Conflict, DomainError, InvalidInput
from core.domain.lifecycle import State
from core.domain.permissions import ROLE_LABELS
from core.domain.profile import label
from core.queries.progress import Flagged, MyApplication, UnreadNotice
from core.services import admission, applications
from core.services.choices import Wish
from core.services.corrections import explanation_fault, resubmit
from core.services.profiles import DraftView, discard_draft, read_draft, save_draft
from core.ui.choice_view import choice_fields, declaration, findings_list, saved_choice
from core.ui.forms import Form
from core.ui.look import badge_html
from core.ui.messages import sentence
from core.ui.next_step import NEXT_STEP
from core.ui.page import Visit, done, page_path, shown_errors
from core.ui.visitor import on_phone
from core.ui.wording import moment

CHOICE = "choice"


def notices_line(unread: tuple[UnreadNotice, ...]) -> None:
    """What happened since the last look, said once on top."""
    for notice in unread:
        st.info(f"新消息：{notice.label}（{moment(notice.at)}）", icon=":material/notifications:")


def summary_card(application: MyApplication) -> None:
    """State, batch, base, specialty, receipt and the one next step."""
    rows = [
        ("批次", application.batch.name),
        ("报名基地单位", application.base),
        ("报名专业", application.specialty + (f"（{application.direction}）" if application.direction else "")),
        ("服从调剂", "是" if application.accepts_adjustment else "否"),
        ("回执编号", application.receipt or "—"),
        ("提交时间", moment(application.submitted_at, seconds=True)),
    ]
    if application.state is State.ADMITTED:
        rows.append(("确认截止", moment(application.confirm_by)))
    if application.rank is not None:
        rows.append(("候补顺序", f"第 {application.rank} 位"))
    lines = "".join(
        f'<div style="display:flex;gap:1rem;padding:.25rem 0"><span class="xl-caption" style="flex:0 0 7rem">{k}</span>'
        f"<span>{escape(v)}</span></div>"
        for k, v in rows
    )
    with st.container(border=True):
        st.html(f'<div style="margin-bottom:.6rem">{badge_html(application.state)}</div>{lines}')
        st.html(f'<p style="font-size:1.1rem;font-weight:600;margin:.4rem 0">{NEXT_STEP[application.state]}</p>')
        if application.state in (State.RETURNED, State.REJECTED, State.REVOKED):
            st.text(f"政策咨询：{application.policy_contact or '请联系报名基地单位'}")


def steps_offered(visit: Visit, application: MyApplication) -> None:
    """The steps that the applicant may take now, or why not."""
    if application.state is State.DRAFT:
        st.page_link(page_path("pages/applicant/choice.py"), label="去志愿填报", icon=":material/edit_document:")
    if application.state is State.RETURNED:
        _correct(visit, application)
    if application.state in (State.SUBMITTED, State.RETURNED):
        _cancel(visit, application)
    if application.state is State.APPROVED:
        st.caption("审核通过后不能取消报名。确需退出的，请联系培训基地申请撤回。")
    if application.state is State.CANCELLED and application.cancel_refusal(visit.now) is None:
        _reopen(visit, application)
    if application.state is State.ADMITTED:
        _answer_offer(visit, application)


def timeline(application: MyApplication) -> None:
    """Every step with its time, office and reason, the newest first."""
    st.subheader("办理进度")
    for step in reversed(application.steps):
        with st.container(border=True):
            st.html(
                f'<div style="display:flex;gap:.8rem;flex-wrap:wrap;align-items:center"><b>{escape(step.label)}</b>'
                f'{badge_html(step.state)}<span class="xl-caption">{moment(step.at, seconds=True)} · '
                f"{ROLE_LABELS[step.role]}</span></div>"
            )
            if step.reason:
                st.text(step.reason)


def _correct(visit: Visit, application: MyApplication) -> None:
    refusal = application.correction_refusal(visit.now)
    if refusal is not None:
        st.warning(sentence(refusal), icon=":material/event_busy:")
        return
    deadline = application.batch.windows.correction_deadline()
    st.subheader("需要补正的项目")
    st.caption(f"补正截止：{moment(deadline)}。只需修改下列项目，其他内容保持不变；确认无误的项目可以写说明。")
    name = f"correct{application.id}v{application.version}"
    draft = read_draft(visit.context, visit.actor, form=name)
    form = Form(name, saved_choice(application) | (draft.content if draft else {}))
    form.summary()
    phone = on_phone()
    explanations = {f.field: _flagged_item(form, f, disabled=phone) for f in _one_each(application.open_flags)}
    if phone:
        st.info("修改和重交请在电脑上进行；这里可以先看清需要修改的项目。", icon=":material/computer:")
        return
    _keep(visit, application, name, draft, explanations)
    choice = _other_choice(visit, form, application)
    declared = declaration(form)
    if form.submitted("补正重交"):
        with shown_errors():
            try:
                resubmit(
                    visit.context,
                    visit.actor,
                    application_id=application.id,
                    seen_version=application.version,
                    explanations=explanations,
                    declared=declared,
                    choice=choice,
                    idempotency_key=form.nonce,
                )
            except InvalidInput as error:
                form.refuse(error.fields)
                st.rerun()
            discard_draft(visit.context, visit.actor, form=name)
            form.close()
            done("补正材料已重新提交，请等待审核。")


def _keep(
    visit: Visit, application: MyApplication, name: str, draft: DraftView | None, explanations: dict[str, str]
) -> None:
    # The way to 个人信息 and back leaves this page, and Streamlit forgets the fields of a page that was left.
    if explanations == (draft.content if draft else dict.fromkeys(explanations, "")):
        return
    seen = draft.version if draft else 0
    with suppress(Conflict):
        save_draft(
            visit.context,
            visit.actor,
            form=name,
            content=explanations,
            base_version=application.version,
            seen_draft=seen,
        )


def _one_each(flags: tuple[Flagged, ...]) -> list[Flagged]:
    merged: dict[str, Flagged] = {}
    for flag in flags:
        before = merged.get(flag.field)
        if before is None:
            merged[flag.field] = flag
        else:
            reason, note = f"{before.reason}、{flag.reason}", f"{before.note}；{flag.note}"
            merged[flag.field] = Flagged(flag.field, reason, note, "", answered=False)
    return list(merged.values())


def _flagged_item(form: Form, flag: Flagged, *, disabled: bool) -> str:
    with st.container(border=True):
        st.html(f"<b>{escape(label(flag.field))}</b>：{escape(flag.reason)}")
        st.text(flag.note)
        if flag.field != CHOICE:
            st.page_link(
                page_path("pages/applicant/profile.py"),
                label="去个人信息修改",
                icon=":material/edit:",
                query_params={"section": flag.field.partition(".")[0]},
            )
        return form.text(
            flag.field,
            f"说明：{label(flag.field)}",
            check=explanation_fault,
            area=True,
            disabled=disabled,
            hint="已修改的不必填写；没有修改的请写明原因，最多 300 个字。",
        )


def _other_choice(visit: Visit, form: Form, application: MyApplication) -> Wish | None:
    if all(flag.field != CHOICE for flag in application.open_flags):
        return None
    st.subheader("重新选择志愿")
    wish = choice_fields(visit, form, application.batch)
    findings_list(visit, application.batch, wish)
    return wish


def _cancel(visit: Visit, application: MyApplication) -> None:
    refusal = application.cancel_refusal(visit.now)
    if refusal is None:
        if st.button("取消报名", key=f"cancel{application.id}", icon=":material/cancel:"):
            _confirm_cancel(visit, application)
        return
    st.button("取消报名", key=f"cancel{application.id}", disabled=True, icon=":material/cancel:")
    st.caption(sentence(refusal))
    if application.state is State.RETURNED and application.correction_refusal(visit.now) is None:
        st.info("现在不能取消报名，仍可以在补正截止前「补正重交」。", icon=":material/info:")


@st.dialog("取消报名")
def _confirm_cancel(visit: Visit, application: MyApplication) -> None:
    st.write("取消后，本次报名不再参加审核。报名截止前可以重新填报；截止后不能再报名本批次。")
    st.text(f"{application.base} · {application.specialty}\n回执编号 {application.receipt}")
    if st.button("确认取消报名", type="primary", key=f"cancel!{application.id}v{application.version}"):
        try:
            applications.cancel(
                visit.context, visit.actor, application_id=application.id, seen_version=application.version
            )
        except DomainError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        done("报名已取消。个人信息可以修改，截止前可以重新填报。")


def _reopen(visit: Visit, application: MyApplication) -> None:
    if st.button("重新填报", key=f"reopen{application.id}v{application.version}", icon=":material/restart_alt:"):
        with shown_errors():
            applications.reopen(
                visit.context, visit.actor, application_id=application.id, seen_version=application.version
            )
            done("已恢复为草稿，请核对志愿后提交。", page="pages/applicant/choice.py")


def _answer_offer(visit: Visit, application: MyApplication) -> None:
    version = application.version
    if st.button("确认录取", type="primary", key=f"confirm{application.id}v{version}"):
        with shown_errors():
            admission.confirm(visit.context, visit.actor, application_id=application.id, seen_version=version)
            done("您已确认录取，请按时报到。")
    if st.button("放弃", key=f"decline{application.id}"):
        _confirm_decline(visit, application)


@st.dialog("放弃录取名额")
def _confirm_decline(visit: Visit, application: MyApplication) -> None:
    st.write("放弃后名额立即让给其他人，不能恢复。")
    typed = st.text_input("请输入“放弃”两个字", key=f"decline.typed{application.id}")
    if st.button("确认放弃", type="primary", key=f"decline!{application.id}v{application.version}"):
        try:
            admission.decline(
                visit.context,
                visit.actor,
                application_id=application.id,
                seen_version=application.version,
                typed=typed,
            )
        except DomainError as error:
            st.error(sentence(error), icon=":material/error:")
            return
        done("您已放弃这个录取名额。", tone="info")
