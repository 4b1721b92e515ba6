"""The link for the own password: once, within its time, in the browser that opened it, by nobody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.clock import SetClock
from core.db.models import Account
from core.domain.errors import InvalidInput, NotAllowed
from core.domain.permissions import Role
from core.services import sessions, staff
from core.services.accounts import log_in
from core.services.context import Context
from core.services.password_links import Link, link_owner, open_link, set_own_password
from tests.factories import CHEAP, make_account

HERE, THERE = sessions.digest("this browser"), sessions.digest("another browser")
PASSWORD, OTHER = "Huoxiang!27", "Fangfeng#83"


@pytest.fixture
def link(context: Context) -> Link:
    admin = make_account(context, Role.SYSTEM_ADMINISTRATOR)
    return staff.create(context, admin, role=Role.ADMINISTRATOR, login="second.admin", name="林管理")


def token_of(link: Link) -> str:
    return link.path.partition("#")[2]


def set_it(context: Context, password: str = PASSWORD, browser: str = HERE, repeat: str = "") -> None:
    set_own_password(context, password=password, repeat=repeat or password, bound_to=browser, cost=CHEAP)


@pytest.mark.asvs("V6.4.1", "the person sets the first password through a link that counts once")
def test_the_link_sets_the_own_password_once(context: Context, link: Link) -> None:
    with pytest.raises(NotAllowed, match="LOGIN_FAILED"):
        log_in(context, login="second.admin", password="", address="x", bound_to=HERE)
    assert link_owner(context, HERE) is None
    assert open_link(context, token_of(link), HERE)
    owner = link_owner(context, HERE)
    assert owner is not None
    assert (owner.name, owner.login) == ("林管理", "second.admin")
    set_it(context)
    assert log_in(context, login="second.admin", password=PASSWORD, address="x", bound_to=HERE)
    assert not open_link(context, token_of(link), HERE)
    with pytest.raises(NotAllowed, match="LINK_OVER"):
        set_it(context, OTHER)


@pytest.mark.parametrize(("late", "works"), [(timedelta(hours=24, seconds=-1), True), (timedelta(hours=24), False)])
@pytest.mark.asvs("V6.4.1", "the link lives for a day")
def test_the_link_lives_for_a_day(context: Context, clock: SetClock, link: Link, late: timedelta, works: bool) -> None:
    clock.at += late
    assert open_link(context, token_of(link), HERE) is works


@pytest.mark.parametrize(("late", "works"), [(timedelta(minutes=30, seconds=-1), True), (timedelta(minutes=30), False)])
def test_an_opened_link_waits_half_an_hour_in_its_browser(
    context: Context, clock: SetClock, link: Link, late: timedelta, works: bool
) -> None:
    open_link(context, token_of(link), HERE)
    clock.at += late
    assert (link_owner(context, HERE) is not None) is works
    if works:
        set_it(context)
    else:
        with pytest.raises(NotAllowed, match="LINK_OVER"):
            set_it(context)
        assert open_link(context, token_of(link), HERE), "it is opened anew"


def test_only_the_browser_that_opened_it_last_sets_the_password(context: Context, link: Link) -> None:
    open_link(context, token_of(link), THERE)
    open_link(context, token_of(link), HERE)
    with pytest.raises(NotAllowed, match="LINK_OVER"):
        set_it(context, browser=THERE)
    set_it(context)


@pytest.mark.parametrize("token", ["", "invented", "x" * 5000, "\x00"])
def test_an_invented_token_opens_nothing(context: Context, link: Link, token: str) -> None:
    assert not open_link(context, token, HERE)


@pytest.mark.parametrize(
    ("password", "repeat", "field"),
    [
        ("", "", "password"),
        ("weak", "weak", "password"),
        ("Linguanli#9", "Linguanli#9", "password"),
        (PASSWORD, "x", "repeat"),
    ],
)
def test_a_refused_password_leaves_the_link_usable(
    context: Context, link: Link, password: str, repeat: str, field: str
) -> None:
    open_link(context, token_of(link), HERE)
    with pytest.raises(InvalidInput) as refused:
        set_it(context, password, repeat=repeat)
    assert field in refused.value.fields
    set_it(context)


@pytest.mark.asvs("V14.2.1", "the token stands behind # in the link and only as digest in the database")
def test_the_token_lies_nowhere(context: Context, link: Link) -> None:
    open_link(context, token_of(link), HERE)
    with context.database.read() as tx:
        rows = [
            tuple(row) for table in ("password_link", "log_entry") for row in tx.execute(text(f"SELECT * FROM {table}"))
        ]
    assert token_of(link) not in str(rows)
    assert token_of(link) not in str(link)
    assert "?" not in link.path


def test_setting_it_ends_what_was_open(context: Context, link: Link) -> None:
    sid_ticket = sessions.issue_ticket(context, link.account_id, THERE)
    token = sessions.redeem_ticket(context, sid_ticket, THERE)
    assert token is not None
    open_link(context, token_of(link), HERE)
    set_it(context)
    assert sessions.find_actor(context, sessions.digest(token)) is None
    with context.database.read() as tx:
        account = tx.scalars(select(Account).where(Account.id == link.account_id)).one()
    assert account.password_hash.startswith("$argon2id$")
