"""The second factor on the screen: the second step of a login, the QR code, and the recovery codes shown once."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO

import segno
import streamlit as st

from core.domain.errors import DomainError
from core.domain.second_factor import check_factor_code, grouped
from core.services import half_login
from core.services.context import Context
from core.services.factor_codes import Enrolment
from core.ui.account import submitted_form
from core.ui.auth import send_to_exchange
from core.ui.forms import Form
from core.ui.messages import sentence
from core.ui.visitor import browser

_CODES = "second_step.codes"
CODE_HINT = "验证器显示的 6 位数字；手机不在身边时可填一个恢复码"
FIRST_HINT = "扫码后验证器显示的 6 位数字"


def second_step(context: Context, waiting: half_login.Waiting) -> None:
    """What follows a right password: set up, or type the code, or read the recovery codes and go in."""
    if waiting.passed:
        _read_codes_and_enter(context)
    elif waiting.enrolment is not None:
        _set_up(context, waiting.enrolment)
    else:
        _ask_code(context)
    if not waiting.passed and st.button("返回，换一个账号登录", type="tertiary", icon=":material/arrow_back:"):
        half_login.forget(context, bound_to=browser())
        st.rerun()


def show_enrolment(enrolment: Enrolment) -> None:
    """The QR code with the secret beneath it, for whoever cannot scan. Drawn into the page: it has no address."""
    st.html(
        f'<img src="{qr_code(enrolment.uri)}" width="220" height="220" '
        'alt="两步验证的二维码；不能扫码时请在验证器中手动输入下面的密钥" style="background:#fff;padding:8px">'
    )
    with st.expander("不能扫码？手动输入密钥"):
        st.code(grouped(enrolment.secret), language=None)
        st.caption("类型选「基于时间」，6 位数字，30 秒；输入时可以不带短横。")


def show_codes(codes: Sequence[str]) -> None:
    """Ten recovery codes, once, to be copied or printed."""
    st.warning(
        "请把下面的恢复码抄下或打印，放在安全的地方：只显示这一次。手机丢失时，每个恢复码可以代替动态码登录一次。",
        icon=":material/key:",
    )
    st.code("\n".join(codes), language=None)


def qr_code(text: str) -> str:
    """A data address with the QR code as SVG."""
    drawn = BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=5, border=2, dark="#1D2B27", light="#FFFFFF")
    return "data:image/svg+xml;base64," + b64encode(drawn.getvalue()).decode()


def code_field(form: Form, hint: str = CODE_HINT) -> None:
    """Where the code goes; the browser offers it the number pad and what its password manager knows."""
    form.text("code", "动态码", check=check_factor_code, hint=hint, autocomplete="one-time-code")


def _ask_code(context: Context) -> None:
    st.write("密码正确。请打开手机上的验证器，填写「杏林」当前显示的动态码（5 分钟内完成）。")
    form = Form("second")
    code_field(form)
    if submitted_form(form, "继续登录", lambda values: _pass(context, values["code"])):
        st.rerun()
    st.html(
        '<p class="xl-field-hint">手机和恢复码都不在？工作人员请联系另一位管理员重置两步验证，住院医师请联系技术支持。</p>'
    )


def _pass(context: Context, code: str) -> None:
    send_to_exchange(half_login.pass_code(context, code=code, bound_to=browser()))


def _set_up(context: Context, enrolment: Enrolment) -> None:
    st.write(
        "密码正确。您的账号须开启两步验证：先在手机上安装任一验证器（如微信小程序「腾讯身份验证器」、Microsoft "
        "Authenticator、FreeOTP），再扫描二维码，填写显示的 6 位数字（5 分钟内完成，超时请重新登录）。"
    )
    show_enrolment(enrolment)
    form = Form("second.setup")
    code_field(form, FIRST_HINT)

    def confirm(values: dict[str, str]) -> None:
        st.session_state[_CODES] = half_login.confirm(context, code=values["code"], bound_to=browser())

    if submitted_form(form, "开启两步验证", confirm):
        st.rerun()


def _read_codes_and_enter(context: Context) -> None:
    st.success("两步验证已开启。", icon=":material/check_circle:")
    if codes := st.session_state.get(_CODES):
        show_codes(codes)
    else:
        st.info("恢复码只显示一次。没有抄下来的话，登录后可在「账号与密码」重新生成。", icon=":material/key:")
    if st.button("我已保存恢复码，进入系统", type="primary", width="stretch"):
        st.session_state.pop(_CODES, None)
        try:
            send_to_exchange(half_login.enter(context, bound_to=browser()))
        except DomainError as error:
            st.error(sentence(error), icon=":material/error:")
        else:
            st.rerun()
