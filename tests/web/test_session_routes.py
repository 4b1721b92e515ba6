"""/session/open and /session/close: from our own page only, once, in the browser that asked."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.clock import SetClock
from core.domain.permissions import Role
from core.services import sessions
from core.services.context import Context
from tests.factories import make_account
from tests.web.conftest import OURS, PAGE


def visit(client: TestClient) -> str:
    client.get("/some/page", headers=PAGE)
    return client.cookies["xl_sid"]


def ticket_for(context: Context, cookie: str) -> str:
    account_id = make_account(context, Role.APPLICANT).account_id
    assert account_id is not None
    return sessions.issue_ticket(context, account_id, sessions.digest(cookie))


def exchange(client: TestClient, ticket: Any, **headers: str) -> int:
    return client.post("/session/open", json={"ticket": ticket}, headers=OURS | headers).status_code


def test_a_ticket_becomes_a_fresh_cookie(client: TestClient, sqlite_context: Context) -> None:
    anonymous = visit(client)
    answer = client.post("/session/open", json={"ticket": ticket_for(sqlite_context, anonymous)}, headers=OURS)
    assert answer.status_code == 204
    assert answer.headers["cache-control"] == "no-store"
    assert {"HttpOnly", "Max-Age=43200", "SameSite=lax"} <= set(answer.headers["set-cookie"].split("; "))
    token = client.cookies["xl_sid"]
    assert token != anonymous
    assert sessions.find_actor(sqlite_context, sessions.digest(token)) is not None
    assert sessions.find_actor(sqlite_context, sessions.digest(anonymous)) is None


def test_a_replay_gets_nothing(client: TestClient, sqlite_context: Context) -> None:
    anonymous = visit(client)
    ticket = ticket_for(sqlite_context, anonymous)
    assert exchange(client, ticket) == 204
    client.cookies.set("xl_sid", anonymous)
    assert exchange(client, ticket) == 403


def test_another_browser_gets_nothing(client: TestClient, sqlite_context: Context) -> None:
    ticket = ticket_for(sqlite_context, visit(client))
    client.cookies.clear()
    assert exchange(client, ticket) == 403
    visit(client)
    assert exchange(client, ticket) == 403


@pytest.mark.parametrize(("late", "status"), [(59, 204), (60, 403)])
def test_a_late_ticket_gets_nothing(client: TestClient, sqlite_context: Context, late: int, status: int) -> None:
    ticket = ticket_for(sqlite_context, visit(client))
    assert isinstance(sqlite_context.clock, SetClock)
    sqlite_context.clock.at += timedelta(seconds=late)
    assert exchange(client, ticket) == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": ""},
        {"X-Requested-With": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_foreign_pages_can_neither_open_nor_close(
    client: TestClient, sqlite_context: Context, headers: dict[str, str]
) -> None:
    ticket = ticket_for(sqlite_context, visit(client))
    assert exchange(client, ticket, **headers) == 403
    assert exchange(client, ticket) == 204
    assert client.post("/session/close", headers=OURS | headers).status_code == 403
    assert sessions.find_actor(sqlite_context, sessions.digest(client.cookies["xl_sid"])) is not None


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"ticket": 7}', b'{"ticket": ""}', b"\xff", b"x" * 2_000])
def test_odd_bodies_get_nothing(client: TestClient, body: bytes) -> None:
    visit(client)
    assert client.post("/session/open", content=body, headers=OURS).status_code == 403


def test_get_is_no_way_in_or_out(client: TestClient) -> None:
    assert client.get("/session/open").status_code == 405
    assert client.get("/session/close").status_code == 405


def test_closing_kills_a_copied_cookie(client: TestClient, sqlite_context: Context) -> None:
    assert exchange(client, ticket_for(sqlite_context, visit(client))) == 204
    copied = client.cookies["xl_sid"]
    assert client.post("/session/close", headers=OURS).status_code == 204
    assert "xl_sid" not in client.cookies
    assert sessions.find_actor(sqlite_context, sessions.digest(copied)) is None
    assert client.post("/session/close", headers=OURS).status_code == 204
