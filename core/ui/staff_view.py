"""人员管理 on the screen: the list, the new account, and what can be done with one."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import streamlit as st

from core.domain.errors import InvalidInput
from core.domain.permissions import BASE_STAFF, KEEPS, ROLE_LABELS, Role
from core.domain.text import check_person_name
from core.queries.reference import BaseView
from core.queries.staff import StaffView
from core.services import staff as service
from core.services.password_links import Link
from core.ui.forms import Form
from core.ui.page import Visit, done, shown_errors
from core.ui.wording import moment

LINK = "staff.link"


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
            "两步验证": "已开启" if v.second_factor else "未设置",
            "最近使用": moment(v.last_seen),
        }
        for v in found
    ]
    st.dataframe(rows, hide_index=True)


def show_link(public_url: str) -> None:
    """The link with which the person sets the own password, once: at the next run it is gone."""
    made: Link | None = st.session_state.pop(LINK, None)
    if made is None:
        return
    with st.container(border=True):
        st.write(
            f"请把链接发给本人：由本人打开并设置密码，{moment(made.expires_at)} 之前有效，只能用一次。"
            "链接只显示这一次；点右上角的图标可复制。"
        )
        st.caption("登录名")
        st.code(made.login.lower(), language=None)
        st.caption("设置密码的链接")
        st.code(_origin(public_url) + made.path, language=None, wrap_lines=True)


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
        st.session_state[LINK] = made
        done("账号已新建，请把设置密码的链接发给本人。")


def one_person(visit: Visit, seen: StaffView, bases: Sequence[BaseView]) -> None:
    """Bases and office, disabling, a new link, the second factor."""
    if seen.role in BASE_STAFF:
        _change_form(visit, seen, bases)
    if seen.id == visit.actor.account_id:
        st.info("这是您自己的账号，修改密码和两步验证请到「账号与密码」；不能停用自己。", icon=":material/info:")
        return
    left, middle, right, _ = st.columns([1.5, 1.5, 1.2, 1.8])
    ids = {"account_id": seen.id, "seen_version": seen.version}
    with shown_errors():
        if left.button(
            "发新的密码链接", key=f"staff.reset.{seen.id}.{seen.version}", width="stretch", icon=":material/link:"
        ):
            st.session_state[LINK] = service.new_link(visit.context, visit.actor, **ids)
            done(f"{seen.name} 原来的密码已失效，其所有登录已退出。")
        if middle.button(
            "重置两步验证",
            key=f"staff.factor.{seen.id}.{seen.version}",
            width="stretch",
            icon=":material/phonelink_erase:",
            disabled=not seen.second_factor,
        ):
            service.reset_second_factor(visit.context, visit.actor, **ids)
            done(f"{seen.name} 的两步验证已重置，其所有登录已退出；下次登录时由本人重新设置。")
        label = "停用账号" if seen.active else "启用账号"
        if right.button(label, key=f"staff.active.{seen.id}.{seen.version}", width="stretch", icon=":material/block:"):
            service.set_active(visit.context, visit.actor, **ids, active=not seen.active)
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
            done(f"{seen.name} 的身份和基地已保存；有变动时其所有登录已退出，重新登录后生效。")


def _bases_field(key: str, bases: Sequence[BaseView], chosen: Sequence[int]) -> list[int]:
    names = {base.id: base.name for base in bases}
    st.session_state.setdefault(key, [base_id for base_id in chosen if base_id in names])
    return st.multiselect("负责的基地", list(names), key=key, format_func=lambda id_: names[id_], placeholder="请选择")


def _state(seen: StaffView) -> str:
    if not seen.active:
        return "已停用"
    return "在用" if seen.has_password else "待本人设置密码"


def _origin(public_url: str) -> str:
    """Where the link leads: the setting, or else the address that the administrator came by."""
    if public_url:
        return public_url.rstrip("/")
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
