"""The log's hash chain: whatever is done to the rows behind the portal's back is found, and parallel writers keep it whole."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from core.db import log_chain
from core.db.models import LogEntry, LogHead
from core.domain.errors import StaleVersion
from core.domain.permissions import SYSTEM, Role
from core.services.audit import Anchor, Fault, LogState, anchor, verify_log
from core.services.context import Context
from core.services.journal import record
from tests.factories import make_account
from tests.races.machines import at_once

pytestmark = pytest.mark.asvs("V16.4.2", "the log is protected from change: every tampered row is found")


def write(context: Context, count: int = 1, **details: object) -> None:
    for number in range(count):
        with context.database.write() as tx:
            record(tx, context, SYSTEM, "batch.change", "batch", number, **details)


def unguarded(context: Context, *statements: str) -> None:
    """Whoever owns the database: drops the triggers first."""
    with context.database.write() as tx:
        if context.database.is_sqlite:
            for name in ("log_entry_no_update", "log_entry_no_delete", "event_no_update", "event_no_delete"):
                tx.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        else:
            tx.execute(text("ALTER TABLE log_entry DISABLE TRIGGER ALL"))
            tx.execute(text("ALTER TABLE event DISABLE TRIGGER ALL"))
        for statement in statements:
            tx.execute(text(statement))


def faults(state: LogState) -> list[tuple[str, str]]:
    return [(fault.kind, fault.subject) for fault in state.faults]


def test_an_untouched_log_is_whole(context: Context) -> None:
    assert verify_log(context) == LogState(0, (), anchor(context))
    write(context, 5, text="三", number=4, nothing=None, listed=[1, {"b": 1, "a": True}])
    state = verify_log(context)
    assert (state.lines, state.faults) == (5, ())
    assert verify_log(context, kept=state.anchor).faults == ()


SWAP = (
    "UPDATE log_entry SET id = 100 WHERE id = 2",
    "UPDATE log_entry SET id = 2 WHERE id = 3",
    "UPDATE log_entry SET id = 3 WHERE id = 100",
)
COPY = (
    "INSERT INTO log_entry (id, at, actor_id, actor_role, action, subject, subject_id, base_id, details, prev_hash, hash) "
    "SELECT {new}, at, actor_id, actor_role, action, subject, subject_id, base_id, details, prev_hash, hash "
    "FROM log_entry WHERE id = {old}"
)
TAMPERED: dict[str, tuple[tuple[str, ...], list[tuple[str, str]]]] = {
    "another action": (("UPDATE log_entry SET action = 'login' WHERE id = 3",), [("changed", "log_entry 3")]),
    "another person": (("UPDATE log_entry SET actor_role = 'reviewer' WHERE id = 1",), [("changed", "log_entry 1")]),
    "the last line": (("UPDATE log_entry SET subject_id = '9' WHERE id = 5",), [("changed", "log_entry 5")]),
    "another number": (("UPDATE log_entry SET id = 50 WHERE id = 5",), [("inserted", "log_entry 50"), ("cut", "log_entry 5")]),
    "one removed": (("DELETE FROM log_entry WHERE id = 3",), [("removed", "log_entry 3")]),
    "the first removed": (("DELETE FROM log_entry WHERE id = 1",), [("removed", "log_entry 1")]),
    "some removed": (("DELETE FROM log_entry WHERE id IN (2, 3)",), [("removed", "log_entry 2–3")]),
    "the tail cut": (("DELETE FROM log_entry WHERE id > 3",), [("cut", "log_entry 4–5")]),
    "all removed": (("DELETE FROM log_entry",), [("cut", "log_entry 1–5")]),
    "one put at the end": ((COPY.format(new=6, old=5),), [("inserted", "log_entry 6")]),
    "one put in between": (
        ("DELETE FROM log_entry WHERE id = 3", COPY.format(new=3, old=2)),
        [("changed", "log_entry 3")],
    ),
    "two exchanged": (SWAP, [("changed", "log_entry 2"), ("changed", "log_entry 3")]),
    "the tail cut and the head set back": (
        (
            "DELETE FROM log_entry WHERE id > 3",
            "UPDATE log_head SET last_id = 3, hash = (SELECT hash FROM log_entry WHERE id = 3)",
        ),
        [("head", "log_head")],
    ),
    "the head removed": (("DELETE FROM log_head",), [("head", "log_head")]),
    "the head's hash": (
        ("UPDATE log_head SET hash = 'f'",),
        [("head", "log_entry 5"), ("head", "log_head")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", list(TAMPERED))
def test_every_change_is_found(context: Context, how: str) -> None:
    write(context, 5)
    statements, expected = TAMPERED[how]
    unguarded(context, *statements)
    assert faults(verify_log(context)) == expected


def test_a_forged_line_needs_the_sealed_key(context: Context) -> None:
    """Somebody who has the rows, the code and a key of their own writes a line whose hash fits that key."""
    write(context, 2)
    with context.database.read() as tx:
        row = dict(tx.execute(select(LogEntry.__table__).where(LogEntry.id == 2)).one()._mapping)
        sealed = bytes(tx.execute(text("SELECT key FROM log_head")).scalar_one())
        key = tx.execute(select(LogHead.key)).scalar_one()
    assert key.encode() not in sealed
    forged = log_chain.hash_of("ab" * 32, row["prev_hash"], row | {"action": "login"})
    unguarded(context, f"UPDATE log_entry SET action = 'login', hash = '{forged}' WHERE id = 2")
    assert faults(verify_log(context))[0] == ("changed", "log_entry 2")


def test_an_anchor_finds_that_everything_was_set_back(context: Context) -> None:
    write(context, 2)
    with context.database.read() as tx:
        old = tx.execute(text("SELECT last_id, hash, seal FROM log_head")).one()
    write(context, 3)
    kept = anchor(context)
    assert kept is not None
    back = f"UPDATE log_head SET last_id = {old.last_id}, hash = '{old.hash}', seal = '{old.seal}'"
    unguarded(context, "DELETE FROM log_entry WHERE id > 2", back)
    assert verify_log(context).faults == (), "the database alone is an older whole one"
    assert faults(verify_log(context, kept=kept)) == [("anchor", "log_entry 3–5")]
    write(context, 3, other=True)
    assert faults(verify_log(context, kept=Anchor.parse(str(kept)))) == [("anchor", "log_entry 5")]


def test_without_its_head_nothing_is_written(context: Context) -> None:
    write(context)
    unguarded(context, "DELETE FROM log_head")
    with pytest.raises(log_chain.HeadMissing):
        write(context)
    with context.database.write() as tx:
        log_chain.begin(tx)
    assert faults(verify_log(context)) == [("head", "log_head")], "a chain that lost its end is not begun anew"


def test_a_refused_use_case_leaves_no_line(context: Context) -> None:
    with pytest.raises(StaleVersion), context.database.write() as tx:
        record(tx, context, SYSTEM, "batch.change", "batch", 1)
        raise StaleVersion()
    write(context)
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry.id)).all() == [1]
    assert verify_log(context).faults == ()


def test_parallel_writers_make_one_chain(context: Context) -> None:
    actors = [make_account(context, Role.REVIEWER) for _ in range(3)]

    def step(number: int) -> Callable[[], object]:
        def run() -> None:
            with context.database.write() as tx:
                for part in range(1 + number % 3):
                    record(tx, context, actors[number % 3], "login", "account", number, part=part)
                if number % 5 == 0:
                    raise StaleVersion()

        return run

    outcomes = at_once([step(number) for number in range(60)], threads=8)
    assert outcomes == {"ok": 48, "STALE_VERSION": 12}
    state = verify_log(context)
    assert (state.faults, state.lines) == ((), sum(1 + n % 3 for n in range(60) if n % 5))


def test_an_event_without_its_line_or_the_other_way_round_is_found(context: Context) -> None:
    from core.services import applications
    from tests.applicants import new_key
    from tests.factories import complete_profile, make_world

    world = make_world(context)
    person = make_account(context, Role.APPLICANT, login="350102199608150015")
    complete_profile(context, person)
    receipt = applications.submit(
        context,
        person,
        batch_id=world.batch_id,
        base_id=world.base_ids[0],
        specialty_id=world.specialty_ids[0],
        declared=True,
        idempotency_key=new_key(),
    )
    assert verify_log(context).faults == ()
    unguarded(
        context,
        "DELETE FROM notice",
        f"UPDATE event SET version = 7 WHERE application_id = {receipt.application_id} AND action = 'submit'",
    )
    found = verify_log(context).faults
    assert [fault.kind for fault in found] == ["event", "inserted"]
    assert isinstance(found[0], Fault)
