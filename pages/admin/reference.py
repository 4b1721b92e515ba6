"""基础数据: bases, specialties, dictionaries, contacts and what 帮助 says."""

import streamlit as st

from core.domain.permissions import Role
from core.queries.reference import bases
from core.ui.page import desktop_only, open_page
from core.ui.reference_view import contacts_tab, files_tab, texts_tab

visit = open_page("基础数据", Role.ADMINISTRATOR, hint="先预览再导入，一处有错就整份不导入。")
desktop_only()
files, contacts, texts = st.tabs(["导入与导出", "基地联系方式", "帮助内容"])
with files:
    files_tab(visit)
with contacts:
    contacts_tab(visit, bases(visit.context))
with texts:
    texts_tab(visit)
