"""审核: one application on the desk, what was frozen at its submission, and the decision."""

import streamlit as st

from core.domain.permissions import Role
from core.queries.desk import desk as read_desk
from core.ui import review_decision as decision
from core.ui import review_desk as view
from core.ui.look import page_title
from core.ui.page import desktop_only, link, open_page, shown_errors
from core.ui.review_queue import APPLICATION

visit = open_page("", Role.REVIEWER, Role.BASE_LEAD)
desktop_only()
st.html(view.CSS)
link(view.QUEUE, "返回审核工作台", ":material/arrow_back:")
wanted = st.query_params.get(APPLICATION, "")
if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):
    page_title("审核")
    st.info("请先在审核工作台选择一份申请。", icon=":material/info:")
    st.stop()
desk = None
with shown_errors():
    desk = read_desk(
        visit.context,
        visit.actor,
        application_id=int(wanted),
        words=view.dictionaries(visit.context),
        revealed=view.is_revealed(int(wanted)),
    )
if desk is None:
    st.stop()
mine = desk.holder is not None and desk.holder.mine
st.session_state["desk.until"] = desk.holder.until if desk.holder and mine else None
view.header(visit, desk)
view.lease_line(visit, desk)
left, right = st.columns([1, 1], gap="medium")
with left:
    view.findings(desk)
    view.differences(desk)
    view.snapshot(desk)
    view.history(desk)
with right:
    view.pictures(desk)
    if desk.state.value == "SUBMITTED":
        with st.container(border=True, key="desk_checks"):
            decision.checklist(visit, desk, locked=not mine)
            if mine:
                decision.decide(visit, desk)
            else:
                st.caption("领取后才能勾选和决定。")
    decision.take_back(visit, desk)
