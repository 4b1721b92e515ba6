"""/session/first: the token comes from our own page only, and opens the link for this browser."""

import pytest
from starlette.testclient import TestClient

from core.domain.permissions import Actor, Role
from core.services import sessions, staff
from core.services.context import Context
from core.services.password_links import link_owner
from tests.web.conftest import OURS, PAGE


@pytest.fixture
def token(sqlite_context: Context) -> str:
    operator = Actor(None, Role.SYSTEM_ADMINISTRATOR)
    link = staff.create(sqlite_context, operator, role=Role.ADMINISTRATOR, login="second.admin", name="林管理")
    return link.path.partition("#")[2]


def arrive(client: TestClient) -> str:
    answer = client.get("/session/first", headers=PAGE)
    assert answer.status_code == 200
    return client.cookies["xl_sid"]


@pytest.mark.asvs("V14.2.1", "the page of a link is kept nowhere and sends no Referer; its script clears the address")
def test_the_page_is_kept_nowhere_and_tells_nobody(client: TestClient, token: str) -> None:
    answer = client.get("/session/first", headers=PAGE)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "second.admin" not in answer.text
    script = client.get("/session/first.js").text
    assert script.index("replaceState") < script.index("fetch(")


def test_posting_the_token_opens_the_link_here_and_nowhere_else(
    client: TestClient, sqlite_context: Context, token: str
) -> None:
    browser = sessions.digest(arrive(client))
    assert link_owner(sqlite_context, browser) is None
    answer = client.post("/session/first", json={"ticket": token}, headers=OURS)
    assert answer.status_code == 204
    owner = link_owner(sqlite_context, browser)
    assert owner is not None and owner.login == "second.admin"
    assert link_owner(sqlite_context, sessions.digest("another")) is None


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"X-Requested-With": ""}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.asvs("V3.5.1", "a foreign page cannot open a link in somebody's browser")
def test_foreign_pages_open_nothing(
    client: TestClient, sqlite_context: Context, token: str, headers: dict[str, str]
) -> None:
    browser = sessions.digest(arrive(client))
    answer = client.post("/session/first", json={"ticket": token}, headers=OURS | headers)
    assert answer.status_code == 403
    assert link_owner(sqlite_context, browser) is None


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"ticket": 7}', b'{"ticket": "invented"}', b"x" * 5_000])
def test_odd_bodies_open_nothing(client: TestClient, token: str, body: bytes) -> None:
    arrive(client)
    assert client.post("/session/first", content=body, headers=OURS).status_code == 403


def test_without_a_cookie_nothing_is_opened(client: TestClient, token: str) -> None:
    assert client.post("/session/first", json={"ticket": token}, headers=OURS).status_code == 403
