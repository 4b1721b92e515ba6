"""Exchanging a login ticket for the session cookie, and dropping the cookie."""

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core import runtime
from core.services import sessions
from core.web.cookies import cookie_digest, drop_cookie, set_cookie

_NO_STORE = {"Cache-Control": "no-store"}
_LONGEST_BODY = 1000


def same_origin(request: Request) -> bool:
    """Whether our own page sent this: the custom header no form can set, the Origin, and what the browser says."""
    origin = request.headers.get("origin", "")
    return (
        request.headers.get("x-requested-with") == "xinglin"
        and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        and origin.partition("://")[2] == request.headers.get("host")
    )


async def open_session(request: Request) -> Response:
    """204 with the cookie, or 403 for a foreign, used, late or invented ticket."""
    ticket = await _ticket(request) if same_origin(request) else None
    browser = cookie_digest(request)
    if not ticket or not browser:
        return _refused()
    token = await run_in_threadpool(sessions.redeem_ticket, runtime.context(), ticket, browser)
    if token is None:
        return _refused()
    response = Response(status_code=204, headers=_NO_STORE)
    set_cookie(response, token)
    return response


async def close_session(request: Request) -> Response:
    """204 with the cookie taken back; the session behind it is dead, a copied cookie too."""
    if not same_origin(request):
        return _refused()
    if browser := cookie_digest(request):
        await run_in_threadpool(sessions.revoke, runtime.context(), browser)
    response = Response(status_code=204, headers=_NO_STORE)
    drop_cookie(response)
    return response


async def _ticket(request: Request) -> str | None:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            return None
    try:
        given = json.loads(body)
    except ValueError:
        return None
    ticket = given.get("ticket") if isinstance(given, dict) else None
    return ticket if isinstance(ticket, str) else None


def _refused() -> Response:
    return PlainTextResponse("forbidden", 403, headers=_NO_STORE)
