"""What happens before the first request and while the process lives."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any

import streamlit.logger
from starlette.concurrency import run_in_threadpool

from core import runtime
from core.logs import configure_logs, logger
from core.services import (
    admission,
    applications,
    audit,
    hashing,
    health,
    instance,
    known_places,
    outbox,
    outbox_sending,
    sessions,
    throttle,
)

# Measured: without these the first visitor of a page waits for its imports. They load beside the first requests, so
# that the start itself stays short (docs/architecture.md).
WARM = ("pandas", "streamlit_authenticator", "plotly.graph_objects", "pypinyin", "core.ui.auth")
COLLECT_EVERY = 60.0
SWEEP_EVERY = 3600.0
OUTBOX_EVERY = 5.0
DEADLINES_EVERY = 30.0
"""Seconds; a page that shows an overdue application settles it at once, this is for those nobody looks at."""


class NotMigrated(RuntimeError):
    """The database is missing migrations; the text tells the operator what to run."""


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Refuse to start over the wrong database, warm up, and keep the clean-up running."""
    take_over_streamlit()
    configure_logs()
    await run_in_threadpool(_prepare)
    chores = [
        asyncio.create_task(run_in_threadpool(_warm)),
        asyncio.create_task(_every(COLLECT_EVERY, gc.collect)),
        asyncio.create_task(_every(SWEEP_EVERY, _sweep)),
        asyncio.create_task(_every(DEADLINES_EVERY, _settle_deadlines)),
        asyncio.create_task(_every(OUTBOX_EVERY, _send_outbox)),
    ]
    try:
        yield
    finally:
        for chore in chores:
            chore.cancel()
            with suppress(asyncio.CancelledError):
                await chore


def _prepare() -> None:
    context = runtime.context()
    state = health.check(context)
    if not state["database"]:
        raise NotMigrated("数据库无法连接，请检查 XINGLIN_DATABASE_URL。The database does not answer.")
    if not state["migrations"]:
        raise NotMigrated("数据库结构不是最新，请先运行 `xinglin migrate`。Run `xinglin migrate` first.")
    instance.settle(context)


def take_over_streamlit() -> None:
    """Streamlit gives each of its loggers a handler of its own, also to those it makes later: let them all pass ours."""

    def passed_on(logger: logging.Logger) -> None:
        logger.propagate = True

    streamlit.logger.setup_formatter = passed_on


def _warm() -> None:
    # Importing outside a page run makes Streamlit warn about just that.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    for module in WARM:
        import_module(module)
    hashing.warm()
    gc.collect()


async def _every(seconds: float, chore: Any) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await run_in_threadpool(chore)
        except Exception as error:
            logger().error("chore_failed", chore=chore.__name__, cause=type(error).__name__)


def _settle_deadlines() -> None:
    context = runtime.context()
    applications.lapse_due(context)
    admission.expire_due(context)


def _send_outbox() -> None:
    outbox_sending.send_due(runtime.context())


def _sweep() -> None:
    context = runtime.context()
    removed = {
        "tickets": sessions.sweep(context),
        "limits": throttle.sweep(context),
        "places": known_places.sweep(context),
        "messages": outbox.sweep(context),
    }
    logger().info("swept", **removed)
    if end := audit.anchor(context):
        # Outside the database, so that an exchanged one shows (xinglin audit verify --anchor).
        logger().info("log_anchor", line=end.number, hash=end.hash)
