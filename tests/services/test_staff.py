"""Clerks' accounts: creation, bases, disabling, resetting; the last administrator; applicants are out of reach."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from core.db.models import Account, LogEntry, PasswordLink
from core.domain.errors import DomainError, InvalidInput, NotAllowed, NotFound, Refused, StaleVersion
from core.domain.permissions import Actor, Role
from core.queries.staff import StaffView
from core.queries.staff import staff as all_staff
from core.services import sessions, staff
from core.services.context import Context
from core.services.hashing import verify
from core.services.logins import account_by_login
from core.services.password_links import Link, link_owner, open_link, set_own_password
from tests.factories import CHEAP, World, make_account, make_world

BROWSER = sessions.digest("browser")


@pytest.fixture
def admin(context: Context) -> Actor:
    return make_account(context, Role.SYSTEM_ADMINISTRATOR)


@pytest.fixture
def world(context: Context) -> World:
    return make_world(context)


def view(context: Context, admin: Actor, account_id: int | None) -> StaffView:
    return next(v for v in all_staff(context, admin) if v.id == account_id)


def make(context: Context, admin: Actor, world: World, **changes: object) -> Link:
    given: dict[str, object] = {
        "role": Role.REVIEWER,
        "login": "Chen.ShenHe",
        "name": "陈审核",
        "base_ids": [world.base_ids[0]],
    }
    return staff.create(context, admin, **(given | changes))  # type: ignore[arg-type]


def owner_sets(context: Context, link: Link, password: str = "Huoxiang!27") -> None:
    assert open_link(context, link.path.partition("#")[2], BROWSER)
    set_own_password(context, password=password, repeat=password, bound_to=BROWSER, cost=CHEAP)


def session_of(context: Context, account_id: int) -> str:
    ticket = sessions.issue_ticket(context, account_id, "b" * 64)
    token = sessions.redeem_ticket(context, ticket, "b" * 64)
    assert token is not None
    return sessions.digest(token)


@pytest.mark.asvs(
    "V6.4.1", "a new account has no password; its owner sets it through a link that is kept as digest only"
)
def test_a_new_reviewer_gets_a_link_and_no_password(context: Context, admin: Actor, world: World) -> None:
    link = make(context, admin, world)
    made = view(context, admin, link.account_id)
    assert (made.login, made.name, made.role, made.base_ids) == (
        "chen.shenhe",
        "陈审核",
        Role.REVIEWER,
        frozenset({world.base_ids[0]}),
    )
    assert not made.has_password
    assert made.active
    with context.database.read() as tx:
        account = account_by_login(tx, context, " ｃhen.shenhe ")
        assert account is not None
        assert account.password_hash == ""
        assert not verify("", account.password_hash)
        lines = tx.scalars(select(LogEntry).where(LogEntry.action == "staff.create")).all()
        kept = tx.scalars(select(PasswordLink.token_hash)).one()
    token = link.path.partition("#")[2]
    assert len(token) >= 40
    assert kept == sessions.digest(token)
    assert token not in repr(link)
    assert [token in str(line.details) for line in lines] == [False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": ""}, "login"),
        ({"login": "abc"}, "login"),
        ({"login": "a" * 33}, "login"),
        ({"login": "1abcd"}, "login"),
        ({"login": "陈审核一二"}, "login"),
        ({"login": "H12345678"}, "login"),
        ({"login": "=cmd|x"}, "login"),
        ({"login": "a<script>"}, "login"),
        ({"name": ""}, "name"),
        ({"name": "陈😀"}, "name"),
        ({"name": "陈" * 65}, "name"),
        ({"role": Role.APPLICANT}, "role"),
        ({"role": Role.SYSTEM}, "role"),
        ({"base_ids": []}, "base_ids"),
        ({"role": Role.ADMINISTRATOR}, "base_ids"),
    ],
)
def test_bad_input_makes_no_account(
    context: Context, admin: Actor, world: World, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        make(context, admin, world, **changes)
    assert field in refused.value.fields
    assert len(all_staff(context, admin)) == 1


def test_a_login_is_taken_whatever_its_case(context: Context, admin: Actor, world: World) -> None:
    make(context, admin, world)
    with pytest.raises(InvalidInput) as refused:
        make(context, admin, world, login="CHEN.shenhe")
    assert list(refused.value.fields) == ["login"]


def test_an_unknown_base_makes_no_account(context: Context, admin: Actor, world: World) -> None:
    with pytest.raises(NotFound):
        make(context, admin, world, base_ids=[world.base_ids[0], 999])
    assert len(all_staff(context, admin)) == 1


def test_bases_and_office_change_with_the_version(context: Context, admin: Actor, world: World) -> None:
    made = make(context, admin, world)
    ids = {"account_id": made.account_id, "seen_version": 1}
    assert staff.change(context, admin, **ids, role=Role.BASE_LEAD, base_ids=world.base_ids) == 2
    seen = view(context, admin, made.account_id)
    assert (seen.role, seen.base_ids) == (Role.BASE_LEAD, frozenset(world.base_ids))
    with pytest.raises(StaleVersion):
        staff.change(context, admin, **ids, role=Role.REVIEWER, base_ids=world.base_ids[:1])
    assert view(context, admin, made.account_id) == seen


def test_nobody_turns_into_an_administrator_or_back(context: Context, admin: Actor, world: World) -> None:
    made = make(context, admin, world)
    second = make(context, admin, world, login="second.admin", role=Role.ADMINISTRATOR, base_ids=[])
    with pytest.raises(Refused) as refused:
        staff.change(context, admin, account_id=made.account_id, seen_version=1, role=Role.ADMINISTRATOR, base_ids=[])
    assert refused.value.code == "ROLE_FIXED"
    with pytest.raises(Refused):
        staff.change(
            context, admin, account_id=second.account_id, seen_version=1, role=Role.REVIEWER, base_ids=world.base_ids
        )


def test_disabling_ends_every_session_at_once(context: Context, admin: Actor, world: World) -> None:
    made = make(context, admin, world)
    sids = [session_of(context, made.account_id) for _ in range(2)]
    assert sessions.find_actor(context, sids[0]) is not None
    staff.set_active(context, admin, account_id=made.account_id, seen_version=1, active=False)
    assert [sessions.find_actor(context, sid) for sid in sids] == [None, None]
    with pytest.raises(StaleVersion):
        staff.set_active(context, admin, account_id=made.account_id, seen_version=1, active=True)
    staff.set_active(context, admin, account_id=made.account_id, seen_version=2, active=True)
    assert [sessions.find_actor(context, sid) for sid in sids] == [None, None], "an ended session stays ended"


@pytest.mark.asvs("V7.4.3", "a new link for the password ends every session and the old password")
def test_a_new_link_ends_password_sessions_and_earlier_links(context: Context, admin: Actor, world: World) -> None:
    made = make(context, admin, world)
    owner_sets(context, made)
    sid = session_of(context, made.account_id)
    again = staff.new_link(context, admin, account_id=made.account_id, seen_version=2)
    assert sessions.find_actor(context, sid) is None
    with context.database.read() as tx:
        assert tx.get_one(Account, made.account_id).password_hash == ""
    third = staff.new_link(context, admin, account_id=made.account_id, seen_version=3)
    assert not open_link(context, again.path.partition("#")[2], BROWSER), "one link at a time"
    assert open_link(context, third.path.partition("#")[2], BROWSER)
    with pytest.raises(StaleVersion):
        staff.new_link(context, admin, account_id=made.account_id, seen_version=1)


@pytest.mark.asvs("V7.4.2", "a disabled account's link opens nothing")
def test_disabling_ends_the_link_too(context: Context, admin: Actor, world: World) -> None:
    made = make(context, admin, world)
    token = made.path.partition("#")[2]
    assert open_link(context, token, BROWSER)
    staff.set_active(context, admin, account_id=made.account_id, seen_version=1, active=False)
    assert link_owner(context, BROWSER) is None
    assert not open_link(context, token, BROWSER)


@pytest.mark.asvs("V7.4.3", "a changed role or base ends every session")
@pytest.mark.parametrize("what", ["role", "bases", "nothing"])
def test_a_changed_office_ends_every_session(context: Context, admin: Actor, world: World, what: str) -> None:
    made = make(context, admin, world)
    sids = [session_of(context, made.account_id) for _ in range(2)]
    change = {
        "role": {"role": Role.BASE_LEAD, "base_ids": world.base_ids[:1]},
        "bases": {"role": Role.REVIEWER, "base_ids": world.base_ids[1:]},
        "nothing": {"role": Role.REVIEWER, "base_ids": world.base_ids[:1]},
    }[what]
    staff.change(context, admin, account_id=made.account_id, seen_version=1, **change)  # type: ignore[arg-type]
    alive = [sessions.find_actor(context, sid) is not None for sid in sids]
    assert alive == [what == "nothing"] * 2


def test_nobody_disables_or_resets_themselves(context: Context, admin: Actor) -> None:
    make_account(context, Role.SYSTEM_ADMINISTRATOR)
    assert admin.account_id is not None
    with pytest.raises(Refused) as refused:
        staff.set_active(context, admin, account_id=admin.account_id, seen_version=1, active=False)
    assert refused.value.code == "OWN_ACCOUNT"
    with pytest.raises(Refused):
        staff.new_link(context, admin, account_id=admin.account_id, seen_version=1)


def test_the_last_active_administrator_stays(context: Context, admin: Actor) -> None:
    second = make_account(context, Role.SYSTEM_ADMINISTRATOR)
    third = make_account(context, Role.SYSTEM_ADMINISTRATOR)
    assert admin.account_id and second.account_id and third.account_id
    staff.set_active(context, second, account_id=admin.account_id, seen_version=1, active=False)
    staff.set_active(context, second, account_id=third.account_id, seen_version=1, active=False)
    # An actor read a moment before losing the account must not take the last one along.
    with pytest.raises(Refused) as refused:
        staff.set_active(context, third, account_id=second.account_id, seen_version=1, active=False)
    assert refused.value.code == "LAST_ADMINISTRATOR"


def test_two_administrators_who_disable_each_other_leave_one(context: Context, admin: Actor) -> None:
    second = make_account(context, Role.SYSTEM_ADMINISTRATOR)
    gate = threading.Barrier(2)

    def disable(actor: Actor, other: Actor) -> None:
        assert other.account_id is not None
        gate.wait()
        try:
            staff.set_active(context, actor, account_id=other.account_id, seen_version=1, active=False)
        except DomainError:
            return

    threads = [threading.Thread(target=disable, args=pair) for pair in ((admin, second), (second, admin))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [v.active for v in all_staff(context, admin)].count(True) == 1


def test_applicants_accounts_are_out_of_reach(context: Context, admin: Actor, world: World) -> None:
    applicant = make_account(context, Role.APPLICANT)
    assert applicant.account_id is not None
    ids = {"account_id": applicant.account_id, "seen_version": 1}
    for attempt in (
        lambda: staff.set_active(context, admin, **ids, active=False),
        lambda: staff.new_link(context, admin, **ids),
        lambda: staff.change(context, admin, **ids, role=Role.REVIEWER, base_ids=world.base_ids),
        lambda: staff.set_active(context, admin, account_id=999, seen_version=1, active=False),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert applicant.account_id not in {v.id for v in all_staff(context, admin)}


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD, Role.AUDITOR])
def test_only_administrators_keep_staff(context: Context, admin: Actor, world: World, role: Role) -> None:
    made = make(context, admin, world)
    other = replace(make_account(context, role), base_ids=frozenset(world.base_ids))
    ids = {"account_id": made.account_id, "seen_version": 1}
    for attempt in (
        lambda: make(context, other, world, login="another.one"),
        lambda: staff.change(context, other, **ids, role=Role.BASE_LEAD, base_ids=world.base_ids),
        lambda: staff.set_active(context, other, **ids, active=False),
        lambda: staff.new_link(context, other, **ids),
        lambda: all_staff(context, other),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert view(context, admin, made.account_id).version == 1


@pytest.mark.asvs("V8.2.1", "an administrator keeps the accounts of the bases and makes no second administrator")
def test_an_administrator_keeps_the_bases_people_only(context: Context, admin: Actor, world: World) -> None:
    province = make_account(context, Role.ADMINISTRATOR)
    made = make(context, province, world)
    assert [v.id for v in all_staff(context, province)] == [made.account_id]
    for office in (Role.ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR):
        other = make_account(context, office)
        assert other.account_id is not None
        ids = {"account_id": other.account_id, "seen_version": 1}
        for attempt in (
            lambda office=office: make(context, province, world, login="one.more", role=office, base_ids=[]),
            lambda ids=ids: staff.set_active(context, province, **ids, active=False),
            lambda ids=ids: staff.new_link(context, province, **ids),
        ):
            with pytest.raises(NotAllowed) as refused:
                attempt()
            assert refused.value.code == "OFFICE_OF_ANOTHER"
        assert make(context, admin, world, login=f"new.{office.value}"[:32], role=office, base_ids=[]).account_id
