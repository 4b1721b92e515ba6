"""The demonstration's data: made by rule, true to the services, the same for the same seed, never over anything else."""

import random
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.clock import SHANGHAI, SetClock
from core.db.models import Account, Application, Batch, Document, Event, InstanceMark, LogEntry, Profile, Seats
from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD, known_people
from core.demo.calendar import MARK, make_calendar
from core.demo.fates import ADMITTING, ENDED, OPEN, deal, least
from core.demo.people import IMPOSSIBLE_PREFIX, make_people
from core.demo.plan import fewest
from core.demo.profiles import make_content
from core.demo.world import seed_demo
from core.domain.errors import InvalidInput, Refused
from core.domain.identity import DocumentKind, check_number
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.phones import check_phone
from core.domain.profile import Person, missing
from core.domain.profile_check import check_section
from core.domain.windows import Phase
from core.queries.batches import batches, current_batch
from core.services import applications, instance
from core.services.context import Context
from core.services.credentials import password_checklist
from core.services.logins import account_by_login
from core.services.profiles import read_profile, words_for
from core.services.verify import verify
from core.settings import ROOT
from tests.conftest import build_context
from tests.factories import CHEAP, make_account, make_world

TODAY = date(2026, 8, 1)


@pytest.fixture(scope="module")
def seeded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """The smallest demonstration; tests only read it."""
    return _seed(sqlite_template, tmp_path_factory.mktemp("demo"), seed=7)


def _seed(template: Path, folder: Path, *, seed: int, at: datetime | None = None) -> Context:
    (folder / "xinglin.db").write_bytes(template.read_bytes())
    context = build_context(f"sqlite:///{folder / 'xinglin.db'}", folder)
    assert isinstance(context.clock, SetClock)
    context.clock.at = at or context.clock.at
    seed_demo(context, applicants=fewest(), seed=seed, cost=CHEAP)
    return context


def test_every_state_is_there(seeded: Context) -> None:
    with seeded.database.read() as tx:
        assert set(tx.scalars(select(Application.state))) == {state.value for state in State}


def test_it_is_consistent(seeded: Context) -> None:
    assert verify(seeded) == []


def test_there_are_as_many_people_as_asked_for(seeded: Context) -> None:
    with seeded.database.read() as tx:
        count = tx.scalar(select(func.count()).where(Account.role == Role.APPLICANT.value))
    assert count == fewest()


def test_every_number_is_valid_and_belongs_to_nobody(seeded: Context) -> None:
    with seeded.database.read() as tx:
        people = tx.execute(
            select(Account.login, Account.number_kind, Account.phone).where(Account.number_kind != "")
        ).all()
    for person in people:
        assert check_number(DocumentKind(person.number_kind), person.login, today=TODAY).valid
        assert check_phone(person.phone).valid
        assert person.login.lstrip("HM").startswith((IMPOSSIBLE_PREFIX, "9999"))
        assert person.phone.startswith("190000")


def test_the_prefix_is_no_county() -> None:
    codes = {line.split(",")[0] for line in (ROOT / "data/reference/divisions.csv").read_text("utf-8").splitlines()}
    assert not any(code.startswith(IMPOSSIBLE_PREFIX[:4]) for code in codes)


def test_there_is_a_batch_to_apply_in_now(seeded: Context) -> None:
    now = seeded.now()
    current = current_batch(seeded, now)
    assert current is not None
    assert (now - current.windows.open_at.astimezone(UTC)).days in (4, 5)
    assert (current.windows.close_at - now).days in (8, 9)
    assert {batch.phase(now) for batch in batches(seeded)} == {
        Phase.OPEN,
        Phase.ENDED,
        Phase.ADJUSTMENT if _adjusting(seeded) else Phase.ADMISSION,
        Phase.HIDDEN,
    }


def _adjusting(context: Context) -> bool:
    return any(batch.phase(context.now()) is Phase.ADJUSTMENT for batch in batches(context))


@pytest.mark.parametrize("hour", [0, 3, 12, 23])
@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2028, 2, 29), date(2026, 12, 31)])
def test_the_batches_hold_around_any_day(day: date, hour: int) -> None:
    now = datetime(day.year, day.month, day.day, hour, 30, tzinfo=SHANGHAI)
    calendar = make_calendar(now)
    for batch in (calendar.ended, calendar.admitting, calendar.open, calendar.announced):
        assert batch.publish_at <= batch.open_at < batch.close_at <= batch.correction_end <= batch.review_end
        assert MARK in batch.name
    assert calendar.open.open_at <= now < calendar.open.close_at
    assert calendar.ended.report_to is not None and calendar.ended.report_to < now < calendar.announced.open_at
    assert len({batch.name for batch in (calendar.ended, calendar.admitting, calendar.open, calendar.announced)}) == 4


def test_everything_says_that_it_is_sample_data(seeded: Context) -> None:
    with seeded.database.read() as tx:
        assert all(MARK in name for name in tx.scalars(select(Batch.name)))
        contents = list(tx.scalars(select(Profile.content)))
    assert contents
    assert all("示例" in content["basic"]["address"] for content in contents)
    assert all(content["basic"]["email"].endswith("@example.com") for content in contents)


def test_the_known_logins_are_where_they_are_said_to_be(seeded: Context) -> None:
    wanted = {"fresh": None, "ready": None, "submitted": "SUBMITTED", "returned": "RETURNED", "approved": "APPROVED"}
    for login in DEMO_LOGINS:
        with seeded.database.read() as tx:
            account = account_by_login(tx, seeded, login.login)
            assert account is not None
            assert (account.name, account.role, account.active) == (login.name, login.role.value, True)
            if login.role is Role.APPLICANT:
                state = tx.scalar(select(Application.state).where(Application.account_id == account.id))
                assert state == wanted[login.fate]
    assert {login.fate for login in DEMO_LOGINS if login.fate} == set(wanted)


def test_the_known_logins_never_change() -> None:
    assert [login.login for login in DEMO_LOGINS if login.role is Role.APPLICANT] == [
        person.number for person, _ in known_people()
    ]
    assert DEMO_LOGINS[0].login == "359999200103120116"
    assert {login.login for login in DEMO_LOGINS if login.role is not Role.APPLICANT} == {
        "SHENHE1",
        "SHENHE2",
        "SHENHE3",
        "FUZE1",
        "GUANLI1",
        "GUANLI2",
        "SHENJI1",
        "XITONG1",
    }


@pytest.mark.parametrize("login", DEMO_LOGINS, ids=lambda login: login.login)
def test_the_password_keeps_the_policy_for_everybody(seeded: Context, login) -> None:
    rules = password_checklist(seeded, DEMO_PASSWORD, name=login.name, number=login.login, phone="19000000001")
    assert [rule.code for rule in rules if not rule.met] == []


def test_fresh_has_nothing_and_ready_lacks_nothing(seeded: Context) -> None:
    fresh = read_profile(seeded, _actor(seeded, "fresh"))
    ready = read_profile(seeded, _actor(seeded, "ready"))
    assert fresh.version == 0 and fresh.missing
    assert ready.missing == () and ready.editable.kind == "all"


def test_the_returned_one_has_corrections_to_answer(seeded: Context) -> None:
    editable = read_profile(seeded, _actor(seeded, "returned")).editable
    assert editable.kind == "flagged"
    assert editable.fields == {"documents.portrait", "education.e1.diploma_number"}


def test_ready_can_apply_at_once(sqlite_template: Path, tmp_path: Path) -> None:
    context = _seed(sqlite_template, tmp_path, seed=2)
    batch = current_batch(context, context.now())
    assert batch is not None
    with context.database.read() as tx:
        cell = tx.execute(select(Seats.base_id, Seats.specialty_id).where(Seats.batch_id == batch.id).limit(1)).one()
    receipt = applications.submit(
        context,
        _actor(context, "ready"),
        batch_id=batch.id,
        base_id=cell.base_id,
        specialty_id=cell.specialty_id,
        declared=True,
        idempotency_key="a key of this test",
    )
    assert receipt.receipt.startswith("XL")
    assert verify(context) == []


def test_known_applicants_carry_their_own_card(seeded: Context) -> None:
    with seeded.database.read() as tx:
        rows = tx.execute(select(Document.account_id, Document.object_key).where(Document.kind == "id_front")).all()
        known = {a.id for p, _ in known_people() if (a := account_by_login(tx, seeded, p.number))}
    own = [row.object_key for row in rows if row.account_id in known]
    others = {row.object_key for row in rows if row.account_id not in known}
    assert len(own) == len(set(own)) == 4
    assert not set(own) & others
    assert len(others) == 2


def test_every_saved_profile_keeps_every_rule(seeded: Context) -> None:
    with seeded.database.read() as tx:
        for account, profile in tx.execute(select(Account, Profile).join(Profile, Profile.account_id == Account.id)):
            on = profile.updated_at.astimezone(SHANGHAI).date()
            verdict = check_number(DocumentKind(account.number_kind or ""), account.login, today=on)
            person = Person(account.number_kind or "", account.login, verdict.sex, verdict.birth_date)
            assert missing(profile.content, person=person, today=on) == []
            for section in ("basic", "education", "practice"):
                values = profile.content[section]
                values = {"rows": values} if section == "education" else values
                words = words_for(tx, profile.content)
                assert check_section(section, values, person=person, today=on, words=words) == {}


def test_profiles_are_true_on_any_day() -> None:
    for order, person in enumerate(make_people(600, 1)):
        for on in (date(2026, 2, 1), date(2026, 7, 1), date(2027, 12, 31)):
            content = make_content(person, random.Random(order), on=on, college=order % 9 == 0)
            for row in content["education"]:
                assert row["start"] < row["end"]
                assert (row["status"] == "COMPLETED") == (row["end"] <= on.isoformat())


def test_events_lie_in_the_past_and_in_order(seeded: Context) -> None:
    with seeded.database.read() as tx:
        times = list(tx.scalars(select(Event.at).order_by(Event.id)))
        logged = list(tx.scalars(select(LogEntry.at).order_by(LogEntry.id)))
    assert times == sorted(times) and times[-1] <= seeded.now()
    assert logged == sorted(logged)


def test_the_same_seed_gives_the_same_data(seeded: Context, sqlite_template: Path, tmp_path: Path) -> None:
    again = _seed(sqlite_template, tmp_path, seed=7)
    assert _facts(again) == _facts(seeded)


def test_another_seed_gives_others() -> None:
    assert [p.number for p in make_people(50, 1)] != [p.number for p in make_people(50, 2)]
    assert [p.number for p in make_people(50, 1)] == [p.number for p in make_people(50, 1)]


def test_numbers_never_repeat() -> None:
    people = make_people(6000, 7)
    assert len({person.number for person in people}) == len({person.phone for person in people}) == 6000
    assert not {person.number for person in people} & {login.login for login in DEMO_LOGINS}


def _facts(context: Context) -> list[tuple[object, ...]]:
    columns = (Account.login, Account.name, Application.batch_id, Application.base_id, Application.specialty_id)
    with context.database.read() as tx:
        rows = tx.execute(
            select(*columns, Application.state, Application.submitted_at).join(
                Account, Account.id == Application.account_id
            )
        ).all()
    return sorted(tuple(str(value) for value in row) for row in rows)


def _actor(context: Context, fate: str) -> Actor:
    number = next(person.number for person, known in known_people() if known == fate)
    with context.database.read() as tx:
        account = account_by_login(tx, context, number)
    assert account is not None
    return Actor(account.id, Role.APPLICANT)


@pytest.mark.parametrize("foreign", ["account", "batch", "live"])
def test_it_refuses_over_anything_else(context: Context, foreign: str) -> None:
    if foreign == "account":
        make_account(context, Role.ADMINISTRATOR)
    elif foreign == "batch":
        make_world(context)
    else:
        with context.database.write() as tx:
            instance.claim(tx, context, instance.LIVE)
    with pytest.raises(Refused, match="INSTANCE_NOT_DEMO"):
        seed_demo(context, applicants=fewest(), cost=CHEAP)
    with context.database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(Application)) == 0


def test_it_refuses_over_itself(seeded: Context) -> None:
    with pytest.raises(Refused, match="DEMO_ALREADY_THERE"):
        seed_demo(seeded, applicants=fewest(), cost=CHEAP)


def test_it_leaves_nothing_when_it_breaks(sqlite_context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.demo import acts

    monkeypatch.setitem(acts._ACTS, "approve", _break)
    with pytest.raises(ZeroDivisionError):
        seed_demo(sqlite_context, applicants=fewest(), cost=CHEAP)
    with sqlite_context.database.read() as tx:
        assert not any(tx.scalar(select(func.count()).select_from(table)) for table in (Account, Batch, InstanceMark))


def _break(_stage: object, _life: object) -> None:
    raise ZeroDivisionError


def test_it_refuses_too_few(sqlite_context: Context) -> None:
    with pytest.raises(InvalidInput):
        seed_demo(sqlite_context, applicants=fewest() - 1, cost=CHEAP)


def test_a_live_instance_refuses_the_demonstration_s_data(sqlite_url: str, tmp_path: Path) -> None:
    demo = build_context(sqlite_url, tmp_path)
    with demo.database.write() as tx:
        instance.claim(tx, demo, instance.DEMO)
    live = build_context(sqlite_url, tmp_path, demo=False)
    with pytest.raises(Refused, match="INSTANCE_IS_DEMO"):
        instance.settle(live)


def test_a_live_instance_claims_its_database_and_loads_the_reference_data(sqlite_url: str, tmp_path: Path) -> None:
    live = build_context(sqlite_url, tmp_path, demo=False)
    instance.prepare(live)
    instance.prepare(live)
    assert instance.purpose(live) == instance.LIVE
    with live.database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(Account)) == 0
    demo = build_context(sqlite_url, tmp_path)
    with pytest.raises(Refused, match="INSTANCE_NOT_DEMO"):
        instance.settle(demo)


@pytest.mark.parametrize("fates", [OPEN, ENDED, ADMITTING])
def test_every_fate_is_dealt(fates) -> None:
    dealt = deal(fates, least(fates), random.Random(1))
    assert {fate.name for fate in dealt} == {fate.name for fate in fates}
    with pytest.raises(ValueError):
        deal(fates, least(fates) - 1, random.Random(1))
