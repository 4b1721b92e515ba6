"""忘记密码 (M10): document number, code to the registered phone, new password."""

from functools import partial

import streamlit as st

from core.domain.passwords import password_sentence
from core.domain.registration import check_code, check_repeat
from core.services.accounts import reset_password
from core.services.credentials import password_checklist
from core.services.registration import request_reset_code
from core.ui.account import code_fields, narrow, password_list, submitted_form
from core.ui.forms import Form
from core.ui.page import done, link, open_public_page
from core.ui.visitor import whence

with narrow():
    visit = open_public_page("忘记密码", hint="验证码会发到注册时的手机号；重设后其他登录都会退出。")
    form = Form("reset")
    form.summary()
    number = form.text(
        "number", "证件号", check=lambda raw: None if raw.strip() else "请填写证件号。", hint="注册时使用的证件号"
    )
    code_fields(form, partial(request_reset_code, visit.context, number=number, **whence()), check_code)
    listed = partial(password_checklist, visit.context, number=number)
    password = form.text(
        "password", "新密码", check=lambda raw: password_sentence(listed(raw)), secret=True, autocomplete="new-password"
    )
    password_list(listed(password))
    form.text("repeat", "确认密码", check=partial(check_repeat, password), secret=True, autocomplete="new-password")
    if submitted_form(form, "重设密码", lambda values: reset_password(visit.context, **values, **whence())):
        done("密码已重设，其他登录都已退出。请用新密码登录。", page="pages/account/login.py")
    st.html(
        '<p class="xl-field-hint">无论证件号是否注册过，这里的提示都相同。手机号已停用，或您是工作人员，请联系管理员。</p>'
    )
    link("pages/account/login.py", "返回登录", ":material/arrow_back:")
