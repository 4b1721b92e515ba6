"""The migrated database equals the models, and refuses impossible rows by itself."""

from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.db.engine import Database
from core.db.migrate import SCRIPTS, _config, drift, is_current, migrate, newest
from core.db.models import Seats
from core.domain.permissions import SYSTEM, Role
from core.gateways.keyring import Keyring
from core.services.context import Context
from core.services.journal import record
from tests.factories import make_account, make_world


def test_metadata_equals_migrations(context: Context) -> None:
    assert is_current(context.database)
    assert drift(context.database) == []


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    assert newest() == ScriptDirectory(str(SCRIPTS)).get_current_head()


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}", Keyring("a secret for this test only, long enough"))
    assert not is_current(database)
    database.dispose()


def test_migrating_twice_changes_nothing(context: Context) -> None:
    migrate(context.database)
    assert is_current(context.database)


def test_log_lines_can_be_neither_changed_nor_deleted(context: Context) -> None:
    with context.database.write() as tx:
        record(tx, context, SYSTEM, "test", "test")
    for statement in ("UPDATE log_entry SET action = 'other'", "DELETE FROM log_entry"):
        with pytest.raises(DBAPIError, match="append-only"), context.database.write() as tx:
            tx.execute(text(statement))
    with context.database.read() as tx:
        assert tx.execute(text("SELECT action FROM log_entry")).scalars().all() == ["test"]


def test_held_never_exceeds_capacity(context: Context) -> None:
    world = make_world(context, capacity=1)
    with pytest.raises(IntegrityError), context.database.write() as tx:
        tx.query(Seats).filter_by(batch_id=world.batch_id).update({"held": 2})


def test_personal_columns_lie_encrypted(context: Context) -> None:
    from core.domain.permissions import Role
    from tests.factories import make_account

    make_account(context, Role.APPLICANT, login="350102199608150015", name="林示例")
    with context.database.read() as tx:
        row = tx.execute(text("SELECT login, name, phone FROM account")).one()
    assert all(b"350102" not in bytes(v) and "林".encode() not in bytes(v) for v in row)


def test_what_reviewers_typed_before_is_sealed_by_the_migration(context: Context) -> None:
    """Down to where `review_check.where` was clear text, a row with one, and up again."""
    from alembic import command

    from core.db.migrate import _config
    from core.db.models import ReviewCheck
    from core.domain.lifecycle import State
    from core.domain.permissions import Role
    from tests.applicants import make_stage
    from tests.factories import complete_profile, make_account

    stage = make_stage(context, make_world(context))
    person = make_account(context, Role.APPLICANT, login="350102199608150015")
    complete_profile(context, person)
    application = stage.bring(person, State.SUBMITTED)
    before = ScriptDirectory(str(SCRIPTS)).get_revision("0006").down_revision
    with context.database.write() as tx:
        command.downgrade(_config(tx.connection()), str(before))
    with context.database.write() as tx:
        tx.execute(
            text(
                'INSERT INTO review_check (application_id, revision, item, checked_by, checked_at, "where")'
                " VALUES (:application, 1, 'identity', :clerk, '2026-08-01 01:00:00+00:00', '国家医学考试网')"
            ),
            {"application": application, "clerk": stage.reviewer.account_id},
        )
    migrate(context.database)
    with context.database.read() as tx:
        assert tx.query(ReviewCheck).one().where == "国家医学考试网"
        assert "国家".encode() not in bytes(tx.execute(text('SELECT "where" FROM review_check')).scalar_one())
    assert drift(context.database) == []


@pytest.mark.asvs("V6.4.1", "a password that an administrator has seen counts no longer after the migration")
def test_first_passwords_of_before_count_no_longer(context: Context) -> None:
    own, given = (make_account(context, Role.REVIEWER).account_id for _ in range(2))
    with context.database.write() as tx:
        command.downgrade(_config(tx.connection()), "0002")
    with context.database.write() as tx:
        tx.execute(text("UPDATE account SET must_change_password = (id = :given)"), {"given": given})
    migrate(context.database)
    with context.database.read() as tx:
        left = dict(tx.execute(text("SELECT id, password_hash FROM account")).all())
    assert left == {own: "unusable", given: ""}
    assert drift(context.database) == []
