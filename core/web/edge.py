"""What every request passes first, HTTP and websocket: the cookie, the trusted headers, and the security headers.

Pure ASGI, because Starlette's BaseHTTPMiddleware does not see websockets.
"""

import re
import secrets
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import runtime
from core.logs import correlate, short
from core.web.cookies import anonymous_header, cookie_digest, cookie_token

SID_HEADER: Final = b"x-xinglin-sid"
DEVICE_HEADER: Final = b"x-xinglin-device"

PHONES: Final = re.compile(
    r"Mobi|Android|iPhone|iPad|iPod|Windows Phone|HarmonyOS.*(?:Phone|Tablet)|MicroMessenger.*Mobile", re.IGNORECASE
)
# Streamlit's front end writes styles at run time, hence the one unsafe word.
_POLICY: Final = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    ]
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_HSTS: Final = "max-age=31536000; includeSubDomains"


def device(user_agent: str) -> str:
    """`phone` for phones and tablets, else `desktop`. A tablet that calls itself a desktop can't be told apart (M1)."""
    return "phone" if PHONES.search(user_agent) else "desktop"


class Edge:
    """The outermost layer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with our headers in place of the client's."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        connection = HTTPConnection(scope)
        kind = device(connection.headers.get("user-agent", ""))
        request = secrets.token_hex(8)
        correlate(request=request, session=short(cookie_digest(connection) or ""))
        dressed = _dressed(send, request, new_cookie=_wants_cookie(connection))
        if kind == "phone" and scope["path"].startswith("/_stcore/upload_file"):
            return await PlainTextResponse("请在电脑上填写。", 403)(scope, receive, dressed)
        return await self.app(_trusted(connection, kind), receive, dressed)


def _trusted(connection: HTTPConnection, kind: str) -> Scope:
    ours = (SID_HEADER, DEVICE_HEADER)
    headers = [(name, value) for name, value in connection.scope["headers"] if name.lower() not in ours]
    if sid := cookie_digest(connection):
        headers.append((SID_HEADER, sid.encode()))
    headers.append((DEVICE_HEADER, kind.encode()))
    return {**connection.scope, "headers": headers}


def _wants_cookie(connection: HTTPConnection) -> bool:
    page = connection.scope["type"] == "http" and "text/html" in connection.headers.get("accept", "")
    return page and cookie_token(connection) is None


def _dressed(send: Send, request: str, *, new_cookie: bool) -> Send:
    async def dress(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if new_cookie and "set-cookie" not in headers:
                headers.append("Set-Cookie", anonymous_header())
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-Id"] = request
            if runtime.context().settings.https:
                headers.setdefault("Strict-Transport-Security", _HSTS)
        await send(message)

    return dress
