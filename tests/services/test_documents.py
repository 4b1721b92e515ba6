"""Uploads: judged, stored once, replaced, and read back by those who may (M19, I7)."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageFilter
from sqlalchemy import select

from core.db.models import Account, Document, LogEntry, Snapshot
from core.domain.errors import NotAllowed, NotFound, Refused, StaleVersion
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.photos import STORED_MAX_BYTES, STORED_MIN_BYTES, PhotoKind
from core.services import documents, profiles
from core.services.context import Context
from tests.factories import World, complete_profile, drawn, drawn_jpeg, make_account, make_world
from tests.services.test_profiles import NUMBER, apply_as


@pytest.fixture
def applicant(context: Context) -> Actor:
    return make_account(context, Role.APPLICANT, login=NUMBER)


def put(context: Context, actor: Actor, kind: PhotoKind = PhotoKind.PORTRAIT, row: str | None = None) -> str:
    result = documents.upload(context, actor, kind=kind, data=drawn_jpeg(kind), row=row)
    assert result.document_id is not None
    return result.document_id


def rows_of(context: Context) -> list[Document]:
    with context.database.read() as tx:
        return list(tx.scalars(select(Document).order_by(Document.created_at)))


def blurred() -> bytes:
    picture = Image.open(io.BytesIO(drawn_jpeg(PhotoKind.ID_FRONT))).filter(ImageFilter.GaussianBlur(9))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    return out.getvalue()


def test_an_upload_is_stored_in_range_and_found_in_its_slot(context: Context, applicant: Actor) -> None:
    result = documents.upload(context, applicant, kind=PhotoKind.ID_FRONT, data=drawn_jpeg(PhotoKind.ID_FRONT))
    assert (result.verdict.verdict in ("accept", "fixable"), result.version) == (True, 1)
    view = profiles.read_profile(context, applicant)
    assert view.content["documents"] == {"id_front": result.document_id}
    data = documents.read_file(context, applicant, result.document_id or "")
    assert STORED_MIN_BYTES <= len(data) <= STORED_MAX_BYTES
    assert documents.views(context, applicant)[result.document_id or ""].size == len(data)
    small = documents.read_file(context, applicant, result.document_id or "", thumbnail=True)
    assert len(small) < len(data)
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry.action)).all() == ["document.upload"]


def test_a_new_picture_retires_the_older_one_of_its_slot_only(context: Context, applicant: Actor) -> None:
    first, card = put(context, applicant), put(context, applicant, PhotoKind.ID_BACK)
    second = put(context, applicant)
    retired = {document.id for document in rows_of(context) if document.replaced_at is not None}
    assert retired == {first}
    assert profiles.read_profile(context, applicant).content["documents"] == {"portrait": second, "id_back": card}
    assert set(documents.views(context, applicant)) == {second, card}
    assert documents.read_file(context, applicant, first)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7 not a picture", b"\xff\xd8\xff\xe0 broken", b"<script>alert(1)</script>"]
)
def test_what_is_no_photograph_is_refused_in_words_and_changes_nothing(
    context: Context, applicant: Actor, data: bytes
) -> None:
    kept = put(context, applicant)
    result = documents.upload(context, applicant, kind=PhotoKind.PORTRAIT, data=data)
    assert (result.document_id, result.version, result.verdict.verdict) == (None, None, "reject")
    assert all(fault.sentence.endswith("。") for fault in result.verdict.faults)
    view = profiles.read_profile(context, applicant)
    assert (view.version, view.content["documents"]) == (1, {"portrait": kept})
    assert len(rows_of(context)) == 1


def test_a_blurred_card_is_refused_with_the_reason(context: Context, applicant: Actor) -> None:
    result = documents.upload(context, applicant, kind=PhotoKind.ID_FRONT, data=blurred())
    assert result.document_id is None
    assert "BLUR" in {str(fault.code) for fault in result.verdict.faults}


def test_slots_that_the_profile_does_not_have_take_nothing(context: Context, applicant: Actor) -> None:
    for kind, row in [
        (PhotoKind.CONSENT, None),
        (PhotoKind.QUALIFICATION, None),
        (PhotoKind.DIPLOMA, None),
        (PhotoKind.DIPLOMA, "e9"),
        (PhotoKind.DEGREE, "e1.school"),
    ]:
        with pytest.raises(NotFound):
            documents.upload(context, applicant, kind=kind, data=drawn_jpeg(PhotoKind.PORTRAIT), row=row)
    assert rows_of(context) == []


def test_diplomas_belong_to_their_row(context: Context, applicant: Actor) -> None:
    content = complete_profile(context, applicant)
    old = content["education"][0]["diploma"]
    new = put(context, applicant, PhotoKind.DIPLOMA, "e1")
    after = profiles.read_profile(context, applicant).content["education"][0]
    assert after == content["education"][0] | {"diploma": new}
    assert {d.id for d in rows_of(context) if d.replaced_at} == {old}


def test_an_upload_moves_the_version_so_that_a_stale_form_conflicts(context: Context, applicant: Actor) -> None:
    put(context, applicant)
    with pytest.raises(StaleVersion):
        profiles.save_section(context, applicant, section="practice", values={"qualified": "no"}, seen_version=0)


def test_an_upload_carries_open_drafts_along(context: Context, applicant: Actor) -> None:
    profiles.save_draft(context, applicant, form="profile.basic", content={"email": "a"}, base_version=0)
    put(context, applicant)
    draft = profiles.read_draft(context, applicant, form="profile.basic")
    assert draft is not None
    assert (draft.base_version, draft.stale) == (1, False)


def test_locked_and_returned_profiles(context: Context, applicant: Actor) -> None:
    world = make_world(context)
    complete_profile(context, applicant)
    other = make_account(context, Role.APPLICANT)
    complete_profile(context, other)
    apply_as(context, world, applicant, State.SUBMITTED)
    apply_as(context, world, other, State.RETURNED, ("documents.portrait", "PHOTO_BG"))
    with pytest.raises(Refused, match="PROFILE_LOCKED"):
        put(context, applicant)
    with pytest.raises(Refused, match="UNFLAGGED_CHANGED"):
        put(context, other, PhotoKind.ID_FRONT)
    assert put(context, other)


def test_the_lock_is_asked_again_after_the_picture_was_worked_on(
    context: Context, applicant: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(context)
    complete_profile(context, applicant)

    def submitted_meanwhile(data: bytes, kind: PhotoKind) -> object:
        apply_as(context, world, applicant, State.SUBMITTED)
        return drawn(kind)

    monkeypatch.setattr(documents, "process", submitted_meanwhile)
    before = len(rows_of(context))
    with pytest.raises(Refused, match="PROFILE_LOCKED"):
        put(context, applicant)
    assert len(rows_of(context)) == before


def test_a_full_disk_leaves_everything_as_it_was(
    context: Context, applicant: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_data: bytes) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(context.objects, "put", full)
    with pytest.raises(Refused, match="STORE_DOWN"):
        put(context, applicant)
    assert rows_of(context) == []
    assert profiles.read_profile(context, applicant).version == 0


def test_clerks_upload_nothing(context: Context) -> None:
    for role in (Role.REVIEWER, Role.BASE_LEAD, Role.ADMINISTRATOR):
        with pytest.raises(NotAllowed):
            documents.upload(context, make_account(context, role), kind=PhotoKind.PORTRAIT, data=b"")


@pytest.fixture
def handed_in(context: Context, applicant: Actor) -> Iterator[tuple[World, str, int]]:
    """A submitted application at the first base with its snapshot: world, portrait's id, application's id."""
    world = make_world(context)
    portrait = complete_profile(context, applicant)["documents"]["portrait"]
    application = apply_as(context, world, applicant, State.SUBMITTED)
    with context.database.write() as tx:
        facts = profiles.facts_for_move(tx, context, applicant.account_id or 0)
        content = {"profile": facts.content, "documents": facts.documents}
        tx.add(
            Snapshot(
                application_id=application,
                revision=1,
                content=content,
                digest="0" * 64,
                difference=[],
                created_at=context.now(),
            )
        )
    yield world, portrait, application


def test_files_are_read_by_owner_base_staff_and_administrators(
    context: Context, applicant: Actor, handed_in: tuple[World, str, int]
) -> None:
    world, portrait, _ = handed_in
    readers = [
        applicant,
        make_account(context, Role.REVIEWER, base_ids=(world.base_ids[0],)),
        make_account(context, Role.BASE_LEAD, base_ids=world.base_ids),
        make_account(context, Role.ADMINISTRATOR),
    ]
    read = [documents.read_file(context, reader, portrait) for reader in readers]
    assert len(set(read)) == 1
    with context.database.read() as tx:
        opened = tx.scalars(select(LogEntry.actor_id).where(LogEntry.action == "document.open")).all()
    assert opened == [reader.account_id for reader in readers[1:]]


def test_files_are_hidden_from_everybody_else(
    context: Context, applicant: Actor, handed_in: tuple[World, str, int]
) -> None:
    world, portrait, _ = handed_in
    stranger = make_account(context, Role.APPLICANT)
    complete_profile(context, stranger)
    for reader in (
        stranger,
        make_account(context, Role.REVIEWER, base_ids=(world.base_ids[1],)),
        make_account(context, Role.BASE_LEAD),
        Actor(applicant.account_id, Role.REVIEWER, frozenset({world.base_ids[1]})),
    ):
        for thumbnail in (False, True):
            with pytest.raises(NotFound):
                documents.read_file(context, reader, portrait, thumbnail=thumbnail)
    with pytest.raises(NotFound):
        documents.read_file(context, applicant, "0" * 32)


def test_a_base_sees_only_what_was_handed_in(
    context: Context, applicant: Actor, handed_in: tuple[World, str, int]
) -> None:
    world, _, application = handed_in
    reviewer = make_account(context, Role.REVIEWER, base_ids=(world.base_ids[0],))
    with context.database.write() as tx:
        account = tx.get_one(Account, applicant.account_id)
        keys = (context.objects.put(b"later"), context.objects.put(b"thumb"))
        later = documents.insert_document(tx, context, account.id, PhotoKind.PORTRAIT, drawn(PhotoKind.PORTRAIT), keys)
    with pytest.raises(NotFound):
        documents.read_file(context, reviewer, later)
    assert application


@pytest.mark.parametrize("state", [State.CANCELLED, State.LAPSED])
def test_a_base_no_longer_sees_what_was_taken_back(context: Context, applicant: Actor, state: State) -> None:
    world = make_world(context)
    portrait = complete_profile(context, applicant)["documents"]["portrait"]
    application = apply_as(context, world, applicant, state)
    with context.database.write() as tx:
        content = {"documents": {portrait: {}}}
        snapshot = Snapshot(
            application_id=application, revision=1, content=content, digest="0", difference=[], created_at=context.now()
        )
        tx.add(snapshot)
    reviewer = make_account(context, Role.REVIEWER, base_ids=(world.base_ids[0],))
    with pytest.raises(NotFound):
        documents.read_file(context, reviewer, portrait)
