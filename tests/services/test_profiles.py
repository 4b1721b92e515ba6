"""Saving, drafts, conflicts and locks of the profile on both databases (M13, M20, M26, I4)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from core.clock import SetClock
from core.db.models import Application, Correction, Document, LogEntry, Profile
from core.domain.errors import InvalidInput, NotAllowed, NotFound, Refused, StaleVersion
from core.domain.lifecycle import PROFILE_LOCKED, State
from core.domain.permissions import Actor, Role
from core.services import profiles
from core.services.context import Context
from core.services.reference_load import load_reference
from tests.factories import World, complete_profile, education_row, make_account, make_world, profile_content

NUMBER = "350102199608150015"


@pytest.fixture
def applicant(context: Context) -> Actor:
    return make_account(context, Role.APPLICANT, login=NUMBER)


@pytest.fixture
def world(context: Context) -> World:
    """Seats to apply for, and the reference data; the world comes first, its specialties bear the files' codes."""
    made = make_world(context)
    load_reference(context)
    return made


@pytest.fixture
def words(world: World) -> None:
    """The dictionaries."""


def apply_as(context: Context, world: World, actor: Actor, state: State, *flags: tuple[str, str]) -> int:
    """An application in `state` with open corrections, as reviews would have left it."""
    now = context.now()
    with context.database.write() as tx:
        application = Application(
            batch_id=world.batch_id,
            base_id=world.base_ids[0],
            specialty_id=world.specialty_ids[0],
            account_id=actor.account_id,
            state=state.value,
            revision=1,
            receipt=None if state is State.DRAFT else f"R{actor.account_id}",
            created_at=now,
            changed_at=now,
            decided_at=now,
            decided_by=actor.account_id,
        )
        tx.add(application)
        tx.flush()
        for path, reason in flags:
            tx.add(
                Correction(application_id=application.id, revision=1, field=path, reason=reason, note="请核对后修改")
            )
        return application.id


def save(context: Context, actor: Actor, section: str, seen: int, **changes: Any) -> int:
    values = profile_content(**{section: changes})[section] if section != "education" else changes
    return profiles.save_section(context, actor, section=section, values=values, seen_version=seen)


@pytest.mark.usefixtures("words")
def test_sections_are_saved_one_by_one_and_versions_count(context: Context, applicant: Actor) -> None:
    assert profiles.read_profile(context, applicant).version == 0
    assert save(context, applicant, "basic", 0) == 1
    assert save(context, applicant, "education", 1, rows=[education_row("e1")]) == 2
    assert save(context, applicant, "practice", 2) == 3
    view = profiles.read_profile(context, applicant)
    assert view.version == 3
    assert view.content["basic"]["sex"] == "男"
    assert view.content["basic"]["birth_date"] == "1996-08-15"
    assert view.content["education"][0]["school"] == "10393"
    assert {item.field for item in view.missing} == {
        "documents.portrait",
        "documents.id_front",
        "documents.id_back",
        "education.e1.diploma",
        "education.e1.degree_scan",
        "practice.qualification",
    }


@pytest.mark.usefixtures("words")
def test_a_fault_stores_nothing_and_names_its_field(context: Context, applicant: Actor) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(context, applicant, "basic", 0, email="错误", address="")
    assert set(refused.value.fields) == {"basic.email", "basic.address"}
    assert profiles.read_profile(context, applicant).version == 0


@pytest.mark.usefixtures("words")
def test_unknown_fields_and_foreign_scans_are_not_stored(context: Context, applicant: Actor) -> None:
    save(context, applicant, "basic", 0, role="administrator", health="好")
    rows = [education_row("e1", diploma="somebody-elses-document")]
    save(context, applicant, "education", 1, rows=rows)
    content = profiles.read_profile(context, applicant).content
    assert "role" not in content["basic"]
    assert "diploma" not in content["education"][0]


@pytest.mark.usefixtures("words")
def test_a_code_that_no_dictionary_knows_is_refused(context: Context, applicant: Actor) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(context, applicant, "education", 0, rows=[education_row("e1", school="99999", major="nothing")])
    assert set(refused.value.fields) == {"education.e1.school", "education.e1.major"}
    assert save(
        context, applicant, "education", 0, rows=[education_row("e1", school="OTHER", school_other="示例医学院")]
    )


@pytest.mark.usefixtures("words")
def test_a_stale_window_gets_a_conflict_and_overwrites_nothing(context: Context, applicant: Actor) -> None:
    save(context, applicant, "basic", 0)
    save(context, applicant, "basic", 1, address="福州市第一个窗口1号")
    with pytest.raises(StaleVersion):
        save(context, applicant, "basic", 1, address="福州市第二个窗口2号")
    with pytest.raises(StaleVersion):
        save(context, applicant, "practice", 0)
    assert profiles.read_profile(context, applicant).content["basic"]["address"] == "福州市第一个窗口1号"


def test_only_applicants_have_a_profile(context: Context) -> None:
    for role in (Role.REVIEWER, Role.BASE_LEAD, Role.ADMINISTRATOR):
        clerk = make_account(context, role)
        for attempt in (
            lambda clerk=clerk: profiles.read_profile(context, clerk),
            lambda clerk=clerk: save(context, clerk, "basic", 0),
            lambda clerk=clerk: keep(context, clerk, {}),
            lambda clerk=clerk: profiles.read_draft(context, clerk, form="profile.basic"),
            lambda clerk=clerk: profiles.discard_draft(context, clerk, form="profile.basic"),
        ):
            with pytest.raises(NotAllowed):
                attempt()


def test_sections_without_a_form_are_not_saved(context: Context, applicant: Actor) -> None:
    for section in ("documents", "training", "nothing"):
        with pytest.raises(NotFound):
            profiles.save_section(context, applicant, section=section, values={}, seen_version=0)


def keep(context: Context, actor: Actor, content: dict[str, Any], *, base: int = 0, seen: int = 0) -> int:
    return profiles.save_draft(
        context, actor, form="profile.basic", content=content, base_version=base, seen_draft=seen
    )


def test_a_draft_survives_and_is_private(context: Context, applicant: Actor, clock: SetClock) -> None:
    assert keep(context, applicant, {"email": "没写完@", "address": "长" * 10_000}) == 1
    clock.advance(hours=30)
    draft = profiles.read_draft(context, applicant, form="profile.basic")
    assert draft is not None
    assert (draft.content["email"], len(draft.content["address"]), draft.stale) == ("没写完@", 10_000, False)
    assert profiles.read_draft(context, applicant, form="profile.practice") is None
    other = make_account(context, Role.APPLICANT)
    assert profiles.read_draft(context, other, form="profile.basic") is None
    profiles.discard_draft(context, other, form="profile.basic")
    assert profiles.read_draft(context, applicant, form="profile.basic") is not None
    assert profiles.read_profile(context, applicant).content["basic"] == {}


def test_a_draft_beyond_measure_is_refused(context: Context, applicant: Actor) -> None:
    with pytest.raises(InvalidInput):
        keep(context, applicant, {"address": "长" * 500_000})
    assert profiles.read_draft(context, applicant, form="profile.basic") is None


def test_two_windows_do_not_type_over_each_other(context: Context, applicant: Actor) -> None:
    first = keep(context, applicant, {"email": "a@example.com"})
    assert keep(context, applicant, {"email": "b@example.com"}, seen=first) == 2
    for seen in (0, first, 7):
        with pytest.raises(StaleVersion):
            keep(context, applicant, {"email": "late@example.com"}, seen=seen)
    draft = profiles.read_draft(context, applicant, form="profile.basic")
    assert draft is not None
    assert draft.content == {"email": "b@example.com"}


@pytest.mark.usefixtures("words")
def test_saving_forgets_the_own_draft_and_carries_the_others_along(context: Context, applicant: Actor) -> None:
    keep(context, applicant, {"email": "a@example.com"})
    profiles.save_draft(
        context, applicant, form="profile.practice", content={"qualified": "no"}, base_version=0, seen_draft=0
    )
    save(context, applicant, "basic", 0)
    assert profiles.read_draft(context, applicant, form="profile.basic") is None
    carried = profiles.read_draft(context, applicant, form="profile.practice")
    assert carried is not None
    assert (carried.base_version, carried.stale) == (1, False)
    with pytest.raises(StaleVersion):
        keep(context, applicant, {"email": "late@example.com"}, base=0)


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("state", sorted(PROFILE_LOCKED))
def test_a_running_application_locks_the_profile(
    context: Context, applicant: Actor, world: World, state: State
) -> None:
    complete_profile(context, applicant)
    apply_as(context, world, applicant, state)
    view = profiles.read_profile(context, applicant)
    assert (view.editable.kind, view.editable.code) == ("none", "PROFILE_LOCKED")
    with pytest.raises(Refused, match="PROFILE_LOCKED"):
        save(context, applicant, "basic", view.version)
    with pytest.raises(Refused, match="PROFILE_LOCKED"):
        keep(context, applicant, {}, base=view.version)


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("state", [State.DRAFT, State.CANCELLED, State.LAPSED, State.REJECTED, State.NOT_ADMITTED])
def test_other_states_leave_it_open(context: Context, applicant: Actor, world: World, state: State) -> None:
    complete_profile(context, applicant)
    apply_as(context, world, applicant, state)
    view = profiles.read_profile(context, applicant)
    assert view.editable.kind == "all"
    assert save(context, applicant, "basic", view.version) == view.version + 1


@pytest.mark.usefixtures("words")
def test_a_returned_application_opens_only_what_was_flagged(context: Context, applicant: Actor, world: World) -> None:
    content = complete_profile(context, applicant)
    apply_as(
        context, world, applicant, State.RETURNED, ("basic.address", "OTHER"), ("education.e1.school", "EDU_SCHOOL")
    )
    view = profiles.read_profile(context, applicant)
    assert view.editable.fields == {"basic.address", "education.e1.school"}
    assert [flag.note for flag in view.editable.flags] == ["请核对后修改"] * 2
    basic = content["basic"]
    with pytest.raises(Refused, match="UNFLAGGED_CHANGED") as refused:
        save(context, applicant, "basic", view.version, **basic | {"email": "new@example.com"})
    assert refused.value.details["fields"] == ["basic.email"]
    assert save(context, applicant, "basic", view.version, **basic | {"address": "福州市示例路88号"})
    row = content["education"][0]
    for changed in ([row | {"end": "2020-06-21"}], [row, education_row("e2")]):
        with pytest.raises(Refused, match="UNFLAGGED_CHANGED"):
            save(context, applicant, "education", view.version + 1, rows=changed)
    changed = [row | {"school": "OTHER", "school_other": "示例中医药学院"}]
    assert save(context, applicant, "education", view.version + 1, rows=changed)


@pytest.mark.usefixtures("words")
def test_corrections_of_an_older_return_open_nothing(context: Context, applicant: Actor, world: World) -> None:
    complete_profile(context, applicant)
    application = apply_as(context, world, applicant, State.RETURNED, ("basic.address", "OTHER"))
    with context.database.write() as tx:
        tx.execute(update(Application).where(Application.id == application).values(revision=2))
    view = profiles.read_profile(context, applicant)
    assert (view.editable.kind, view.editable.fields) == ("flagged", frozenset())
    with pytest.raises(Refused, match="UNFLAGGED_CHANGED"):
        save(context, applicant, "basic", view.version, address="福州市示例路88号")


@pytest.mark.usefixtures("words")
def test_scans_stay_with_their_row_and_go_with_it(context: Context, applicant: Actor) -> None:
    content = complete_profile(context, applicant, education=[education_row("e1"), education_row("e2")])
    first, second = content["education"]
    save(context, applicant, "education", 1, rows=[education_row("e2", end="2020-06-21")])
    kept = profiles.read_profile(context, applicant).content["education"]
    assert [row["id"] for row in kept] == ["e2"]
    assert kept[0]["diploma"] == second["diploma"]
    with context.database.read() as tx:
        retired = set(tx.scalars(select(Document.id).where(Document.replaced_at.is_not(None))))
    assert retired == {first["diploma"], first["degree_scan"]}


@pytest.mark.usefixtures("words")
def test_a_scan_that_nobody_asks_for_any_more_leaves_the_profile(context: Context, applicant: Actor) -> None:
    basic = {"person_type": "DELEGATED", "unit": "示例县卫生院", "primary_care": "no"}
    content = complete_profile(context, applicant, basic=basic)
    assert content["documents"]["consent"]
    save(context, applicant, "basic", 1, person_type="SOCIAL")
    profiles.save_section(context, applicant, section="practice", values={"qualified": "no"}, seen_version=2)
    after = profiles.read_profile(context, applicant).content
    assert "consent" not in after["documents"]
    assert after["practice"] == {"qualified": "no"}


def test_lock_version_holds_only_the_version_that_was_seen(context: Context, applicant: Actor) -> None:
    complete_profile(context, applicant)
    with context.database.write() as tx:
        profiles.lock_version(tx, applicant.account_id or 0, 1)
    for seen in (0, 2):
        with pytest.raises(StaleVersion), context.database.write() as tx:
            profiles.lock_version(tx, applicant.account_id or 0, seen)


def test_facts_for_a_move_name_every_document(context: Context, applicant: Actor) -> None:
    complete_profile(context, applicant)
    with context.database.write() as tx:
        facts = profiles.facts_for_move(tx, context, applicant.account_id or 0)
    assert facts.missing == ()
    assert len(facts.documents) == 6
    assert all(set(row) == {"kind", "object_key", "size"} for row in facts.documents.values())
    assert all(context.objects.exists(row["object_key"]) for row in facts.documents.values())


@pytest.mark.usefixtures("words")
def test_the_log_and_the_database_hold_no_personal_data(context: Context, applicant: Actor) -> None:
    save(context, applicant, "basic", 0, address="秘密之路九号院")
    with context.database.read() as tx:
        entry = tx.scalars(select(LogEntry).where(LogEntry.action == "profile.save")).one()
        assert entry.details == {"section": "basic", "version": 1}
        table = Profile.__table__
        raw = tx.connection().exec_driver_sql(f"SELECT content FROM {table.name}").scalar_one()
    assert "秘密".encode() not in bytes(raw)


@pytest.mark.usefixtures("words")
def test_of_ten_windows_that_save_at_once_one_wins(context: Context, applicant: Actor) -> None:
    start = threading.Barrier(10)

    def attempt(number: int) -> bool:
        start.wait()
        try:
            return save(context, applicant, "basic", 0, address=f"福州市第{number}个窗口的路") == 1
        except StaleVersion:
            return False

    with ThreadPoolExecutor(10) as pool:
        won = list(pool.map(attempt, range(10)))
    view = profiles.read_profile(context, applicant)
    assert won.count(True) == 1
    assert view.version == 1
    assert view.content["basic"]["address"] == f"福州市第{won.index(True)}个窗口的路"
