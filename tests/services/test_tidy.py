"""xinglin tidy: it takes what no row names and nothing else, while uploads run, twice at once, and after a kill -9."""

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from core.clock import SetClock
from core.db.models import Application, Document, DocumentTwin, LogEntry, Reading, Snapshot
from core.domain.errors import NotAllowed, Refused
from core.domain.lifecycle import State
from core.domain.permissions import Actor, Role
from core.gateways import objects as objects_module
from core.gateways.objects import ObjectMissing, Swept
from core.services import tidy as under_test
from core.services.context import Context
from core.services.tidy import Tidied, tidy
from core.services.verify import verify
from core.services.verify_files import young_orphans
from core.settings import ROOT
from core.ui.log_words import action_words, detail_words
from tests.factories import complete_profile, make_account, make_world
from tests.services.rows import make_application

OPERATOR = Actor(None, Role.ADMINISTRATOR)
NOW = timedelta(0)


def run(context: Context, **options: Any) -> Tidied:
    return tidy(context, OPERATOR, **({"older_than": NOW} | options))


def row(context: Context, account_id: int, keys: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    values = {
        "id": secrets.token_hex(16),
        "account_id": account_id,
        "kind": "portrait",
        "object_key": keys[0],
        "thumbnail_key": keys[-1],
        "size": 200_000,
        "width": 600,
        "height": 800,
        "original_sha256": hashlib.sha256(keys[0].encode()).hexdigest(),
        "steps": [],
        "checks": [],
        "findings": [],
        "created_at": context.now(),
    }
    return values | changes


def add(context: Context, account_id: int, **changes: Any) -> str:
    """A document with its own objects, all of its keys in use."""
    with context.objects.held(*(secrets.token_bytes(99) for _ in range(3))) as keys:
        values = row(context, account_id, keys, before_key=keys[1], **changes)
        with context.database.write() as tx:
            tx.execute(insert(Document).values(values))
    return str(values["id"])


def applicant(context: Context) -> int:
    return make_account(context, Role.APPLICANT).account_id or 0


def path_of(context: Context, key: str) -> Path:
    return context.settings.data_dir / "objects" / key[:2] / key


def age(context: Context, key: str, **by: float) -> None:
    at = time.time() - timedelta(**by).total_seconds()
    os.utime(path_of(context, key), (at, at))


def test_orphans_go_and_every_named_object_stays(context: Context) -> None:
    owner = applicant(context)
    kept = [add(context, owner), add(context, owner, replaced_at=context.now())]
    orphans = [context.objects.put(bytes([number]) * 1_000) for number in range(3)]
    size = sum(path_of(context, key).stat().st_size for key in orphans)
    would = run(context, dry_run=True)
    assert would == Tidied(Swept(3, 0, size, 0), 0)
    assert all(context.objects.exists(key) for key in orphans)
    assert run(context) == would
    assert run(context) == Tidied(Swept(), 0)
    assert len(list(context.objects.keys())) == 3 * len(kept)
    with context.database.read() as tx:
        lines = tx.execute(select(LogEntry.action, LogEntry.subject, LogEntry.details)).all()
    assert [(line.action, line.subject) for line in lines] == [("instance.tidy", "instance")]
    assert lines[0].details == {"objects": 3, "partials": 0, "bytes": size, "offers": 0}
    assert action_words("instance.tidy") == "清理文件"
    assert detail_words(lines[0].details).startswith("没有记录的文件 3 个")


def test_the_young_stay_and_verify_says_so(context: Context) -> None:
    young, old = context.objects.put(b"young"), context.objects.put(b"old")
    part = path_of(context, young).with_name(f".{young}.0123abcd.part")
    part.write_bytes(b"half")
    age(context, old, hours=25)
    assert [(each.invariant, each.subject) for each in verify(context)] == [("FILES", f"object {old[:12]}")]
    left = young_orphans(context)
    assert (left.objects, left.partials) == (1, 1)
    assert tidy(context, OPERATOR).files.objects == 1
    assert verify(context) == []
    os.utime(part, (1, 1))
    assert [each.found[:6] for each in verify(context)] == ["未写完的残留"]
    assert tidy(context, OPERATOR).files == Swept(0, 1, 4, 0)
    assert list(context.objects.keys()) == [young] and not part.exists()


def test_a_missing_or_altered_preview_is_told(context: Context) -> None:
    add(context, applicant(context), size=153_600)
    with context.database.read() as tx:
        before = tx.scalars(select(Document.before_key)).one() or ""
    path_of(context, before).write_bytes(b"spoiled")
    assert "文件被改动" in {each.found for each in verify(context)}
    context.objects.delete(before)
    assert "文件不存在" in {each.found for each in verify(context)}


def test_offers_never_taken_go_with_what_hangs_on_them(context: Context, clock: SetClock) -> None:
    owner, other = applicant(context), applicant(context)
    offer = add(context, owner, offered_for="documents.portrait")
    twin = add(context, other)
    with context.database.write() as tx:
        pair = {"document_id": twin, "other_id": offer, "exact": True, "distance": 0, "found_at": context.now()}
        tx.execute(insert(DocumentTwin).values(pair))
        words = {"document_id": offer, "words": {}, "engine": "test", "read_at": context.now()}
        tx.execute(insert(Reading).values(words))
    clock.advance(days=6.9)
    assert run(context) == Tidied(Swept(), 0)
    clock.advance(days=0.1)
    would = run(context, dry_run=True)
    assert (would.offers, would.files.objects) == (1, 3)
    assert run(context) == would
    assert documents(context) == [twin]
    assert verify_subjects(context) == {f"document {twin} size"}
    with context.database.read() as tx:
        assert tx.scalars(select(DocumentTwin.id)).all() == tx.scalars(select(Reading.document_id)).all() == []


def documents(context: Context) -> list[str]:
    with context.database.read() as tx:
        return list(tx.scalars(select(Document.id)))


def verify_subjects(context: Context) -> set[str]:
    return {each.subject for each in verify(context)}


def test_an_offer_that_is_in_use_after_all_stays(context: Context, clock: SetClock) -> None:
    actor = make_account(context, Role.APPLICANT)
    portrait = complete_profile(context, actor)["documents"]["portrait"]
    frozen = add(context, actor.account_id or 0, offered_for="documents.portrait")
    application = make_application(context, make_world(context), actor, State.SUBMITTED)
    with context.database.write() as tx:
        tx.execute(update(Document).where(Document.id == portrait).values(offered_for="documents.portrait"))
        tx.execute(update(Application).values(revision=1))
        snapshot = {"application_id": application, "revision": 1, "digest": "0", "difference": []}
        content = {"documents": {frozen: {}}}
        tx.add(Snapshot(**snapshot, content=content, created_at=context.now()))
    before = sorted(documents(context))
    clock.advance(days=30)
    assert run(context).offers == 0
    assert sorted(documents(context)) == before


def test_another_database_s_files_are_not_cleared_away(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "SUSPICIOUS", 4)
    for number in range(4):
        context.objects.put(bytes([number]))
    with pytest.raises(Refused, match="TIDY_TOO_MUCH"):
        run(context)
    assert run(context, dry_run=True).files.objects == 4
    assert run(context, force=True).files.objects == 4


def test_only_administrators_tidy(context: Context) -> None:
    for role in (Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD):
        with pytest.raises(NotAllowed):
            tidy(context, make_account(context, role))


class Sweeper:
    """Tidies without any age over and over, in two threads, until it is left; tells how many objects went."""

    def __init__(self, context: Context, pool: ThreadPoolExecutor) -> None:
        self._context = context
        self._over = Event()
        self._rounds = [0, 0]
        self._jobs = [pool.submit(self._run, number) for number in range(2)]

    def _run(self, number: int) -> int:
        swept = 0
        while not self._over.is_set():
            swept += run(self._context).files.objects
            self._rounds[number] += 1
        return swept

    def wait_for_a_whole_round(self) -> None:
        """Return when a sweep that began after this call has ended."""
        enough = [rounds + 2 for rounds in self._rounds]
        while not any(rounds >= goal for rounds, goal in zip(self._rounds, enough, strict=True)):
            time.sleep(0.001)

    def stop(self) -> int:
        self._over.set()
        return sum(job.result(120) for job in self._jobs)


def upload(context: Context, sweeper: Sweeper, account_id: int, *, hold: bool) -> None:
    """Objects first and the row after, with a sweep in between; of some the bytes lie there as an orphan already."""
    data = [secrets.token_bytes(600) for _ in range(2)]
    context.objects.put(data[0])
    context.objects.put(secrets.token_bytes(600))
    with context.objects.held(*data) if hold else nullcontext(tuple(map(context.objects.put, data))) as keys:
        sweeper.wait_for_a_whole_round()
        with context.database.write() as tx:
            tx.execute(insert(Document).values(row(context, account_id, keys, size=153_600)))


def race(context: Context, *, hold: bool) -> tuple[int, int]:
    """Uploads in four threads among sweeps: how many objects went, and how many that a committed row names."""
    owners = [applicant(context) for _ in range(4)]
    with ThreadPoolExecutor(6) as pool:
        sweeper = Sweeper(context, pool)
        try:
            jobs = [pool.submit(upload, context, sweeper, owner, hold=hold) for owner in owners * 10]
            for job in jobs:
                job.result(120)
        finally:
            swept = sweeper.stop()
    assert len(documents(context)) == 40
    return swept, sum(not readable(context, key) for key in named(context))


def named(context: Context) -> set[str]:
    with context.database.read() as tx:
        rows = tx.execute(select(Document.object_key, Document.thumbnail_key)).all()
    return {key for keys in rows for key in keys}


def readable(context: Context, key: str) -> bool:
    try:
        return bool(context.objects.get(key))
    except ObjectMissing:
        return False


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep passes a folder by at once in which an upload is under way."""
    monkeypatch.setattr(objects_module, "PATIENCE_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
def test_no_committed_row_loses_its_object_to_a_tidy_of_age_zero(context: Context) -> None:
    swept, lost = race(context, hold=True)
    assert lost == 0
    assert swept > 0
    run(context)
    assert set(context.objects.keys()) == named(context)


@pytest.mark.usefixtures("impatient")
def test_control_objects_that_nobody_holds_are_lost_in_that_race(context: Context) -> None:
    _, lost = race(context, hold=False)
    assert lost > 0


def test_two_tidies_at_once_remove_each_file_once(context: Context) -> None:
    for number in range(60):
        context.objects.put(number.to_bytes(2, "big"))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: run(context), range(4)))
    assert sum(each.files.objects for each in done) == 60
    assert list(context.objects.files()) == []


CHILD = """
    import os, secrets, signal, sys
    from pathlib import Path
    from sqlalchemy import event
    from core.gateways import object_files
    from core.services import documents
    from tests.conftest import build_context
    from tests.services.test_tidy import row

    point, url, folder, account_id = sys.argv[1:]
    context = build_context(url, Path(folder))

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    if point == "in the first object":
        Path.replace = die
    with context.objects.held(b"picture" * 999, b"small" * 99) as keys:
        if point == "before the row":
            die()
        with context.database.write() as tx:
            from core.db.models import Document
            from sqlalchemy import insert
            tx.execute(insert(Document).values(row(context, int(account_id), keys, id="d" * 32)))
            if point == "before the commit":
                die()
        if point == "after the commit":
            die()
"""
KILLS = {"in the first object": (0, 1, 0), "before the row": (2, 0, 0), "before the commit": (2, 0, 0)}
"""What is left without a row: whole objects, unfinished writes; and how many rows there are."""


@pytest.mark.parametrize("point", [*KILLS, "after the commit"])
def test_a_portal_killed_between_object_and_row_leaves_nothing_half_there(context: Context, point: str) -> None:
    owner = applicant(context)
    url = context.database.url
    arguments = [point, url, str(context.settings.data_dir), str(owner)]
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), *arguments], cwd=ROOT, timeout=60, check=False
    )
    assert child.returncode == -signal.SIGKILL
    objects, partials, rows = KILLS.get(point, (0, 0, 1))
    assert len(documents(context)) == rows
    assert all(readable(context, key) for key in named(context))
    assert verify_subjects(context) <= {f"document {'d' * 32} size"}
    left = young_orphans(context)
    assert (left.objects, left.partials) == (objects, partials)
    tidied = run(context)
    assert (tidied.files.objects, tidied.files.partials, tidied.files.busy) == (objects, partials, 0)
    assert len(list(context.objects.files())) == len(named(context))
