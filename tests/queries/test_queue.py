"""The queue against a naive sort: complete, without duplicates, own bases only, and found by every way of asking."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from core.clock import SetClock
from core.db.models import Account, Application, SearchToken
from core.domain.errors import NotAllowed
from core.domain.lifecycle import DECIDED, State
from core.domain.permissions import Role
from core.queries import queue as under_test
from core.queries.queue import EVERY_STATE, PAGE_ROWS, START, TABS, QueueFilter, QueueRow, counts, queue
from core.services import reviews
from core.services.context import Context
from tests.factories import World, make_account, make_world
from tests.services.review_rows import approve, make_bench, read, submit

Row = tuple[int, int, int, str]
"""Minute, base, specialty, state."""
LISTED = sorted(state.value for state in EVERY_STATE)
ROWS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 1), st.integers(0, 1), st.sampled_from(LISTED)), max_size=90
)


def fill(context: Context, world: World, owner: int, rows: list[Row]) -> None:
    """Applications straight into the table, in place of those before; several may share one minute."""
    others = [make_account(context, Role.APPLICANT).account_id for _ in range(len(rows) - count_accounts(context))]
    assert all(others)
    with context.database.write() as tx:
        tx.execute(delete(Application))
        people = list(tx.scalars(select(Account.id).where(Account.role == "applicant").order_by(Account.id)))
        for number, (minute, base, specialty, state) in enumerate(rows):
            at = context.now() + timedelta(minutes=minute)
            decided = State(state) in DECIDED
            tx.execute(
                insert(Application),
                {
                    "batch_id": world.batch_id,
                    "base_id": world.base_ids[base],
                    "specialty_id": world.specialty_ids[specialty],
                    "account_id": people[number],
                    "state": state,
                    "receipt": f"R{number:06}",
                    "created_at": at,
                    "changed_at": at,
                    "submitted_at": at,
                    "decided_at": at if decided else None,
                    "decided_by": owner if decided else None,
                },
            )


def count_accounts(context: Context) -> int:
    with context.database.read() as tx:
        return len(tx.scalars(select(Account.id).where(Account.role == "applicant")).all())


def walk(context: Context, actor: object, wanted: QueueFilter) -> list[QueueRow]:
    """Every page to the end."""
    found: list[QueueRow] = []
    after = None
    while True:
        page = queue(context, actor, wanted, after=after)  # type: ignore[arg-type]
        assert len(page.rows) <= PAGE_ROWS
        found += page.rows
        if page.next is None:
            return found
        assert len(page.rows) == PAGE_ROWS
        after = page.next


def naive(context: Context, bases: set[int], wanted: QueueFilter) -> list[int]:
    with context.database.read() as tx:
        everything = tx.scalars(select(Application)).all()
    kept = [
        a
        for a in everything
        if a.base_id in bases
        and State(a.state) in wanted.states
        and wanted.base_id in (None, a.base_id)
        and wanted.specialty_id in (None, a.specialty_id)
    ]
    return [a.id for a in sorted(kept, key=lambda a: (a.submitted_at or START.submitted_at, a.id))]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    tab=st.sampled_from([*TABS, "all"]),
    base=st.sampled_from([None, 0]),
    specialty=st.sampled_from([None, 1]),
)
def test_pages_are_complete_in_order_and_without_duplicates(
    sqlite_context: Context, rows: list[Row], tab: str, base: int | None, specialty: int | None
) -> None:
    context, world = sqlite_context, world_of(sqlite_context)
    one = make_account(context, Role.REVIEWER, base_ids=world.base_ids[:1])
    two = make_account(context, Role.REVIEWER, base_ids=world.base_ids)
    assert one.account_id is not None
    fill(context, world, one.account_id, rows)
    wanted = QueueFilter(
        world.batch_id,
        states=EVERY_STATE if tab == "all" else TABS[tab][1],
        base_id=None if base is None else world.base_ids[base],
        specialty_id=None if specialty is None else world.specialty_ids[specialty],
    )
    for actor in (one, two):
        assert [r.application_id for r in walk(context, actor, wanted)] == naive(context, set(actor.base_ids), wanted)
    numbers = counts(context, two, wanted)
    assert sum(numbers.values()) == len(naive(context, set(two.base_ids), replace(wanted, states=EVERY_STATE)))


_worlds: dict[str, World] = {}


def world_of(context: Context) -> World:
    """One world for all examples of a test."""
    return _worlds.setdefault(context.database.url, _worlds.get(context.database.url) or make_world(context))


def test_a_page_ends_where_rows_share_a_moment(context: Context) -> None:
    world = make_world(context, capacity=100)
    reviewer = make_account(context, Role.REVIEWER, base_ids=world.base_ids)
    assert reviewer.account_id is not None
    fill(context, world, reviewer.account_id, [(n // 40, n % 2, 0, "SUBMITTED") for n in range(77)])
    wanted = QueueFilter(world.batch_id)
    assert [r.application_id for r in walk(context, reviewer, wanted)] == naive(context, set(world.base_ids), wanted)


def test_every_state_but_a_draft_has_its_tab() -> None:
    assert set(State) - {State.DRAFT} == EVERY_STATE
    assert sum(len(states) for _, states in TABS.values()) == len(EVERY_STATE)


@pytest.mark.parametrize(
    "text",
    ["曾示例", "示例", "例", "zengshili", "ZSL", "zeng", "0015", "600015", "350102198608150015"[-4:], "0000"],
)
def test_search_finds_by_every_way(context: Context, text: str) -> None:
    bench = make_bench(context)
    _, wanted_id = submit(context, bench.world, name="曾示例", number="H19600015")
    _, other = submit(context, bench.world, name="林某某", number="H10008765")
    found = {r.application_id for r in walk(context, bench.reviewer, QueueFilter(bench.world.batch_id, text=text))}
    assert wanted_id in found
    assert other not in found or text == "0000"


def test_search_by_receipt_and_nothing_found(context: Context) -> None:
    bench = make_bench(context)
    _, application_id = submit(context, bench.world, name="曾示例")
    submit(context, bench.world, name="林某某")
    receipt = read(context, application_id).receipt or ""
    for text in (receipt, receipt.lower(), receipt.removeprefix("XL"), receipt.rpartition("-")[2]):
        found = walk(context, bench.reviewer, QueueFilter(bench.world.batch_id, text=text))
        assert [r.application_id for r in found] == [application_id]
    for text in ("没有这个人", "' OR 1=1 --", "%", "x" * 10_000):
        assert not walk(context, bench.reviewer, QueueFilter(bench.world.batch_id, text=text))


def test_a_foreign_base_never(context: Context) -> None:
    bench = make_bench(context)
    _, application_id = submit(context, bench.world, name="曾示例")
    batch, own = bench.world.batch_id, bench.world.base_ids[0]
    for wanted in (QueueFilter(batch), QueueFilter(batch, text="曾示例"), QueueFilter(batch, states=EVERY_STATE)):
        assert [r.application_id for r in walk(context, bench.reviewer, wanted)] == [application_id]
        assert walk(context, bench.stranger, wanted) == []
    assert set(counts(context, bench.stranger, QueueFilter(batch)).values()) == {0}
    for wanted in (QueueFilter(batch, base_id=own), QueueFilter(batch, base_id=own, text="曾示例")):
        with pytest.raises(NotAllowed):
            queue(context, bench.stranger, wanted)
        with pytest.raises(NotAllowed):
            counts(context, bench.stranger, wanted)


def test_other_roles_never(context: Context) -> None:
    bench = make_bench(context)
    for actor in (make_account(context, Role.APPLICANT), bench.administrator):
        with pytest.raises(NotAllowed):
            queue(context, actor, QueueFilter(bench.world.batch_id))
        with pytest.raises(NotAllowed):
            counts(context, actor, QueueFilter(bench.world.batch_id))


def test_a_reviewer_without_a_base_sees_nothing(context: Context) -> None:
    bench = make_bench(context)
    submit(context, bench.world)
    nowhere = make_account(context, Role.REVIEWER)
    assert queue(context, nowhere, QueueFilter(bench.world.batch_id)).rows == ()
    assert set(counts(context, nowhere, QueueFilter(bench.world.batch_id)).values()) == {0}


def test_a_line_says_who_waits_how_long_and_who_holds_it(context: Context, clock: SetClock) -> None:
    bench = make_bench(context)
    _, application_id = submit(context, bench.world, name="曾示例", number="H19960815")
    clock.advance(hours=5)
    lease = reviews.take(context, bench.reviewer, application_id=application_id)
    wanted = QueueFilter(bench.world.batch_id)
    (mine,), (theirs,) = queue(context, bench.reviewer, wanted).rows, queue(context, bench.colleague, wanted).rows
    assert (mine.name, mine.number_suffix, mine.waiting) == ("曾示例", "0815", timedelta(hours=5))
    assert (mine.mine, theirs.mine, theirs.held_by, theirs.held_until) == (True, False, "王审核", lease.until)
    assert "曾示例" not in repr(mine)
    clock.advance(minutes=15)
    (free,) = queue(context, bench.colleague, wanted).rows
    assert (free.held_by, free.held_until) == ("", None)


def test_counts_follow_the_states(context: Context) -> None:
    bench = make_bench(context)
    first, _ = submit(context, bench.world)[1], submit(context, bench.world)[1]
    approve(context, bench.reviewer, first)
    numbers = counts(context, bench.reviewer, QueueFilter(bench.world.batch_id))
    assert (numbers["waiting"], numbers["approved"], numbers["returned"]) == (1, 1, 0)
    specialty = bench.world.specialty_ids[1]
    assert counts(context, bench.reviewer, QueueFilter(bench.world.batch_id, specialty_id=specialty))["waiting"] == 0


def test_counting_stops_where_it_would_cost(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make_bench(context)
    for _ in range(3):
        submit(context, bench.world)
    monkeypatch.setattr(under_test, "MOST_COUNTED", 2)
    assert counts(context, bench.reviewer, QueueFilter(bench.world.batch_id))["waiting"] == 2


def test_a_draft_is_in_no_queue(context: Context) -> None:
    bench = make_bench(context)
    _, application_id = submit(context, bench.world)
    with context.database.write() as tx:
        tx.execute(update(Application).values(state="DRAFT"))
    assert walk(context, bench.reviewer, QueueFilter(bench.world.batch_id, states=EVERY_STATE)) == []
    assert application_id


def test_a_page_walks_an_index_at_any_depth(sqlite_context: Context) -> None:
    """No statement of a page sorts or scans the table (SQLite's own plan)."""
    context = sqlite_context
    for statement, index in (
        (under_test._OF_BASE, "ix_application_base_queue"),
        (under_test._OF_SPECIALTY, "ix_application_cell"),
        (under_test._COUNT, "ix_application_base_queue"),
    ):
        given = {"batch": 1, "base": 1, "bases": [1], "state": "SUBMITTED", "specialty": 1}
        asked = statement.params(**given, after_at=context.now(), after_id=0)
        sql = str(asked.compile(context.database.engine, compile_kwargs={"literal_binds": True}))
        with context.database.read() as tx:
            raw = tx.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + sql)
            plan = " | ".join(str(row[-1]) for row in raw)
        assert index in plan, plan
        assert "SCAN application" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan


def test_tokens_are_all_that_search_reads(context: Context) -> None:
    bench = make_bench(context)
    submit(context, bench.world, name="曾示例")
    with context.database.write() as tx:
        tx.execute(delete(SearchToken))
    assert walk(context, bench.reviewer, QueueFilter(bench.world.batch_id, text="曾示例")) == []
