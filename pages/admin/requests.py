"""数据请求: corrections and deletions that applicants ask for; the person is masked."""

import streamlit as st

from core.domain.permissions import Role
from core.services.data_requests import requests
from core.ui import my_data_view as view
from core.ui.page import open_page

visit = open_page(
    "数据请求", Role.ADMINISTRATOR, hint="同意删除后，该账号立即匿名，不能恢复；不同意和更正都要写明答复。"
)
found = requests(visit.context, visit.actor)
if not found:
    st.info("没有数据请求。", icon=":material/inbox:")
for each in found:
    view.to_decide(visit, each)
