"""The outbox: one row a message, sent once, tried again, given up in sight of a person."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text, update

from core.clock import SetClock
from core.db.models import Account, LogEntry, Notice, OutboxMessage
from core.domain.errors import NotAllowed, NotFound
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.gateways.messages import FileOutbox, NeverSent, NotSent, Unclear
from core.services import outbox
from core.services.context import Context
from core.services.outbox import CODE, NOTICE, Plan
from core.services.outbox_sending import LEASE, send_due, send_one, send_soon
from tests.applicants import make_applicant, make_stage
from tests.factories import make_account, make_world
from tests.services.outbox_parts import PHONE, Provider, queued, with_provider

OPERATOR = Actor(None, Role.ADMINISTRATOR)
SECOND = timedelta(seconds=1)


def row(context: Context) -> OutboxMessage:
    with context.database.read() as tx:
        return tx.scalars(select(OutboxMessage)).one()


def test_a_message_is_sent_and_its_content_forgotten(context: Context) -> None:
    provider = Provider("biz-1")
    queued(context)
    assert send_due(with_provider(context, provider)) == {"sent": 1}
    assert [(each.to, each.code, each.purpose) for each in provider.taken] == [(PHONE, "123456", "reset")]
    assert "123456" in provider.taken[0].text
    done = row(context)
    assert (done.state, done.payload, done.provider_id, done.attempts) == ("sent", None, "biz-1", 1)
    assert send_due(with_provider(context, provider)) == {}


def test_one_key_is_one_message(context: Context) -> None:
    assert queued(context, key="same") is not None
    assert queued(context, key="same") is None
    assert queued(context, key="other") is not None


@pytest.mark.asvs("V14.2.4", "numbers and codes on their way lie encrypted")
def test_number_and_code_lie_encrypted(context: Context) -> None:
    queued(context)
    with context.database.read() as tx:
        stored = bytes(tx.execute(text("SELECT payload FROM outbox_message")).scalar_one())
    assert PHONE.encode() not in stored
    assert b"123456" not in stored


def test_a_rolled_back_use_case_sends_nothing(context: Context) -> None:
    with pytest.raises(RuntimeError), context.database.write() as tx:
        outbox.queue(tx, context, "reset", "k", {"to": PHONE, "code": "1"})
        raise RuntimeError
    assert send_due(context) == {}


@pytest.mark.parametrize(("purpose", "plan"), [("reset", CODE), ("notice", NOTICE)])
@pytest.mark.parametrize("error", [NotSent("Throttling"), Unclear("NO_ANSWER")])
def test_retries_wait_longer_each_time_and_end(
    context: Context, clock: SetClock, purpose: str, plan: Plan, error: OSError
) -> None:
    provider = Provider(error)
    failing = with_provider(context, provider)
    queued(context, purpose)
    assert send_one(failing) == ("unclear" if isinstance(error, Unclear) and not plan.repeats else "waiting")
    if isinstance(error, Unclear) and not plan.repeats:
        return
    for number, wait in enumerate(plan.waits, start=1):
        clock.at += wait - SECOND
        assert send_one(failing) is None
        clock.at += SECOND
        assert send_one(failing) == ("failed" if number == len(plan.waits) else "waiting")
    assert len(provider.taken) == len(plan.waits) + 1
    assert (row(context).error, row(context).state) == (str(error), "failed")
    assert len({each.key for each in provider.taken}) == 1
    assert send_due(failing) == {}


def test_a_provider_that_recovers_gets_the_same_code(context: Context, clock: SetClock) -> None:
    provider = Provider(NotSent("CONNECT"), Unclear("NO_ANSWER"), "id")
    failing = with_provider(context, provider)
    queued(context)
    send_due(failing)
    clock.at += CODE.waits[0]
    send_due(failing)
    clock.at += CODE.waits[1]
    assert send_due(failing) == {"sent": 1}
    assert [each.code for each in provider.taken] == ["123456"] * 3


def test_a_refused_number_is_not_tried_again(context: Context, clock: SetClock) -> None:
    provider = Provider(NeverSent("isv.MOBILE_NUMBER_ILLEGAL"))
    queued(context)
    assert send_due(with_provider(context, provider)) == {"failed": 1}
    clock.advance(minutes=4)
    assert send_due(with_provider(context, provider)) == {}


def test_a_bug_in_a_gateway_ends_like_an_unclear_answer(context: Context) -> None:
    queued(context, "notice")
    assert send_due(with_provider(context, Provider(ValueError("13800000041")))) == {"unclear": 1}
    assert row(context).error == "ValueError"


@pytest.mark.parametrize(("purpose", "life"), [("reset", CODE.life), ("notice", NOTICE.life)])
def test_what_is_too_old_is_never_sent(context: Context, clock: SetClock, purpose: str, life: timedelta) -> None:
    start = clock.at
    queued(context, purpose, "old")
    clock.at = start + life - SECOND
    assert send_due(context) == {"sent": 1}
    clock.at = start
    queued(context, purpose, "older")
    clock.at = start + life
    assert send_due(context) == {}
    [state] = [each.state for each in outbox.list_rows(context, OPERATOR) if each.state != "sent"]
    assert state == "expired"
    with context.database.read() as tx:
        assert tx.scalars(select(OutboxMessage.payload).where(OutboxMessage.state == "expired")).all() == [None]


def test_the_soonest_to_expire_goes_first(context: Context) -> None:
    provider = Provider()
    for i in range(3):
        queued(context, "notice", f"notice {i}")
    queued(context, "reset", "code")
    send_due(with_provider(context, provider), most=1)
    assert [each.purpose for each in provider.taken] == ["reset"]


def test_nobody_gets_all_the_work_and_no_message(context: Context) -> None:
    provider = Provider()
    queued(context, to="")
    assert send_due(with_provider(context, provider)) == {"sent": 1}
    assert provider.taken == []


def test_senders_side_by_side_send_each_message_once(context: Context) -> None:
    for i in range(60):
        queued(context, "notice", f"n{i}")
    together, provider = Barrier(8), Provider()
    shared = with_provider(context, provider)

    def sender(_: int) -> int:
        together.wait(30)
        return sum(send_due(shared).values())

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(sender, range(8)))
    assert sum(counts) == 60
    assert len(provider.taken) == len({each.key for each in provider.taken}) == 60


def test_the_request_and_the_chore_together_send_once(context: Context) -> None:
    provider = Provider()
    shared = with_provider(context, provider)
    for i in range(20):
        message, together = queued(context, key=f"k{i}"), Barrier(2)

        def both(chore: bool, message: int | None = message, together: Barrier = together) -> None:
            together.wait(30)
            send_due(shared) if chore else send_soon(shared, message)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(both, (True, False)))
    send_due(shared)
    assert len(provider.taken) == 20


def test_the_control_reading_before_claiming_sends_twice(sqlite_context: Context) -> None:
    """What a sender without the one guarded statement would do: the race above is real."""
    queued(sqlite_context)
    together, taken = Barrier(4), []

    def naive(_: int) -> None:
        with sqlite_context.database.read() as tx:
            found = tx.scalars(select(OutboxMessage.id).where(OutboxMessage.state == "waiting")).first()
        together.wait(30)
        taken.append(found)
        with sqlite_context.database.write() as tx:
            tx.execute(update(OutboxMessage).where(OutboxMessage.id == found).values(state="sent"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(naive, range(4)))
    assert len(taken) == 4


def test_who_comes_back_after_the_lease_marks_nothing(context: Context, clock: SetClock) -> None:
    """A sender paused in the middle (a laptop's lid, a stalled network) while another took over."""
    other = Provider("second")

    class Slow(Provider):
        def send(self, message: object) -> str:
            clock.at += LEASE
            assert send_due(with_provider(context, other)) == {"sent": 1}
            return "first"

    queued(context)
    assert send_one(with_provider(context, Slow())) == "lease_lost"
    assert (row(context).state, row(context).provider_id) == ("sent", "second")


def test_a_full_disk_keeps_the_message_waiting(context: Context, clock: SetClock) -> None:
    folder = context.settings.data_dir / "blocked"
    folder.write_text("a file where the folder should be")
    from dataclasses import replace

    broken = replace(context, sms=FileOutbox(folder / "sms.jsonl"))
    message = queued(context)
    send_soon(broken, message)
    assert (row(context).state, row(context).error) == ("waiting", "FILE")
    folder.unlink()
    clock.at += CODE.waits[0]
    assert send_due(broken) == {"sent": 1}
    assert json.loads((folder / "sms.jsonl").read_text("utf-8"))["code"] == "123456"


def test_mail_without_a_gateway_fails_in_sight(context: Context) -> None:
    with context.database.write() as tx:
        payload = {"to": "somebody@example.com", "subject": "s", "text": "t"}
        outbox.queue(tx, context, "report", "k", payload, outbox.Channel.MAIL)
    assert send_due(context) == {"failed": 1}
    assert row(context).error == "NO_GATEWAY"


def test_a_decision_is_one_message_without_a_name_or_number_of_anybody(context: Context, clock: SetClock) -> None:
    stage = make_stage(context, make_world(context))
    applicant = make_applicant(context)
    stage.bring(applicant, State.APPROVED)
    provider = Provider()
    send_due(with_provider(context, provider))
    with context.database.read() as tx:
        notices = len(tx.scalars(select(Notice)).all())
        phone = tx.get_one(Account, applicant.account_id).phone
    assert notices == len(provider.taken) == 1
    assert (provider.taken[0].to, provider.taken[0].text) == (phone, "【杏林】您的报名有新进展，请登录杏林查看。")
    assert send_due(with_provider(context, provider)) == {}


def test_a_disabled_account_is_told_nothing(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    with context.database.write() as tx:
        outbox.queue(tx, context, "notice", "k", {"account": actor.account_id})
        tx.execute(update(Account).values(active=False))
    provider = Provider()
    send_due(with_provider(context, provider))
    assert provider.taken == []


def test_only_the_operator_lists_and_repeats(context: Context) -> None:
    queued(context, "notice")
    send_due(with_provider(context, Provider(NeverSent("BLACK"))))
    message = row(context).id
    clerk = make_account(context, Role.REVIEWER)
    for act in (
        lambda: outbox.list_rows(context, clerk),
        lambda: outbox.send_again(context, clerk, message_id=message),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert PHONE not in str(outbox.list_rows(context, OPERATOR))
    outbox.send_again(context, OPERATOR, message_id=message)
    assert send_due(context) == {"sent": 1}
    with pytest.raises(NotFound):
        outbox.send_again(context, OPERATOR, message_id=message)
    with context.database.read() as tx:
        assert "outbox.again" in tx.scalars(select(LogEntry.action)).all()


def test_ended_rows_go_after_thirty_days(context: Context, clock: SetClock) -> None:
    queued(context)
    send_due(context)
    clock.at += outbox.KEEP
    assert outbox.sweep(context) == 0
    clock.at += SECOND
    assert outbox.sweep(context) == 1
