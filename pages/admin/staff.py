"""人员管理: reviewers and base leads with their bases; for the system administrator every office."""

import streamlit as st

from core.domain.permissions import ROLE_LABELS, Role
from core.queries.reference import bases
from core.queries.staff import staff
from core.ui.page import desktop_only, open_page
from core.ui.staff_view import new_form, one_person, show_link, staff_table

visit = open_page(
    "人员管理",
    Role.ADMINISTRATOR,
    Role.SYSTEM_ADMINISTRATOR,
    hint="审核员和基地负责人只能看到自己基地的申请；身份、基地、密码链接、两步验证或停用有变动时，其登录立即退出。",
)
desktop_only()
show_link(visit.context.settings.public_url)
found = staff(visit.context, visit.actor)
if found:
    staff_table(found)
known = {person.id: person for person in found}
every_base = bases(visit.context)
changing, adding = st.tabs(["修改", "新建账号"])
with changing:
    if not found:
        st.info("还没有由您管理的账号，请先新建。", icon=":material/info:")
    elif st.session_state.get("staff.chosen") not in known:
        st.session_state["staff.chosen"] = found[0].id
    if found:
        chosen = st.selectbox(
            "选择人员",
            list(known),
            key="staff.chosen",
            format_func=lambda id_: f"{known[id_].name}（{known[id_].login}，{ROLE_LABELS[known[id_].role]}）",
        )
        one_person(visit, known[chosen], every_base)
with adding:
    new_form(visit, every_base)
