"""A copy of everything about oneself and nothing about anybody else; corrections and deletions with their answers."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.db.models import Account, LogEntry
from core.domain.data_requests import RequestKind, RequestState
from core.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused, TooManyTries
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.retention import ends_at
from core.queries.batches import batch
from core.services import data_requests as requests
from core.services import my_data
from core.services.context import Context
from core.services.hashing import hash_password
from core.services.verify import verify
from tests.applicants import Stage, make_stage
from tests.factories import CHEAP, complete_profile, make_account, make_world

PASSWORD = "Bencao#1578"
NUMBER = "350102199608150015"


@pytest.fixture
def stage(context: Context) -> Stage:
    return make_stage(context, make_world(context))


@pytest.fixture
def person(stage: Stage) -> Actor:
    made = make_account(stage.context, Role.APPLICANT, login=NUMBER, name="林示例")
    complete_profile(stage.context, made)
    with stage.context.database.write() as tx:
        hashed = hash_password(PASSWORD, cost=CHEAP)
        tx.execute(text("UPDATE account SET password_hash = :h WHERE id = :i"), {"h": hashed, "i": made.account_id})
    return replace(made, session_id=7)


def fetched(context: Context, person: Actor, link: str) -> zipfile.ZipFile:
    until, seal = link.removeprefix("/my-data/").split("/")
    return zipfile.ZipFile(io.BytesIO(my_data.download(context, person, until=int(until), seal=seal)))


@pytest.mark.asvs("V14.2.5", "a person gets a copy of everything held, after the password, without the names of staff")
def test_the_file_holds_everything_about_oneself(stage: Stage, person: Actor) -> None:
    context = stage.context
    stage.bring(person, State.RETURNED)
    stranger = make_account(context, Role.APPLICANT, login="350203200002290045", name="别人家")
    complete_profile(context, stranger)
    with context.database.write() as tx:
        for clerk in (stage.reviewer, stage.lead, stage.first_admin):
            tx.get_one(Account, clerk.account_id).name = "严审核"
    archive = fetched(context, person, my_data.issue_link(context, person, current=PASSWORD))
    assert archive.testzip() is None
    texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist() if not name.endswith(".jpg")}
    everything = json.loads(texts["全部数据.json"])
    assert everything["account"][0]["login"] == NUMBER
    assert everything["profile"][0]["content"]["basic"]["email"] == "chen@example.com"
    assert [event["action"] for event in everything["events"]] == ["create", "submit", "return"]
    assert len(everything["consents"]) == 2
    assert "林示例" in texts["个人信息.csv"]
    pictures = [name for name in archive.namelist() if name.endswith(".jpg")]
    assert len(pictures) == len(everything["documents"]) > 3
    assert archive.read(pictures[0]).startswith(b"\xff\xd8\xff")
    together = "".join(texts.values())
    for foreign in ("严审核", "别人家", "350203200002290045", "password_hash", "decided_by"):
        assert foreign not in together
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry.actor_id).where(LogEntry.action == "data.download")).all() == [
            person.account_id
        ]


def test_only_after_the_password_and_not_by_guessing(stage: Stage, person: Actor) -> None:
    for _ in range(5):
        with pytest.raises(InvalidInput):
            my_data.issue_link(stage.context, person, current="wrong")
    with pytest.raises(TooManyTries):
        my_data.issue_link(stage.context, person, current=PASSWORD)


@pytest.mark.parametrize(("seconds", "works"), [(299, True), (300, False), (301, False)])
def test_the_link_lives_five_minutes(stage: Stage, person: Actor, seconds: int, works: bool) -> None:
    link = my_data.issue_link(stage.context, person, current=PASSWORD)
    stage.clock.at += timedelta(seconds=seconds)
    if works:
        assert fetched(stage.context, person, link).namelist()
    else:
        with pytest.raises(NotAllowed):
            fetched(stage.context, person, link)


@pytest.mark.asvs("V8.2.2", "the link to one's data opens for nobody else and in no other login")
def test_the_link_is_nobody_else_s(stage: Stage, person: Actor) -> None:
    context = stage.context
    link = my_data.issue_link(context, person, current=PASSWORD)
    other = replace(make_account(context, Role.APPLICANT), session_id=7)
    for stranger in (other, replace(person, session_id=8), stage.first_admin):
        with pytest.raises(NotAllowed):
            fetched(context, stranger, link)
    with pytest.raises(NotAllowed):
        fetched(context, person, link[:-1] + ("0" if link[-1] != "0" else "1"))
    until, seal = link.removeprefix("/my-data/").split("/")
    with pytest.raises(NotAllowed):
        my_data.download(context, person, until=int(until) + 60, seal=seal)


def test_staff_has_no_such_file(stage: Stage) -> None:
    with pytest.raises(NotAllowed):
        my_data.issue_link(stage.context, stage.reviewer, current=PASSWORD)


def test_a_correction_needs_words_and_gets_an_answer(stage: Stage, person: Actor) -> None:
    context, admin = stage.context, stage.first_admin
    with pytest.raises(InvalidInput):
        requests.ask(context, person, kind=RequestKind.CORRECTION, note="改名")
    request = requests.ask(context, person, kind=RequestKind.CORRECTION, note="姓名应为林示力")
    with pytest.raises(Refused, match="REQUEST_OPEN"):
        requests.ask(context, person, kind=RequestKind.CORRECTION, note="姓名应为林示力")
    with pytest.raises(InvalidInput):
        requests.decide(context, admin, request_id=request, approve=True, answer="")
    requests.decide(context, admin, request_id=request, approve=True, answer="已联系基地更正")
    (own,) = requests.own_requests(context, person)
    assert (own.state, own.answer) == (RequestState.APPROVED, "已联系基地更正")
    with pytest.raises(Conflict):
        requests.decide(context, admin, request_id=request, approve=False, answer="再次答复")


def test_an_administrator_sees_the_person_masked(stage: Stage, person: Actor) -> None:
    requests.ask(stage.context, person, kind=RequestKind.DELETION, note="")
    (seen,) = requests.requests(stage.context, stage.first_admin)
    assert seen.who == "林*例（350***********0015）"
    for foreign in (stage.reviewer, stage.lead, person):
        with pytest.raises(NotAllowed):
            requests.requests(stage.context, foreign)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RETURNED, State.APPROVED, State.ADMITTED, State.CONFIRMED])
def test_no_deletion_while_an_application_is_in_hand(stage: Stage, person: Actor, state: State) -> None:
    stage.bring(person, state)
    with pytest.raises(Refused, match="APPLICATION_IN_HAND"):
        requests.ask(stage.context, person, kind=RequestKind.DELETION, note="")


@pytest.mark.parametrize(("seconds", "refused"), [(-1, True), (0, False), (1, False)])
def test_who_reported_may_go_when_the_batch_has_ended(stage: Stage, person: Actor, seconds: int, refused: bool) -> None:
    stage.bring(person, State.REPORTED)
    stage.clock.at = ends_at(batch(stage.context, stage.world.batch_id).windows) + timedelta(seconds=seconds)
    if refused:
        with pytest.raises(Refused, match="APPLICATION_IN_HAND"):
            requests.ask(stage.context, person, kind=RequestKind.DELETION, note="")
    else:
        assert requests.ask(stage.context, person, kind=RequestKind.DELETION, note="")


def test_applying_after_the_request_stops_it(stage: Stage, person: Actor) -> None:
    request = requests.ask(stage.context, person, kind=RequestKind.DELETION, note="")
    stage.bring(person, State.SUBMITTED)
    with pytest.raises(Refused, match="APPLICATION_IN_HAND"):
        requests.decide(stage.context, stage.first_admin, request_id=request, approve=True, answer="")
    assert requests.own_requests(stage.context, person)[0].state is RequestState.OPEN


@pytest.mark.asvs("V14.2.4", "an approved deletion takes the person out and leaves the numbers")
def test_an_approved_deletion_makes_anonymous(stage: Stage, person: Actor) -> None:
    context = stage.context
    stage.bring(person, State.CANCELLED)
    request = requests.ask(context, person, kind=RequestKind.DELETION, note="不再报名，手机 13900000000")
    requests.decide(context, stage.first_admin, request_id=request, approve=True, answer="")
    with context.database.read() as tx:
        account = tx.get_one(Account, person.account_id)
        assert (account.anonymised_at, account.active) == (context.now(), False)
    (seen,) = requests.requests(context, stage.first_admin)
    assert (seen.who, seen.note, seen.state) == ("已匿名", "", RequestState.APPROVED)
    assert list(context.objects.files()) == []
    assert verify(context) == []


def test_a_rejected_deletion_changes_nothing(stage: Stage, person: Actor) -> None:
    context = stage.context
    request = requests.ask(context, person, kind=RequestKind.DELETION, note="")
    with pytest.raises(InvalidInput):
        requests.decide(context, stage.first_admin, request_id=request, approve=False, answer="")
    requests.decide(context, stage.first_admin, request_id=request, approve=False, answer="有争议尚未处理")
    with context.database.read() as tx:
        assert tx.get_one(Account, person.account_id).anonymised_at is None


def test_only_one_s_own_open_request_is_taken_back(stage: Stage, person: Actor) -> None:
    context = stage.context
    request = requests.ask(context, person, kind=RequestKind.DELETION, note="")
    with pytest.raises(NotFound):
        requests.withdraw(context, make_account(context, Role.APPLICANT), request_id=request)
    requests.withdraw(context, person, request_id=request)
    with pytest.raises(NotFound):
        requests.withdraw(context, person, request_id=request)
    for role in (stage.reviewer, stage.lead, person):
        with pytest.raises(NotAllowed):
            requests.decide(context, role, request_id=request, approve=True, answer="")
