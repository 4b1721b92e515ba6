"""Every file in pages/, opened past the router by everybody who may not: one sentence, and nothing of the page."""

from pathlib import Path

import pytest

from core.domain.permissions import STAFF, Role
from core.services.context import Context
from tests.factories import make_account, make_world
from tests.pages.helpers import PAGES, open_file_as, shown

ALL = (Role.APPLICANT, *STAFF)
PUBLIC = {
    "account/first",
    "account/login",
    "account/register",
    "account/reset",
    "applicant/home",
    "applicant/plan",
    "help",
}
MAY: dict[str, tuple[Role, ...]] = {
    "account/security": ALL,
    "applicant/profile": (Role.APPLICANT,),
    "applicant/choice": (Role.APPLICANT,),
    "applicant/progress": (Role.APPLICANT,),
    "applicant/mydata": (Role.APPLICANT,),
    "review/queue": (Role.REVIEWER, Role.BASE_LEAD),
    "review/desk": (Role.REVIEWER, Role.BASE_LEAD),
    "admin/board": (Role.BASE_LEAD, Role.ADMINISTRATOR),
    "admin/batches": (Role.ADMINISTRATOR,),
    "admin/plans": (Role.ADMINISTRATOR,),
    "admin/staff": (Role.ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR),
    "admin/reference": (Role.ADMINISTRATOR,),
    "admin/log": (Role.ADMINISTRATOR, Role.AUDITOR),
    "admin/settings": (Role.SYSTEM_ADMINISTRATOR,),
    "admin/requests": (Role.ADMINISTRATOR,),
}
FOUND = sorted(str(path.relative_to(PAGES).with_suffix("")) for path in Path(PAGES).rglob("*.py"))
FORBIDDEN = [(page, role) for page, roles in MAY.items() for role in ALL if role not in roles]


def test_every_page_is_in_this_table() -> None:
    assert set(FOUND) == PUBLIC | set(MAY)


@pytest.mark.parametrize("page", sorted(MAY))
def test_a_stranger_reads_one_sentence(sqlite_context: Context, page: str) -> None:
    make_world(sqlite_context)
    gives_nothing(sqlite_context, None, page, "请先登录")


@pytest.mark.parametrize(("page", "role"), FORBIDDEN)
def test_a_wrong_role_reads_one_sentence(sqlite_context: Context, page: str, role: Role) -> None:
    make_world(sqlite_context)
    gives_nothing(sqlite_context, role, page, "这个页面不属于您的身份")


def gives_nothing(context: Context, role: Role | None, page: str, words: str) -> None:
    actor = make_account(context, role) if role else None
    at = open_file_as(context, actor, page)
    assert not at.exception
    assert [words in each.value for each in at.warning] == [True]
    kinds = ("button", "text_input", "selectbox", "radio", "checkbox", "dataframe", "table", "markdown", "html", "text")
    left = {kind: len(at.get(kind)) for kind in kinds if len(at.get(kind))}
    assert left == {}, shown(at)


@pytest.mark.parametrize("page", sorted(PUBLIC))
def test_public_pages_open_for_a_stranger(sqlite_context: Context, page: str) -> None:
    from tests.pages.helpers import open_as

    make_world(sqlite_context)
    assert not open_as(sqlite_context, None, page if page != "applicant/home" else "").exception
