"""计划管理: the seats of every base and specialty in a batch."""

import streamlit as st

from core.domain.permissions import Role
from core.queries.batches import batches, current_batch
from core.ui.page import desktop_only, open_page
from core.ui.plan_grid import edit_tab, export_tab, import_tab

visit = open_page("计划管理", Role.ADMINISTRATOR, hint="直接在表格中修改名额，改完一次保存；名额不能低于已占用的人数。")
desktop_only()
known = {batch.id: batch for batch in batches(visit.context)}
if not known:
    st.info("请先在「批次管理」中新建批次，再填写招录计划。", icon=":material/info:")
    st.stop()
current = current_batch(visit.context, visit.now)
if st.session_state.get("plans.batch") not in known:
    st.session_state["plans.batch"] = current.id if current else next(iter(known))
chosen = known[st.selectbox("批次", list(known), key="plans.batch", format_func=lambda id_: known[id_].name, width=420)]
if not chosen.assistant_offered:
    st.caption("本批次没有开放助理全科，相应名额不会对申请人显示；可在「批次管理」中打开。")
editing, importing, exporting = st.tabs(["编辑", "导入", "导出"])
with editing:
    edit_tab(visit, chosen)
with importing:
    import_tab(visit, chosen)
with exporting:
    export_tab(visit, chosen)
