"""Application logs: one JSON object a line, and nobody's name, number or phone in any of them."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import streamlit.logger
import structlog
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from core.db.models import Account
from core.domain.errors import InvalidInput, NotAllowed, NotFound
from core.domain.permissions import Role
from core.logs import BLOT, JsonLines, configure_logs, correlate, logger, scrub, short
from core.services import accounts, reviews
from core.services.context import Context
from core.services.registration import register, request_register_code, request_reset_code
from core.web.errors import on_error
from core.web.lifespan import take_over_streamlit
from tests.factories import CHEAP, make_account
from tests.services.test_registration import FORM, asked

NAME, NUMBER, PHONE, MAIL = "林示例", FORM.number, FORM.phone, "lin.shili@example.com"
PASSWORD = FORM.password


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What was written so far, each line parsed; the configuration of before comes back afterwards."""
    handlers = {each: list(each.handlers) for each in (logging.root, *map(logging.getLogger, ("uvicorn", "streamlit")))}
    monkeypatch.setattr("streamlit.logger.setup_formatter", streamlit.logger.setup_formatter)
    take_over_streamlit()
    configure_logs()

    def read() -> list[dict[str, Any]]:
        written = capsys.readouterr().err.splitlines()
        assert [line for line in written if not line.startswith("{")] == []
        return [json.loads(line) for line in written]

    yield read
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    for each, before in handlers.items():
        each.handlers[:] = before


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        NUMBER.lower(),
        f"account {NUMBER} is taken",
        f"({NUMBER})",
        PHONE,
        f"+86{PHONE}",
        "phone='13800000001'",
        NAME,
        f"for {NAME}.",
        "阿依古丽·买买提",
        "𠮷田",
        "H12345678",
        "C12345678",
        "CA1234567",
        "12345678",
        "1234567890",
        "350102960815001",
        MAIL,
        f"<{MAIL}>",
    ],
)
def test_personal_values_are_blotted_out(text: str) -> None:
    found = scrub({"said": [text, {"deep": text}], "error": ValueError(text), text: 1, "phone": PHONE})
    assert not any(
        mark in str(found) for mark in (NUMBER, NUMBER.lower(), PHONE, NAME, MAIL, "1234567", "田", "买买提")
    )
    assert BLOT in str(found)


@pytest.mark.parametrize(
    "value", ["page_failed", "core/ui/page.py:83 open_page", "2026-08-01T09:00:00.123456Z", 350, None, 0.5]
)
def test_codes_places_and_counts_stay(value: object) -> None:
    assert scrub(value) == value


@pytest.mark.asvs("V16.2.5", "logs hold no personal data: planted through registration, login and errors")
def test_nothing_planted_reaches_a_log(context: Context, lines: Any) -> None:
    code = asked(context)
    with pytest.raises(InvalidInput):
        register(context, replace(FORM, code="999999"), address="local", cost=CHEAP)
    account_id = register(context, replace(FORM, code=code), address="local", cost=CHEAP)
    for password in ("wrong", PASSWORD):
        try:
            accounts.log_in(context, login=NUMBER, password=password, address="local", bound_to="b" * 64)
        except NotAllowed as refused:
            on_script_error(refused)
    context.clock.advance(minutes=2)  # type: ignore[attr-defined]
    request_reset_code(context, number=NUMBER, address="local")
    with pytest.raises(InvalidInput):
        request_register_code(context, number_kind="resident", number=NUMBER + "1", phone=PHONE, address="local")
    on_script_error(RuntimeError(f"{NAME} {NUMBER} {PHONE}"))
    with pytest.raises(IntegrityError) as clash, context.database.write() as tx:
        tx.execute(insert(Account), {**row_of(context, account_id), "id": account_id})
    logging.getLogger("sqlalchemy.engine").error("failed", exc_info=clash.value)
    logging.getLogger("uvicorn.error").error(
        "Exception in ASGI application %s", f"{NAME} {PHONE}", exc_info=clash.value
    )
    logging.getLogger("streamlit.anything").warning("Uncaught %s", NUMBER)
    logger().info(
        "planted", name=NAME, phone=PHONE, said=f"{NAME}:{NUMBER}", many=[NUMBER, {"login": NUMBER}], who=NAME
    )
    with pytest.raises(NotFound):
        reviews.reveal(context, make_account(context, Role.REVIEWER), application_id=7, why="compare")
    found = lines()
    assert len(found) >= 6, "the lines themselves were written"
    written = json.dumps(found, ensure_ascii=False)
    for mark in (NAME, NUMBER, PHONE, NUMBER[6:14], PASSWORD, code):
        assert mark not in written
    with context.database.read() as tx:
        logged = str(tx.connection().exec_driver_sql("SELECT * FROM log_entry").all())
    for mark in (NAME, NUMBER, PHONE, PASSWORD):
        assert mark not in logged


def on_script_error(error: Exception) -> None:
    try:
        raise error
    except Exception as raised:
        on_error(raised)


def row_of(context: Context, account_id: int) -> dict[str, Any]:
    with context.database.read() as tx:
        account = tx.get_one(Account, account_id)
        return {column.key: getattr(account, column.key) for column in Account.__table__.columns}


def test_a_failed_statement_says_nothing_of_its_values(context: Context) -> None:
    made = make_account(context, Role.REVIEWER, name=NAME)
    assert made.account_id is not None
    with pytest.raises(IntegrityError) as clash, context.database.write() as tx:
        tx.execute(insert(Account), row_of(context, made.account_id) | {"password_hash": "planted-value"})
    assert "planted-value" not in str(clash.value)


def test_lines_of_one_session_and_request_belong_together(lines: Any) -> None:
    correlate(request="abc", session=short("0123456789abcdef"), account=None)
    logger().info("one")
    logging.getLogger("uvicorn.error").warning("two")
    correlate(request="def")
    logger().info("three")
    first, second, third = lines()
    assert (first["request"], first["session"], first["event"]) == ("abc", "0123456789ab", "one")
    assert (second["request"], second["session"], second["event"]) == ("abc", "0123456789ab", "two")
    assert (third["request"], "session" in third, "account" in first) == ("def", False, False)


def test_a_reference_is_never_blotted_out(lines: Any) -> None:
    logger().error("page_failed", reference="12345678")
    assert lines()[0]["reference"] == "12345678"


def test_taking_over_twice_writes_once(lines: Any) -> None:
    configure_logs()
    assert sum(isinstance(each, JsonLines) for each in logging.root.handlers) == 1


def test_libraries_that_come_with_their_own_handler_are_taken_over() -> None:
    """In a process of its own, as Streamlit and uvicorn set their handlers up."""
    program = (
        "import logging, streamlit.logger as s, uvicorn.config as u\n"
        "u.Config('x:y').configure_logging()\n"
        "own = s.get_logger('streamlit.web.server')\n"
        "s.setup_formatter(own)\n"
        "from core.logs import configure_logs\n"
        "configure_logs()\n"
        f"own.warning('from streamlit {NUMBER}')\n"
        f"logging.getLogger('uvicorn.error').error('from uvicorn {PHONE}')\n"
        f"logging.getLogger('uvicorn.access').info('%s - \"%s %s HTTP/%s\" %d', '127.0.0.1', 'GET', '/x?{PHONE}', '1.1', 200)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    written = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["logger"] for line in written] == ["streamlit.web.server", "uvicorn.error", "uvicorn.access"]
    assert NUMBER not in ended.stderr + ended.stdout and PHONE not in ended.stderr + ended.stdout
