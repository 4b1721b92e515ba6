"""志愿填报: one base and one specialty, submitted once, with a receipt (M20–M23)."""

import streamlit as st

from core.domain.errors import InvalidInput
from core.domain.lifecycle import State
from core.domain.permissions import Role
from core.queries.batches import current_batch
from core.queries.progress import my_applications
from core.services import applications
from core.services.profiles import read_profile
from core.ui.choice_view import (
    blocked_by_profile,
    choice_fields,
    declaration,
    findings_list,
    keep_draft,
    receipt_card,
    saved_choice,
    window_card,
    window_refusal,
)
from core.ui.forms import Form
from core.ui.look import narrow
from core.ui.page import desktop_only, done, open_page, shown_errors

visit = open_page("志愿填报", Role.APPLICANT, hint="选择报名基地单位和报名专业，核对后提交志愿。")
narrow()
batch = current_batch(visit.context, visit.now)
if batch is None:
    st.info("目前没有开放的批次。公布后请再来填报，个人信息可以先填好。", icon=":material/info:")
    st.stop()
applications.lapse_own(visit.context, visit.actor)
own = my_applications(visit.context, visit.actor, batch_id=batch.id)
current = next((each for each in own if each.in_hand), None)
if current is not None and current.state is not State.DRAFT:
    receipt_card(current)
    st.stop()
refusal = window_card(visit, batch)
if refusal is not None:
    window_refusal(refusal)
    st.stop()
desktop_only()
profile = read_profile(visit.context, visit.actor)
if profile.missing:
    blocked_by_profile(profile.missing)
    st.stop()
form = Form(f"choice{batch.id}", saved_choice(current))
form.summary()
wish = choice_fields(visit, form, batch)
findings = findings_list(visit, batch, wish)
declared = declaration(form)
barred = any(finding.severity == "hard" for finding in findings)
if wish is not None and st.button("保存草稿", icon=":material/save:", disabled=barred):
    keep_draft(visit, batch, wish, current)
if form.submitted("提交志愿", disabled=barred) and wish is not None:
    with shown_errors():
        try:
            applications.submit(
                visit.context,
                visit.actor,
                application_id=current.id if current else None,
                batch_id=batch.id,
                base_id=wish.base_id,
                specialty_id=wish.specialty_id,
                direction=wish.direction,
                accepts_adjustment=wish.accepts_adjustment,
                declared=declared,
                seen_version=current.version if current else None,
                idempotency_key=form.nonce,
            )
        except InvalidInput as error:
            form.refuse(error.fields)
            st.rerun()
        form.close()
        done("志愿已提交，回执编号如下，请妥善保存。")
