"""The one cookie: a random string, anonymous until a login replaces it."""

import re
import secrets

from starlette.requests import HTTPConnection
from starlette.responses import Response

from core import runtime
from core.services.sessions import digest

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,100}")


def cookie_name() -> str:
    """`xl_sid`, over HTTPS with the prefix that no other host can set."""
    return "__Host-xl_sid" if runtime.context().settings.https else "xl_sid"


def cookie_token(connection: HTTPConnection) -> str | None:
    """The cookie as sent, or None when there is none that we could have set."""
    value = connection.cookies.get(cookie_name(), "")
    return value if _TOKEN.fullmatch(value) else None


def cookie_digest(connection: HTTPConnection) -> str | None:
    """What the database and the pages know the browser by."""
    token = cookie_token(connection)
    return digest(token) if token else None


def set_cookie(response: Response, token: str) -> None:
    """Send the token; it ends with the browser's session or, at the latest, with the login's absolute limit."""
    settings = runtime.context().settings
    response.set_cookie(
        cookie_name(),
        token,
        max_age=settings.session_absolute_hours * 3600,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.https,
    )


def drop_cookie(response: Response) -> None:
    """Take it back."""
    response.delete_cookie(
        cookie_name(), path="/", httponly=True, samesite="lax", secure=runtime.context().settings.https
    )


def anonymous_header() -> str:
    """A Set-Cookie value with a new anonymous token."""
    response = Response()
    response.set_cookie(
        cookie_name(),
        secrets.token_urlsafe(32),
        path="/",
        httponly=True,
        samesite="lax",
        secure=runtime.context().settings.https,
    )
    return response.headers["set-cookie"]
