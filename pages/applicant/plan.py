"""培训基地招录计划: what each base offers, with live numbers, for everybody (M23)."""

import streamlit as st

from core.queries.batches import current_batch, published_batches
from core.ui.page import open_public_page
from core.ui.plan_view import batch_line, live_plan

visit = open_public_page(
    "培训基地招录计划", hint="各培训基地和专业的计划名额，以及实时的报名和通过人数。数字每 5 秒更新。"
)
known = {batch.id: batch for batch in published_batches(visit.context, visit.now)}
if not known:
    st.info("目前没有已公布的批次。公布后这里会列出各培训基地的计划名额。", icon=":material/info:")
    st.stop()
current = current_batch(visit.context, visit.now)
if st.session_state.get("plan.batch") not in known:
    st.session_state["plan.batch"] = current.id if current else next(iter(known))
chosen = known[
    st.selectbox("批次", list(known), key="plan.batch", format_func=lambda batch_id: known[batch_id].name, width=420)
]
batch_line(chosen, visit.context.settings.demo)
live_plan(chosen)
