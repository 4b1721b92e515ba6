"""Anonymising: the person is gone, every number and event stays, verify says 一致, and it proves both."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.clock import SetClock
from core.db.models import Account, Application, Document, Event, LogEntry, Profile, SearchToken, Snapshot
from core.domain.errors import NotAllowed
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.retention import ends_at, keep_until, plus_months
from core.queries.batches import batch
from core.services import retention
from core.services.accounts import log_in
from core.services.anonymising import anonymise
from core.services.context import Context
from core.services.journal import record
from core.services.personal_values import found_in_clear
from core.services.verify import verify
from tests.applicants import Stage, make_stage
from tests.factories import complete_profile, make_account, make_world

OPERATOR = Actor(None, Role.ADMINISTRATOR)
NUMBER = "350102199608150015"
MOBILE = "13900000000"
EMAIL = "chen@example.com"
MONTHS = 36


@pytest.fixture
def stage(context: Context) -> Stage:
    return make_stage(context, make_world(context))


def applied(stage: Stage, state: State = State.APPROVED, login: str = NUMBER) -> Actor:
    person = make_account(stage.context, Role.APPLICANT, login=login)
    complete_profile(stage.context, person)
    stage.bring(person, state)
    return person


def pass_the_period(stage: Stage, *, seconds: int = 0) -> None:
    windows = batch(stage.context, stage.world.batch_id).windows
    stage.clock.at = keep_until(windows, MONTHS) + timedelta(seconds=seconds)


def raw_file(context: Context) -> bytes:
    """The database as it lies on the disk, its log included (SQLite)."""
    folder = context.settings.data_dir
    return b"".join(path.read_bytes() for path in sorted(folder.glob("xinglin.db*")))


@pytest.mark.asvs("V14.2.4", "nothing of a person is left after the period, and the numbers are what they were")
def test_a_closed_batch_is_made_anonymous_after_its_period(stage: Stage) -> None:
    context = stage.context
    person = applied(stage)
    stayed = stage.read(1)
    pass_the_period(stage)
    done = retention.run(context, OPERATOR)
    assert (done.people, done.proven) == (1, True)
    assert done.objects > 0
    with context.database.read() as tx:
        account = tx.get_one(Account, person.account_id)
        assert (account.name, account.phone, account.phone_hash, account.number_suffix) == ("匿名", None, None, None)
        assert not account.active
        assert NUMBER not in account.login
        assert tx.get(Profile, person.account_id) is None
        assert tx.scalars(select(Document)).all() == []
        assert tx.scalars(select(SearchToken)).all() == []
        assert {event.reason for event in tx.scalars(select(Event))} == {""}
        snapshot = tx.scalars(select(Snapshot)).one()
        assert (snapshot.content["account"], snapshot.content["profile"], snapshot.difference) == ({}, {}, [])
        now = tx.scalars(select(Application)).one()
        assert (now.state, now.version, now.submitted_at) == (stayed.state, stayed.version, stayed.submitted_at)
        assert now.receipt != stayed.receipt
    assert list(context.objects.files()) == []
    assert verify(context) == []


def test_a_second_run_finds_nobody_and_writes_nothing(stage: Stage) -> None:
    applied(stage)
    pass_the_period(stage)
    retention.run(stage.context, OPERATOR)
    with stage.context.database.read() as tx:
        lines = tx.scalar(select(LogEntry.id).order_by(LogEntry.id.desc()))
    again = retention.run(stage.context, OPERATOR)
    with stage.context.database.read() as tx:
        assert tx.scalar(select(LogEntry.id).order_by(LogEntry.id.desc())) == lines
    assert (again.people, again.proven) == (0, True)


@pytest.mark.parametrize(("seconds", "people"), [(-1, 0), (0, 1), (1, 1)])
def test_the_period_to_the_second(stage: Stage, seconds: int, people: int) -> None:
    applied(stage)
    pass_the_period(stage, seconds=seconds)
    assert retention.run(stage.context, OPERATOR, dry_run=True).people == people


def test_a_dry_run_changes_nothing(stage: Stage) -> None:
    person = applied(stage)
    pass_the_period(stage)
    assert retention.run(stage.context, OPERATOR, dry_run=True).people == 1
    with stage.context.database.read() as tx:
        assert tx.get_one(Account, person.account_id).login == NUMBER


def test_who_applied_again_or_uses_the_account_stays(stage: Stage) -> None:
    context = stage.context
    again, using = applied(stage), applied(stage, State.REJECTED, login="350203200002290045")
    pass_the_period(stage)
    _, newer = batch(context, stage.world.batch_id), make_newer_batch(stage)
    with context.database.write() as tx:
        tx.add(
            Application(
                batch_id=newer,
                base_id=stage.world.base_ids[0],
                specialty_id=stage.world.specialty_ids[0],
                account_id=again.account_id,
                state=State.LAPSED.value,
                created_at=context.now(),
                changed_at=context.now(),
            )
        )
    from tests.pages.helpers import log_in_as

    log_in_as(context, using)
    assert retention.run(context, OPERATOR).people == 0
    stage.clock.at += timedelta(days=91)
    assert retention.run(context, OPERATOR).people == 1


def make_newer_batch(stage: Stage) -> int:
    """A batch that runs now, with the same cell."""
    from core.db.models import Batch, Seats

    now = stage.clock.at
    with stage.context.database.write() as tx:
        made = Batch(
            year=now.year,
            name="下一批（示例数据）",
            publish_at=now,
            open_at=now,
            close_at=now + timedelta(days=20),
            correction_end=now + timedelta(days=25),
            review_end=now + timedelta(days=30),
            created_at=now,
        )
        tx.add(made)
        tx.flush()
        world = stage.world
        tx.add(Seats(batch_id=made.id, base_id=world.base_ids[0], specialty_id=world.specialty_ids[0], capacity=1))
        return made.id


def test_only_the_operator_or_an_administrator(stage: Stage) -> None:
    with pytest.raises(NotAllowed):
        retention.run(stage.context, stage.lead)


def test_others_with_the_same_picture_keep_it(stage: Stage) -> None:
    """Drawn pictures are the same bytes for both, so they share their objects."""
    context = stage.context
    applied(stage)
    other = make_account(context, Role.APPLICANT, login="350203200002290045")
    complete_profile(context, other)
    before = len(list(context.objects.files()))
    pass_the_period(stage)
    assert retention.run(context, OPERATOR).objects == 0
    assert len(list(context.objects.files())) == before
    assert verify(context) == []


def test_the_number_is_free_again_and_the_old_login_is_dead(stage: Stage) -> None:
    context = stage.context
    applied(stage)
    pass_the_period(stage)
    retention.run(context, OPERATOR)
    with pytest.raises(NotAllowed):
        log_in(context, login=NUMBER, password="whatever", address="a", bound_to="b")
    again = make_account(context, Role.APPLICANT, login=NUMBER)
    assert again.account_id is not None


def test_verify_tells_when_something_was_left_or_emptied(stage: Stage) -> None:
    context = stage.context
    person = applied(stage)
    pass_the_period(stage)
    retention.run(context, OPERATOR)
    with context.database.write() as tx:
        tx.execute(text("UPDATE account SET anonymised_at = NULL"))
    assert "I7" in {each.invariant for each in verify(context)}
    with context.database.write() as tx:
        account = tx.get_one(Account, person.account_id)
        account.anonymised_at, account.phone = context.now(), MOBILE
    assert [each.subject for each in verify(context)] == [f"account {person.account_id} anonymised account"]


def test_breaking_off_loses_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    context = stage.context
    for login in ("350102199608150015", "350203200002290045", "810000199703030014"):
        applied(stage, login=login)
    pass_the_period(stage)
    calls = []

    def breaking(tx, context, account):
        calls.append(account.id)
        keys = anonymise(tx, context, account)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return keys

    monkeypatch.setattr(retention, "anonymise", breaking)
    with pytest.raises(KeyboardInterrupt):
        retention.run(context, OPERATOR)
    monkeypatch.undo()
    with context.database.read() as tx:
        assert sum(a.anonymised_at is not None for a in tx.scalars(select(Account))) == 1
    assert retention.run(context, OPERATOR).people == 2
    assert verify(context) == []


@pytest.mark.asvs("V14.2.4", "no sealed value of the person is left in the file's free pages either")
def test_the_file_forgets_even_the_sealed_bytes(sqlite_context: Context) -> None:
    stage = make_stage(sqlite_context, make_world(sqlite_context))
    person = applied(stage)
    with sqlite_context.database.read() as tx:
        sealed = [
            bytes(value)
            for statement in ("SELECT login, name, phone FROM account WHERE id = :id",)
            for value in tx.execute(text(statement), {"id": person.account_id}).one()
        ]
        sealed += [bytes(v)[:64] for v in tx.execute(text("SELECT content FROM profile")).scalars()]
        sealed += [bytes(v)[:64] for v in tx.execute(text("SELECT content FROM snapshot")).scalars()]
    assert all(value in raw_file(sqlite_context) for value in sealed)
    pass_the_period(stage)
    assert retention.run(sqlite_context, OPERATOR).proven
    left = raw_file(sqlite_context)
    assert [value for value in sealed if value in left] == []


@pytest.mark.asvs("V14.2.3", "the proof of a retention run sees clear text")
def test_the_byte_search_finds_what_is_in_clear(context: Context) -> None:
    values = frozenset({NUMBER.encode(), MOBILE.encode(), EMAIL.upper().encode()})
    make_account(context, Role.APPLICANT, login=NUMBER)
    assert found_in_clear(context, values) == frozenset()
    with context.database.write() as tx:
        now = context.now()
        tx.add(LogEntry(at=now, actor_role="system", action="t", subject="t", details={"n": NUMBER, "m": EMAIL}))
        tx.add(LogEntry(at=now, actor_role="system", action="t", subject=f"phone{MOBILE}", details={}))
    assert found_in_clear(context, values) == values


def test_a_planted_value_makes_the_run_say_so(stage: Stage) -> None:
    applied(stage)
    with stage.context.database.write() as tx:
        record(tx, stage.context, OPERATOR, "t", "t", 1, n=NUMBER)
    pass_the_period(stage)
    done = retention.run(stage.context, OPERATOR)
    assert (done.in_clear, done.proven) == (1, False)


def test_months_end_where_there_is_no_such_day() -> None:
    at = SetClock().at.replace(year=2024, month=2, day=29)
    assert plus_months(at, 12).day == 28
    assert plus_months(at, 1).month == 3
    assert plus_months(at.replace(month=12, day=31), 2).month == 2


def test_a_batch_ends_with_its_latest_window(stage: Stage) -> None:
    windows = batch(stage.context, stage.world.batch_id).windows
    assert ends_at(windows) == windows.report_to


def test_a_reason_of_history_changes_only_with_the_permit(context: Context) -> None:
    from sqlalchemy.exc import DBAPIError

    from core.services.history_permit import reasons_may_change

    stage = make_stage(context, make_world(context))
    applied(stage)
    with pytest.raises(DBAPIError, match="append-only"), context.database.write() as tx:
        tx.execute(text("UPDATE event SET reason = reason"))
    with context.database.write() as tx, reasons_may_change(tx):
        tx.execute(text("UPDATE event SET reason = reason"))
    for forbidden in ("UPDATE event SET target = 'DRAFT'", "DELETE FROM event"):
        with pytest.raises(DBAPIError, match="append-only"), context.database.write() as tx, reasons_may_change(tx):
            tx.execute(text(forbidden))
    with pytest.raises(DBAPIError, match="append-only"), context.database.write() as tx:
        tx.execute(text("UPDATE event SET reason = reason"))
    assert verify(context) == []


def test_the_trigger_names_every_column_but_the_reason() -> None:
    from core.db.triggers import EVENT_FIXED

    assert {*EVENT_FIXED, "reason"} == {column.name for column in Event.__table__.columns}
