"""我的数据 and 数据请求 on the screen."""

from html import escape

import streamlit as st

from core.domain.data_requests import KIND_LABELS, STATE_LABELS, RequestKind, RequestState
from core.domain.errors import InvalidInput
from core.services import data_requests as service
from core.services.data_requests import RequestView
from core.services.my_data import issue_link
from core.ui.account import submitted_form
from core.ui.forms import Form
from core.ui.page import Visit, done, link, shown_errors
from core.ui.wording import moment

_LINK = "mydata.link"
_WORDS = {
    RequestKind.CORRECTION: "请说明哪一项要改、改成什么",
    RequestKind.DELETION: "原因（选填）",
}


def download(visit: Visit) -> None:
    """The current password, then the link."""
    st.subheader("下载我的数据", anchor=False)
    st.caption("包括账号、个人信息、报名记录、照片原件和账号日志，生成一个压缩文件。请在自己的电脑上保存。")
    if address := st.session_state.pop(_LINK, None):
        st.html(f'<p><a href="{escape(address)}" download>点此保存文件（5 分钟内有效，仅限本次登录）</a></p>')
    form = Form("mydata.password")
    form.text(
        "current",
        "当前密码",
        check=lambda raw: None if raw else "请填写当前密码。",
        secret=True,
        autocomplete="current-password",
    )

    def ask(values: dict[str, str]) -> None:
        st.session_state[_LINK] = issue_link(visit.context, visit.actor, current=values["current"])

    if submitted_form(form, "生成文件", ask):
        st.rerun()


def correction(visit: Visit, *, locked: bool) -> None:
    """编辑 while the profile is open, a request for what can't be changed alone."""
    st.subheader("更正", anchor=False)
    if locked:
        st.write("您的报名正在处理，个人信息已锁定。需要更正时，请在这里提出，由管理员处理。")
    else:
        st.write("个人信息可以自己修改；姓名、证件号等不能自己修改的内容，请在这里提出。")
        link("pages/applicant/profile.py", "去编辑个人信息", ":material/edit:")
    _ask(visit, RequestKind.CORRECTION, "提出更正")


def deletion(visit: Visit) -> None:
    """What a deletion means, and asking for it."""
    st.subheader("删除", anchor=False)
    st.write(
        "管理员同意后，您的账号不能再登录，姓名、证件号、手机号、个人信息和照片都会删除，不能恢复；"
        "只保留不含个人信息的统计数字。有报名正在办理时不能删除。"
    )
    _ask(visit, RequestKind.DELETION, "申请删除")


def own_list(visit: Visit, found: tuple[RequestView, ...]) -> None:
    """The own requests with their answers; an open one can be taken back."""
    for each in found:
        with st.container(border=True):
            st.html(
                f"<p style='margin:0'><strong>{KIND_LABELS[each.kind]}</strong> · {STATE_LABELS[each.state]}"
                f"<span class='xl-caption'> · {moment(each.created_at)}</span></p>"
            )
            if each.note:
                st.text(each.note)
            if each.answer:
                st.text(f"答复：{each.answer}")
            if each.state is RequestState.OPEN and st.button("撤回", key=f"mydata.back.{each.id}"):
                with shown_errors():
                    service.withdraw(visit.context, visit.actor, request_id=each.id)
                    done("已撤回。")


def to_decide(visit: Visit, each: RequestView) -> None:
    """One request for the administrator, masked, with the answer and the two buttons."""
    with st.container(border=True):
        st.html(
            f"<p style='margin:0'><strong>{KIND_LABELS[each.kind]}</strong> · {escape(each.who)}"
            f"<span class='xl-caption'> · 账号 {each.account_id} · {moment(each.created_at)} · "
            f"{STATE_LABELS[each.state]}</span></p>"
        )
        if each.note:
            st.text(each.note)
        if each.state is not RequestState.OPEN:
            if each.answer:
                st.text(f"答复：{each.answer}")
            return
        if each.in_hand and each.kind is RequestKind.DELETION:
            st.warning("有报名正在办理，现在不能同意删除。", icon=":material/block:")
        key = f"request.{each.id}"
        answer = st.text_area("答复", key=f"{key}.answer", max_chars=500)
        left, right, _ = st.columns([1, 1, 4])
        agreed = left.button("同意", key=f"{key}.yes", type="primary", width="stretch")
        refused = right.button("不同意", key=f"{key}.no", width="stretch")
        if agreed or refused:
            with shown_errors():
                service.decide(visit.context, visit.actor, request_id=each.id, approve=agreed, answer=answer)
                done("已答复。")


def _ask(visit: Visit, kind: RequestKind, button: str) -> None:
    form = Form(f"mydata.{kind.value}")
    form.text("note", _WORDS[kind], area=True)
    if not form.submitted(button):
        return
    with shown_errors():
        try:
            service.ask(visit.context, visit.actor, kind=kind, note=form.values["note"])
        except InvalidInput as refused:
            form.refuse(refused.fields)
            raise
        form.close()
        done("已提交，管理员处理后会在这里答复。")
