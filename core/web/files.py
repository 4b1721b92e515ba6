"""Private files: the session is asked at every request, and nothing is left in a cache."""

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core import runtime
from core.domain.errors import DomainError
from core.services import sessions
from core.web.cookies import cookie_digest

if TYPE_CHECKING:
    from core.services.document_files import Size

PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SIZES: dict[str, "Size"] = {"full": "full", "thumbnail": "thumbnail", "before": "before"}
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"))


async def private_file(request: Request) -> Response:
    """The picture for who may see it: 401 without a session, 404 for everybody else's."""
    document_id, size = request.path_params["id"], request.path_params.get("size", "full")
    status, data = await run_in_threadpool(_load, cookie_digest(request), document_id, size)
    if status != 200:
        return PlainTextResponse("", status, headers=PRIVATE)
    return Response(data, media_type=_kind(data), headers=PRIVATE)


def _load(browser: str | None, document_id: str, size: str) -> tuple[int, bytes]:
    from core.services import document_files

    context = runtime.context()
    actor = sessions.find_actor(context, browser, touch=False) if browser else None
    if actor is None:
        return 401, b""
    try:
        return 200, document_files.read_file(context, actor, document_id, size=_SIZES[size])
    except (DomainError, KeyError):
        return 404, b""


def _kind(data: bytes) -> str:
    return next((kind for start, kind in _KINDS if data.startswith(start)), "application/octet-stream")
