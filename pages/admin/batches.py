"""批次管理: the calendar of every batch."""

import streamlit as st

from core.clock import zone_name
from core.domain.permissions import Role
from core.queries.batches import batches, current_batch
from core.ui.batch_form import batch_form, batch_table, delete_form, suspend_form
from core.ui.page import desktop_only, open_page

visit = open_page("批次管理", Role.ADMINISTRATOR, hint=f"时间均为{zone_name()}，以服务器时钟为准；阶段由时间自动得出。")
desktop_only()
found = batches(visit.context)
if found:
    batch_table(found, visit.now)
else:
    st.info("还没有批次。新建并到公布时间后，首页会显示报名时间和倒计时。", icon=":material/info:")
known = {batch.id: batch for batch in found}
options = [*known, 0]
if st.session_state.get("batches.chosen") not in options:
    current = current_batch(visit.context, visit.now)
    st.session_state["batches.chosen"] = current.id if current else options[0]
chosen = st.selectbox(
    "选择批次",
    options,
    key="batches.chosen",
    format_func=lambda batch_id: known[batch_id].name if batch_id else "＋ 新建批次",
)
seen = known.get(chosen)
with st.container(border=True):
    batch_form(visit, seen)
if seen:
    with st.expander("恢复批次" if seen.windows.suspended else "暂停批次", icon=":material/pause_circle:"):
        suspend_form(visit.context, visit, seen)
    with st.expander("删除批次", icon=":material/delete:"):
        delete_form(visit.context, visit, seen)
