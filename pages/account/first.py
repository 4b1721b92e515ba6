"""设置密码: where a one-time link leads; the person sets the own password, and nobody else ever knows it."""

from functools import partial

import streamlit as st

from core.domain.passwords import password_sentence
from core.domain.registration import check_repeat
from core.services.credentials import password_checklist
from core.services.password_links import link_owner, set_own_password
from core.ui.account import narrow, password_list, submitted_form
from core.ui.forms import Form
from core.ui.page import done, link, open_public_page
from core.ui.visitor import browser
from core.ui.wording import moment

with narrow():
    visit = open_public_page("设置密码", hint="密码只有您自己知道，管理员也看不到。")
    if visit.actor is not None:
        st.warning("这个浏览器里已有人登录。请先退出登录，再重新打开链接。", icon=":material/logout:")
        st.stop()
    owner = link_owner(visit.context, browser()) if browser() else None
    if owner is None:
        st.warning(
            "没有打开的链接，或链接已用过、已过期。请重新打开管理员给您的链接；打不开时请要一个新的。",
            icon=":material/link_off:",
        )
        link("pages/account/login.py", "去登录", ":material/login:")
        st.stop()
    st.text(f"{owner.name}，您的登录名是 {owner.login}")
    st.caption(f"链接在 {moment(owner.expires_at)} 之前有效，只能用一次。")
    form = Form("first")
    form.summary()
    listed = partial(password_checklist, visit.context, name=owner.name, number=owner.login)
    password = form.text(
        "password", "密码", check=lambda raw: password_sentence(listed(raw)), secret=True, autocomplete="new-password"
    )
    password_list(listed(password))
    form.text("repeat", "确认密码", check=partial(check_repeat, password), secret=True, autocomplete="new-password")
    if submitted_form(form, "设置密码", lambda values: set_own_password(visit.context, **values, bound_to=browser())):
        done("密码已设置。请用登录名和刚设置的密码登录。", page="pages/account/login.py")
