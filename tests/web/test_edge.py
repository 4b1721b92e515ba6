"""The edge: one cookie, headers that no client can write, and the security headers on everything."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.services.sessions import digest
from core.web.edge import SECURITY_HEADERS, device
from tests.conftest import build_context
from tests.web.conftest import PAGE, client_of

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        (IPHONE, "phone"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140.0 Mobile", "phone"),
        ("Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/140.0", "phone"),
        ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X)", "phone"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0; HarmonyOS Phone)", "phone"),
        (WINDOWS, "desktop"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64) Chrome/108.0 Safari/537.36 QIHU 360SE", "desktop"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", "desktop"),
        ("", "desktop"),
    ],
)
def test_phones_and_tablets_are_known_by_their_agent(agent: str, kind: str) -> None:
    assert device(agent) == kind


def test_a_page_brings_an_anonymous_cookie_once(client: TestClient) -> None:
    first = client.get("/some/page", headers=PAGE)
    cookie = first.headers["set-cookie"]
    assert cookie.startswith("xl_sid=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "set-cookie" not in client.get("/some/page", headers=PAGE).headers


def test_no_cookie_for_what_is_no_page(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/healthz").headers


def test_a_cookie_we_could_not_have_made_is_replaced(client: TestClient) -> None:
    client.cookies.set("xl_sid", "short")
    assert "xl_sid=" in client.get("/some/page", headers=PAGE).headers["set-cookie"]
    assert client.get("/_stcore/echo", headers={"Cookie": "xl_sid=short"}).json() == ["desktop"]


def test_over_https_the_cookie_is_bound_to_the_host(sqlite_url: str, tmp_path: Path) -> None:
    with client_of(build_context(sqlite_url, tmp_path, https=True)) as browser:
        answer = browser.get("/some/page", headers=PAGE)
    assert answer.headers["set-cookie"].startswith("__Host-xl_sid=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


def test_headers_that_a_client_sends_never_arrive(client: TestClient) -> None:
    forged = {"X-Xinglin-Sid": digest("somebody else"), "x-xinglin-device": "desktop", "User-Agent": IPHONE}
    assert client.get("/_stcore/echo", headers=forged).json() == ["phone"]
    with client.websocket_connect("/_stcore/socket", headers=forged) as socket:
        assert socket.receive_json() == ["phone"]


def test_the_websocket_learns_the_cookies_digest(client: TestClient) -> None:
    client.get("/some/page", headers=PAGE)
    expected = [digest(client.cookies["xl_sid"]), "desktop"]
    with client.websocket_connect("/_stcore/socket", headers={"User-Agent": WINDOWS}) as socket:
        assert socket.receive_json() == expected
    assert client.get("/_stcore/echo", headers={"X-Xinglin-Sid": "forged"}).json() == expected


def test_phones_read_and_do_not_upload(client: TestClient) -> None:
    assert client.get("/some/page", headers=PAGE | {"User-Agent": IPHONE}).status_code == 200
    assert client.put("/_stcore/upload_file/x", headers={"User-Agent": IPHONE}).status_code == 403
    assert client.put("/_stcore/upload_file/x", headers={"User-Agent": WINDOWS}).status_code == 401


@pytest.mark.parametrize("path", ["/some/page", "/healthz", "/nowhere", "/xinglin-zh.js", "/files/x"])
def test_security_headers_are_on_everything(client: TestClient, path: str) -> None:
    headers = client.get(path, headers=PAGE).headers
    assert set(headers) >= {name.lower() for name in SECURITY_HEADERS}
    assert headers["x-content-type-options"] == "nosniff"
    assert "object-src 'none'" in headers["content-security-policy"] or "sandbox" in headers["content-security-policy"]
