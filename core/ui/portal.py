"""The script that Streamlit runs at every rerun: the top navigation of whoever is there.

It lies outside the folder that holds `pages/`, otherwise Streamlit's old page discovery would answer the first deep
link after a start without asking this router (docs/architecture.md).
"""

import streamlit as st

from core.ui.auth import follow_session_change
from core.ui.look import apply_css, masthead
from core.ui.navigation import menu_for
from core.ui.page import asked_once

st.set_page_config(page_title="杏林 · 中医住院医师规范化培训招录", page_icon="🌿", layout="wide", menu_items={})
apply_css()
masthead()
with asked_once() as actor:
    follow_session_change(actor)
    st.navigation(menu_for(actor.role if actor else None), position="top").run()
    follow_session_change(actor)
