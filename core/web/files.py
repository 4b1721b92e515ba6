"""Private files: the session is asked at every request, and nothing is left in a cache."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core import runtime
from core.domain.errors import DomainError
from core.services import sessions
from core.web.cookies import cookie_digest

PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"))


async def private_file(request: Request) -> Response:
    """The picture for who may see it: 401 without a session, 404 for everybody else's."""
    thumbnail = request.url.path.endswith("/thumbnail")
    status, data = await run_in_threadpool(_load, cookie_digest(request), request.path_params["id"], thumbnail)
    if status != 200:
        return PlainTextResponse("", status, headers=PRIVATE)
    return Response(data, media_type=_kind(data), headers=PRIVATE)


def _load(browser: str | None, document_id: str, thumbnail: bool) -> tuple[int, bytes]:
    from core.services import documents

    context = runtime.context()
    actor = sessions.find_actor(context, browser) if browser else None
    if actor is None:
        return 401, b""
    try:
        return 200, documents.read_file(context, actor, document_id, thumbnail=thumbnail)
    except DomainError:
        return 404, b""


def _kind(data: bytes) -> str:
    return next((kind for start, kind in _KINDS if data.startswith(start)), "application/octet-stream")
