"""Reading stored pictures with a reader that says what the test wants: kept once, offered, taken only on request."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text

from core.db.models import Document, LogEntry, Profile, Reading
from core.domain.errors import InvalidInput, NotAllowed, NotFound, Refused, StaleVersion
from core.domain.identity import make_number
from core.domain.lifecycle import State
from core.domain.lines import Line
from core.domain.permissions import Actor, Role
from core.domain.photos import PhotoKind
from core.domain.reasons import ReturnReason
from core.services import documents, profiles, readings
from core.services.context import Context
from tests.domain import papers
from tests.factories import World, drawn_jpeg, education_row, make_account
from tests.services.test_profiles import NUMBER, apply_as, save, words, world

__all__ = ["words", "world"]

ADDRESS = "福建省福州市鼓楼区东街道杏林路88号3单元602室"


class SetReader:
    """Answers every picture with the same lines and counts how often it was asked."""

    name = "set reader 1"

    def __init__(self, lines: Sequence[Line] | None) -> None:
        self.lines = None if lines is None else tuple(lines)
        self.asked = 0

    def read(self, image_bytes: bytes, *, turn: int = 0) -> tuple[Line, ...] | None:
        self.asked += 1
        assert image_bytes[:2] == b"\xff\xd8"
        return self.lines


@pytest.fixture
def applicant(context: Context) -> Actor:
    return make_account(context, Role.APPLICANT, login=NUMBER, name="林晓杏")


def reading(context: Context, lines: Sequence[Line] | None) -> Context:
    return replace(context, reader=SetReader(lines))


def asked(context: Context) -> int:
    assert isinstance(context.reader, SetReader)
    return context.reader.asked


def put(context: Context, actor: Actor, kind: PhotoKind = PhotoKind.ID_FRONT, row: str | None = None) -> str:
    result = documents.upload(context, actor, kind=kind, data=drawn_jpeg(kind), row=row)
    assert result.document_id is not None
    return result.document_id


def read_front(context: Context, actor: Actor) -> tuple[Context, str, int]:
    """A context that reads the front of the actor's card, the read document, and the profile's version."""
    context = reading(context, papers.front())
    document = put(context, actor)
    assert readings.read_document(context, actor, document_id=document)
    return context, document, profiles.read_profile(context, actor).version


def test_a_picture_is_read_once_and_kept_encrypted(context: Context, applicant: Actor) -> None:
    context, document, _ = read_front(context, applicant)
    assert readings.read_document(context, applicant, document_id=document)
    assert asked(context) == 1
    with context.database.read() as tx:
        row = tx.get_one(Reading, document)
        assert (row.engine, row.read_at, row.words["turn"]) == ("set reader 1", context.now(), 0)
        stored = tx.execute(text("SELECT words FROM reading")).scalar_one()
        actions = tx.scalars(select(LogEntry.action).order_by(LogEntry.id)).all()
        details = str(tx.scalars(select(LogEntry.details)).all())
    assert "林晓杏".encode() not in bytes(stored)
    assert actions == ["document.upload", "document.read"]
    assert "林晓杏" not in details


def test_reading_does_not_touch_the_profile(context: Context, applicant: Actor) -> None:
    context, document, version = read_front(context, applicant)
    view = profiles.read_profile(context, applicant)
    assert (view.version, view.content["basic"], view.content["documents"]) == (version, {}, {"id_front": document})


def test_without_a_reader_nothing_is_read_and_nothing_is_said(context: Context, applicant: Actor) -> None:
    document = put(context, applicant)
    assert context.reader is None
    assert readings.read_document(context, applicant, document_id=document) is False
    assert readings.readings_for(context, applicant) == {}


def test_what_could_not_be_read_may_be_tried_again(context: Context, applicant: Actor) -> None:
    document = put(context, applicant)
    silent = reading(context, None)
    assert readings.read_document(silent, applicant, document_id=document) is False
    assert readings.readings_for(silent, applicant) == {}
    assert readings.read_document(reading(context, papers.front()), applicant, document_id=document)


def test_a_picture_whose_object_is_gone_is_not_read(context: Context, applicant: Actor) -> None:
    document = put(context, applicant)
    with context.database.read() as tx:
        context.objects.delete(tx.get_one(Document, document).object_key)
    assert readings.read_document(reading(context, papers.front()), applicant, document_id=document) is False


def test_an_unsorted_picture_is_recognised_and_nothing_is_kept(context: Context, applicant: Actor) -> None:
    picture = drawn_jpeg(PhotoKind.DIPLOMA)
    assert readings.recognise(context, applicant, image=picture) is None
    assert readings.recognise(reading(context, None), applicant, image=picture) is None
    found = readings.recognise(reading(context, papers.diploma()), applicant, image=picture)
    assert found is not None
    assert (found.kind, found.turn, "林晓杏" in repr(found)) == (PhotoKind.DIPLOMA, 0, False)
    with context.database.read() as tx:
        assert tx.scalars(select(Reading.document_id)).all() == []
        assert tx.scalars(select(LogEntry.id)).all() == []


def test_portraits_and_pictures_of_others_are_not_read(context: Context, applicant: Actor) -> None:
    reader = reading(context, papers.front())
    other = make_account(context, Role.APPLICANT)
    for document in (put(context, applicant, PhotoKind.PORTRAIT), put(context, other), "0" * 32):
        with pytest.raises(NotFound):
            readings.read_document(reader, applicant, document_id=document)
    assert asked(reader) == 0


def test_only_applicants_read(context: Context, applicant: Actor) -> None:
    reader, document, version = read_front(context, applicant)
    reviewer = make_account(context, Role.REVIEWER)
    with pytest.raises(NotAllowed):
        readings.read_document(reader, reviewer, document_id=document)
    with pytest.raises(NotAllowed):
        readings.readings_for(reader, reviewer)
    with pytest.raises(NotAllowed):
        readings.accept_suggestion(reader, reviewer, document_id=document, path="basic.address", seen_version=version)


def test_what_was_read_stands_with_offers(context: Context, applicant: Actor, words: None) -> None:
    context, document, _ = read_front(context, applicant)
    found = readings.readings_for(context, applicant)[document]
    assert dict(found.facts) == {"姓名": "林晓杏", "证件号": "350***********0015"}
    assert found.mismatches == ()
    assert {each.path: each.value for each in found.suggestions} == {
        "basic.ethnic_group": "01",
        "basic.address": ADDRESS,
    }


def test_another_name_and_number_warn_and_offer_nothing(context: Context, applicant: Actor, words: None) -> None:
    other = make_number("350102", date(1996, 8, 15), 3)
    context = reading(context, papers.front(name="林晓否", number=other))
    document = put(context, applicant)
    readings.read_document(context, applicant, document_id=document)
    found = readings.readings_for(context, applicant)[document]
    assert [each.code for each in found.mismatches] == [ReturnReason.ID_MISMATCH, ReturnReason.ID_MISMATCH]
    assert found.suggestions == ()


def test_an_offer_is_taken_only_on_request_and_then_gone(context: Context, applicant: Actor, words: None) -> None:
    context, document, version = read_front(context, applicant)
    path = "basic.address"
    new = readings.accept_suggestion(context, applicant, document_id=document, path=path, seen_version=version)
    view = profiles.read_profile(context, applicant)
    assert (new, view.version, view.content["basic"]) == (version + 1, version + 1, {"address": ADDRESS})
    left = readings.readings_for(context, applicant)[document].suggestions
    assert [each.path for each in left] == ["basic.ethnic_group"]
    with pytest.raises(NotFound):
        readings.accept_suggestion(context, applicant, document_id=document, path=path, seen_version=new)
    with context.database.read() as tx:
        line = tx.scalars(select(LogEntry).order_by(LogEntry.id.desc()).limit(1)).one()
    assert (line.action, line.details) == (
        "profile.accept_reading",
        {"document": document, "field": path, "version": new},
    )


def test_a_diploma_fills_its_own_row_and_nothing_that_does_not_fit(
    context: Context, applicant: Actor, words: None
) -> None:
    bare = {"level": "BACHELOR", "degree": "NONE", "status": "COMPLETED"}
    rows = [{"id": "e1", **bare}, {"id": "e2", **bare, "start": "2018-09-01"}]
    with context.database.write() as tx:
        content = {"basic": {}, "education": rows, "practice": {}, "documents": {}}
        tx.add(Profile(account_id=applicant.account_id, version=1, content=content, updated_at=context.now()))
    context = reading(context, papers.diploma())
    document = put(context, applicant, PhotoKind.DIPLOMA, "e2")
    readings.read_document(context, applicant, document_id=document)
    version = profiles.read_profile(context, applicant).version
    for name in ("school", "diploma_number"):
        path = f"education.e2.{name}"
        version = readings.accept_suggestion(context, applicant, document_id=document, path=path, seen_version=version)
    first, second = profiles.read_profile(context, applicant).content["education"]
    assert "school" not in first
    assert (second["school"], second["diploma_number"]) == ("10393", "103931201705000123")
    with pytest.raises(InvalidInput) as refused:
        readings.accept_suggestion(
            context, applicant, document_id=document, path="education.e2.end", seen_version=version
        )
    assert list(refused.value.fields) == ["education.e2.end"]
    assert profiles.read_profile(context, applicant).version == version


def test_what_nobody_offered_cannot_be_taken(context: Context, applicant: Actor, words: None) -> None:
    context, document, version = read_front(context, applicant)
    stranger = make_account(context, Role.APPLICANT)
    for path in ("basic.email", "account.name", "basic", "", "education.e1.school", "documents.id_front"):
        with pytest.raises(NotFound):
            readings.accept_suggestion(context, applicant, document_id=document, path=path, seen_version=version)
    with pytest.raises(NotFound):
        readings.accept_suggestion(context, stranger, document_id=document, path="basic.address", seen_version=0)


def test_a_replaced_picture_offers_nothing_any_more(context: Context, applicant: Actor, words: None) -> None:
    context, document, _ = read_front(context, applicant)
    second = put(context, applicant)
    version = profiles.read_profile(context, applicant).version
    assert readings.readings_for(context, applicant) == {}
    with pytest.raises(NotFound):
        readings.accept_suggestion(context, applicant, document_id=document, path="basic.address", seen_version=version)
    assert readings.read_document(context, applicant, document_id=second)
    assert set(readings.readings_for(context, applicant)) == {second}


def test_a_stale_window_takes_nothing(context: Context, applicant: Actor, words: None) -> None:
    context, document, version = read_front(context, applicant)
    save(context, applicant, "practice", version)
    with pytest.raises(StaleVersion):
        readings.accept_suggestion(context, applicant, document_id=document, path="basic.address", seen_version=version)


def test_an_open_draft_of_the_section_comes_first(context: Context, applicant: Actor, words: None) -> None:
    """Saving that draft would write the whole section, and the accepted value would be lost unseen."""
    context, document, version = read_front(context, applicant)
    profiles.save_draft(
        context, applicant, form="profile.basic", content={"email": "a@example.com"}, base_version=version
    )
    with pytest.raises(Refused) as refused:
        readings.accept_suggestion(context, applicant, document_id=document, path="basic.address", seen_version=version)
    assert refused.value.code == "DRAFT_OPEN"
    profiles.discard_draft(context, applicant, form="profile.basic")
    assert readings.accept_suggestion(
        context, applicant, document_id=document, path="basic.address", seen_version=version
    )


@pytest.mark.parametrize(
    ("state", "flags", "code"),
    [
        (State.SUBMITTED, [], "PROFILE_LOCKED"),
        (State.RETURNED, [("documents.id_front", "ID_SIDE")], "UNFLAGGED_CHANGED"),
        (State.RETURNED, [("basic.address", "OTHER")], None),
    ],
)
def test_a_running_application_locks_offers_as_it_locks_the_form(
    context: Context,
    applicant: Actor,
    world: World,
    state: State,
    flags: list[tuple[str, str]],
    code: str | None,
) -> None:
    context, document, version = read_front(context, applicant)
    apply_as(context, world, applicant, state, *flags)
    take = {"document_id": document, "path": "basic.address", "seen_version": version}
    if code is None:
        assert readings.accept_suggestion(context, applicant, **take) == version + 1  # type: ignore[arg-type]
        return
    with pytest.raises(Refused) as refused:
        readings.accept_suggestion(context, applicant, **take)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_two_windows_that_read_the_same_picture_keep_one_reading(context: Context, applicant: Actor) -> None:
    document = put(context, applicant)

    class Racing(SetReader):
        def read(self, image_bytes: bytes, *, turn: int = 0) -> tuple[Line, ...] | None:
            readings.read_document(reading(context, papers.front()), applicant, document_id=document)
            return super().read(image_bytes, turn=turn)

    late = replace(context, reader=Racing(papers.back()))
    assert readings.read_document(late, applicant, document_id=document)
    with context.database.read() as tx:
        kept = tx.get_one(Reading, document).words["lines"]
    assert any("姓名" in line[0] for line in kept)


def test_a_row_of_education_is_compared_with_its_own_papers(context: Context, applicant: Actor, words: None) -> None:
    rows = [education_row("e1", school="10384", diploma_number="103841201705000999")]
    save(context, applicant, "education", 0, rows=rows)
    context = reading(context, papers.diploma())
    document = put(context, applicant, PhotoKind.DIPLOMA, "e1")
    readings.read_document(context, applicant, document_id=document)
    found = readings.readings_for(context, applicant)[document]
    assert {(each.code, each.path) for each in found.mismatches} == {
        (ReturnReason.CERT_NO, "education.e1.diploma_number"),
        (ReturnReason.EDU_SCHOOL, "education.e1.school"),
    }
