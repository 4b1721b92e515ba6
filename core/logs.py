"""Logs as JSON lines on standard error, ours and those of the libraries. Personal data never enters.

Our own lines hold codes, ids and places. In case one day they don't, and because a library may quote what it was given,
every line passes `without_personal_data`: keys that name a person's data are dropped, Chinese text, numbers that look like
a document or a phone, and mail addresses are blotted out, and of an exception only its type and places are kept.
"""

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

BLOT = "[…]"
PERSONAL_KEYS = frozenset(
    {
        *("account_name", "name", "full_name", "login", "login_name", "user", "username", "姓名"),
        *("document_number", "id_number", "number", "license", "receipt", "证件号"),
        *("emergency_phone", "mobile", "phone", "sms", "to", "手机号"),
        *("address", "email", "mail", "postcode"),
        *("code", "password", "secret", "ticket", "token"),
        *("note", "reason", "text", "value", "values"),
    }
)
OURS = frozenset({"hash", "level", "reference", "request", "run", "session", "timestamp"})
"""Keys whose values this house draws or computes: a reference may by chance be eight digits."""
_PERSONAL = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003134f·]+"  # Chinese: the only script in which names are kept here
    r"|(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15}|(?:\+?86)?1[3-9]\d{9}|[CHMWchmw][A-Za-z]?\d{7,10}|\d{8}|\d{10})(?![0-9A-Za-z])"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"
)
_LIBRARIES = ("uvicorn", "streamlit", "starlette", "alembic", "sqlalchemy", "asyncio")


def configure_logs() -> None:
    """Make structlog and the standard library write one JSON object a line.

    May be called again, for loggers that came since; `make run`, `streamlit run` and `uvicorn` all pass here, because the
    application's own start calls it.
    """
    _take_over_libraries()
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger() -> Any:
    """The house's logger."""
    return structlog.get_logger("xinglin")


def correlate(**ids: str | int | None) -> None:
    """Let every further line of this thread or request carry `ids` (request, session, run, account), and no others."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**{key: value for key, value in ids.items() if value not in (None, "")})


def short(digest: str) -> str:
    """Enough of a session's digest to find its lines together; neither the cookie nor its digest can be had from it."""
    return digest[:12]


def places(trace: TracebackType | None) -> list[str]:
    """`file:line function` for each frame, outermost first; no values, which could be somebody's."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found


def without_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The processor: drops personal keys, blots out personal values."""
    kept = {key: value for key, value in event.items() if key.casefold() not in PERSONAL_KEYS}
    return {key: value if key in OURS else scrub(value) for key, value in kept.items()}


def scrub(value: Any) -> Any:
    """The value with everything that looks personal blotted out, at any depth."""
    if isinstance(value, str):
        return _PERSONAL.sub(BLOT, value)
    if isinstance(value, Mapping):
        return {scrub(str(k)): scrub(v) for k, v in value.items() if str(k).casefold() not in PERSONAL_KEYS}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(part) for part in value]
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, int | float | bool | None):
        # Counts stay; a phone or a document number that lost its quotes does not.
        return BLOT if isinstance(value, int) and value >= 10**10 else value
    return type(value).__name__


class JsonLines(logging.Handler):
    """The standard library's records as lines of the same kind."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; an exception by its type and places."""
        line: dict[str, Any] = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        line |= structlog.contextvars.get_contextvars()
        if record.exc_info and record.exc_info[0]:
            line["cause"] = record.exc_info[0].__name__
            line["places"] = places(record.exc_info[2])[-12:]
        print(  # noqa: T201
            json.dumps(without_personal_data(None, "", line), ensure_ascii=False), file=sys.stderr, flush=True
        )


def _take_over_libraries() -> None:
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _LIBRARIES]
    for each in (logging.root, *map(logging.getLogger, names)):
        # Exactly the plain handler: a test runner's own are of other classes and stay.
        for handler in [every for every in each.handlers if type(every) is logging.StreamHandler]:
            each.removeHandler(handler)
        each.propagate = True
    if not any(isinstance(every, JsonLines) for every in logging.root.handlers):
        logging.root.addHandler(JsonLines())
