"""Logs as JSON lines on standard error, set up once. Personal data never enters: codes, ids and places only."""

import logging
import sys
from types import TracebackType
from typing import Any

import structlog


def configure_logs() -> None:
    """Make structlog write one JSON object a line; further calls change nothing."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def places(trace: TracebackType | None) -> list[str]:
    """`file:line function` for each frame, outermost first; no values, which could be somebody's."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found


def logger() -> Any:
    """The house's logger."""
    return structlog.get_logger("xinglin")
