"""A new version of the privacy notice is put before everybody at the next login, before anything else opens."""

import streamlit as st

from core import runtime
from core.domain.errors import DomainError
from core.domain.permissions import Actor, Role
from core.services.consents import agree, outstanding, privacy_notice
from core.ui.messages import sentence

_AGREED = "consent.agreed"


def consent_first(actor: Actor) -> None:
    """Let an applicant pass who agreed to the text in force; everybody else reads it, and the page stops.

    What the database said is remembered for this visit and this text; it decides what is shown, never who somebody is.
    """
    if actor.role is not Role.APPLICANT:
        return
    wanted = (actor.account_id, privacy_notice().version)
    if st.session_state.get(_AGREED) == wanted:
        return
    if not outstanding(runtime.context(), actor):
        st.session_state[_AGREED] = wanted
        return
    _ask(actor)
    st.stop()


def _ask(actor: Actor) -> None:
    notice = privacy_notice()
    st.warning("个人信息处理说明有新的版本，请先阅读并确认，再继续使用。", icon=":material/policy:")
    with st.container(border=True):
        st.markdown(notice.text)
        st.caption(f"版本 {notice.version}")
    privacy = st.checkbox("我已阅读并同意《个人信息处理说明》", key="consent.privacy")
    sensitive = st.checkbox("我同意处理其中列明的敏感个人信息（证件号、手机号、证件照片等）", key="consent.sensitive")
    if st.button("同意并继续", key="consent.agree", type="primary"):
        try:
            agree(runtime.context(), actor, seen_version=notice.version, privacy=privacy, sensitive=sensitive)
        except DomainError as error:
            st.error(sentence(error), icon=":material/error:")
        else:
            st.rerun()
    with st.expander("不同意会怎样？", icon=":material/help:"):
        st.write(
            "您已提交的内容不会改变，也不会按新的说明处理。没有您的同意，报名、修改和查询暂时不能使用；"
            "您可以随时回来确认，也可以在「我的数据」下载自己的数据或申请删除。"
        )
        st.html('<p><a href="/logout" target="_self">退出登录</a></p>')
