"""首页: a welcome for strangers, the one next step for applicants, what waits for staff."""

import streamlit as st

from core.domain.permissions import Role
from core.ui.consent_view import consent_first
from core.ui.home_view import for_applicant, for_staff, welcome
from core.ui.page import link, open_public_page

visit = open_public_page("")
if visit.actor is None:
    welcome(visit)
elif visit.actor.must_change_password:
    st.warning("请先修改初始密码，再使用其他页面。", icon=":material/lock_reset:")
    link("pages/account/security.py", "去修改密码", ":material/password:")
elif visit.actor.role is Role.APPLICANT:
    consent_first(visit.actor)
    for_applicant(visit.context, visit.actor, visit.now)
else:
    for_staff(visit.context, visit.actor, visit.now)
