"""Exchanging a login ticket for the session cookie, and dropping the cookie."""

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core import runtime
from core.services import sessions
from core.web.cookies import cookie_digest, drop_cookie, set_cookie

NO_STORE = {"Cache-Control": "no-store"}
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
    ticket = await posted_text(request, "ticket") if same_origin(request) else None
    browser = cookie_digest(request)
    if not ticket or not browser:
        return refused()
    token = await run_in_threadpool(sessions.redeem_ticket, runtime.context(), ticket, browser)
    if token is None:
        return refused()
    response = Response(status_code=204, headers=NO_STORE)
    set_cookie(response, token)
    return response


async def close_session(request: Request) -> Response:
    """204 with the cookie taken back; the session behind it is dead, a copied cookie too."""
    if not same_origin(request):
        return refused()
    if browser := cookie_digest(request):
        await run_in_threadpool(sessions.revoke, runtime.context(), browser)
    response = Response(status_code=204, headers=NO_STORE)
    drop_cookie(response)
    return response


async def posted_text(request: Request, name: str) -> str | None:
    """A text of the small JSON object that was posted, or None for anything else."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_BODY:
            return None
    try:
        given = json.loads(body)
    except ValueError:
        return None
    value = given.get(name) if isinstance(given, dict) else None
    return value if isinstance(value, str) else None


def refused() -> Response:
    """403, whatever the reason."""
    return PlainTextResponse("forbidden", 403, headers=NO_STORE)
