"""Tickets, sessions and their ends (domain.md §10): once, in one browser, within their times."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.clock import SetClock
from core.db.engine import Database
from core.db.models import Account, AuthSession, LogEntry
from core.domain.permissions import Actor, Role
from core.services import sessions
from core.services.context import Context
from tests.factories import make_account, make_world

BROWSER = sessions.digest("this browser's anonymous cookie")
OTHER = sessions.digest("another browser's cookie")
SECOND = timedelta(seconds=1)


def enter(context: Context, actor: Actor, browser: str = BROWSER) -> str:
    assert actor.account_id is not None
    token = sessions.redeem_ticket(context, sessions.issue_ticket(context, actor.account_id, browser), browser)
    assert token is not None
    return sessions.digest(token)


def test_a_login_is_found_with_role_bases_and_session(context: Context) -> None:
    world = make_world(context)
    reviewer = make_account(context, Role.REVIEWER, base_ids=world.base_ids)
    found = sessions.find_actor(context, enter(context, reviewer))
    assert found is not None
    assert (found.account_id, found.role, found.base_ids) == (reviewer.account_id, Role.REVIEWER, set(world.base_ids))
    assert found.session_id is not None


def test_nobody_for_an_invented_or_empty_cookie(context: Context) -> None:
    enter(context, make_account(context, Role.APPLICANT))
    assert sessions.find_actor(context, "") is None
    assert sessions.find_actor(context, sessions.digest("invented")) is None


def test_neither_ticket_nor_token_is_stored(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    assert actor.account_id is not None
    ticket = sessions.issue_ticket(context, actor.account_id, BROWSER)
    with context.database.read() as tx:
        row = tx.scalars(select(AuthSession)).one()
        assert (row.ticket_hash, row.token_hash) == (sessions.digest(ticket), None)
    token = sessions.redeem_ticket(context, ticket, BROWSER)
    assert token is not None
    with context.database.read() as tx:
        row = tx.scalars(select(AuthSession)).one()
        assert (row.ticket_hash, row.token_hash) == (None, sessions.digest(token))
    assert sessions.find_actor(context, sessions.digest(ticket)) is None


@pytest.mark.parametrize(("late", "works"), [(timedelta(seconds=59), True), (timedelta(seconds=60), False)])
def test_a_ticket_lives_less_than_sixty_seconds(
    context: Context, clock: SetClock, late: timedelta, works: bool
) -> None:
    actor = make_account(context, Role.APPLICANT)
    assert actor.account_id is not None
    ticket = sessions.issue_ticket(context, actor.account_id, BROWSER)
    clock.at += late
    assert (sessions.redeem_ticket(context, ticket, BROWSER) is not None) is works


def test_another_browsers_ticket_is_worth_nothing_and_stays_usable(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    assert actor.account_id is not None
    ticket = sessions.issue_ticket(context, actor.account_id, BROWSER)
    assert sessions.redeem_ticket(context, ticket, OTHER) is None
    assert sessions.redeem_ticket(context, ticket, BROWSER) is not None


def test_a_ticket_counts_once_however_many_ask_at_once(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    assert actor.account_id is not None
    ticket = sessions.issue_ticket(context, actor.account_id, BROWSER)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sessions.redeem_ticket(context, ticket, BROWSER), range(8)))
    assert sum(answer is not None for answer in answers) == 1


@pytest.mark.asvs("V7.3.1", "thirty idle minutes end a session")
@pytest.mark.parametrize(("idle", "alive"), [(timedelta(minutes=30) - SECOND, True), (timedelta(minutes=30), False)])
def test_thirty_idle_minutes_end_it(context: Context, clock: SetClock, idle: timedelta, alive: bool) -> None:
    sid = enter(context, make_account(context, Role.APPLICANT))
    clock.at += idle
    assert (sessions.find_actor(context, sid) is not None) is alive


@pytest.mark.asvs("V7.3.2", "twelve hours end a session however active")
@pytest.mark.parametrize(("before_end", "alive"), [(SECOND, True), (timedelta(0), False)])
def test_twelve_hours_end_it_however_active(
    context: Context, clock: SetClock, before_end: timedelta, alive: bool
) -> None:
    sid = enter(context, make_account(context, Role.APPLICANT))
    end = clock.at + timedelta(hours=12)
    while clock.at < end - timedelta(minutes=20):
        clock.advance(minutes=20)
        assert sessions.find_actor(context, sid) is not None
    clock.at = end - before_end
    assert (sessions.find_actor(context, sid) is not None) is alive


def test_the_row_is_touched_at_most_once_a_minute(context: Context, clock: SetClock) -> None:
    sid = enter(context, make_account(context, Role.APPLICANT))
    start = clock.at

    def seen_after(seconds: int) -> object:
        clock.at = start + timedelta(seconds=seconds)
        sessions.find_actor(context, sid)
        with context.database.read() as tx:
            return tx.scalars(select(AuthSession.seen_at)).one()

    assert seen_after(59) == start
    assert seen_after(60) == start + timedelta(seconds=60)
    assert seen_after(119) == start + timedelta(seconds=60)


@pytest.mark.asvs("V7.3.1", "what a page does by itself keeps nobody logged in")
@pytest.mark.parametrize(("last", "alive"), [(timedelta(minutes=30) - SECOND, True), (timedelta(minutes=30), False)])
def test_redraws_do_not_extend_the_idle_limit(context: Context, clock: SetClock, last: timedelta, alive: bool) -> None:
    sid = enter(context, make_account(context, Role.APPLICANT))
    start = clock.at
    for minute in range(1, 30):
        clock.at = start + timedelta(minutes=minute)
        assert sessions.find_actor(context, sid, touch=False) is not None
    clock.at = start + last
    assert (sessions.find_actor(context, sid, touch=False) is not None) is alive


@pytest.mark.asvs("V7.2.4", "a new login in the same browser ends the session that it had")
def test_a_new_login_in_the_same_browser_ends_the_old_one(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    first = enter(context, actor)
    second = enter(context, actor, first)
    assert first != second
    assert sessions.find_actor(context, first) is None
    assert sessions.find_actor(context, second) is not None


@pytest.mark.asvs("V7.2.1", "a session lives in the database: it survives a restart and holds in every process")
def test_a_session_holds_in_another_process_and_after_a_restart(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    sid = enter(context, actor)
    other = replace(context, database=Database(context.settings.url, context.keyring))
    found = sessions.find_actor(other, sid)
    assert found is not None and found.account_id == actor.account_id
    ticket = sessions.issue_ticket(context, found.account_id or 0, OTHER)
    token = sessions.redeem_ticket(other, ticket, OTHER)
    assert token is not None
    other.database.dispose()
    assert sessions.find_actor(context, sessions.digest(token)) is not None, "the other process is gone"
    assert sessions.end_others(context, found) == 1
    third = replace(context, database=Database(context.settings.url, context.keyring))
    assert sessions.find_actor(third, sessions.digest(token)) is None
    assert sessions.find_actor(third, sid) is not None
    third.database.dispose()


def test_a_disabled_account_is_out_at_once(context: Context) -> None:
    actor = make_account(context, Role.REVIEWER)
    sid = enter(context, actor)
    with context.database.write() as tx:
        tx.execute(update(Account).where(Account.id == actor.account_id).values(active=False))
    assert sessions.find_actor(context, sid) is None


@pytest.mark.asvs("V7.4.1", "a copied cookie is dead after the logout")
def test_logout_ends_one_session_and_is_logged(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    here, there = enter(context, actor), enter(context, actor, OTHER)
    assert sessions.revoke(context, here)
    assert not sessions.revoke(context, here)
    assert sessions.find_actor(context, here) is None
    assert sessions.find_actor(context, there) is not None
    with context.database.read() as tx:
        assert tx.execute(select(LogEntry.action, LogEntry.actor_id)).all() == [("logout", actor.account_id)]


@pytest.mark.asvs("V7.5.2", "a person ends the other own sessions")
def test_ending_the_others_spares_this_one_and_other_people(context: Context) -> None:
    mine, stranger = make_account(context, Role.APPLICANT), make_account(context, Role.APPLICANT)
    here, there, foreign = enter(context, mine), enter(context, mine, OTHER), enter(context, stranger)
    me = sessions.find_actor(context, here)
    assert me is not None
    assert sessions.end_others(context, me) == 1
    assert sessions.find_actor(context, here) is not None
    assert sessions.find_actor(context, there) is None
    assert sessions.find_actor(context, foreign) is not None


def test_an_unused_ticket_dies_with_all_sessions(context: Context) -> None:
    actor = make_account(context, Role.APPLICANT)
    assert actor.account_id is not None
    ticket = sessions.issue_ticket(context, actor.account_id, BROWSER)
    with context.database.write() as tx:
        assert sessions.revoke_all(tx, context, actor.account_id) == 1
    assert sessions.redeem_ticket(context, ticket, BROWSER) is None


def test_own_sessions_lists_running_logins_of_oneself_only(context: Context, clock: SetClock) -> None:
    mine, stranger = make_account(context, Role.APPLICANT), make_account(context, Role.APPLICANT)
    enter(context, mine, OTHER)
    clock.advance(minutes=5)
    here = enter(context, mine)
    enter(context, stranger)
    assert mine.account_id is not None
    sessions.issue_ticket(context, mine.account_id, BROWSER)
    me = sessions.find_actor(context, here)
    assert me is not None
    assert [each.current for each in sessions.own_sessions(context, me)] == [True, False]
    clock.advance(minutes=26)
    assert [each.current for each in sessions.own_sessions(context, me)] == [True]


def test_sweep_removes_dead_tickets_only(context: Context, clock: SetClock) -> None:
    actor = make_account(context, Role.APPLICANT)
    assert actor.account_id is not None
    sessions.issue_ticket(context, actor.account_id, BROWSER)
    enter(context, actor)
    clock.advance(days=1, seconds=59)
    assert sessions.sweep(context) == 0
    clock.advance(seconds=2)
    assert sessions.sweep(context) == 1
