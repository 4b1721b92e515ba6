"""招收查询: where the application stands, what to do next, and what happened when (M24–M27)."""

import streamlit as st

from core.domain.permissions import Role
from core.queries.progress import my_applications, unread_notices
from core.services import admission, applications
from core.services.notices import mark_read
from core.ui.look import narrow
from core.ui.page import open_page, page_path
from core.ui.progress_view import notices_line, steps_offered, summary_card, timeline

visit = open_page("招收查询", Role.APPLICANT, hint="查看报名状态、退回原因和办理进度。")
applications.lapse_own(visit.context, visit.actor)
admission.expire_own(visit.context, visit.actor)
narrow()
unread = unread_notices(visit.context, visit.actor)
notices_line(unread)
if unread:
    mark_read(visit.context, visit.actor, up_to=unread[0].id)
own = my_applications(visit.context, visit.actor)
if not own:
    st.info("您还没有报名。填好个人信息后，请到「志愿填报」提交志愿。", icon=":material/info:")
    st.page_link(page_path("pages/applicant/choice.py"), label="去志愿填报", icon=":material/edit_document:")
    st.stop()
latest, *earlier = own
summary_card(latest)
steps_offered(visit, latest)
timeline(latest)
if earlier:
    st.subheader("以往报名")
for application in earlier:
    with st.expander(f"{application.batch.name} · {application.base} · {application.specialty}"):
        summary_card(application)
        steps_offered(visit, application)
        timeline(application)
