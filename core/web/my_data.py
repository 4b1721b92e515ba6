"""The file with everything about oneself: only for the login whose page asked for it."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core import runtime
from core.domain.errors import DomainError
from core.services import sessions
from core.web.cookies import cookie_digest
from core.web.files import PRIVATE


async def my_data(request: Request) -> Response:
    """The ZIP, 401 without a login, 404 for a link that is too old, changed or another's."""
    given = request.path_params
    status, data = await run_in_threadpool(_load, cookie_digest(request), int(given["until"]), str(given["seal"]))
    if status != 200:
        return PlainTextResponse("", status, headers=PRIVATE)
    name = quote("我的数据.zip")
    saved = {"Content-Disposition": f"attachment; filename=\"my-data.zip\"; filename*=UTF-8''{name}"}
    return Response(data, media_type="application/zip", headers=PRIVATE | saved)


def _load(browser: str | None, until: int, seal: str) -> tuple[int, bytes]:
    from core.services import my_data as service

    context = runtime.context()
    actor = sessions.find_actor(context, browser) if browser else None
    if actor is None:
        return 401, b""
    try:
        return 200, service.download(context, actor, until=until, seal=seal)
    except DomainError:
        return 404, b""
