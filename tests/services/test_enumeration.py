"""Who has an account is told by nothing: not by words, and not by work.

Time on a shared machine is noise, so the work itself is counted: calls of the password hash (a quarter of a second
each, all else together a few milliseconds), and every statement that this thread sends, in its order.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from core.clock import SetClock
from core.db.models import Account
from core.domain.errors import DomainError, InvalidInput
from core.domain.identity import make_number
from core.domain.permissions import Role
from core.domain.registration import Registration
from core.services import accounts, registration
from core.services.context import Context
from core.services.hashing import hash_password
from core.services.sessions import digest
from tests.factories import make_account
from tests.services.outbox_parts import Provider

pytestmark = pytest.mark.asvs("V6.3.8", "valid users cannot be told from others by text or by work")
BROWSER = digest("browser")
GOOD = "Huoxiang!27"
TRIES = 12
"""Of each kind, with other people each time."""


@dataclass
class Work:
    """What one attempt cost and said."""

    hashes: int = 0
    statements: list[str] = field(default_factory=list)
    answer: Any = None


class Remote(Provider):
    """A provider behind a network: nobody waits for it."""

    at_once = False


@pytest.fixture
def remote(context: Context) -> Context:
    return replace(context, sms=Remote())


@contextmanager
def counted(context: Context, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    work, me = Work(), threading.get_ident()

    def hashing(real: Callable[..., Any]) -> Callable[..., Any]:
        def count(*given: Any, **more: Any) -> Any:
            work.hashes += 1
            return real(*given, **more)

        return count

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == me:
            # A column that is NULL is left out of an INSERT; verb and table are what costs.
            work.statements.append(" ".join(statement.split()[:3]))

    def ended(*_: Any) -> None:
        if threading.get_ident() == me:
            work.statements.append("COMMIT")

    with monkeypatch.context() as patch:
        for module, name in ((accounts, "verify"), (accounts, "hash_password"), (registration, "hash_password")):
            patch.setattr(module, name, hashing(getattr(module, name)))
        event.listen(context.database.engine, "before_cursor_execute", note)
        event.listen(context.database.engine, "commit", ended)
        try:
            yield work
        finally:
            event.remove(context.database.engine, "before_cursor_execute", note)
            event.remove(context.database.engine, "commit", ended)


def answer_of(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except InvalidInput as error:
        return error.fields
    except DomainError as error:
        return error.code


def person(context: Context, serial: int, **values: Any) -> str:
    """The number of somebody with an account."""
    number = make_number("350199", date(1994, 5, 6), serial)
    actor = make_account(context, Role.APPLICANT, login=number)
    with context.database.write() as tx:
        change = {"password_hash": hash_password(GOOD, cost=4)} | values
        tx.execute(update(Account).where(Account.id == actor.account_id).values(**change))
    return number


def stranger(serial: int) -> str:
    return make_number("350199", date(1993, 5, 6), serial)


def compared(
    context: Context, monkeypatch: pytest.MonkeyPatch, known: Callable[[int], Any], unknown: Callable[[int], Any]
) -> list[tuple[Work, Work]]:
    """Each kind in turn, so that whatever drifts drifts for both."""
    pairs = []
    for i in range(TRIES):
        works = []
        for act in (known, unknown):
            with counted(context, monkeypatch) as work:
                work.answer = answer_of(lambda act=act, i=i: act(i))
            works.append(work)
        pairs.append((works[0], works[1]))
    return pairs


def assert_alike(pairs: list[tuple[Work, Work]], *, hashes: int) -> None:
    """The same answer after the same statements and hashes, every time."""
    for known, unknown in pairs:
        assert known.answer == unknown.answer
        assert known.statements == unknown.statements
        assert known.statements
    spent = [Counter(works[kind].hashes for works in pairs) for kind in (0, 1)]
    assert spent == [Counter({hashes: TRIES})] * 2


def test_logging_in(remote: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [person(remote, i) for i in range(1, TRIES + 1)]
    gone = [person(remote, i, active=False) for i in range(101, TRIES + 101)]

    def enter(login: str) -> Any:
        return accounts.log_in(remote, login=login, password="Wrong#12", address="here", bound_to=BROWSER)

    for others in (lambda i: enter(stranger(i + 1)), lambda i: enter(gone[i])):
        pairs = compared(remote, monkeypatch, lambda i: enter(known[i]), others)
        assert_alike(pairs, hashes=1)
        assert pairs[0][0].answer == "LOGIN_FAILED"


def test_asking_for_a_reset_code(remote: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [person(remote, i) for i in range(1, TRIES + 1)]

    def ask(number: str) -> Any:
        sent = registration.request_reset_code(remote, number=number, address="here", browser=BROWSER)
        return sent.again_at

    assert_alike(compared(remote, monkeypatch, lambda i: ask(known[i]), lambda i: ask(stranger(i + 1))), hashes=0)


def test_asking_until_every_limit(remote: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits themselves answer alike, too: by the number, not by the phone behind it."""
    number = person(remote, 1)

    def ask(number: str, i: int) -> Any:
        return registration.request_reset_code(
            remote, number=number, address=f"198.51.100.{i}", browser=BROWSER
        ).again_at

    pairs = compared(remote, monkeypatch, lambda i: ask(number, i), lambda i: ask(stranger(1), i))
    assert_alike(pairs, hashes=0)
    assert pairs[-1][0].answer == "CAPTCHA_NEEDED"


def test_resetting_with_a_code(remote: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [person(remote, i) for i in range(1, TRIES + 1)]

    def reset(number: str) -> Any:
        registration.request_reset_code(remote, number=number, address=number, browser=BROWSER)
        with counted(remote, monkeypatch) as work:
            work.answer = answer_of(
                lambda: accounts.reset_password(
                    remote,
                    number=number,
                    code="000000",
                    password="Fangfeng#83",
                    repeat="Fangfeng#83",
                    address="here",
                    browser=BROWSER,
                    cost=4,
                )
            )
        return work

    pairs = [(reset(known[i]), reset(stranger(i + 1))) for i in range(TRIES)]
    assert_alike(pairs, hashes=1)


def test_asking_for_a_registration_code(remote: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [person(remote, i) for i in range(1, TRIES + 1)]

    def ask(number: str, phone: str) -> Any:
        return registration.request_register_code(
            remote, number_kind="resident", number=number, phone=phone, address="here", browser=BROWSER
        ).again_at

    pairs = compared(
        remote,
        monkeypatch,
        lambda i: ask(known[i], f"1380000{i:04}"),
        lambda i: ask(stranger(i + 1), f"1390000{i:04}"),
    )
    assert_alike(pairs, hashes=0)


def registered(context: Context, monkeypatch: pytest.MonkeyPatch, number: str, phone: str) -> Work:
    sent = registration.request_register_code(
        context, number_kind="resident", number=number, phone=phone, address=number, browser=BROWSER
    )
    form = Registration(
        "resident_physician", "resident", number, "林示例", phone, sent.shown or "", GOOD, GOOD, True, True
    )
    with counted(context, monkeypatch) as work:
        work.answer = answer_of(lambda: registration.register(context, form, address="here", browser=BROWSER, cost=4))
    return work


def test_registering_with_a_right_code(remote: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new account is other rows than a message to the owner, a millisecond of them; hashes and commits are the same."""
    assert isinstance(remote.clock, SetClock)
    for i in range(TRIES):
        remote.clock.at += timedelta(seconds=1)
        old = registered(remote, monkeypatch, person(remote, i + 1), f"1380000{i:04}")
        new = registered(remote, monkeypatch, stranger(i + 1), f"1390000{i:04}")
        assert old.hashes == new.hashes == 1
        assert old.statements.count("COMMIT") == new.statements.count("COMMIT") == 3
        assert abs(len(old.statements) - len(new.statements)) <= 6
        assert (old.answer, type(new.answer)) == (None, int)


def test_the_control_a_login_that_looks_first_is_told_apart(remote: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this would catch: a login that hashes only for accounts that exist."""
    number = person(remote, 1)
    real = accounts.verify

    def lazy(login: str) -> Any:
        with monkeypatch.context() as patch:
            counting = accounts.verify
            patch.setattr(accounts, "verify", lambda plain, hashed: bool(hashed) and counting(plain, hashed))
            return accounts.log_in(remote, login=login, password="Wrong#12", address=login, bound_to=BROWSER)

    pairs = compared(remote, monkeypatch, lambda _: lazy(number), lambda i: lazy(stranger(i + 1)))
    assert accounts.verify is real
    with pytest.raises(AssertionError):
        assert_alike(pairs, hashes=1)


def test_an_unknown_password_costs_a_whole_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.services import hashing

    hashing.warm()
    seen: list[str] = []
    real = hashing.bcrypt.checkpw
    monkeypatch.setattr(
        hashing.bcrypt, "checkpw", lambda plain, hashed: (seen.append(hashed.decode()), real(plain, hashed))[1]
    )
    assert not hashing.verify(GOOD, None)
    assert [each[:7] for each in seen] == [f"$2b${hashing.COST}$"]
