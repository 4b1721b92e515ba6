"""账号与密码: the own account masked, a new password, the second factor, where one is logged in, what happened."""

from functools import partial

import streamlit as st

from core.domain.passwords import password_sentence
from core.domain.permissions import STAFF, Role
from core.domain.registration import check_repeat
from core.services.accounts import account_view, change_password, own_checklist_facts
from core.services.credentials import password_checklist
from core.services.sessions import end_others, own_sessions
from core.ui.account import narrow, password_list, show_account, show_sessions, submitted_form
from core.ui.factor_view import show_factor, show_news
from core.ui.forms import Form
from core.ui.page import done, open_page

with narrow():
    visit = open_page("账号与密码", Role.APPLICANT, *STAFF, hint="证件号和手机号只显示一部分。", before_consent=True)
    context, actor = visit.context, visit.actor
    view = account_view(context, actor)
    show_account(view)
    st.subheader("修改密码", anchor=False)
    form = Form("change")
    form.summary()
    form.text(
        "current",
        "当前密码",
        check=lambda raw: None if raw else "请填写当前密码。",
        secret=True,
        autocomplete="current-password",
    )
    facts = own_checklist_facts(context, actor)
    listed = partial(password_checklist, context, name=facts["name"], number=facts["number"], phone=facts["phone"])
    password = form.text(
        "password", "新密码", check=lambda raw: password_sentence(listed(raw)), secret=True, autocomplete="new-password"
    )
    password_list(listed(password))
    form.text("repeat", "确认密码", check=partial(check_repeat, password), secret=True, autocomplete="new-password")
    if submitted_form(form, "修改密码", lambda values: change_password(context, actor, **values)):
        done("密码已修改，其他地方的登录都已退出。")
    show_factor(visit)
    st.subheader("登录记录", anchor=False)
    running = own_sessions(context, actor)
    show_sessions(running)
    if len(running) > 1 and st.button("结束其他登录", icon=":material/logout:"):
        done(f"已结束 {end_others(context, actor)} 个其他登录。")
    show_news(visit)
