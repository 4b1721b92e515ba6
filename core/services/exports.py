"""Exports that are themselves worth a line in the log."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from core.domain.permissions import Actor, Permission
from core.queries.log import MOST_EXPORTED, LogFilter, LogLine, log_page
from core.services.context import Context
from core.services.journal import record
from core.services.table_files import write_csv, write_xlsx
from core.services.use_case import use_case


@use_case
def export_log(
    context: Context,
    actor: Actor,
    *,
    wanted: LogFilter,
    headers: Sequence[str],
    rows_of: Callable[[Iterable[LogLine]], Iterable[Sequence[str]]],
    kind: Literal["csv", "xlsx"] = "csv",
) -> bytes:
    """The filtered log as CSV or Excel, newest first, at most MOST_EXPORTED lines; raises NotAllowed.

    `rows_of` puts lines into the screen's words.
    """
    actor.require(Permission.READ_LOG)
    rows = [list(row) for row in rows_of(_lines(context, actor, wanted))]
    with context.database.write() as tx:
        record(tx, context, actor, "log.export", "log", rows=len(rows), kind=kind)
    return write_csv(headers, rows) if kind == "csv" else write_xlsx("操作日志", headers, rows)


def _lines(context: Context, actor: Actor, wanted: LogFilter) -> Iterator[LogLine]:
    before: int | None = None
    left = MOST_EXPORTED
    while left > 0:
        page = log_page(context, actor, wanted=wanted, before_id=before, size=min(1_000, left))
        yield from page.lines
        left -= len(page.lines)
        if page.next_before is None:
            return
        before = page.next_before
