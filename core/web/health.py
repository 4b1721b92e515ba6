"""Whether this process can serve: asked by operators and load balancers."""

from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core import runtime


async def healthz(_request: Request) -> Response:
    """200 `{"status": "ok"}`, or 503 when the database does not answer. Tells nothing else to anybody."""
    well = await run_in_threadpool(_database_answers)
    return JSONResponse(
        {"status": "ok" if well else "unavailable"}, 200 if well else 503, {"Cache-Control": "no-store"}
    )


def _database_answers() -> bool:
    try:
        with runtime.context().database.read() as tx:
            return tx.execute(text("SELECT 1")).scalar() == 1
    except Exception:
        return False
