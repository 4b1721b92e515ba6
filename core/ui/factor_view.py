"""两步验证 and 账号动态 in 账号与密码."""

from collections.abc import Callable

import streamlit as st

from core.domain.permissions import Actor
from core.services import second_factor
from core.services.account_notices import NoticeKind, mark_read, own_notices, unread
from core.services.context import Context
from core.services.factor_codes import Enrolment
from core.ui.account import submitted_form
from core.ui.forms import Form
from core.ui.page import Visit, done, link
from core.ui.second_step import FIRST_HINT, code_field, show_codes, show_enrolment
from core.ui.visitor import browser
from core.ui.wording import moment

_CODES = "factor.codes"
_NEWS = {
    NoticeKind.PASSWORD_CHANGED: "密码已修改",
    NoticeKind.PASSWORD_RESET: "密码已用短信验证码重设",
    NoticeKind.FACTOR_ON: "已开启两步验证（或更换了验证器）",
    NoticeKind.FACTOR_OFF: "已关闭两步验证",
    NoticeKind.FACTOR_RESET: "管理员重置了两步验证",
    NoticeKind.RECOVERY_USED: "用恢复码登录了一次",
    NoticeKind.RECOVERY_RENEWED: "重新生成了恢复码",
    NoticeKind.LINK_MADE: "管理员生成了设置密码的链接",
}


def show_factor(visit: Visit) -> None:
    """The second factor of the visitor, and what can be done with it."""
    st.subheader("两步验证", anchor=False)
    if codes := st.session_state.pop(_CODES, None):
        show_codes(codes)
    view = second_factor.factor_view(visit.context, visit.actor)
    if waiting := second_factor.setup_waiting(visit.context, visit.actor, browser()):
        _finish(visit, waiting)
    elif view.since is None:
        st.write("登录时除了密码，还要填手机验证器显示的动态码；即使密码泄露，别人也进不来。")
        with st.expander("开启两步验证", icon=":material/phonelink_lock:"):
            _proof(visit, "factor.start", "下一步：扫描二维码", _start(visit), with_code=False)
    else:
        st.write(f"已于 {moment(view.since)} 开启，恢复码还剩 {view.codes_left} 个。")
        with st.expander("更换验证器（换手机）", icon=":material/phonelink_setup:"):
            _proof(visit, "factor.start", "下一步：扫描二维码", _start(visit))
        with st.expander("重新生成恢复码", icon=":material/key:"):
            _proof(visit, "factor.renew", "生成新的恢复码", _renew(visit))
        if not view.required:
            with st.expander("关闭两步验证", icon=":material/phonelink_erase:"):
                _proof(visit, "factor.off", "关闭两步验证", _off(visit))


def show_news(visit: Visit) -> None:
    """What happened to the own login lately; seen once it was shown."""
    notices = own_notices(visit.context, visit.actor)
    if not notices:
        return
    st.subheader("账号动态", anchor=False)
    for each in notices:
        st.text(f"{'新 · ' if each.new else ''}{moment(each.at)} {_NEWS[each.kind]}")
    st.caption("不是您本人的操作？请立即修改密码，结束其他登录，并联系技术支持。")
    if any(each.new for each in notices):
        mark_read(visit.context, visit.actor, up_to=notices[0].id)


def hint_of_news(context: Context, actor: Actor) -> None:
    """On 首页, while something about the own login has not been seen."""
    if unread(context, actor):
        st.info("您的账号有新的安全动态（例如密码修改），请到「账号与密码」查看。", icon=":material/shield_person:")
        link("pages/account/security.py", "去查看", ":material/arrow_forward:")


def _proof(visit: Visit, name: str, label: str, act: Callable[..., str], *, with_code: bool = True) -> None:
    form = Form(name)
    form.text(
        "current",
        "当前密码",
        check=lambda raw: None if raw else "请填写当前密码。",
        secret=True,
        autocomplete="current-password",
    )
    if with_code:
        code_field(form)
    said: list[str] = []
    if submitted_form(form, label, lambda values: said.append(act(**({"code": ""} | values)))):
        done(said[0])


def _start(visit: Visit) -> Callable[..., str]:
    def start(current: str, code: str) -> str:
        second_factor.start_setup(visit.context, visit.actor, current=current, code=code, bound_to=browser())
        return "密码正确。请用验证器扫描下面的二维码，5 分钟内完成。"

    return start


def _renew(visit: Visit) -> Callable[..., str]:
    def renew(current: str, code: str) -> str:
        st.session_state[_CODES] = second_factor.renew_codes(visit.context, visit.actor, current=current, code=code)
        return "新的恢复码已生成，原来的已失效。"

    return renew


def _off(visit: Visit) -> Callable[..., str]:
    def off(current: str, code: str) -> str:
        second_factor.switch_off(visit.context, visit.actor, current=current, code=code)
        return "两步验证已关闭，其他地方的登录都已退出。"

    return off


def _finish(visit: Visit, waiting: Enrolment) -> None:
    show_enrolment(waiting)
    form = Form("factor.confirm")
    code_field(form, FIRST_HINT)

    def confirm(values: dict[str, str]) -> None:
        st.session_state[_CODES] = second_factor.confirm_setup(
            visit.context, visit.actor, code=values["code"], bound_to=browser()
        )

    if submitted_form(form, "开启两步验证", confirm):
        done("两步验证已开启，其他地方的登录都已退出。")
    if st.button("取消", key="factor.cancel"):
        second_factor.cancel_setup(visit.context, visit.actor, browser())
        st.rerun()
