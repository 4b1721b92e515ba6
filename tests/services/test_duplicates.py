"""Twins under another account: recorded for the reviewer whoever came first, never the own ones, never told an applicant."""

import hashlib
import io
import secrets
from datetime import date
from functools import cache
from threading import Barrier, Thread
from typing import Any

import pytest
from PIL import Image, ImageEnhance
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.clock import SetClock
from core.db.models import Account, Document, DocumentTwin
from core.demo.drawing import draw_id_front, draw_portrait
from core.domain.permissions import Actor, Role
from core.domain.photos import TWIN_LIMITS, PhotoKind
from core.imaging.fingerprint import fingerprint
from core.imaging.fitting import thumbnail
from core.queries.desk import desk
from core.queries.queue import QueueFilter, queue
from core.queries.reference import words
from core.queries.twins import Twins, accounts_with_twins, twins_of
from core.services import document_files, duplicates, reviews
from core.services.context import Context
from core.services.duplicates import fingerprint_columns, look_for_twins
from tests.factories import make_account
from tests.services.review_rows import make_bench, submit

PORTRAIT, CARD = PhotoKind.PORTRAIT, PhotoKind.ID_FRONT


@cache
def face(seed: int) -> Image.Image:
    with Image.open(io.BytesIO(draw_portrait(seed))) as image:
        return image.convert("RGB")


@cache
def card(seed: int, name: str, number: str) -> Image.Image:
    data = draw_id_front(name, "男", "汉", date(1999, 1, 1), "福建省福州市示例区示例路1号", number, seed)
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def again(image: Image.Image) -> Image.Image:
    """The same picture smaller, brighter and cropped a little, as another phone would pass it on."""
    across, down = image.width // 100, image.height // 100
    smaller = image.crop((across, down, image.width - across, image.height - down)).resize((420, 560))
    return ImageEnhance.Brightness(smaller).enhance(1.03)


def add(context: Context, actor: Actor, image: Image.Image, kind: PhotoKind = PORTRAIT, *, came: bytes = b"") -> str:
    """A committed document row of `image`, as an upload writes it; `came` is the file that arrived."""
    with context.database.write() as tx:
        return add_in(tx, context, actor, image, kind, came=came)


def add_in(
    tx: Session, context: Context, actor: Actor, image: Image.Image, kind: PhotoKind = PORTRAIT, *, came: bytes = b""
) -> str:
    small = context.objects.put(thumbnail(image))
    document_id = secrets.token_hex(16)
    values: dict[str, Any] = {
        "id": document_id,
        "account_id": actor.account_id,
        "kind": kind.value,
        "object_key": small,
        "thumbnail_key": small,
        "size": 200_000,
        "width": image.width,
        "height": image.height,
        "original_sha256": hashlib.sha256(came or secrets.token_bytes(8)).hexdigest(),
        "steps": [],
        "checks": [],
        "findings": [],
        "created_at": context.now(),
        "replaced_at": None,
        **fingerprint_columns(fingerprint(image)),
    }
    tx.execute(insert(Document).values(values))
    return document_id


def person(context: Context) -> Actor:
    return make_account(context, Role.APPLICANT)


def pairs(context: Context) -> list[tuple[str, str, bool]]:
    with context.database.read() as tx:
        found = tx.execute(select(DocumentTwin.document_id, DocumentTwin.other_id, DocumentTwin.exact)).all()
    return [(row.document_id, row.other_id, row.exact) for row in found]


def twins(context: Context, *ids: str) -> dict[str, Twins]:
    with context.database.read() as tx:
        return twins_of(tx, ids)


def test_the_same_file_is_told_for_both_and_for_every_kind(context: Context, clock: SetClock) -> None:
    one, other = person(context), person(context)
    first = add(context, one, face(1), PhotoKind.DIPLOMA, came=b"the file")
    assert look_for_twins(context, [first]) == 0
    clock.advance(seconds=1)
    second = add(context, other, face(2), PhotoKind.PORTRAIT, came=b"the file")
    assert look_for_twins(context, [second]) == 1
    assert pairs(context) == [(second, first, True)]
    assert twins(context, first, second) == {first: Twins(1, 0), second: Twins(1, 0)}


def test_the_same_picture_as_another_file_is_near(context: Context) -> None:
    first = add(context, person(context), face(1))
    second = add(context, person(context), again(face(1)))
    assert look_for_twins(context, [second]) == 1
    assert twins(context, first) == {first: Twins(0, 1)}


def test_different_people_are_no_twins_on_white_or_on_the_same_card(context: Context) -> None:
    for seed in range(8):
        added = [
            add(context, person(context), face(seed)),
            add(context, person(context), card(seed, f"陈示{seed}", f"35999919990101{seed}015"), CARD),
        ]
        assert look_for_twins(context, added) == 0
    copied = add(context, person(context), again(card(3, "陈示3", "359999199901013015")), CARD)
    assert look_for_twins(context, [copied]) == 1


def test_a_portrait_is_compared_with_portraits_only_and_papers_by_file_only(context: Context) -> None:
    add(context, person(context), face(1), CARD)
    add(context, person(context), face(1), PhotoKind.DIPLOMA)
    assert look_for_twins(context, [add(context, person(context), face(1), PORTRAIT)]) == 0
    assert look_for_twins(context, [add(context, person(context), face(1), PhotoKind.DIPLOMA)]) == 0


def test_the_own_uploads_never_count(context: Context) -> None:
    actor = person(context)
    for _ in range(3):
        assert look_for_twins(context, [add(context, actor, face(1), came=b"mine")]) == 0


def test_replaced_pictures_offers_and_disabled_accounts_count(context: Context) -> None:
    replaced, offered, disabled = (person(context) for _ in range(3))
    ids = [add(context, actor, face(1), came=b"file") for actor in (replaced, offered, disabled)]
    with context.database.write() as tx:
        tx.execute(update(Document).where(Document.id == ids[0]).values(replaced_at=context.now()))
        tx.execute(update(Document).where(Document.id == ids[1]).values(offered_for="documents.portrait"))
        tx.execute(update(Account).where(Account.id == disabled.account_id).values(active=False))
    newest = add(context, person(context), face(1), came=b"file")
    assert look_for_twins(context, [newest]) == 3
    assert twins(context, newest) == {newest: Twins(3, 0)}


def test_looking_again_finds_nothing_new_and_one_account_counts_once(context: Context) -> None:
    one, other = person(context), person(context)
    first, second = (add(context, one, face(1), came=b"file") for _ in range(2))
    third = add(context, other, face(1), came=b"file")
    assert look_for_twins(context, [first, second, third]) == 2
    assert look_for_twins(context, [third, second, first]) == 0
    assert twins(context, third) == {third: Twins(1, 0)}
    assert twins(context, first, second) == {first: Twins(1, 0), second: Twins(1, 0)}


def test_one_file_under_very_many_accounts_is_bounded(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "TWIN_LIMITS", type(TWIN_LIMITS)(recorded=3))
    for _ in range(5):
        newest = add(context, person(context), face(1), came=b"file")
    assert look_for_twins(context, [newest]) == 3


def test_a_thumbnail_out_of_reach_hides_no_other_twin(context: Context) -> None:
    lost = add(context, person(context), again(face(1)))
    add(context, person(context), face(1))
    with context.database.write() as tx:
        tx.execute(update(Document).where(Document.id == lost).values(thumbnail_key="0" * 64))
    assert look_for_twins(context, [add(context, person(context), face(1))]) == 1


def test_a_row_without_fingerprint_and_a_missing_row(context: Context) -> None:
    plain = add(context, person(context), face(1), came=b"file")
    with context.database.write() as tx:
        tx.execute(update(Document).where(Document.id == plain).values(fingerprint_columns(None)))
    assert look_for_twins(context, [plain, "0" * 32]) == 0
    assert look_for_twins(context, [add(context, person(context), face(1), came=b"file")]) == 1


def _both(context: Context, *, look_inside: bool) -> list[str]:
    """Two uploads of one file whose transactions overlap; each looks inside its own transaction, or after its commit."""
    actors = [person(context) for _ in range(2)]
    written = Barrier(2, timeout=30)
    errors: list[BaseException] = []
    seen_inside: list[str] = []

    def upload(actor: Actor) -> None:
        try:
            with context.database.write() as tx:
                document_id = add_in(tx, context, actor, face(1), came=b"file")
                written.wait()
                if look_inside:
                    same = select(Document.id).where(Document.account_id != actor.account_id)
                    seen_inside.extend(tx.scalars(same))
                    written.wait()
            if not look_inside:
                look_for_twins(context, [document_id])
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=upload, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    return seen_inside


overlapping = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""On SQLite two writes never overlap."""


@overlapping
def test_two_uploads_that_meet_do_not_both_miss_each_other(context: Context) -> None:
    for uploads in range(2, 12, 2):
        _both(context, look_inside=False)
        assert len(pairs(context)) == uploads * (uploads - 1) // 2
    assert set(twins(context, *every(context))) == set(every(context))


@overlapping
def test_control_looking_inside_the_transaction_misses_both(context: Context) -> None:
    assert _both(context, look_inside=True) == []
    assert (len(every(context)), pairs(context)) == (2, [])


def every(context: Context) -> list[str]:
    with context.database.read() as tx:
        return list(tx.scalars(select(Document.id)))


def test_many_uploads_at_once_miss_nobody(context: Context) -> None:
    actors = [person(context) for _ in range(6)]
    start = Barrier(len(actors), timeout=30)
    done: list[str] = []

    def upload(actor: Actor) -> None:
        start.wait()
        document_id = add(context, actor, face(1), came=b"file")
        look_for_twins(context, [document_id])
        done.append(document_id)

    threads = [Thread(target=upload, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 6
    assert twins(context, *done) == {each: Twins(5, 0) for each in done}
    assert len(pairs(context)) == 15


def test_the_desk_says_it_without_whose_and_the_applicant_reads_nothing(context: Context) -> None:
    bench = make_bench(context)
    owner, application_id = submit(context, bench.world, name="陈某某")
    with context.database.read() as tx:
        portrait = tx.scalars(select(Document).filter_by(account_id=owner.account_id, kind="portrait")).one()
    stranger = make_account(context, Role.APPLICANT, name="欧阳查无", login="H12340001")
    copy = add(context, stranger, face(1))
    with context.database.write() as tx:
        tx.execute(update(Document).where(Document.id == copy).values(original_sha256=portrait.original_sha256))

    before = document_files.views(context, owner)
    reviews.take(context, bench.reviewer, application_id=application_id)
    found = desk(context, bench.reviewer, application_id=application_id, words=words(context))
    told = {picture.label: picture.remarks for picture in found.pictures}
    assert [sum("另一账号上传过同样的图片（相同文件）" in each for each in remarks) for remarks in told.values()].count(
        1
    ) == 1
    shown = repr(found)
    assert copy not in shown and "欧阳" not in shown and "H12340001" not in shown and stranger.account_id
    assert document_files.views(context, owner) == before
    wanted = QueueFilter(batch_id=bench.world.batch_id)
    assert [row.twins for row in queue(context, bench.reviewer, wanted).rows] == [True]
    with context.database.read() as tx:
        ids = [owner.account_id or 0, stranger.account_id, bench.reviewer.account_id or 0]
        assert accounts_with_twins(tx, ids) == {owner.account_id, stranger.account_id}


def test_both_ways_of_being_a_twin_are_counted_apart() -> None:
    assert Twins(1, 0).remarks == ("另一账号上传过同样的图片（相同文件），请留意核对。",)
    assert Twins(0, 3).remarks == ("另有 3 个账号上传过同样的图片（画面几乎相同），请留意核对。",)
    assert len(Twins(2, 2).remarks) == 2 and Twins(0, 0).remarks == ()
