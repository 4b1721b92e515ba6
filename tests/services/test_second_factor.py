"""The second factor: the half-way login, codes that count once, recovery codes, and who may take it away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pyotp
import pytest
from sqlalchemy import select, text, update

from core.clock import SetClock
from core.db.models import Account, FactorStep, LogEntry, RecoveryCode
from core.domain.errors import DomainError, InvalidInput, NotAllowed, NotFound, Refused, TooManyTries
from core.domain.identity import make_number
from core.domain.permissions import Actor, Role
from core.services import half_login, second_factor, sessions, staff
from core.services.account_notices import NoticeKind, mark_read, own_notices, unread
from core.services.accounts import change_password, log_in
from core.services.context import Context
from core.services.factor_codes import WRONG
from core.services.hashing import hash_password
from tests.conftest import build_context
from tests.factories import CHEAP, make_account

HERE, THERE = sessions.digest("this browser"), sessions.digest("another browser")
NUMBER = make_number("350199", date(1996, 4, 5), 33)
PASSWORD, NEW = "Huoxiang!27", "Fangfeng#83"
STEP = timedelta(seconds=30)


@pytest.fixture
def strict(context: Context) -> Context:
    """The same database where clerks need a second factor."""
    settings = context.settings.model_copy(update={"staff_second_factor": "required"})
    return Context(
        settings=settings,
        database=context.database,
        clock=context.clock,
        keyring=context.keyring,
        objects=context.objects,
        sms=context.sms,
    )


@pytest.fixture
def clerk(strict: Context) -> Actor:
    return with_password(strict, make_account(strict, Role.ADMINISTRATOR, login="guanli"))


@pytest.fixture
def applicant(context: Context) -> Actor:
    return with_password(context, make_account(context, Role.APPLICANT, login=NUMBER))


def with_password(context: Context, actor: Actor) -> Actor:
    with context.database.write() as tx:
        hashed = hash_password(PASSWORD, cost=CHEAP)
        tx.execute(update(Account).where(Account.id == actor.account_id).values(password_hash=hashed))
    return actor


def password_step(context: Context, login: str = "guanli", browser: str = HERE) -> str | None:
    return log_in(context, login=login, password=PASSWORD, address="here", bound_to=browser)


def code_of(context: Context, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(context.now() + steps * STEP)


def enrolled(context: Context, login: str = "guanli") -> tuple[str, tuple[str, ...]]:
    """First login with a new authenticator: its secret and the recovery codes."""
    assert password_step(context, login) is None
    waiting = half_login.waiting(context, HERE)
    assert waiting is not None and waiting.enrolment is not None
    secret = waiting.enrolment.secret
    codes = half_login.confirm(context, code=code_of(context, secret), bound_to=HERE)
    half_login.enter(context, bound_to=HERE)
    later(context)
    return secret, codes


def later(context: Context) -> None:
    assert isinstance(context.clock, SetClock)
    context.clock.at += STEP


def session(context: Context, ticket: str | None, browser: str = HERE) -> Actor | None:
    assert ticket is not None
    token = sessions.redeem_ticket(context, ticket, browser)
    return sessions.find_actor(context, sessions.digest(token)) if token else None


def refusal(context: Context, code: str, browser: str = HERE) -> str:
    with pytest.raises(DomainError) as refused:
        half_login.pass_code(context, code=code, bound_to=browser)
    return refused.value.code


@pytest.mark.asvs("V6.3.3", "a clerk's first login sets a second factor up; no ticket exists before its code fits")
def test_a_clerks_first_login_sets_the_authenticator_up(strict: Context, clerk: Actor) -> None:
    assert password_step(strict) is None
    with strict.database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM auth_session")).scalar_one() == 0
    waiting = half_login.waiting(strict, HERE)
    assert waiting is not None and waiting.enrolment is not None
    assert "guanli" in waiting.enrolment.uri
    with pytest.raises(NotAllowed, match="STEP_OVER"):
        half_login.enter(strict, bound_to=HERE)
    with pytest.raises(InvalidInput):
        half_login.confirm(strict, code="000000", bound_to=HERE)
    codes = half_login.confirm(strict, code=code_of(strict, waiting.enrolment.secret), bound_to=HERE)
    assert len(set(codes)) == 10
    found = session(strict, half_login.enter(strict, bound_to=HERE))
    assert found is not None and found.account_id == clerk.account_id
    with pytest.raises(NotAllowed, match="STEP_OVER"):
        half_login.enter(strict, bound_to=HERE)


@pytest.mark.asvs("V6.3.3", "where clerks need a second factor, a session without one is nobody's")
def test_a_session_from_before_the_setting_is_nobodys(context: Context, strict: Context, clerk: Actor) -> None:
    ticket = password_step(context)
    token = sessions.redeem_ticket(context, ticket or "", HERE) or ""
    assert sessions.find_actor(context, sessions.digest(token)) is not None
    assert sessions.find_actor(strict, sessions.digest(token)) is None


def test_an_applicant_comes_in_with_the_password_alone(strict: Context, applicant: Actor) -> None:
    found = session(strict, password_step(strict, NUMBER))
    assert found is not None and found.account_id == applicant.account_id
    assert half_login.waiting(strict, HERE) is None


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
@pytest.mark.asvs("V6.5.5", "a code is good for its own half minute and one to either side")
def test_a_code_is_good_one_step_around_now(strict: Context, clerk: Actor, steps: int, fits: bool) -> None:
    secret, _ = enrolled(strict)
    for _ in range(4):
        later(strict)
    password_step(strict)
    code = code_of(strict, secret, steps)
    if fits:
        assert session(strict, half_login.pass_code(strict, code=code, bound_to=HERE)) is not None
    else:
        assert refusal(strict, code) == "INVALID_INPUT"


@pytest.mark.asvs("V6.5.1", "a code of the authenticator counts once, in any browser, and so does the setting-up one")
def test_each_steps_code_counts_once(strict: Context, clerk: Actor) -> None:
    secret, _ = enrolled(strict)
    later(strict)
    code = code_of(strict, secret)
    password_step(strict)
    password_step(strict, browser=THERE)
    half_login.pass_code(strict, code=code, bound_to=HERE)
    assert refusal(strict, code, THERE) == "INVALID_INPUT"
    assert refusal(strict, code_of(strict, secret, -1), THERE) == "INVALID_INPUT", "older ones are over, too"
    later(strict)
    half_login.pass_code(strict, code=code_of(strict, secret), bound_to=THERE)


def test_of_many_browsers_with_one_code_one_comes_in(strict: Context, clerk: Actor) -> None:
    secret, _ = enrolled(strict)
    browsers = [sessions.digest(f"browser {i}") for i in range(5)]
    for browser in browsers:
        password_step(strict, browser=browser)
    code = code_of(strict, secret)

    def outcome(browser: str) -> bool:
        try:
            half_login.pass_code(strict, code=code, bound_to=browser)
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(outcome, browsers)) == 1


@pytest.mark.parametrize(("late", "works"), [(timedelta(seconds=299), True), (timedelta(seconds=300), False)])
@pytest.mark.asvs("V6.5.5", "half-way between password and code one is for five minutes")
def test_half_way_lasts_less_than_five_minutes(
    strict: Context, clerk: Actor, clock: SetClock, late: timedelta, works: bool
) -> None:
    secret, _ = enrolled(strict)
    password_step(strict)
    clock.at += late
    if works:
        assert half_login.pass_code(strict, code=code_of(strict, secret), bound_to=HERE)
    else:
        assert half_login.waiting(strict, HERE) is None
        assert refusal(strict, code_of(strict, secret)) == "STEP_OVER"


@pytest.mark.asvs("V6.5.1", "being half-way belongs to one browser and ends with its use")
def test_half_way_belongs_to_one_browser_and_counts_once(strict: Context, clerk: Actor) -> None:
    secret, _ = enrolled(strict)
    password_step(strict)
    assert refusal(strict, code_of(strict, secret), THERE) == "STEP_OVER"
    half_login.pass_code(strict, code=code_of(strict, secret), bound_to=HERE)
    later(strict)
    assert refusal(strict, code_of(strict, secret)) == "STEP_OVER"


def test_going_back_forgets_the_password_step(strict: Context, clerk: Actor) -> None:
    password_step(strict)
    half_login.forget(strict, bound_to=HERE)
    assert half_login.waiting(strict, HERE) is None


@pytest.mark.asvs("V7.4.2", "a disabled account is not let in from half-way, nor is one whose password changed")
@pytest.mark.parametrize("how", ["disabled", "password"])
def test_half_way_ends_with_the_account_or_its_password(strict: Context, clerk: Actor, how: str) -> None:
    secret, _ = enrolled(strict)
    me = session(strict, pass_again(strict, secret))
    assert me is not None and clerk.account_id is not None
    password_step(strict, browser=THERE)
    if how == "disabled":
        with strict.database.write() as tx:
            tx.execute(update(Account).where(Account.id == clerk.account_id).values(active=False))
    else:
        change_password(strict, me, current=PASSWORD, password=NEW, repeat=NEW, cost=CHEAP)
    assert half_login.waiting(strict, THERE) is None
    later(strict)
    assert refusal(strict, code_of(strict, secret), THERE) == "STEP_OVER"


def pass_again(context: Context, secret: str, browser: str = HERE) -> str:
    assert password_step(context, browser=browser) is None
    return half_login.pass_code(context, code=code_of(context, secret), bound_to=browser)


@pytest.mark.asvs("V6.3.1", "codes are throttled by account, whatever the browser; a right one waits as well")
def test_guessing_codes_is_limited(strict: Context, clerk: Actor, clock: SetClock) -> None:
    secret, _ = enrolled(strict)
    for i in range(5):
        password_step(strict, browser=HERE if i % 2 else THERE)
        assert refusal(strict, "000000", HERE if i % 2 else THERE) == "INVALID_INPUT"
    assert refusal(strict, code_of(strict, secret)) == "TOO_MANY_TRIES"
    clock.advance(seconds=59)
    assert refusal(strict, code_of(strict, secret)) == "TOO_MANY_TRIES"
    clock.advance(seconds=1)
    assert half_login.pass_code(strict, code=code_of(strict, secret), bound_to=HERE)


def test_a_second_browser_owes_the_code_that_the_first_one_set_up(strict: Context, clerk: Actor) -> None:
    password_step(strict, browser=THERE)
    stale = half_login.waiting(strict, THERE)
    assert stale is not None and stale.enrolment is not None
    enrolled(strict)
    with pytest.raises(NotAllowed, match="STEP_OVER"):
        half_login.confirm(strict, code=code_of(strict, stale.enrolment.secret), bound_to=THERE)


@pytest.mark.asvs("V6.5.1", "a recovery code counts once")
def test_a_recovery_code_counts_once_however_it_is_typed(strict: Context, clerk: Actor) -> None:
    _, codes = enrolled(strict)
    password_step(strict)
    typed = f" {codes[0].replace('-', ' ').lower()} "
    me = session(strict, half_login.pass_code(strict, code=typed, bound_to=HERE))
    assert me is not None
    password_step(strict)
    with pytest.raises(InvalidInput) as refused:
        half_login.pass_code(strict, code=codes[0], bound_to=HERE)
    assert refused.value.fields == {"code": WRONG}
    assert second_factor.factor_view(strict, me).codes_left == 9
    assert NoticeKind.RECOVERY_USED in {each.kind for each in own_notices(strict, me)}


@pytest.mark.asvs("V6.5.2", "recovery codes lie as keyed hashes")
@pytest.mark.asvs("V11.3.2", "the secret of the authenticator lies encrypted")
def test_neither_secret_nor_codes_lie_in_clear(strict: Context, clerk: Actor) -> None:
    secret, codes = enrolled(strict)
    with strict.database.read() as tx:
        kept = bytes(tx.execute(text("SELECT totp_secret FROM account WHERE totp_since IS NOT NULL")).scalar_one())
        hashes = set(tx.scalars(select(RecoveryCode.code_hash)))
        lines = str([line.details for line in tx.scalars(select(LogEntry))])
    assert secret.encode() not in kept
    plain = {code.replace("-", "") for code in codes}
    assert not hashes & {sessions.digest(code) for code in plain | set(codes)}
    assert not any(code in lines or secret in lines for code in plain)


def test_the_half_way_secret_lies_encrypted_and_is_new_each_time(strict: Context, clerk: Actor) -> None:
    secrets = set()
    for _ in range(2):
        password_step(strict)
        waiting = half_login.waiting(strict, HERE)
        assert waiting is not None and waiting.enrolment is not None
        secrets.add(waiting.enrolment.secret)
        with strict.database.read() as tx:
            kept = bytes(tx.execute(text("SELECT secret FROM factor_step")).scalar_one())
        assert waiting.enrolment.secret.encode() not in kept
        assert waiting.enrolment.secret not in repr(waiting)
    assert len(secrets) == 2


@pytest.mark.asvs("V7.4.3", "another administrator resets a second factor; every session ends and the log says so")
def test_another_administrator_resets_it(strict: Context, clerk: Actor) -> None:
    secret, codes = enrolled(strict)
    me = session(strict, pass_again(strict, secret))
    other = make_account(strict, Role.SYSTEM_ADMINISTRATOR)
    assert me is not None and clerk.account_id is not None
    version = version_of(strict, clerk)
    assert staff.reset_second_factor(strict, other, account_id=clerk.account_id, seen_version=version) == version + 1
    assert sessions.own_sessions(strict, me) == []
    password_step(strict)
    waiting = half_login.waiting(strict, HERE)
    assert waiting is not None and waiting.enrolment is not None
    assert refusal(strict, codes[1]) == "INVALID_INPUT"
    with strict.database.read() as tx:
        lines = tx.execute(
            select(LogEntry.actor_id, LogEntry.subject_id, LogEntry.details).filter_by(action="staff.reset_factor")
        )
        assert lines.all() == [(other.account_id, str(clerk.account_id), {"sessions": 2})]
    with pytest.raises(Refused, match="NO_SECOND_FACTOR"):
        staff.reset_second_factor(strict, other, account_id=clerk.account_id, seen_version=version + 1)


def version_of(context: Context, actor: Actor) -> int:
    with context.database.read() as tx:
        return tx.get_one(Account, actor.account_id).version


def test_nobody_resets_the_own_one_and_only_administrators_do(strict: Context, clerk: Actor) -> None:
    enrolled(strict)
    assert clerk.account_id is not None
    ids = {"account_id": clerk.account_id, "seen_version": version_of(strict, clerk)}
    with pytest.raises(Refused, match="OWN_ACCOUNT"):
        staff.reset_second_factor(strict, clerk, **ids)
    for role in (Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD):
        with pytest.raises(NotAllowed):
            staff.reset_second_factor(strict, make_account(strict, role), **ids)


def test_only_the_operator_resets_an_applicants(context: Context, applicant: Actor) -> None:
    me = session(context, password_step(context, NUMBER))
    assert me is not None and me.account_id is not None
    second_factor.start_setup(context, me, current=PASSWORD, code="", bound_to=HERE)
    begun = second_factor.setup_waiting(context, me, HERE)
    assert begun is not None
    second_factor.confirm_setup(context, me, code=code_of(context, begun.secret), bound_to=HERE)
    ids = {"account_id": me.account_id, "seen_version": version_of(context, me)}
    with pytest.raises(NotFound):
        staff.reset_second_factor(context, make_account(context, Role.ADMINISTRATOR), **ids)
    staff.reset_second_factor(context, Actor(None, Role.ADMINISTRATOR), **ids)
    assert password_step(context, NUMBER) is not None


def test_an_applicant_switches_it_on_and_off(context: Context, applicant: Actor) -> None:
    me, other = (
        session(context, password_step(context, NUMBER)),
        session(context, password_step(context, NUMBER, THERE), THERE),
    )
    assert me is not None and other is not None
    with pytest.raises(InvalidInput):
        second_factor.start_setup(context, me, current="wrong", code="", bound_to=HERE)
    second_factor.start_setup(context, me, current=PASSWORD, code="", bound_to=HERE)
    begun = second_factor.setup_waiting(context, me, HERE)
    assert begun is not None
    assert NUMBER not in begun.uri
    assert second_factor.setup_waiting(context, me, THERE) is None
    codes = second_factor.confirm_setup(context, me, code=code_of(context, begun.secret), bound_to=HERE)
    assert [each.id for each in sessions.own_sessions(context, me)] == [me.session_id], "other logins ended"
    assert second_factor.factor_view(context, me).codes_left == len(codes) == 10
    assert password_step(context, NUMBER, THERE) is None
    later(context)
    assert half_login.pass_code(context, code=code_of(context, begun.secret), bound_to=THERE)
    with pytest.raises(InvalidInput):
        second_factor.switch_off(context, me, current=PASSWORD, code="000000")
    second_factor.switch_off(context, me, current=PASSWORD, code=codes[3])
    assert second_factor.factor_view(context, me).since is None
    assert password_step(context, NUMBER) is not None


@pytest.mark.asvs("V6.3.3", "a clerk cannot switch the second factor off where it is required")
def test_a_clerk_cannot_switch_it_off(strict: Context, clerk: Actor) -> None:
    _, codes = enrolled(strict)
    with pytest.raises(Refused, match="SECOND_FACTOR_REQUIRED"):
        second_factor.switch_off(strict, clerk, current=PASSWORD, code=codes[0])


@pytest.mark.asvs("V7.5.1", "another authenticator or new recovery codes need the password and a code again")
def test_exchanging_needs_password_and_code(strict: Context, clerk: Actor) -> None:
    secret, codes = enrolled(strict)
    for current, code in (("wrong", codes[0]), (PASSWORD, "000000"), (PASSWORD, "")):
        with pytest.raises(InvalidInput):
            second_factor.start_setup(strict, clerk, current=current, code=code, bound_to=HERE)
        with pytest.raises((InvalidInput, TooManyTries)):
            second_factor.renew_codes(strict, clerk, current=current, code=code)
    assert second_factor.setup_waiting(strict, clerk, HERE) is None
    assert isinstance(strict.clock, SetClock)
    strict.clock.advance(hours=2)
    fresh = second_factor.renew_codes(strict, clerk, current=PASSWORD, code=code_of(strict, secret))
    assert not set(fresh) & set(codes)
    second_factor.start_setup(strict, clerk, current=PASSWORD, code=fresh[0], bound_to=HERE)
    begun = second_factor.setup_waiting(strict, clerk, HERE)
    assert begun is not None
    assert begun.secret != secret
    second_factor.cancel_setup(strict, clerk, HERE)
    assert second_factor.setup_waiting(strict, clerk, HERE) is None


def test_a_setup_step_is_no_way_in(context: Context, applicant: Actor) -> None:
    me = session(context, password_step(context, NUMBER))
    assert me is not None
    second_factor.start_setup(context, me, current=PASSWORD, code="", bound_to=THERE)
    assert half_login.waiting(context, THERE) is None
    with pytest.raises(NotAllowed, match="STEP_OVER"):
        half_login.enter(context, bound_to=THERE)


def test_renewing_without_a_second_factor_finds_nothing(context: Context, applicant: Actor) -> None:
    with pytest.raises(NotFound):
        second_factor.renew_codes(context, applicant, current=PASSWORD, code="")


def test_notices_are_ones_own_until_read(context: Context, applicant: Actor) -> None:
    me = session(context, password_step(context, NUMBER))
    assert me is not None
    change_password(context, me, current=PASSWORD, password=NEW, repeat=NEW, cost=CHEAP)
    assert unread(context, me) == 1
    assert unread(context, make_account(context, Role.APPLICANT)) == 0
    mark_read(context, me, up_to=own_notices(context, me)[0].id)
    assert unread(context, me) == 0


@pytest.mark.parametrize(
    ("settings", "required"),
    [
        ({"demo": True}, False),
        ({"demo": False}, True),
        ({"demo": True, "staff_second_factor": "required"}, True),
        ({"demo": False, "staff_second_factor": "optional"}, False),
    ],
)
def test_required_by_default_and_optional_in_the_demonstration(
    sqlite_url: str, tmp_path: object, settings: dict[str, object], required: bool
) -> None:
    context = build_context(sqlite_url, tmp_path, **settings)  # type: ignore[arg-type]
    assert context.settings.second_factor_required is required
    assert second_factor.required_for(context, Role.REVIEWER) is required
    assert not second_factor.required_for(context, Role.APPLICANT)
    context.database.dispose()


def test_sweep_removes_steps_that_are_long_over(strict: Context, clerk: Actor, clock: SetClock) -> None:
    password_step(strict)
    clock.advance(days=1, minutes=5, seconds=1)
    sessions.sweep(strict)
    with strict.database.read() as tx:
        assert tx.scalars(select(FactorStep.bound_to)).all() == []
