"""Uploads: judged, stored once, replaced, and read back by those who may (M19, I7)."""

import io
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import get_args

import pytest
from PIL import Image, ImageFilter
from sqlalchemy import select

from core.db.models import Account, Document, LogEntry, Snapshot
from core.demo.drawing import draw_portrait
from core.demo.phone import phone_photo
from core.domain.errors import NotAllowed, NotFound, Refused, StaleVersion
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.domain.photos import STORED_MAX_BYTES, STORED_MIN_BYTES, PhotoKind
from core.gateways import objects
from core.imaging import watermark
from core.imaging.pipeline import Processed
from core.services import document_files, documents, profiles
from core.services.context import Context
from core.services.documents import StoredKeys
from core.services.photo_work import in_turn
from tests.factories import World, complete_profile, drawn, drawn_jpeg, insert_drawn, make_account, make_world
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
    data = document_files.read_file(context, applicant, result.document_id or "")
    assert STORED_MIN_BYTES <= len(data) <= STORED_MAX_BYTES
    assert document_files.views(context, applicant)[result.document_id or ""].size == len(data)
    small = document_files.read_file(context, applicant, result.document_id or "", size="thumbnail")
    assert len(small) < len(data)
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry.action)).all() == ["document.upload"]


def test_a_new_picture_retires_the_older_one_of_its_slot_only(context: Context, applicant: Actor) -> None:
    first, card = put(context, applicant), put(context, applicant, PhotoKind.ID_BACK)
    second = put(context, applicant)
    retired = {document.id for document in rows_of(context) if document.replaced_at is not None}
    assert retired == {first}
    assert profiles.read_profile(context, applicant).content["documents"] == {"portrait": second, "id_back": card}
    assert set(document_files.views(context, applicant)) == {second, card}
    assert document_files.read_file(context, applicant, first)


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

    def submitted_meanwhile(data: bytes, kind: PhotoKind) -> Processed:
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
    def full(_path: Path, _data: bytes) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(objects, "write_whole", full)
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
    read = [document_files.read_file(context, reader, portrait) for reader in readers]
    assert len(set(read)) == len(readers)
    with context.database.read() as tx:
        stored = context.objects.get(tx.get_one(Document, portrait).object_key)
    assert read[0] == stored
    with context.database.read() as tx:
        opened = tx.scalars(select(LogEntry.actor_id).where(LogEntry.action == "document.open")).all()
    assert opened == [reader.account_id for reader in readers[1:]]


@pytest.mark.asvs("V14.2.6", "a picture shown to staff bears who looked, when and for what; the stored one doesn't")
@pytest.mark.parametrize("size", ["full", "thumbnail"])
def test_what_a_clerk_is_shown_bears_the_clerk_s_mark(
    context: Context,
    applicant: Actor,
    handed_in: tuple[World, str, int],
    size: document_files.Size,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, portrait, _ = handed_in
    drawn: list[str] = []

    def spied(data: bytes, text: str) -> bytes:
        drawn.append(text)
        return watermark.marked(data, text)

    monkeypatch.setattr(document_files, "marked", spied)
    bases = (world.base_ids[0],)
    reviewer = make_account(context, Role.REVIEWER, base_ids=bases, name="严审核", login="yan.shenhe")
    seen = document_files.read_file(context, reviewer, portrait, size=size)
    assert drawn == ["严审核 yan.shenhe 2026-08-01 09:00 仅限资格审核"]
    assert seen.startswith(b"\xff\xd8\xff")
    own = document_files.read_file(context, applicant, portrait, size=size)
    assert len(drawn) == 1
    assert own != seen


def test_a_picture_that_can_t_be_marked_is_not_shown(
    context: Context, handed_in: tuple[World, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, portrait, _ = handed_in
    reviewer = make_account(context, Role.REVIEWER, base_ids=(world.base_ids[0],))
    monkeypatch.setattr(type(context.objects), "get", lambda _self, _key: b"no picture")
    with pytest.raises(NotFound):
        document_files.read_file(context, reviewer, portrait)


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
        for size in get_args(document_files.Size):
            with pytest.raises(NotFound):
                document_files.read_file(context, reader, portrait, size=size)
    with pytest.raises(NotFound):
        document_files.read_file(context, applicant, "0" * 32)


def test_a_base_sees_only_what_was_handed_in(
    context: Context, applicant: Actor, handed_in: tuple[World, str, int]
) -> None:
    world, _, application = handed_in
    reviewer = make_account(context, Role.REVIEWER, base_ids=(world.base_ids[0],))
    with context.database.write() as tx:
        account = tx.get_one(Account, applicant.account_id)
        keys = StoredKeys(context.objects.put(b"later"), context.objects.put(b"thumb"))
        later = insert_drawn(tx, context, account.id, PhotoKind.PORTRAIT, keys)
    with pytest.raises(NotFound):
        document_files.read_file(context, reviewer, later)
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
        document_files.read_file(context, reviewer, portrait)


BLUE = (67, 142, 219)


def offer_of(context: Context, applicant: Actor) -> str:
    result = documents.upload(context, applicant, kind=PhotoKind.PORTRAIT, data=blue_portrait())
    assert result.document_id is None
    assert result.verdict.verdict == "fixable"
    return result.offer_id or ""


@cache
def blue_portrait() -> bytes:
    return draw_portrait(3, BLUE)


@cache
def card_on_a_desk() -> bytes:
    return phone_photo(drawn_jpeg(PhotoKind.ID_FRONT), rotate=90, megapixels=8)


def test_a_whitened_portrait_waits_until_its_owner_says_yes(context: Context, applicant: Actor) -> None:
    offer = offer_of(context, applicant)
    assert not profiles.read_profile(context, applicant).content.get("documents")
    view = document_files.views(context, applicant)[offer]
    assert (view.offered_for, view.has_before) == ("documents.portrait", True)
    assert document_files.read_file(context, applicant, offer, size="before")

    version = documents.accept_offer(context, applicant, document_id=offer)
    profile = profiles.read_profile(context, applicant)
    assert (profile.content["documents"]["portrait"], profile.version) == (offer, version)
    assert document_files.views(context, applicant)[offer].offered_for is None
    with context.database.read() as tx:
        assert tx.scalars(select(LogEntry.action).order_by(LogEntry.id)).all() == ["document.offer", "document.accept"]
    with pytest.raises(NotFound):
        documents.accept_offer(context, applicant, document_id=offer)


def test_a_declined_offer_is_gone_and_the_slot_as_it_was(context: Context, applicant: Actor) -> None:
    first = put(context, applicant)
    offer = offer_of(context, applicant)
    documents.decline_offer(context, applicant, document_id=offer)
    assert set(document_files.views(context, applicant)) == {first}
    for answer in (documents.accept_offer, documents.decline_offer):
        with pytest.raises(NotFound):
            answer(context, applicant, document_id=offer)
    assert profiles.read_profile(context, applicant).content["documents"]["portrait"] == first


def test_a_newer_file_takes_the_place_of_an_unanswered_offer(context: Context, applicant: Actor) -> None:
    offer = offer_of(context, applicant)
    newer = put(context, applicant)
    assert set(document_files.views(context, applicant)) == {newer}
    with pytest.raises(NotFound):
        documents.accept_offer(context, applicant, document_id=offer)


def test_the_cut_and_the_whole_picture_can_be_exchanged_and_back(context: Context, applicant: Actor) -> None:
    result = documents.upload(context, applicant, kind=PhotoKind.ID_FRONT, data=card_on_a_desk())
    cut, whole = result.document_id or "", result.offer_id or ""
    assert cut
    assert whole
    for chosen, left in ((whole, cut), (cut, whole)):
        documents.accept_offer(context, applicant, document_id=chosen)
        assert profiles.read_profile(context, applicant).content["documents"]["id_front"] == chosen
        views = document_files.views(context, applicant)
        assert (views[chosen].offered_for, views[left].offered_for) == (None, "documents.id_front")


def test_offers_are_answered_by_their_owner_while_the_profile_is_open(context: Context, applicant: Actor) -> None:
    world = make_world(context)
    complete_profile(context, applicant)
    offer = offer_of(context, applicant)
    stranger = make_account(context, Role.APPLICANT)
    complete_profile(context, stranger)
    for answer in (documents.accept_offer, documents.decline_offer):
        with pytest.raises(NotFound):
            answer(context, stranger, document_id=offer)
    with pytest.raises(NotAllowed):
        documents.accept_offer(context, make_account(context, Role.ADMINISTRATOR), document_id=offer)
    apply_as(context, world, applicant, State.SUBMITTED)
    with pytest.raises(Refused, match="PROFILE_LOCKED"):
        documents.accept_offer(context, applicant, document_id=offer)
    assert document_files.views(context, applicant)[offer].offered_for == "documents.portrait"


def test_only_a_flagged_slot_takes_an_offer(context: Context, applicant: Actor) -> None:
    world = make_world(context)
    complete_profile(context, applicant)
    offer = offer_of(context, applicant)
    apply_as(context, world, applicant, State.RETURNED, ("documents.id_front", "BLUR"))
    with pytest.raises(Refused, match="UNFLAGGED_CHANGED"):
        documents.accept_offer(context, applicant, document_id=offer)


def test_so_many_are_worked_on_at_once_and_the_next_one_is_told_to_come_back() -> None:
    entered, leave = Event(), Event()
    places = os.cpu_count() or 2

    def occupy() -> None:
        in_turn(lambda: (entered.set(), leave.wait(20)))

    holders = [Thread(target=occupy) for _ in range(places)]
    for holder in holders:
        holder.start()
    entered.wait(20)
    try:
        with pytest.raises(Refused, match="PHOTO_BUSY"):
            in_turn(lambda: None, wait=0.05)
    finally:
        leave.set()
        for holder in holders:
            holder.join()
    assert in_turn(lambda: "free again") == "free again"
