"""A running portal, its database from outside, and attackers that speak its protocols without a browser."""

import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest

from bench.driver import Visitor
from core import runtime
from core.demo.accounts import DEMO_LOGINS
from core.services import sessions
from core.services.context import Context
from core.services.logins import account_by_login
from core.settings import Settings
from tests.e2e.conftest import Portal, portal

__all__ = ["portal"]

COOKIE = "xl_sid"
Jar = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def inside(portal: Portal) -> Iterator[Context]:
    """The portal's own database, as its operator sees it."""
    made = runtime.build(Settings(data_dir=portal.folder, demo=True, captcha="off"))
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def jar(inside: Context) -> Jar:
    """Cookies of a fresh login of a demonstration account, by its key."""

    def log_in(key: str) -> dict[str, str]:
        login = next(each.login for each in DEMO_LOGINS if each.key == key)
        with inside.database.read() as tx:
            account = account_by_login(tx, inside, login)
        assert account is not None
        browser = secrets.token_urlsafe(32)
        ticket = sessions.issue_ticket(inside, account.id, sessions.digest(browser))
        return {COOKIE: str(sessions.redeem_ticket(inside, ticket, sessions.digest(browser)))}

    return log_in


@pytest.fixture
def http(portal: Portal) -> Iterator[httpx.Client]:
    """Somebody without a cookie."""
    with httpx.Client(base_url=portal.url, timeout=30) as client:
        yield client


async def seen_by(portal: Portal, path: str, cookies: dict[str, str]) -> str:
    """Every word that a visitor of a page is sent."""
    async with Visitor(portal.url, path, dict(cookies)) as visitor:
        await visitor.open()
        return "\n".join(str(message.delta.new_element) for message in visitor.elements)
