"""Logging in, resetting and changing a password (M3, M10)."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from statistics import median

import pytest
from sqlalchemy import select, update

from core.clock import SetClock
from core.db.models import Account, LogEntry
from core.domain.errors import DomainError, InvalidInput, NotAllowed, NotFound, TooManyTries
from core.domain.identity import make_number
from core.domain.permissions import SYSTEM, Actor, Role
from core.services import sessions
from core.services.accounts import account_view, change_password, log_in, reset_password
from core.services.context import Context
from core.services.hashing import hash_password
from core.services.registration import WRONG_CODE, request_reset_code
from tests.factories import CHEAP, make_account

BROWSER = sessions.digest("browser")
NUMBER = make_number("350199", date(1997, 2, 3), 11)
UNKNOWN = make_number("350199", date(1997, 2, 3), 12)
OLD, NEW = "Huoxiang!27", "Fangfeng#83"


@pytest.fixture
def person(context: Context) -> Actor:
    """An applicant with a known number and password."""
    actor = make_account(context, Role.APPLICANT, login=NUMBER)
    set_password(context, actor, OLD)
    return actor


def set_password(context: Context, actor: Actor, password: str, **values: object) -> None:
    with context.database.write() as tx:
        change = {"password_hash": hash_password(password, cost=CHEAP)} | values
        tx.execute(update(Account).where(Account.id == actor.account_id).values(**change))


def enter(context: Context, login: str = NUMBER, password: str = OLD, address: str = "here") -> Actor:
    ticket = log_in(context, login=login, password=password, address=address, bound_to=BROWSER)
    token = sessions.redeem_ticket(context, ticket, BROWSER)
    assert token is not None
    actor = sessions.find_actor(context, sessions.digest(token))
    assert actor is not None
    return actor


def refused(context: Context, login: str, password: str, address: str = "here") -> str:
    with pytest.raises(DomainError) as refusal:
        log_in(context, login=login, password=password, address=address, bound_to=BROWSER)
    return refusal.value.code


def new_password(context: Context, number: str, code: str, password: str = NEW, repeat: str = "") -> None:
    reset_password(
        context, number=number, code=code, password=password, repeat=repeat or password, address="here", cost=CHEAP
    )


def test_the_number_in_any_usual_spelling_logs_in(context: Context, person: Actor) -> None:
    spaced = f" {NUMBER[:6]} {NUMBER[6:]}".lower()
    assert enter(context, spaced).account_id == person.account_id


def test_unknown_wrong_and_disabled_are_told_apart_by_nothing(context: Context, person: Actor) -> None:
    disabled = make_account(context, Role.REVIEWER, login="gone")
    set_password(context, disabled, OLD, active=False)
    codes = {refused(context, NUMBER, "wrong"), refused(context, UNKNOWN, OLD), refused(context, "gone", OLD)}
    assert codes == {"LOGIN_FAILED"}


def test_unknown_and_known_take_equal_time(sqlite_context: Context) -> None:
    actor = make_account(sqlite_context, Role.APPLICANT, login=NUMBER)
    with sqlite_context.database.write() as tx:
        tx.execute(update(Account).where(Account.id == actor.account_id).values(password_hash=hash_password(OLD)))

    def seconds(login: str, address: str) -> float:
        start = time.perf_counter()
        refused(sqlite_context, login, "wrong", address)
        return time.perf_counter() - start

    seconds(UNKNOWN, "warm")
    known = median(seconds(NUMBER, f"a{i}") for i in range(3))
    unknown = median(seconds(UNKNOWN, f"b{i}") for i in range(3))
    assert 0.4 < unknown / known < 2.5


@pytest.mark.parametrize("password", ["", "x" * 10_000, "密" * 100, "\x00", "\ud800", OLD + " "])
def test_odd_passwords_are_wrong_and_nothing_worse(context: Context, person: Actor, password: str) -> None:
    assert refused(context, NUMBER, password) == "LOGIN_FAILED"


@pytest.mark.parametrize("login", ["", "x" * 10_000, "' OR 1=1 --", "<script>", "\x00", "\ud800", "😀"])
def test_odd_names_are_unknown_and_nothing_worse(context: Context, person: Actor, login: str) -> None:
    assert refused(context, login, OLD) == "LOGIN_FAILED"


def test_after_five_wrong_tries_even_the_right_password_waits(context: Context, person: Actor, clock: SetClock) -> None:
    for _ in range(5):
        assert refused(context, NUMBER, "wrong") == "LOGIN_FAILED"
    assert refused(context, NUMBER, OLD) == "TOO_MANY_TRIES"
    assert enter(context, address="elsewhere").account_id == person.account_id
    clock.advance(seconds=59)
    assert refused(context, NUMBER, OLD) == "TOO_MANY_TRIES"
    clock.advance(seconds=1)
    assert enter(context).account_id == person.account_id
    for _ in range(5):
        assert refused(context, NUMBER, "wrong") == "LOGIN_FAILED"


def test_of_twenty_guesses_at_once_five_are_judged(context: Context, person: Actor) -> None:
    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(lambda i: refused(context, NUMBER, f"guess {i}"), range(20)))
    assert codes.count("LOGIN_FAILED") == 5
    assert codes.count("TOO_MANY_TRIES") == 15


def test_the_log_has_who_and_what_and_no_number(context: Context, person: Actor) -> None:
    refused(context, NUMBER, "wrong")
    refused(context, UNKNOWN, "wrong")
    enter(context)
    with context.database.read() as tx:
        lines = tx.execute(
            select(LogEntry.action, LogEntry.actor_id, LogEntry.subject_id, LogEntry.details).order_by(LogEntry.id)
        ).all()
    me = person.account_id
    assert lines == [
        ("login_failed", None, str(me), {}),
        ("login_failed", None, None, {}),
        ("login", me, str(me), {}),
    ]


def test_reset_sets_the_password_and_ends_every_session(context: Context, person: Actor) -> None:
    before = enter(context)
    code = request_reset_code(context, number=NUMBER, address="here").shown or ""
    new_password(context, NUMBER, code)
    assert sessions.own_sessions(context, before) == []
    assert refused(context, NUMBER, OLD) == "LOGIN_FAILED"
    assert enter(context, password=NEW).account_id == person.account_id


def test_reset_answers_the_same_for_unknown_numbers(context: Context, person: Actor) -> None:
    known, unknown = (request_reset_code(context, number=each, address="here") for each in (NUMBER, UNKNOWN))
    assert known.again_at == unknown.again_at
    assert (known.shown is None) == (unknown.shown is None)
    for number in (NUMBER, UNKNOWN):
        with pytest.raises(TooManyTries):
            request_reset_code(context, number=number, address="here")
    with pytest.raises(InvalidInput) as first:
        new_password(context, NUMBER, "000000" if known.shown != "000000" else "111111")
    with pytest.raises(InvalidInput) as second:
        new_password(context, UNKNOWN, unknown.shown or "")
    assert first.value.fields == second.value.fields == {"code": WRONG_CODE}
    outbox = (context.settings.data_dir / "outbox" / "sms.jsonl").read_text("utf-8")
    assert len(outbox.splitlines()) == 1


def test_a_reset_code_opens_no_other_account(context: Context, person: Actor) -> None:
    other = make_account(context, Role.APPLICANT, login=UNKNOWN)
    with context.database.write() as tx:
        tx.execute(update(Account).where(Account.id == other.account_id).values(phone="13911112222"))
    code = request_reset_code(context, number=NUMBER, address="here").shown or ""
    with pytest.raises(InvalidInput) as refusal:
        new_password(context, UNKNOWN, code)
    assert refusal.value.fields == {"code": WRONG_CODE}


def test_a_reset_code_counts_once_and_a_weak_password_does_not_burn_it(context: Context, person: Actor) -> None:
    code = request_reset_code(context, number=NUMBER, address="here").shown or ""
    with pytest.raises(InvalidInput) as refusal:
        new_password(context, NUMBER, code, "Aa!13900000000")
    assert set(refusal.value.fields) == {"password"}
    new_password(context, NUMBER, code)
    with pytest.raises(InvalidInput):
        new_password(context, NUMBER, code, "Danggui%64")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": " "}, "number"),
        ({"code": ""}, "code"),
        ({"password": "weak"}, "password"),
        ({"repeat": "x"}, "repeat"),
    ],
)
def test_each_reset_field_has_its_sentence(
    context: Context, person: Actor, changes: dict[str, str], field: str
) -> None:
    given = {"number": NUMBER, "code": "123456", "password": NEW, "repeat": NEW} | changes
    with pytest.raises(InvalidInput) as refusal:
        new_password(context, **given)
    assert field in refusal.value.fields


def test_clerks_and_disabled_accounts_are_reset_by_an_administrator_only(context: Context, person: Actor) -> None:
    set_password(context, person, OLD, active=False)
    code = request_reset_code(context, number=NUMBER, address="here").shown or ""
    with pytest.raises(InvalidInput) as refusal:
        new_password(context, NUMBER, code)
    assert refusal.value.fields == {"code": WRONG_CODE}


def test_change_ends_the_other_sessions_only(context: Context, person: Actor) -> None:
    there, here = enter(context), enter(context)
    change_password(context, here, current=OLD, password=NEW, repeat=NEW, cost=CHEAP)
    assert [each.id for each in sessions.own_sessions(context, here)] == [here.session_id]
    assert there.session_id != here.session_id
    assert enter(context, password=NEW)


@pytest.mark.parametrize(
    ("current", "password", "repeat", "field"),
    [
        ("wrong", NEW, NEW, "current"),
        ("", NEW, NEW, "current"),
        (OLD, NEW, "other", "repeat"),
        (OLD, OLD, OLD, "password"),
        (OLD, "weak", "weak", "password"),
        (OLD, "Chenshili#9", "Chenshili#9", "password"),
    ],
)
def test_each_change_has_its_sentence_and_changes_nothing(
    context: Context, person: Actor, current: str, password: str, repeat: str, field: str
) -> None:
    actor = enter(context)
    with pytest.raises(InvalidInput) as refusal:
        change_password(context, actor, current=current, password=password, repeat=repeat, cost=CHEAP)
    assert set(refusal.value.fields) == {field}
    assert enter(context).account_id == person.account_id


def test_guessing_the_current_password_is_limited_too(context: Context, person: Actor) -> None:
    actor = enter(context)
    for _ in range(5):
        with pytest.raises(InvalidInput):
            change_password(context, actor, current="guess", password=NEW, repeat=NEW, cost=CHEAP)
    with pytest.raises(TooManyTries):
        change_password(context, actor, current=OLD, password=NEW, repeat=NEW, cost=CHEAP)


def test_the_view_is_masked(context: Context, person: Actor) -> None:
    view = account_view(context, person)
    assert (view.kind_label, view.login, view.phone) == ("居民身份证", f"350***********{NUMBER[-4:]}", "139****0000")
    assert NUMBER not in repr(view)
    clerk = account_view(context, make_account(context, Role.REVIEWER, login="SHENHE9"))
    assert (clerk.kind_label, clerk.login, clerk.phone) == ("", "SHENHE9", "")


def test_nobody_has_no_view(context: Context) -> None:
    with pytest.raises(NotFound):
        account_view(context, SYSTEM)
    with pytest.raises(NotAllowed):
        sessions.end_others(context, SYSTEM)
