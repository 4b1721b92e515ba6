"""人员管理 on the screen: the list, the new account, and what can be done with one."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.domain.errors import InvalidInput
from core.domain.permissions import BASE_STAFF, KEEPS, ROLE_LABELS, Role
from core.domain.text import check_person_name
from core.queries.reference import BaseView
from core.queries.staff import StaffView
from core.services import staff as service
from core.services.staff import Secret
from core.ui.forms import Form
from core.ui.page import Visit, done, shown_errors
from core.ui.wording import moment

SECRET = "staff.secret"


def offices(visit: Visit) -> Mapping[str, str]:
    """The offices whose accounts the visitor keeps, in words."""
    return {role.value: ROLE_LABELS[role] for role in KEEPS.get(visit.actor.role, ())}


def staff_table(found: Sequence[StaffView]) -> None:
    """Everybody who works here."""
    rows = [
        {
            "姓名": v.name,
            "登录名": v.login,
            "身份": ROLE_LABELS[v.role],
            "基地": "、".join(v.base_names) or ("全部" if v.role is Role.ADMINISTRATOR else "—"),
            "状态": _state(v),
            "最近使用": moment(v.last_seen),
        }
        for v in found
    ]
    st.dataframe(rows, hide_index=True)


def show_secret() -> None:
    """The one-time password, once: at the next run it is gone."""
    secret: Secret | None = st.session_state.pop(SECRET, None)
    if secret is None:
        return
    with st.container(border=True):
        st.write("一次性密码只显示这一次，请当面或电话告知本人；本人首次登录后必须修改。")
        left, right = st.columns(2)
        left.caption("登录名")
        left.code(secret.login.lower(), language=None)
        right.caption("一次性密码")
        right.code(secret.password, language=None)


def new_form(visit: Visit, bases: Sequence[BaseView]) -> None:
    """A new account."""
    form = Form("staff.new", {"role": Role.REVIEWER.value})
    left, right = st.columns(2)
    with left:
        form.text("name", "姓名", check=check_person_name)
    with right:
        form.text("login", "登录名", check=service.check_login, hint="4 至 32 位，以字母开头，例如 chen.shenhe。")
    words = offices(visit)
    role = form.choice("role", "身份", list(words), words=words, horizontal=True)
    base_ids = _bases_field("staff.new.bases", bases, ()) if role in BASE_STAFF else []
    form.summary()
    if not form.submitted("新建账号"):
        return
    with shown_errors():
        try:
            made = service.create(
                visit.context,
                visit.actor,
                role=Role(role) if role else Role.APPLICANT,
                login=form.values["login"],
                name=form.values["name"],
                base_ids=base_ids,
            )
        except InvalidInput as refused:
            form.refuse(refused.fields)
            raise
        form.close()
        st.session_state[SECRET] = made
        done("账号已新建。")


def one_person(visit: Visit, seen: StaffView, bases: Sequence[BaseView]) -> None:
    """Bases and office, disabling, resetting."""
    if seen.role in BASE_STAFF:
        _change_form(visit, seen, bases)
    if seen.id == visit.actor.account_id:
        st.info("这是您自己的账号，修改密码请到「账号与密码」；不能停用自己。", icon=":material/info:")
        return
    left, right, _ = st.columns([1.3, 1.3, 3])
    with shown_errors():
        if left.button(
            "重置密码", key=f"staff.reset.{seen.id}.{seen.version}", width="stretch", icon=":material/lock_reset:"
        ):
            ids = {"account_id": seen.id, "seen_version": seen.version}
            st.session_state[SECRET] = service.reset_password(visit.context, visit.actor, **ids)
            done(f"已重置 {seen.name} 的密码，其所有登录已退出。")
        label = "停用账号" if seen.active else "启用账号"
        if right.button(label, key=f"staff.active.{seen.id}.{seen.version}", width="stretch", icon=":material/block:"):
            service.set_active(
                visit.context, visit.actor, account_id=seen.id, seen_version=seen.version, active=not seen.active
            )
            done(f"{seen.name} 的账号已{'停用，其所有登录已退出' if seen.active else '启用'}。")


def _change_form(visit: Visit, seen: StaffView, bases: Sequence[BaseView]) -> None:
    form = Form(f"staff.change.{seen.id}.{seen.version}", {"role": seen.role.value})
    words = {role.value: ROLE_LABELS[role] for role in BASE_STAFF}
    role = form.choice("role", "身份", list(words), words=words, horizontal=True)
    chosen = _bases_field(f"{form.name}.bases", bases, tuple(seen.base_ids))
    if form.submitted("保存"):
        with shown_errors():
            service.change(
                visit.context,
                visit.actor,
                account_id=seen.id,
                seen_version=seen.version,
                role=Role(role),
                base_ids=chosen,
            )
            form.close()
            done(f"{seen.name} 的身份和基地已保存，立即生效。")


def _bases_field(key: str, bases: Sequence[BaseView], chosen: Sequence[int]) -> list[int]:
    names = {base.id: base.name for base in bases}
    st.session_state.setdefault(key, [base_id for base_id in chosen if base_id in names])
    return st.multiselect("负责的基地", list(names), key=key, format_func=lambda id_: names[id_], placeholder="请选择")


def _state(seen: StaffView) -> str:
    if not seen.active:
        return "已停用"
    return "待改初始密码" if seen.must_change_password else "在用"
