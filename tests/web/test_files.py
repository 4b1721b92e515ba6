"""/files: the owner sees the picture; everybody else sees nothing, not even whether it exists."""

import pytest
from starlette.testclient import TestClient

from core.domain.permissions import Actor, Role
from core.services import sessions
from core.services.context import Context
from tests.factories import complete_profile, make_account, make_world


def come_as(client: TestClient, context: Context, actor: Actor) -> None:
    assert actor.account_id is not None
    token = sessions.redeem_ticket(context, sessions.issue_ticket(context, actor.account_id, "b"), "b")
    client.cookies.set("xl_sid", token or "")


@pytest.fixture
def owner(sqlite_context: Context) -> Actor:
    return make_account(sqlite_context, Role.APPLICANT, login="110105199001010018")


@pytest.fixture
def portrait(sqlite_context: Context, owner: Actor) -> str:
    return str(complete_profile(sqlite_context, owner)["documents"]["portrait"])


@pytest.mark.parametrize("size", ["", "/thumbnail"])
def test_the_owner_sees_it_and_no_cache_keeps_it(
    client: TestClient, sqlite_context: Context, owner: Actor, portrait: str, size: str
) -> None:
    come_as(client, sqlite_context, owner)
    answer = client.get(f"/files/{portrait}{size}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_stranger_is_asked_to_log_in(client: TestClient, portrait: str) -> None:
    assert client.get(f"/files/{portrait}").status_code == 401
    client.cookies.set("xl_sid", "an-invented-token-of-length-30")
    assert client.get(f"/files/{portrait}/thumbnail").status_code == 401


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD])
def test_others_cannot_tell_it_from_none(
    client: TestClient, sqlite_context: Context, portrait: str, role: Role
) -> None:
    bases = make_world(sqlite_context).base_ids if role is not Role.APPLICANT else ()
    come_as(client, sqlite_context, make_account(sqlite_context, role, base_ids=bases))
    foreign, none = client.get(f"/files/{portrait}"), client.get("/files/none")
    assert (foreign.status_code, foreign.content) == (none.status_code, none.content) == (404, b"")


def test_a_link_is_dead_after_logout(client: TestClient, sqlite_context: Context, owner: Actor, portrait: str) -> None:
    come_as(client, sqlite_context, owner)
    assert client.get(f"/files/{portrait}").status_code == 200
    sessions.revoke(sqlite_context, sessions.digest(client.cookies["xl_sid"]))
    assert client.get(f"/files/{portrait}").status_code == 401
