"""A database of the version before: its log lines stay as they are and are held by the chain's first hash."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import insert, make_url, text
from sqlalchemy.exc import IntegrityError

from core.db.engine import Database
from core.db.migrate import _config, migrate
from core.db.models import LogEntry
from core.domain.permissions import SYSTEM, Role
from core.gateways.keyring import Keyring
from core.services.audit import verify_log
from core.services.context import Context
from core.services.journal import record
from tests.conftest import SECRET, build_context
from tests.factories import make_account

OLD = "0004"


@pytest.fixture
def older(context: Context, tmp_path) -> Iterator[Context]:
    """An empty database at the version before, with three lines of the log and a gap in their numbers."""
    url = make_url(context.database.url)
    if context.database.is_sqlite:
        made = f"sqlite:///{tmp_path / 'older.db'}"
    else:
        name = f"{url.database}_old"
        with context.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        made = url.set(database=name).render_as_string(hide_password=False)
    database = Database(made, Keyring(SECRET))
    with database.write() as tx:
        command.upgrade(_config(tx.connection()), OLD)
        columns = {"actor_role": "system", "action": "login", "subject": "account", "details": {"n": 1}}
        for number in (1, 2, 4):
            given = {"id": number, "at": datetime(2026, 7, 1, tzinfo=UTC), **columns}
            # Only the columns that were there: what the models have more must not be named.
            tx.execute(insert(LogEntry.__table__).values(given))
    database.dispose()
    yield build_context(made, tmp_path)
    if not context.database.is_sqlite:
        with context.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def test_lines_from_before_the_chain_are_held_by_it(older: Context) -> None:
    migrate(older.database)
    with older.database.write() as tx:
        record(tx, older, SYSTEM, "batch.change", "batch", 1)
    state = verify_log(older)
    assert (state.lines, state.faults) == (4, ())
    with older.database.write() as tx:
        if older.database.is_sqlite:
            tx.execute(text("DROP TRIGGER log_entry_no_update"))
        else:
            tx.execute(text("ALTER TABLE log_entry DISABLE TRIGGER ALL"))
        tx.execute(text("UPDATE log_entry SET action = 'logout' WHERE id = 2"))
    assert [(f.kind, f.subject) for f in verify_log(older).faults] == [("earlier", "log_entry 1–4")]


def test_the_new_offices_fit_into_an_older_database(older: Context) -> None:
    # By hand: the models know columns that the older database has not.
    columns = "role, login_hash, login, name, password_hash, active, version, created_at"
    values = f"'{Role.AUDITOR.value}', 'x', :sealed, :sealed, '', :yes, 1, '2026-07-01 00:00:00+00:00'"
    with pytest.raises(IntegrityError, match="role_known"), older.database.write() as tx:
        tx.execute(text(f"INSERT INTO account ({columns}) VALUES ({values})"), {"sealed": b"x", "yes": True})
    migrate(older.database)
    make_account(older, Role.AUDITOR)
    make_account(older, Role.SYSTEM_ADMINISTRATOR)
    with pytest.raises(IntegrityError), older.database.write() as tx:
        tx.execute(text("UPDATE account SET role = 'emperor'"))
    if older.database.is_sqlite:
        with older.database.read() as tx:
            assert tx.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            assert tx.execute(text("PRAGMA foreign_key_check")).all() == []


def test_going_back_works(older: Context) -> None:
    migrate(older.database)
    with older.database.write() as tx:
        command.downgrade(_config(tx.connection()), OLD)
    migrate(older.database)
    assert verify_log(older).faults == ()
