"""/my-data: the login whose page asked gets the file; every other login, and a stranger, does not."""

import pytest
from starlette.testclient import TestClient

from core.domain.permissions import Actor, Role
from core.services import my_data, sessions
from core.services.context import Context
from tests.factories import make_account
from tests.web.test_files import come_as


@pytest.fixture
def link(client: TestClient, sqlite_context: Context, monkeypatch: pytest.MonkeyPatch) -> str:
    person = make_account(sqlite_context, Role.APPLICANT)
    come_as(client, sqlite_context, person)
    actor = sessions.find_actor(sqlite_context, sessions.digest(client.cookies["xl_sid"]))
    assert isinstance(actor, Actor)
    monkeypatch.setattr(my_data, "verify", lambda *_: True)
    return my_data.issue_link(sqlite_context, actor, current="x")


def test_the_own_login_gets_the_file_and_no_cache_keeps_it(client: TestClient, link: str) -> None:
    answer = client.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.content.startswith(b"PK")


@pytest.mark.asvs("V8.3.1", "a copied link to one's data is worth nothing without the login it was made for")
def test_nobody_else_does(client: TestClient, sqlite_context: Context, link: str) -> None:
    come_as(client, sqlite_context, make_account(sqlite_context, Role.APPLICANT))
    assert client.get(link).status_code == 404
    come_as(client, sqlite_context, make_account(sqlite_context, Role.ADMINISTRATOR))
    assert client.get(link).status_code == 404
    client.cookies.clear()
    assert client.get(link).status_code == 401


@pytest.mark.parametrize("path", ["/my-data/1/x", "/my-data/99999999999999999999/x", "/my-data/-1/x", "/my-data/a/x"])
def test_invented_links(client: TestClient, link: str, path: str) -> None:
    assert client.get(path).status_code in (401, 404) or "zip" not in client.get(path).headers["content-type"]
    assert link
