"""Parts that the account pages share: the narrow column, the live password list, the SMS button with its countdown."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from html import escape
from math import ceil
from typing import Any

import streamlit as st

from core import runtime
from core.domain.errors import DomainError, InvalidInput
from core.domain.passwords import PasswordRule
from core.services.accounts import AccountView
from core.services.registration import CodeSent
from core.services.sessions import SessionView
from core.ui.captcha_field import captcha_field, captcha_try
from core.ui.forms import Form
from core.ui.messages import sentence
from core.ui.wording import moment

WIDTH = 480


@contextmanager
def narrow() -> Iterator[None]:
    """One calm column in the middle."""
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        yield


def password_list(rules: Sequence[PasswordRule]) -> None:
    """Each rule with a sign and a word, so that colour alone says nothing."""
    lines = "".join(
        f'<li style="color:{"#1F5C4A" if rule.met else "#5B6B66"}">'
        f'<span aria-hidden="true">{"✓" if rule.met else "○"}</span> {escape(rule.label)}'
        f"{'（已满足）' if rule.met else ''}</li>"
        for rule in rules
    )
    st.html(
        '<ul aria-label="密码要求" style="list-style:none;margin:-.4rem 0 .6rem 0;padding:0;font-size:.85rem;line-height:1.7">'
        f"{lines}</ul>"
    )


def code_fields(form: Form, send: Callable[..., CodeSent], check: Callable[[str], str | None]) -> None:
    """获取验证码 with its countdown and advice (M9), and 手机验证码."""
    _code_button(form, send)
    form.text("code", "手机验证码", check=check, hint="6 位数字，5 分钟内有效", autocomplete="one-time-code")


def submitted_form(form: Form, label: str, use_case: Callable[[dict[str, Any]], object]) -> bool:
    """The button; True after success, with the form forgotten. A refusal goes to its fields, everything typed stays."""
    if not form.submitted(label, full=True):
        return False
    try:
        use_case(dict(form.values))
    except InvalidInput as error:
        form.refuse(error.fields)
        st.rerun()
    except DomainError as error:
        st.error(sentence(error), icon=":material/error:")
        return False
    form.close()
    return True


def show_account(view: AccountView) -> None:
    """The own account, masked."""
    rows = [
        ("姓名", view.name),
        ("身份", view.role_label),
        (view.kind_label or "账号名", view.login),
        ("手机号", view.phone or "未登记"),
        ("注册时间", moment(view.created_at)),
    ]
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    st.html(
        f'<dl class="xl-facts">{lines}</dl>'
        '<p class="xl-caption">姓名或证件号有误，请联系「帮助」页上的技术支持更正。</p>'
    )


def show_sessions(running: Sequence[SessionView]) -> None:
    """Where one is logged in, newest first."""
    for each in running:
        mark = "本次登录" if each.current else "其他登录"
        st.html(
            f'<p style="margin:0"><strong>{mark}</strong> · {moment(each.created_at)} 登录'
            f'<span class="xl-caption"> · 最近操作 {moment(each.seen_at)}</span></p>'
        )


def show_demo_logins(logins: Sequence[tuple[str, str]], password: str) -> None:
    """Whom one may try in the demonstration: title and login name, and the password of all."""
    lines = "".join(f"<dt>{escape(title)}</dt><dd><code>{escape(login)}</code></dd>" for title, login in logins)
    with st.expander("示例账号（示例数据，人物均为虚构）", icon=":material/science:"):
        st.html(
            f'<p class="xl-hint" style="margin:0 0 .5rem 0">所有示例账号的密码都是 <code>{escape(password)}</code></p>'
            f'<dl class="xl-facts" style="grid-template-columns:1fr max-content;font-size:.85rem">{lines}</dl>'
        )


def _code_button(form: Form, send: Callable[..., CodeSent]) -> None:
    key = f"{form.name}#code"
    until = st.session_state.get(key, {}).get("until")
    counting = until is not None and until > runtime.context().now()

    @st.fragment(run_every=1.0 if counting else None)
    def button() -> None:
        memory = st.session_state.setdefault(key, {})
        left = _seconds_left(memory.get("until"))
        if counting and not left:
            st.rerun()
        picture = f"{form.name}#captcha"
        entered = captcha_field(runtime.context(), picture, "图片中的字符") if memory.get("captcha") else None
        label = f"重新获取（{left} 秒后）" if left else ("重新获取" if memory.get("until") else "获取验证码")
        if st.button(label, key=f"{form.name}!code", disabled=bool(left), icon=":material/sms:"):
            _ask(memory, partial(send, captcha=captcha_try(picture, entered)) if entered is not None else send)
            st.rerun()
        _tell(memory)

    button()


def _ask(memory: dict[str, object], send: Callable[[], CodeSent]) -> None:
    memory.pop("fault", None)
    try:
        sent = send()
    except DomainError as error:
        memory["fault"] = sentence(error)
        memory["captcha"] = error.code in ("CAPTCHA_NEEDED", "CAPTCHA_WRONG")
    else:
        memory.update(until=sent.again_at, shown=sent.shown, captcha=False)


def _tell(memory: dict[str, object]) -> None:
    if fault := memory.get("fault"):
        st.html(f'<p class="xl-field-error" role="alert" style="margin:0">{escape(str(fault))}</p>')
    elif memory.get("until"):
        st.html(
            '<p class="xl-field-hint" style="margin:0">验证码已发送。没有收到？请检查手机信号和网络，'
            "核对上面填写的内容，看看短信拦截箱，再重新获取。</p>"
        )
    if shown := memory.get("shown"):
        st.info(f"示例环境不发真实短信，验证码是 {shown}", icon=":material/science:")


def _seconds_left(until: object) -> int:
    if not isinstance(until, datetime):
        return 0
    return max(0, ceil((until - runtime.context().now()).total_seconds()))
