"""What never reaches Streamlit: foreign hosts, closed addresses, bodies that are too large, and files without a login.

Pure ASGI, because Starlette's BaseHTTPMiddleware does not see websockets. Sources: ASVS 5.0 V4, V5, V13.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import runtime
from core.domain.photos import UPLOAD_MAX_BYTES
from core.services import sessions
from core.web.cookies import cookie_digest

CLOSED: Final = ("/_stcore/agent", "/_stcore/metrics", "/_stcore/script-health-check", "/auth/", "/oauth2callback")
"""Doors of Streamlit that the portal doesn't use."""
UPLOADS: Final = "/_stcore/upload_file"
BEHIND_LOGIN: Final = (UPLOADS, "/media/")
"""Streamlit keeps what is uploaded, and what was made for a download, under addresses that ask nobody who they are."""
LARGEST_UPLOAD: Final = UPLOAD_MAX_BYTES + 64 * 1024
LARGEST_BODY: Final = 64 * 1024


class _TooLarge(Exception):
    """More came than was announced or allowed."""


class Gate:
    """Stands before everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse in one short answer, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        connection = HTTPConnection(scope)
        refusal = await _refusal(connection)
        if refusal is not None:
            return await refusal(scope, receive, send)
        if scope["type"] == "websocket":
            return await self.app(scope, receive, send)
        return await self._limited(scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = LARGEST_UPLOAD if scope["path"].startswith(UPLOADS) else LARGEST_BODY
        answered = False

        async def count() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
            return message

        async def note(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, count, note)
        except _TooLarge:
            if not answered:
                await _too_large()(scope, receive, send)


async def _refusal(connection: HTTPConnection) -> PlainTextResponse | None:
    path = connection.scope["path"]
    allowed = runtime.context().settings.allowed_hosts
    host = connection.headers.get("host", "").rsplit(":", 1)[0].lower()
    if allowed and host not in allowed:
        return PlainTextResponse("", 421)
    if path.startswith(CLOSED):
        return PlainTextResponse("", 404)
    announced = connection.headers.get("content-length", "0")
    most = LARGEST_UPLOAD if path.startswith(UPLOADS) else LARGEST_BODY
    if not announced.isdecimal() or int(announced) > most:
        return _too_large()
    if path.startswith(BEHIND_LOGIN) and not await _logged_in(connection):
        return PlainTextResponse("", 401)
    return None


async def _logged_in(connection: HTTPConnection) -> bool:
    browser = cookie_digest(connection)
    return (
        browser is not None
        and await run_in_threadpool(sessions.find_actor, runtime.context(), browser, touch=False) is not None
    )


def _too_large() -> PlainTextResponse:
    return PlainTextResponse("上传的内容过大，没有保存。", 413)
