"""登录 (M3), with the ways to 账号注册 and 忘记密码."""

import streamlit as st

from core.services import half_login
from core.ui.account import narrow, show_demo_logins
from core.ui.auth import Portal
from core.ui.page import link, open_public_page
from core.ui.second_step import second_step
from core.ui.visitor import browser

with narrow():
    visit = open_public_page("登录", hint="住院医师用证件号登录，工作人员用管理员给的账号名。")
    if visit.actor is not None:
        st.info("您已登录，请从上方菜单进入您的页面。", icon=":material/login:")
        st.stop()
    if not browser():
        st.warning("浏览器没有保存 Cookie，暂时不能登录。请允许本站使用 Cookie 后刷新页面。", icon=":material/cookie:")
        st.stop()
    if "retry" in st.query_params:
        st.warning("上次登录没有完成（等待超过一分钟，或浏览器没有保存 Cookie），请再登录一次。")
    if waiting := half_login.waiting(visit.context, browser()):
        second_step(visit.context, waiting)
        st.stop()
    Portal(visit.context).show_login()
    left, right = st.columns(2)
    with left:
        link("pages/account/reset.py", "忘记密码", ":material/lock_reset:")
    with right:
        link("pages/account/register.py", "还没有账号？账号注册", ":material/person_add:")
    if visit.context.settings.demo:
        from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD

        show_demo_logins([(each.title, each.login) for each in DEMO_LOGINS], DEMO_PASSWORD)
