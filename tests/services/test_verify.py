"""xinglin verify: over sound data it says nothing; whatever is altered behind the services' back, it finds."""

import pytest
from sqlalchemy import delete, text

from core.db.models import Document
from core.db.triggers import APPEND_ONLY
from core.demo.fates import ADMITTING, ENDED, OPEN, least
from core.demo.plan import fewest
from core.demo.world import seed_demo
from core.services.context import Context
from core.services.verify import Difference, verify
from tests.factories import CHEAP


@pytest.fixture(scope="module")
def seeded(sqlite_template, tmp_path_factory) -> Context:
    """A small demonstration on SQLite, with a history of every kind; every test alters its own copy."""
    import shutil

    from tests.conftest import build_context

    folder = tmp_path_factory.mktemp("seeded")
    shutil.copy(sqlite_template, folder / "xinglin.db")
    context = build_context(f"sqlite:///{folder / 'xinglin.db'}", folder)
    seed_demo(context, applicants=fewest(), seed=3, cost=CHEAP)
    with context.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    context.database.dispose()
    return context


@pytest.fixture
def copy(seeded: Context, tmp_path) -> Context:
    """A copy of the seeded instance that may be spoiled, without what would refuse the spoiling."""
    import shutil

    from tests.conftest import build_context

    shutil.copytree(seeded.settings.data_dir, tmp_path / "copy")
    context = build_context(f"sqlite:///{tmp_path / 'copy' / 'xinglin.db'}", tmp_path / "copy")
    yield context
    context.database.dispose()


def spoil(context: Context, *statements: str) -> None:
    """Run SQL past every check that the database itself makes."""
    with context.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.commit()
    with context.database.write() as tx:
        tx.execute(text("PRAGMA ignore_check_constraints = ON"))
        for statement in statements:
            tx.execute(text(statement))


def untied(*statements: str) -> list[str]:
    """The statements between dropping the append-only triggers and putting them back."""
    names = [f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")]
    from core.db.triggers import create_statements

    return [*(f"DROP TRIGGER {name}" for name in names), *statements, *create_statements("sqlite")]


def one(context: Context, sql: str) -> int:
    """The first row's only value."""
    with context.database.read() as tx:
        return tx.execute(text(sql)).scalars().first()


def found(context: Context) -> set[tuple[str, str]]:
    return {(each.invariant, each.subject.split()[-1]) for each in verify(context)}


def in_state(context: Context, state: str) -> int:
    return one(context, f"SELECT min(id) FROM application WHERE state = '{state}'")


def test_sound_data_have_no_difference(copy: Context) -> None:
    assert verify(copy) == []


def test_an_empty_database_has_no_difference(context: Context) -> None:
    assert verify(context) == []


@pytest.mark.postgres
def test_the_demonstration_is_consistent_on_both_databases(context: Context) -> None:
    seed_demo(context, applicants=least(OPEN) + least(ENDED) + least(ADMITTING) + 5, seed=1, cost=CHEAP)
    assert verify(context) == []


@pytest.mark.parametrize("counter", ["applied", "approved", "confirmed"])
def test_a_counter_that_is_wrong(copy: Context, counter: str) -> None:
    spoil(copy, f"UPDATE seats SET {counter} = {counter} + 1 WHERE id = 1")
    assert found(copy) == {("I9", counter)}


def test_a_held_counter_that_is_wrong(copy: Context) -> None:
    spoil(copy, "UPDATE seats SET held = held - 1 WHERE id = (SELECT min(id) FROM seats WHERE held > 0)")
    assert found(copy) == {("I2", "held")}


def test_more_held_than_seats(copy: Context) -> None:
    cell = one(copy, "SELECT min(id) FROM seats WHERE held > 0")
    spoil(copy, f"UPDATE seats SET capacity = 0 WHERE id = {cell}")
    assert [each.invariant for each in verify(copy)] == ["I2"]


def test_two_in_hand(copy: Context) -> None:
    submitted = in_state(copy, "SUBMITTED")
    other = one(copy, f"SELECT max(id) FROM application WHERE state = 'SUBMITTED' AND id <> {submitted}")
    owner = one(copy, f"SELECT account_id FROM application WHERE id = {submitted}")
    spoil(copy, "DROP INDEX uq_application_in_hand", f"UPDATE application SET account_id = {owner} WHERE id = {other}")
    assert "I1" in {each.invariant for each in verify(copy)}


def test_a_state_without_its_event(copy: Context) -> None:
    application = in_state(copy, "SUBMITTED")
    spoil(copy, f"UPDATE application SET state = 'CANCELLED' WHERE id = {application}")
    assert Difference("I3", f"application {application} state", "SUBMITTED", "CANCELLED") in verify(copy)


def test_a_version_without_its_event(copy: Context) -> None:
    application = in_state(copy, "SUBMITTED")
    spoil(copy, f"UPDATE application SET version = version + 1 WHERE id = {application}")
    assert found(copy) == {("I3", "version")}


def test_a_changed_draft_counts_versions_without_an_event(copy: Context) -> None:
    spoil(copy, f"UPDATE application SET version = version + 2 WHERE id = {in_state(copy, 'DRAFT')}")
    assert verify(copy) == []


def test_a_missing_event(copy: Context) -> None:
    application = in_state(copy, "APPROVED")
    spoil(
        copy,
        *untied(
            f"DELETE FROM notice WHERE application_id = {application}",
            f"DELETE FROM event WHERE application_id = {application} AND action = 'submit'",
        ),
    )
    assert "I3" in {each.invariant for each in verify(copy)}


def test_a_move_that_the_table_does_not_have(copy: Context) -> None:
    application = in_state(copy, "SUBMITTED")
    spoil(copy, *untied(f"UPDATE event SET action = 'propose' WHERE application_id = {application} AND version = 2"))
    assert {each.invariant for each in verify(copy)} == {"I6"}


def test_a_role_that_may_not_do_it(copy: Context) -> None:
    application = in_state(copy, "APPROVED")
    spoil(
        copy,
        *untied(
            f"UPDATE event SET actor_role = 'applicant' WHERE application_id = {application} AND action = 'approve'"
        ),
    )
    assert {each.invariant for each in verify(copy)} == {"I6"}


def test_a_missing_trigger(copy: Context) -> None:
    spoil(copy, "DROP TRIGGER event_no_update")
    assert found(copy) == {("I3", "event_no_update")}


def test_a_notice_that_was_never_written(copy: Context) -> None:
    spoil(copy, "DELETE FROM notice WHERE id = (SELECT min(id) FROM notice)")
    assert found(copy) == {("I3", "notice")}


def test_a_decision_without_decider(copy: Context) -> None:
    application = in_state(copy, "APPROVED")
    spoil(copy, f"UPDATE application SET decided_at = NULL WHERE id = {application}")
    assert [(each.invariant, each.subject) for each in verify(copy)] == [("I5", f"application {application}")]


def test_a_decision_by_somebody_else(copy: Context) -> None:
    application = in_state(copy, "APPROVED")
    spoil(copy, f"UPDATE application SET decided_by = decided_by + 1 WHERE id = {application}")
    assert found(copy) == {("I5", "decided_by")}


def test_a_lease_on_what_does_not_wait(copy: Context) -> None:
    spoil(
        copy,
        f"UPDATE application SET lease_by = decided_by, lease_until = decided_at WHERE id = {in_state(copy, 'APPROVED')}",
    )
    assert found(copy) == {("I6", "lease")}


def test_half_a_lease(copy: Context) -> None:
    spoil(copy, f"UPDATE application SET lease_by = 1 WHERE id = {in_state(copy, 'SUBMITTED')}")
    assert found(copy) == {("I6", "lease")}


def test_no_receipt(copy: Context) -> None:
    application = in_state(copy, "SUBMITTED")
    spoil(copy, f"UPDATE application SET receipt = NULL WHERE id = {application}")
    assert ("I6", "receipt") in found(copy)


def test_a_snapshot_exchanged_for_another(copy: Context) -> None:
    spoil(
        copy,
        "UPDATE snapshot SET content = (SELECT content FROM snapshot WHERE id = 2) WHERE id = 1",
    )
    assert found(copy) == {("I7", "digest")}


def test_a_snapshot_that_cannot_be_opened(copy: Context) -> None:
    spoil(copy, "UPDATE snapshot SET content = x'00112233' WHERE id = 1")
    assert found(copy) == {("I7", "1")}


def test_a_missing_snapshot(copy: Context) -> None:
    spoil(copy, "DELETE FROM snapshot WHERE id = 1")
    assert found(copy) == {("I7", "snapshots")}


def test_search_that_lost_a_word(copy: Context) -> None:
    application = in_state(copy, "SUBMITTED")
    spoil(copy, f"DELETE FROM search_token WHERE application_id = {application}")
    assert found(copy) == {("I9", "search")}


def test_search_words_for_a_draft(copy: Context) -> None:
    spoil(copy, f"INSERT INTO search_token (token, application_id) VALUES ('stray', {in_state(copy, 'DRAFT')})")
    assert found(copy) == {("I9", "search")}


def test_a_missing_object(copy: Context) -> None:
    key = _some_object(copy)
    assert copy.objects.delete(key)
    assert {each.invariant for each in verify(copy)} == {"FILES"}


def test_an_altered_object(copy: Context) -> None:
    key = _some_object(copy)
    path = copy.settings.data_dir / "objects" / key[:2] / key
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    assert {each.found for each in verify(copy)} == {"文件被改动"}


def test_a_size_that_is_not_the_object_s(copy: Context) -> None:
    document = one(copy, "SELECT id FROM document ORDER BY id LIMIT 1")
    spoil(copy, f"UPDATE document SET size = size - 1 WHERE id = '{document}'")
    assert found(copy) == {("FILES", "size")}


def test_a_document_exchanged_below_a_snapshot(copy: Context) -> None:
    document = one(
        copy,
        "SELECT d.id FROM document d JOIN application a USING (account_id) WHERE d.kind = 'portrait' AND a.revision = 1",
    )
    other = one(copy, "SELECT object_key FROM document WHERE kind = 'id_back'")
    size = one(copy, "SELECT size FROM document WHERE kind = 'id_back'")
    spoil(copy, f"UPDATE document SET object_key = '{other}', size = {size} WHERE id = '{document}'")
    assert found(copy) == {("I7", str(document))}


def test_an_account_that_cannot_be_opened(copy: Context) -> None:
    spoil(copy, "UPDATE account SET name = x'00' WHERE id = 1")
    assert [(each.invariant, each.subject) for each in verify(copy)] == [("I9", "account 1")]


def test_differences_name_no_person(copy: Context) -> None:
    from core.demo.accounts import DEMO_LOGINS

    with copy.database.write() as tx:
        tx.execute(text("DELETE FROM search_token"))
        tx.execute(text("UPDATE seats SET applied = applied + 1"))
        tx.execute(delete(Document).where(Document.id == ""))
    shown = repr(verify(copy))
    assert shown != "[]"
    assert not any(login.login in shown or login.name in shown for login in DEMO_LOGINS)


def _some_object(context: Context) -> str:
    return str(one(context, "SELECT object_key FROM document ORDER BY id LIMIT 1"))
