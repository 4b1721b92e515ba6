"""领取 (T8): one holder, fifteen minutes, own base, oneself never."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from core.clock import SetClock
from core.db.models import Application
from core.domain.errors import LeaseHeld, LeaseLost, NotAllowed, NotFound, Refused
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.services import applications, reviews
from core.services.context import Context
from tests.factories import make_account
from tests.services.review_rows import Bench, approve, make_bench, read, submit

QUARTER = timedelta(minutes=15)


@pytest.fixture
def bench(context: Context) -> Bench:
    return make_bench(context)


@pytest.fixture
def waiting(context: Context, bench: Bench) -> int:
    return submit(context, bench.world)[1]


def test_taking_gives_fifteen_minutes(context: Context, bench: Bench, waiting: int) -> None:
    lease = reviews.take(context, bench.reviewer, application_id=waiting)
    assert lease.until == context.now() + QUARTER
    row = read(context, waiting)
    assert (row.lease_by, row.lease_until, row.state) == (bench.reviewer.account_id, lease.until, "SUBMITTED")


def test_a_colleague_is_told_until_when(context: Context, bench: Bench, waiting: int) -> None:
    lease = reviews.take(context, bench.reviewer, application_id=waiting)
    with pytest.raises(LeaseHeld) as refused:
        reviews.take(context, bench.colleague, application_id=waiting)
    assert refused.value.details["until"] == lease.until


@pytest.mark.parametrize(("seconds", "free"), [(-1, False), (0, True), (1, True)])
def test_the_lease_ends_to_the_second(
    context: Context, clock: SetClock, bench: Bench, waiting: int, seconds: int, free: bool
) -> None:
    reviews.take(context, bench.reviewer, application_id=waiting)
    clock.at += QUARTER + timedelta(seconds=seconds)
    if free:
        assert reviews.take(context, bench.colleague, application_id=waiting).until == clock.at + QUARTER
        return
    with pytest.raises(LeaseHeld):
        reviews.take(context, bench.colleague, application_id=waiting)


@pytest.mark.parametrize(("seconds", "alive"), [(-1, True), (0, False), (1, False)])
def test_only_a_running_lease_is_renewed(
    context: Context, clock: SetClock, bench: Bench, waiting: int, seconds: int, alive: bool
) -> None:
    reviews.take(context, bench.reviewer, application_id=waiting)
    clock.at += QUARTER + timedelta(seconds=seconds)
    if alive:
        assert reviews.renew(context, bench.reviewer, application_id=waiting).until == clock.at + QUARTER
        return
    with pytest.raises(LeaseLost):
        reviews.renew(context, bench.reviewer, application_id=waiting)


def test_nobody_renews_or_releases_anothers(context: Context, bench: Bench, waiting: int) -> None:
    reviews.take(context, bench.reviewer, application_id=waiting)
    with pytest.raises(LeaseLost):
        reviews.renew(context, bench.colleague, application_id=waiting)
    reviews.release(context, bench.colleague, application_id=waiting)
    assert read(context, waiting).lease_by == bench.reviewer.account_id


def test_releasing_frees_at_once_and_twice_does_nothing(context: Context, bench: Bench, waiting: int) -> None:
    reviews.take(context, bench.reviewer, application_id=waiting)
    reviews.release(context, bench.reviewer, application_id=waiting)
    reviews.release(context, bench.reviewer, application_id=waiting)
    assert reviews.take(context, bench.colleague, application_id=waiting).application_id == waiting


@pytest.mark.parametrize("step", [reviews.take, reviews.renew])
def test_a_foreign_base_finds_nothing(context: Context, bench: Bench, waiting: int, step: object) -> None:
    with pytest.raises(NotFound):
        step(context, bench.stranger, application_id=waiting)  # type: ignore[operator]
    with pytest.raises(NotFound):
        step(context, bench.reviewer, application_id=waiting + 1000)  # type: ignore[operator]


def test_oneself_never(context: Context, bench: Bench, waiting: int) -> None:
    owner = read(context, waiting).account_id
    both = Actor(owner, Role.REVIEWER, frozenset({bench.world.base_ids[0]}))
    with pytest.raises(NotAllowed) as refused:
        reviews.take(context, both, application_id=waiting)
    assert refused.value.code == "ONESELF"
    assert reviews.take_next(context, both, batch_id=bench.world.batch_id) is None


def test_other_roles_never(context: Context, bench: Bench, waiting: int) -> None:
    applicant = make_account(context, Role.APPLICANT)
    for actor in (applicant, bench.administrator):
        for step in (reviews.take, reviews.renew, reviews.release):
            with pytest.raises(NotAllowed):
                step(context, actor, application_id=waiting)
        with pytest.raises(NotAllowed):
            reviews.take_next(context, actor, batch_id=bench.world.batch_id)


def test_only_what_waits_is_taken(context: Context, bench: Bench, waiting: int) -> None:
    approve(context, bench.reviewer, waiting)
    with pytest.raises(Refused):
        reviews.take(context, bench.colleague, application_id=waiting)
    applicant, other = submit(context, bench.world)
    applications.cancel(context, applicant, application_id=other, seen_version=read(context, other).version)
    with pytest.raises(Refused):
        reviews.take(context, bench.colleague, application_id=other)


def test_cancelling_drops_the_lease(context: Context, bench: Bench) -> None:
    applicant, application_id = submit(context, bench.world)
    reviews.take(context, bench.reviewer, application_id=application_id)
    applications.cancel(
        context, applicant, application_id=application_id, seen_version=read(context, application_id).version
    )
    row = read(context, application_id)
    assert (row.lease_by, row.lease_until, row.state) == (None, None, State.CANCELLED.value)


def test_the_next_is_the_oldest_that_nobody_holds(context: Context, clock: SetClock, bench: Bench) -> None:
    ids = []
    for _ in range(3):
        clock.advance(minutes=1)
        ids.append(submit(context, bench.world)[1])
    submit(context, bench.world, base=1)
    reviews.take(context, bench.reviewer, application_id=ids[0])
    batch = bench.world.batch_id
    assert (lease := reviews.take_next(context, bench.colleague, batch_id=batch))
    assert lease.application_id == ids[1]
    assert (lease := reviews.take_next(context, bench.lead, batch_id=batch, but=ids[2])) is None
    assert (lease := reviews.take_next(context, bench.lead, batch_id=batch))
    assert lease.application_id == ids[2]
    assert reviews.take_next(context, bench.reviewer, batch_id=batch) is None


def test_of_many_at_once_one_takes_it(context: Context, bench: Bench, waiting: int) -> None:
    base = bench.world.base_ids[0]
    clerks = [make_account(context, Role.REVIEWER, base_ids=(base,)) for _ in range(8)]
    start, won, lost = Barrier(len(clerks)), [], []

    def try_it(clerk: Actor) -> None:
        start.wait()
        try:
            won.append(reviews.take(context, clerk, application_id=waiting))
        except LeaseHeld:
            lost.append(clerk)

    threads = [Thread(target=try_it, args=(clerk,)) for clerk in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    with context.database.read() as tx:
        assert tx.get_one(Application, waiting).lease_by in {clerk.account_id for clerk in clerks}
