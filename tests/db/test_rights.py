"""On PostgreSQL the portal's own role adds to its history and can't change it, even with the triggers gone."""

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from core.db.migrate import migrate
from core.db.rights import grant, statements
from core.domain.lifecycle import State
from core.domain.permissions import SYSTEM, Role
from core.services import reviews
from core.services.audit import verify_log
from core.services.context import Context
from core.services.journal import record
from tests.conftest import build_context
from tests.factories import make_account, make_world
from tests.services.rows import make_application

pytestmark = pytest.mark.asvs("V16.4.2", "the portal's database role can't change the log")
only_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
"""SQLite has no roles: whoever opens the file owns it."""


@pytest.fixture
def portal(context: Context, tmp_path) -> Iterator[Context]:
    """The same database as a second role; the triggers are off, so that only the rights are left."""
    role, password = f"portal_{secrets.token_hex(4)}", secrets.token_hex(12)
    with context.database.write() as tx:
        tx.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{password}' NOSUPERUSER"))
        grant(tx.connection(), role)
        for table in ("log_entry", "event"):
            tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    url = make_url(context.database.url).set(username=role, password=password).render_as_string(hide_password=False)
    made = build_context(url, tmp_path)
    yield made
    made.database.dispose()
    with context.database.write() as tx:
        tx.execute(text(f"DROP OWNED BY {role}"))
        tx.execute(text(f"DROP ROLE {role}"))


@only_postgres
@pytest.mark.postgres
def test_the_portal_works_with_its_rights(portal: Context) -> None:
    migrate(portal.database)
    world = make_world(portal)
    person = make_account(portal, Role.APPLICANT)
    lead = make_account(portal, Role.BASE_LEAD, base_ids=world.base_ids)
    found = make_application(portal, world, person, State.APPROVED)
    reviews.revert(portal, lead, application_id=found, seen_version=1, reason="结论点错了，重新审核")
    assert verify_log(portal).faults == ()


@only_postgres
@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET action = 'other'",
        "DELETE FROM log_entry",
        "TRUNCATE log_entry",
        "UPDATE event SET action = 'approve'",
        "DELETE FROM event",
        "DELETE FROM log_head",
        "TRUNCATE log_head",
        "ALTER TABLE log_entry DISABLE TRIGGER ALL",
        "DROP TABLE log_entry",
        "CREATE TABLE mine (id int)",
        "INSERT INTO log_head SELECT 2, key, earlier_id, last_id, hash, seal FROM log_head",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_and_can_not_rewrite_history(portal: Context, statement: str) -> None:
    with portal.database.write() as tx:
        record(tx, portal, SYSTEM, "batch.change", "batch", 1)
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), portal.database.write() as tx:
        tx.execute(text(statement))


def test_names_are_plain() -> None:
    with pytest.raises(ValueError, match="plain"):
        statements("portal; DROP TABLE account", "xinglin")
