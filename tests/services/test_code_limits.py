"""How many codes may be asked for: each limit at its boundary, and what a stranger can take from an owner."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from core.clock import SetClock
from core.db.models import Account
from core.domain.errors import DomainError, Refused, TooManyTries
from core.domain.identity import make_number
from core.domain.permissions import Actor, Role
from core.services import code_limits as limits
from core.services import throttle
from core.services.accounts import change_password, log_in, reset_password
from core.services.captchas import CaptchaTry, new_captcha
from core.services.context import Context
from core.services.hashing import hash_password
from core.services.registration import CodeSent, request_register_code, request_reset_code
from core.services.sessions import digest
from tests.factories import make_account

BROWSER = digest("browser")
NUMBER = make_number("350199", date(1995, 5, 6), 31)
PHONE = "13800000031"
SECOND = timedelta(seconds=1)


def number(i: int) -> str:
    return make_number("350199", date(1990, 1, 1) + timedelta(days=i // 900), i % 900 + 1)


def solved(context: Context) -> CaptchaTry:
    return CaptchaTry(new_captcha(context, BROWSER, text="ACEHJ"), "acehj", BROWSER)


def register_code(context: Context, *, captcha: bool = False, **changes: str) -> CodeSent:
    given = {"number": NUMBER, "phone": PHONE, "address": "203.0.113.1"} | changes
    with_captcha = solved(context) if captcha else None
    return request_register_code(context, number_kind="resident", browser=BROWSER, captcha=with_captcha, **given)


def reset_code(context: Context, *, captcha: bool = False, **changes: str) -> CodeSent:
    given = {"number": NUMBER, "address": "203.0.113.1"} | changes
    return request_reset_code(context, browser=BROWSER, captcha=solved(context) if captcha else None, **given)


def refusal(ask: Callable[[], object]) -> str:
    """`ok`, or the code of the refusal."""
    try:
        ask()
    except DomainError as error:
        return error.code
    return "ok"


def outcome(limit: throttle.Limit, context: Context) -> str:
    return refusal(lambda: throttle.reserve(context, limit, "whom"))


SPANS = [
    limits.PAUSE,
    limits.PLACE_HOUR,
    limits.PLACE_DAY,
    limits.OPEN,
    limits.RESERVE,
    limits.DOCUMENT_PLACE,
    limits.DOCUMENT_OPEN,
    limits.DOCUMENT_RESERVE,
    limits.ADDRESS,
    limits.ADDRESS_RESERVE,
    throttle.LOGIN_ADDRESS,
    throttle.REGISTER_ADDRESS,
]


@pytest.mark.asvs("V2.4.1", "every limit refuses one too many until its very second")
@pytest.mark.parametrize("limit", SPANS, ids=lambda limit: limit.name)
def test_each_span_at_its_boundary(context: Context, clock: SetClock, limit: throttle.Limit) -> None:
    start = clock.at
    assert {outcome(limit, context) for _ in range(limit.free)} == {"ok"}
    assert outcome(limit, context) == "TOO_MANY_TRIES"
    clock.at = start + limit.forget - SECOND
    assert outcome(limit, context) == "TOO_MANY_TRIES"
    clock.at = start + limit.forget
    assert outcome(limit, context) == "ok"


@pytest.mark.parametrize(
    "limit", [throttle.LOGIN, throttle.CHANGE, throttle.RESET_DOCUMENT], ids=lambda each: each.name
)
def test_each_growing_delay_at_its_boundaries(context: Context, clock: SetClock, limit: throttle.Limit) -> None:
    assert {outcome(limit, context) for _ in range(5)} == {"ok"}
    for minutes in (1, 2, 4, 8, 15, 15):
        last = clock.at
        clock.at = last + timedelta(minutes=minutes) - SECOND
        assert outcome(limit, context) == "TOO_MANY_TRIES"
        clock.at = last + timedelta(minutes=minutes)
        assert outcome(limit, context) == "ok"


def asked(ask: Callable[..., object], context: Context, most: int, **given: str) -> list[str]:
    """The outcomes of asking `most` times, thirteen minutes apart: five an hour are never too many."""
    assert isinstance(context.clock, SetClock)
    found = []
    for _ in range(most):
        context.clock.advance(minutes=13)
        found.append(refusal(lambda: ask(context, **given)))
    return found


@pytest.mark.parametrize("ask", [register_code, reset_code])
def test_a_place_has_six_a_day_and_five_an_hour(context: Context, clock: SetClock, ask: Callable[..., object]) -> None:
    for _ in range(5):
        assert refusal(lambda: ask(context)) == "ok"
        clock.advance(seconds=59)
        assert refusal(lambda: ask(context)) == "TOO_MANY_TRIES"
        clock.advance(seconds=1)
    assert refusal(lambda: ask(context)) == "TOO_MANY_TRIES"
    clock.advance(hours=1)
    assert refusal(lambda: ask(context)) == "ok"
    clock.advance(hours=1)
    assert refusal(lambda: ask(context)) == "TOO_MANY_TRIES"


@pytest.mark.asvs("V6.6.3", "a stranger cannot use up the codes of a phone's owner")
@pytest.mark.parametrize("ask", [register_code, reset_code])
def test_one_stranger_leaves_codes_for_the_owner(context: Context, ask: Callable[..., object]) -> None:
    assert asked(ask, context, 20, address="198.51.100.66").count("ok") == 6
    assert refusal(lambda: ask(context)) == "ok"


@pytest.mark.parametrize("ask", [register_code, reset_code])
def test_of_many_strangers_ten_get_one_and_the_owner_needs_a_captcha(
    context: Context, ask: Callable[..., object]
) -> None:
    found = [refusal(lambda i=i: ask(context, address=f"198.51.100.{i}")) for i in range(40)]
    assert found == ["ok"] * 10 + ["CAPTCHA_NEEDED"] * 30
    assert refusal(lambda: ask(context)) == "CAPTCHA_NEEDED"
    assert refusal(lambda: ask(context, captcha=True)) == "ok"


@pytest.mark.asvs("V2.4.1", "a phone receives a bounded number of messages, however many ask")
@pytest.mark.parametrize("ask", [register_code, reset_code])
def test_strangers_who_solve_captchas_end_at_twenty(context: Context, ask: Callable[..., object]) -> None:
    found = [refusal(lambda i=i: ask(context, captcha=True, address=f"198.51.100.{i}")) for i in range(40)]
    assert found == ["ok"] * 20 + ["TOO_MANY_TRIES"] * 20


@pytest.fixture
def owner(context: Context) -> str:
    """Somebody who has logged in before, from 203.0.113.1."""
    actor = make_account(context, Role.APPLICANT, login=NUMBER)
    with context.database.write() as tx:
        change = {"password_hash": hash_password("Huoxiang!27", cost=4)}
        tx.execute(update(Account).where(Account.id == actor.account_id).values(**change))
    log_in(context, login=NUMBER, password="Huoxiang!27", address="203.0.113.1", bound_to=BROWSER)
    return NUMBER


def test_no_number_of_strangers_takes_anything_from_a_place_of_the_owner(context: Context, owner: str) -> None:
    for i in range(20):
        reset_code(context, captcha=True, address=f"198.51.100.{i}")
    assert refusal(lambda: reset_code(context, captcha=True, address="198.51.100.99")) == "TOO_MANY_TRIES"
    assert asked(reset_code, context, 6) == ["ok"] * 6


@pytest.mark.parametrize(("days", "answer"), [(180, "CAPTCHA_NEEDED"), (179, "ok")])
def test_a_place_is_known_for_180_days(context: Context, clock: SetClock, owner: str, days: int, answer: str) -> None:
    clock.at += timedelta(days=days) - (SECOND if days < 180 else timedelta(0))
    for i in range(10):
        reset_code(context, address=f"198.51.100.{i}")
    assert refusal(lambda: reset_code(context)) == answer


@pytest.mark.asvs("V6.3.1", "a stranger at another address does not delay the owner's login")
def test_a_stranger_elsewhere_does_not_delay_the_owners_login(context: Context, owner: str, clock: SetClock) -> None:
    def enter(password: str, address: str) -> str:
        return refusal(lambda: log_in(context, login=owner, password=password, address=address, bound_to=BROWSER))

    for i in range(30):
        for _ in range(6):
            enter("guess", f"198.51.100.{i}")
    assert enter("guess", "198.51.100.1") == "TOO_MANY_TRIES"
    assert enter("Huoxiang!27", "203.0.113.1") == "ok"
    assert enter("Huoxiang!27", "192.0.2.77") == "ok"


def test_an_ipv6_line_is_one_place(context: Context, owner: str) -> None:
    def enter(address: str) -> str:
        return refusal(lambda: log_in(context, login=owner, password="guess", address=address, bound_to=BROWSER))

    found = [enter(f"2001:db8:1:2::{i:x}") for i in range(1, 8)]
    assert found == ["LOGIN_FAILED"] * 5 + ["TOO_MANY_TRIES"] * 2
    assert enter("2001:db8:1:3::1") == "LOGIN_FAILED"


def test_a_hospital_behind_one_address_gets_sixty_and_then_captchas(sqlite_context: Context) -> None:
    def one(i: int, captcha: bool) -> str:
        return refusal(lambda: register_code(sqlite_context, captcha=captcha, number=number(i), phone=f"1390000{i:04}"))

    assert {one(i, False) for i in range(60)} == {"ok"}
    assert one(60, False) == "CAPTCHA_NEEDED"
    assert {one(i, True) for i in range(61, 301)} == {"ok"}
    assert one(301, True) == "TOO_MANY_TRIES"


def test_a_document_is_not_taken_by_strangers_phones(context: Context, clock: SetClock) -> None:
    def one(i: int, address: str, *, captcha: bool = False) -> str:
        return refusal(lambda: register_code(context, phone=f"1390000{i:04}", address=address, captcha=captcha))

    assert [one(i, "198.51.100.1") for i in range(8)] == ["ok"] * 6 + ["TOO_MANY_TRIES"] * 2
    assert one(20, "203.0.113.1") == "ok"
    assert [one(30 + i, f"198.51.100.{i}") for i in range(2, 6)] == ["ok"] * 3 + ["CAPTCHA_NEEDED"]
    assert one(50, "203.0.113.2", captcha=True) == "ok"


def test_a_refused_request_takes_nothing(context: Context) -> None:
    for i in range(10):
        register_code(context, address=f"198.51.100.{i}")
    for _ in range(3):
        assert refusal(lambda: register_code(context)) == "CAPTCHA_NEEDED"
    assert refusal(lambda: register_code(context, captcha=True)) == "ok"


def test_asking_for_a_phone_tells_nothing_about_whose_it_is(context: Context, owner: str) -> None:
    """A reset just asked for leaves no trace on the phone behind it, or the pause would name the pair."""
    reset_code(context)
    assert refusal(lambda: register_code(context, number=number(5), phone="13900000000")) == "ok"


def test_guesses_from_another_browser_do_not_touch_the_owners_code(context: Context, owner: str) -> None:
    code = reset_code(context).shown
    assert code is not None

    def attempt(browser: str, code: str, address: str) -> str:
        return refusal(
            lambda: reset_password(
                context,
                number=owner,
                code=code,
                password="Fangfeng#83",
                repeat="Fangfeng#83",
                address=address,
                browser=browser,
                cost=4,
            )
        )

    stranger = digest("stranger")
    assert {attempt(stranger, "000000", f"198.51.100.{i}") for i in range(20)} == {"INVALID_INPUT"}
    assert attempt(stranger, code, "198.51.100.50") == "INVALID_INPUT"
    request_reset_code(context, number=owner, address="198.51.100.1", browser=stranger)
    assert attempt(BROWSER, code, "203.0.113.1") == "ok"


def test_change_of_password_waits_after_five(context: Context, owner: str, clock: SetClock) -> None:
    with context.database.read() as tx:
        actor = Actor(tx.scalars(select(Account.id)).one(), Role.APPLICANT)

    def change(current: str) -> str:
        return refusal(
            lambda: change_password(
                context, actor, current=current, password="Fangfeng#83", repeat="Fangfeng#83", cost=4
            )
        )

    assert [change("wrong") for _ in range(6)] == ["INVALID_INPUT"] * 5 + ["TOO_MANY_TRIES"]
    clock.advance(seconds=59)
    assert change("Huoxiang!27") == "TOO_MANY_TRIES"
    clock.advance(seconds=1)
    assert change("Huoxiang!27") == "ok"


def test_a_wrong_captcha_is_said_and_sends_nothing(context: Context) -> None:
    wrong = CaptchaTry(new_captcha(context, BROWSER, text="ACEHJ"), "WRONG", BROWSER)
    with pytest.raises(Refused, match="CAPTCHA_WRONG"):
        request_register_code(
            context, number_kind="resident", number=NUMBER, phone=PHONE, address="here", captcha=wrong
        )
    assert not (context.settings.data_dir / "outbox").exists()
    with pytest.raises(TooManyTries):
        for _ in range(2):
            register_code(context)
