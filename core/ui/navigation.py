"""The pages, and in whose menu each stands.

Every page is registered for everybody and shows in the menus named here only: who opens another one, perhaps after the
login ran out, reads why from the page's own guard and where to go, instead of "page not found".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.domain.permissions import BASE_STAFF, STAFF, Role
from core.ui.auth import logout_entry

ROOT = Path(__file__).resolve().parents[2]
Audience = Role | None
"""A role, or None for a stranger."""
EVERYBODY: tuple[Audience, ...] = (None, Role.APPLICANT, *STAFF)
LOGGED_IN: tuple[Audience, ...] = (Role.APPLICANT, *STAFF)
BOARD: tuple[Audience, ...] = (Role.BASE_LEAD, Role.ADMINISTRATOR)
_MENUS = "xinglin.menus"
TOP, RECRUITMENT, MANAGEMENT, OWN = "", "招录管理", "管理", "我的"


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: its file, its name and sign, and in whose menu it stands where."""

    file: str
    title: str
    icon: str
    audiences: tuple[Audience, ...] = ()
    section: str = TOP
    sections: Mapping[Audience, str] | None = None

    def section_for(self, audience: Audience) -> str:
        """The group of the menu for this audience."""
        return (self.sections or {}).get(audience, self.section)

    def page(self, audience: Audience) -> StreamlitPage:
        """What Streamlit's router takes."""
        return st.Page(
            ROOT / "pages" / f"{self.file}.py",
            title=self.title,
            icon=f":material/{self.icon}:",
            url_path=self.file.rsplit("/", 1)[-1],
            default=self.file == "applicant/home",
            visibility="visible" if audience in self.audiences else "hidden",
        )


ENTRIES = (
    Entry("applicant/home", "首页", "home", EVERYBODY),
    Entry("applicant/profile", "个人信息", "badge", (Role.APPLICANT,)),
    Entry("review/queue", "审核工作台", "fact_check", BASE_STAFF),
    Entry("review/desk", "审核", "find_in_page"),
    Entry("admin/board", "招录看板", "monitoring", BOARD),
    Entry("applicant/choice", "志愿填报", "edit_document", (Role.APPLICANT,), RECRUITMENT),
    Entry("applicant/plan", "培训基地招录计划", "table_view", EVERYBODY, sections={Role.APPLICANT: RECRUITMENT}),
    Entry("applicant/progress", "招收查询", "manage_search", (Role.APPLICANT,), RECRUITMENT),
    Entry("help", "帮助", "help", EVERYBODY),
    Entry("account/login", "登录", "login", (None,)),
    Entry("account/register", "账号注册", "person_add", (None,)),
    Entry("account/reset", "忘记密码", "lock_reset"),
    Entry("account/first", "设置密码", "password"),
    Entry("admin/batches", "批次管理", "event", (Role.ADMINISTRATOR,), MANAGEMENT),
    Entry("admin/plans", "计划管理", "grid_on", (Role.ADMINISTRATOR,), MANAGEMENT),
    Entry("admin/staff", "人员管理", "group", (Role.ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR), MANAGEMENT),
    Entry("admin/reference", "基础数据", "dataset", (Role.ADMINISTRATOR,), MANAGEMENT),
    Entry("admin/settings", "系统设置", "settings", (Role.SYSTEM_ADMINISTRATOR,), MANAGEMENT),
    Entry("admin/log", "操作日志", "history", (Role.ADMINISTRATOR, Role.AUDITOR), MANAGEMENT),
    Entry("admin/requests", "数据请求", "privacy_tip", (Role.ADMINISTRATOR,), MANAGEMENT),
    Entry("applicant/mydata", "我的数据", "folder_shared", (Role.APPLICANT,), OWN),
    Entry("account/security", "账号与密码", "shield_person", LOGGED_IN, OWN),
)


def menu_for(audience: Audience) -> dict[str, list[StreamlitPage]]:
    """All pages by their group; what is not this audience's stays out of sight.

    Kept for the session: making them anew at every rerun costs as much as a small page.
    """
    kept: dict[Audience, dict[str, list[StreamlitPage]]] = st.session_state.setdefault(_MENUS, {})
    if audience not in kept:
        kept[audience] = _make_menu(audience)
    return kept[audience]


def _make_menu(audience: Audience) -> dict[str, list[StreamlitPage]]:
    menu: dict[str, list[StreamlitPage]] = {TOP: []}
    for entry in ENTRIES:
        menu.setdefault(entry.section_for(audience) if audience in entry.audiences else TOP, []).append(
            entry.page(audience)
        )
    if audience is not None:
        menu[OWN].append(logout_entry())
    return menu
