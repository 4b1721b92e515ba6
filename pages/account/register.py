"""账号注册 (M2, M4–M9)."""

from functools import partial

import streamlit as st

from core.clock import local_zone
from core.domain.identity import DOCUMENT_LABELS
from core.domain.passwords import password_sentence
from core.domain.phones import check_phone
from core.domain.registration import (
    IDENTITY_TYPES,
    RESIDENT_PHYSICIAN,
    Registration,
    check_code,
    check_document,
    check_identity_type,
    check_number_kind,
    check_repeat,
)
from core.domain.text import check_person_name
from core.services.consents import privacy_notice
from core.services.credentials import password_checklist
from core.services.registration import register, request_register_code
from core.ui.account import code_fields, narrow, password_list, submitted_form
from core.ui.forms import Form
from core.ui.page import desktop_only, done, link, open_public_page
from core.ui.visitor import whence

REGISTERED = "注册已提交。请用证件号和刚设置的密码登录；以前注册过的证件号，原来的密码不变，忘记了可在登录页重设。"
"""The same for a number registered before: nobody learns here who has an account."""
KINDS = {kind.value: label for kind, label in DOCUMENT_LABELS.items()}

with narrow():
    visit = open_public_page("账号注册", hint="请对照证件填写，每一项离开后即时检查。")
    desktop_only()
    form = Form("register", {"identity_type": RESIDENT_PHYSICIAN, "number_kind": "resident"})
    form.summary()
    form.choice("identity_type", "身份类型", list(IDENTITY_TYPES), words=IDENTITY_TYPES, check=check_identity_type)
    kind = form.choice("number_kind", "证件类型", list(KINDS), words=KINDS, check=check_number_kind)
    document = partial(check_document, kind, today=visit.now.astimezone(local_zone()).date())
    number = form.text("number", "证件号", check=document, hint="登录时就用这个号码")
    name = form.text("name", "姓名", check=check_person_name, hint="须与证件上的姓名一致", autocomplete="name")
    phone = form.text(
        "phone",
        "手机号",
        check=lambda raw: check_phone(raw).sentence,
        hint="本人正在使用的内地手机号",
        autocomplete="tel",
    )
    ask = partial(request_register_code, visit.context, number_kind=kind, number=number, phone=phone, **whence())
    code_fields(form, ask, check_code)
    listed = partial(password_checklist, visit.context, name=name, number=number, phone=phone)
    password = form.text(
        "password", "密码", check=lambda raw: password_sentence(listed(raw)), secret=True, autocomplete="new-password"
    )
    password_list(listed(password))
    form.text("repeat", "确认密码", check=partial(check_repeat, password), secret=True, autocomplete="new-password")
    with st.expander("个人信息处理说明", icon=":material/policy:"):
        st.markdown(privacy_notice().text)
    form.tick(
        "privacy", "我已阅读并同意《个人信息处理说明》", check=lambda on: None if on else "请阅读并同意后再注册。"
    )
    form.tick(
        "sensitive",
        "我同意处理其中列明的敏感个人信息（证件号、手机号、证件照片等）",
        check=lambda on: None if on else "报名需要处理这些信息，请单独勾选同意。",
    )
    if submitted_form(form, "注册", lambda values: register(visit.context, Registration(**values), **whence())):
        done(REGISTERED, page="pages/account/login.py")
    link("pages/account/login.py", "已有账号？登录", ":material/login:")
