"""What never reaches Streamlit: foreign hosts, closed addresses, large bodies, files without a login."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.domain.permissions import Role
from core.services import sessions
from core.services.context import Context
from core.web.gate import CLOSED, LARGEST_BODY, LARGEST_UPLOAD
from tests.conftest import build_context
from tests.factories import make_account
from tests.web.conftest import PAGE, client_of


@pytest.mark.asvs("V4.1.1", "a request for another host is refused")
@pytest.mark.parametrize(
    ("host", "status"), [("zhaolu.example.org", 200), ("ZHAOLU.example.org:443", 200), ("evil.example", 421)]
)
def test_only_the_named_hosts_are_answered(sqlite_url: str, tmp_path: Path, host: str, status: int) -> None:
    context = build_context(sqlite_url, tmp_path, allowed_hosts=["zhaolu.example.org"])
    with client_of(context) as browser:
        assert browser.get("/some/page", headers=PAGE | {"Host": host}).status_code == status


@pytest.mark.asvs("V13.4.5", "addresses of the framework that the portal doesn't use are closed")
@pytest.mark.parametrize("path", CLOSED)
def test_doors_that_nobody_uses_are_closed(client: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, path.rstrip("/") + "/x").status_code == 404


@pytest.mark.asvs("V5.2.1", "bodies have a limit, announced or not")
def test_a_large_body_is_refused_announced_or_not(client: TestClient) -> None:
    assert client.post("/session/open", content=b"x" * (LARGEST_BODY + 1)).status_code == 413

    def dripping() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // 1024 + 2):
            yield b"x" * 1024

    assert client.post("/_stcore/echo-body", content=dripping()).status_code == 413
    assert client.post("/_stcore/echo-body", content=b"x" * LARGEST_BODY).status_code == 200


def test_a_strange_length_is_refused(client: TestClient) -> None:
    for length in ("-1", "1e9", "9" * 40, ""):
        assert client.post("/_stcore/echo-body", headers={"Content-Length": length}, content=b"").status_code == 413


@pytest.mark.asvs("V8.2.2", "Streamlit's own file addresses need a login")
def test_uploads_and_media_need_a_login(client: TestClient, sqlite_context: Context) -> None:
    person = make_account(sqlite_context, Role.APPLICANT)
    for path in ("/media/0123abc.png", "/_stcore/upload_file/x"):
        assert client.put(path).status_code == 401
    page = client.get("/some/page", headers=PAGE)
    browser = sessions.digest(page.cookies["xl_sid"])
    token = sessions.redeem_ticket(
        sqlite_context, sessions.issue_ticket(sqlite_context, person.account_id or 0, browser), browser
    )
    client.cookies.set("xl_sid", str(token))
    assert client.put("/_stcore/upload_file/x", content=b"x" * 1000).status_code == 200
    assert client.put("/_stcore/upload_file/x", content=b"x" * (LARGEST_UPLOAD + 1)).status_code == 413
    sessions.revoke(sqlite_context, sessions.digest(str(token)))
    assert client.put("/_stcore/upload_file/x").status_code == 401
