"""审核工作台: the base's applications, oldest first; 领取 opens one on the desk."""

import streamlit as st

from core.domain.permissions import Role
from core.queries.batches import current_batch
from core.queries.queue import TABS, counts, queue
from core.ui import review_queue as view
from core.ui.page import desktop_only, open_page

visit = open_page(
    "审核工作台",
    Role.REVIEWER,
    Role.BASE_LEAD,
    hint="只显示您所在基地的申请，最早提交的在最前。领取后由您独占，到期未审完会自动放回。",
)
desktop_only()
st.html(view.CSS)
if not visit.actor.base_ids:
    st.warning("您还没有被分配到培训基地，请联系管理员在「人员管理」中设置。", icon=":material/info:")
    st.stop()
batch = current_batch(visit.context, visit.now)
wanted = view.filters(visit.context, visit.actor, batch.id if batch else None)
if wanted is None:
    st.stop()
numbers = counts(visit.context, visit.actor, wanted)
left, right = st.columns([6, 1.2], vertical_alignment="center")
with left:
    wanted = view.tab(wanted, numbers)
with right:
    view.take_next(visit, wanted.batch_id)
page = queue(visit.context, visit.actor, wanted, after=view.position(wanted))
if page.rows:
    view.lines(visit, page, several_bases=len(visit.actor.base_ids) > 1)
    view.paging(page)
else:
    view.empty(wanted)
    if wanted.states != TABS["waiting"][1] and numbers["waiting"]:
        st.caption(f"还有 {view.counted(numbers['waiting'])} 份待审核。")
