"""Attacks against a running server, by HTTP and by a raw websocket: each must come away with nothing."""

import asyncio
import hashlib

import httpx
import pytest
from sqlalchemy import select, text
from streamlit.proto.WidgetStates_pb2 import WidgetState

from bench.driver import Visitor
from core.db.models import Account, Application, Document
from core.domain.photos import PhotoKind
from core.services import sessions
from core.services.context import Context
from tests.attacks.conftest import COOKIE, Jar, seen_by
from tests.e2e.conftest import Portal
from tests.factories import drawn_jpeg

OURS = {"X-Requested-With": "xinglin", "Sec-Fetch-Site": "same-origin"}
STAFF_PAGES = ("queue", "board", "batches", "plans", "staff", "log", "reference")
APPLICANT_PAGES = ("profile", "choice", "progress")


def document_of(inside: Context, *, handed_in: bool) -> str:
    """Somebody's picture: of an application at a base, or of a person who never applied."""
    applied = select(Application.account_id)
    owner = Document.account_id.in_(applied) if handed_in else Document.account_id.not_in(applied)
    with inside.database.read() as tx:
        return str(tx.scalars(select(Document.id).where(owner, Document.replaced_at.is_(None)).limit(1)).one())


@pytest.mark.asvs("V7.4.1", "a cookie that was copied before the logout is dead after it")
def test_a_stolen_cookie_after_logout(portal: Portal, http: httpx.Client, inside: Context, jar: Jar) -> None:
    cookies = jar("submitted")
    own = _own_document(inside, "submitted")
    assert http.get(f"/files/{own}", cookies=cookies).status_code == 200
    closed = http.post("/session/close", cookies=cookies, headers=OURS | {"Origin": portal.url})
    assert closed.status_code == 204
    assert http.get(f"/files/{own}", cookies=cookies).status_code == 401
    assert "证件照片" not in asyncio.run(seen_by(portal, "profile", cookies))


@pytest.mark.asvs("V7.2.1", "a session header or a cookie that a client makes up names nobody")
def test_forged_headers_and_cookies(portal: Portal, http: httpx.Client, inside: Context, jar: Jar) -> None:
    victim = sessions.digest(jar("submitted")[COOKIE])
    own = _own_document(inside, "submitted")
    for headers in ({"X-Xinglin-Sid": victim}, {"x-xinglin-sid": victim, "Cookie": f"{COOKIE}={victim}"}):
        assert http.get(f"/files/{own}", headers=headers).status_code == 401
    for value in (victim, "A" * 43, "../../etc/passwd", "' OR 1=1 --", "\u00e9" * 30):
        forged = http.get(f"/files/{own}", headers={b"Cookie": f"{COOKIE}={value}".encode("latin-1", "replace")})
        assert forged.status_code == 401
    assert "退出登录" not in asyncio.run(seen_by(portal, "profile", {COOKIE: victim}))


@pytest.mark.asvs("V7.2.4", "a ticket opens one session once, in the browser that asked for it")
def test_a_ticket_is_good_once_and_for_its_browser_only(portal: Portal, http: httpx.Client, inside: Context) -> None:
    page = http.get("/", headers={"Accept": "text/html"})
    anonymous = page.cookies[COOKIE]
    with inside.database.read() as tx:
        account = tx.scalars(select(Account.id).where(Account.role == "applicant").limit(1)).one()
    headers = OURS | {"Origin": portal.url}
    ticket = sessions.issue_ticket(inside, account, sessions.digest(anonymous))
    thief = httpx.Client(base_url=portal.url, cookies={COOKIE: "t" * 43})
    assert thief.post("/session/open", json={"ticket": ticket}, headers=headers).status_code == 403
    assert thief.post("/session/open", json={"ticket": ticket}, headers=OURS).status_code == 403
    opened = http.post("/session/open", json={"ticket": ticket}, headers=headers)
    assert opened.status_code == 204
    assert opened.cookies[COOKIE] != anonymous
    assert http.post("/session/open", json={"ticket": ticket}, headers=headers).status_code == 403
    # The cookie that an attacker may have planted before the login is worth nothing after it.
    assert sessions.find_actor(inside, sessions.digest(anonymous)) is None


@pytest.mark.asvs("V8.2.2", "a picture is found by its owner and those it was handed in to, at every size")
@pytest.mark.parametrize("key", ["fresh", "ready", "reviewer", "base_lead"])
def test_other_peoples_pictures_are_not_there(http: httpx.Client, inside: Context, jar: Jar, key: str) -> None:
    never_handed_in = _own_document(inside, "ready")
    wanted = never_handed_in if key != "ready" else _own_document(inside, "submitted")
    cookies = jar(key)
    for path in (f"/files/{wanted}", f"/files/{wanted}/thumbnail", f"/files/{wanted}/before", f"/files/{wanted}/full"):
        assert http.get(path, cookies=cookies).status_code == 404
        assert http.get(path).status_code == 401


@pytest.mark.asvs("V5.3.2", "no path leads out of the store")
@pytest.mark.parametrize(
    "path",
    [
        "/files/..%2f..%2fxinglin.db",
        "/files/%2e%2e/%2e%2e/demo-secret.key",
        "/files/0/../../../demo-secret.key",
        "/files/" + "a" * 5_000,
        "/files/%00",
        "/static/../../../../demo-secret.key",
        "/static/%2e%2e/%2e%2e/demo-secret.key",
        "/media/../../demo-secret.key",
        "/component/../../demo-secret.key",
    ],
)
def test_paths_lead_nowhere(portal: Portal, http: httpx.Client, jar: Jar, path: str) -> None:
    secret = (portal.folder / "demo-secret.key").read_text("ascii").strip()
    for cookies in ({}, jar("administrator")):
        answer = http.get(path, cookies=cookies)
        assert secret not in answer.text
        assert b"SQLite format" not in answer.content


@pytest.mark.asvs("V8.3.1", "a deep link shows a page to its roles only, in a process that has just begun with it")
@pytest.mark.parametrize("key", ["", "ready", "reviewer", "administrator"])
def test_deep_links(portal: Portal, jar: Jar, key: str) -> None:
    closed = {"": STAFF_PAGES + APPLICANT_PAGES, "ready": STAFF_PAGES}.get(key)
    if closed is None:
        closed = APPLICANT_PAGES + (("batches", "plans", "staff", "log") if key == "reviewer" else ())
    cookies = jar(key) if key else {}
    for page in closed:
        words = asyncio.run(seen_by(portal, page, cookies))
        assert "plotly_chart" not in words
        assert "arrow_data_frame" not in words
        assert "text_input" not in words or "登录" in words


@pytest.mark.asvs("V5.2.2", "media that Streamlit holds is not given to who has no login")
def test_media_without_a_session(http: httpx.Client, jar: Jar) -> None:
    for path in ("/media/0f343b0931126a20f133d67c2b018a3b.png", "/media/anything.xlsx"):
        assert http.get(path).status_code == 401
        assert http.get(path, cookies={COOKIE: "z" * 43}).status_code == 401
        assert http.get(path, cookies=jar("fresh")).status_code == 404


@pytest.mark.asvs("V15.3.3", "widget states that no widget of the page has change nothing")
def test_mass_assignment_by_a_raw_websocket(portal: Portal, inside: Context, jar: Jar) -> None:
    before = _everything(inside)
    asyncio.run(_forge(portal, jar("submitted")))
    assert _everything(inside) == before


async def _forge(portal: Portal, cookies: dict[str, str]) -> None:
    for page in ("profile", "choice", "queue", "staff", "batches"):
        async with Visitor(portal.url, page, dict(cookies)) as visitor:
            await visitor.open()
            for name in (
                "desk.take",
                "desk.approve",
                "desk.decide",
                "staff.save",
                "role",
                "batch.save",
                "choice.submit",
            ):
                for ident in (name, f"$$ID-{hashlib.md5(name.encode()).hexdigest()}-{name}"):
                    visitor.states[ident] = WidgetState(id=ident, trigger_value=True)
            for name, value in (("role", "administrator"), ("basic.birth_date", "1990-01-01"), ("account_id", "1")):
                ident = f"$$ID-{hashlib.md5(value.encode()).hexdigest()}-{name}"
                visitor.states[ident] = WidgetState(id=ident, string_value=value)
            await visitor.rerun()


@pytest.mark.asvs("V5.3.1", "the name of an uploaded file is only ever shown")
def test_path_tricks_in_the_name_of_an_upload(portal: Portal, inside: Context, jar: Jar) -> None:
    files = {path for path in portal.folder.parent.rglob("*") if "objects" not in path.parts}

    async def upload() -> None:
        async with Visitor(portal.url, "profile?section=documents", jar("fresh")) as visitor:
            await visitor.open()
            await visitor.upload("上传照片", "../../../../evil\u202e.jpg", drawn_jpeg(PhotoKind.PORTRAIT))

    asyncio.run(upload())
    new = {path for path in portal.folder.parent.rglob("*") if "objects" not in path.parts} - files
    assert not [path for path in new if "evil" in path.name]


@pytest.mark.asvs("V3.4.3", "every answer carries the policy, and the server doesn't say what it is")
@pytest.mark.parametrize("path", ["/", "/login", "/nowhere", "/files/x", "/healthz", "/_stcore/health", "/static/x"])
def test_headers_on_a_real_answer(http: httpx.Client, path: str) -> None:
    headers = http.get(path, headers={"Accept": "text/html"}).headers
    policy = headers["content-security-policy"]
    assert "'unsafe-eval'" not in policy
    assert "script-src 'self';" in policy or "sandbox" in policy
    assert headers["x-frame-options"] == "DENY"
    assert "x-powered-by" not in headers
    assert not set(headers.get("server", "")) & set("0123456789/")


def _own_document(inside: Context, fate: str) -> str:
    from core.demo.accounts import DEMO_LOGINS
    from core.services.logins import account_by_login

    login = next(each.login for each in DEMO_LOGINS if each.fate == fate)
    with inside.database.read() as tx:
        account = account_by_login(tx, inside, login)
        assert account is not None
        mine = select(Document.id).where(Document.account_id == account.id, Document.replaced_at.is_(None))
        return str(tx.scalars(mine.limit(1)).one())


def _everything(inside: Context) -> list[object]:
    """What an attack could have changed: accounts, profiles, applications and their events."""
    with inside.database.read() as tx:
        return [
            tx.execute(text(f"SELECT {columns} FROM {table} ORDER BY 1")).all()
            for table, columns in (
                ("account", "id, role, active, version"),
                ("profile", "account_id, version"),
                ("application", "id, state, version, revision"),
                ("event", "id"),
                ("batch", "id, version"),
            )
        ]
