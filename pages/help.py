"""帮助: the guide, the lookup sites, the support channels, the contacts of every base; for everybody, on any device."""

import streamlit as st

from core.queries.texts import base_contacts, help_texts
from core.ui.help_view import show_contacts, show_guide, show_sites, show_support
from core.ui.page import open_public_page

visit = open_public_page("帮助", hint="怎么用、去哪里查、该问谁。手机上也可以阅读。")
texts = help_texts(visit.context)
guide, sites, support, bases = st.tabs(["使用指南", "证书查询网站", "联系与支持", "各基地联系方式"])
with guide:
    show_guide(visit.actor.role if visit.actor else None)
with sites:
    show_sites(texts)
with support:
    show_support(texts)
with bases:
    show_contacts(base_contacts(visit.context))
