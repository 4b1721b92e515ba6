"""A new secret: everything sealed or hashed with an older one is made anew, in small steps, while the portal serves.

Both secrets are in the settings meanwhile: look-ups by keyed hash ask under every key, and every key still opens what
it sealed. A step reads a value and replaces it only if it is still the same, so nobody's save is lost. Nothing is
remembered between steps: a run that was killed is simply run again and passes over what is done.

What is hashed: login names and phones of accounts and the search tokens are made anew. Counters of tries and one-time
codes can't be (what they count isn't stored): counters begin anew, codes from before are dropped, recovery codes too, so
that clerks make new ones in 账号与密码. Objects are sealed
anew under their old names, because frozen snapshots name them (decision 016).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.db.models import (
    Account,
    Application,
    Event,
    KnownPlace,
    OneTimeCode,
    RecoveryCode,
    SearchToken,
    Setting,
    Throttle,
)
from core.domain.errors import NotAllowed
from core.domain.permissions import Actor, Role
from core.gateways.objects import ObjectAltered, ObjectMissing
from core.services import search_index
from core.services.context import Context
from core.services.history_permit import reasons_may_change
from core.services.journal import record
from core.services.logins import login_hash, phone_hash
from core.services.sealed_columns import SealedTable, sealed_tables
from core.services.use_case import use_case

AT_ONCE = 200
_SLOWER = 8
"""An application's search tokens (pinyin, 50 hashes) take so many times a row's work: the lock is held no longer."""
MARK = "keys.rotated"
"""The setting that says to which key the counters belong, and since when."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """How much was made anew, or with `check` is left under another key than the newest."""

    values: int = 0
    hashes: int = 0
    searches: int = 0
    objects: int = 0
    fleeting: int = 0
    """Counters of tries and one-time codes of an older key."""
    broken: tuple[str, ...] = field(default=())
    """Objects that are missing or that no key opens."""

    @property
    def total(self) -> int:
        """Everything together."""
        return self.values + self.hashes + self.searches + self.objects + self.fleeting + len(self.broken)


@use_case
def rotate(
    context: Context, actor: Actor, *, at_once: int = AT_ONCE, told: Callable[[str, int], None] | None = None
) -> Rotated:
    """Bring everything under the newest key; `told` hears after each step what and how much. Raises NotAllowed.

    SealBroken when a value can't be opened with any key: the steps before it stay done.
    """
    _require_operator(actor)
    tell = told or (lambda _what, _count: None)
    fleeting = _begin_anew(context)
    values = sum(_steps(context, tell, at_once))
    hashes = _accounts(context, tell, at_once)
    searches = _searches(context, tell, at_once)
    objects, broken = _objects(context, tell)
    fleeting += _drop_codes(context)
    done = Rotated(values, hashes, searches, objects, fleeting, broken)
    if done.total:
        with context.database.write() as tx:
            counts = {"values": values, "hashes": hashes, "searches": searches, "files": objects}
            record(tx, context, actor, "keys.rotate", "instance", **counts)
    return done


@use_case
def check(context: Context, actor: Actor) -> Rotated:
    """What is not under the newest key; all zeros prove that the older secrets can go. Opens everything, writes nothing."""
    _require_operator(actor)
    newest = context.keyring
    values = 0
    for sealed in sealed_tables():
        for rows in _parts(context, sealed, AT_ONCE):
            values += sum(
                not newest.is_newest(value, sealed.bound[name]) for row in rows for name, value in sealed.values_of(row)
            )
    with context.database.read() as tx:
        hashes = sum(_hashes_of(context, account) != {} for account in tx.scalars(select(Account)))
        searches = sum(_stale(tx, context, row) is not None for row in _handed_in(tx))
        fleeting = _fleeting_left(tx, context)
    objects = 0
    for key in _objects_there(context):
        try:
            objects += not context.objects.is_newest(key)
        except ObjectMissing:
            continue
    return Rotated(values, hashes, searches, objects, fleeting)


def counted(context: Context) -> dict[int, tuple[int, int]]:
    """By the key's number: how many values and how many files say they were sealed with it."""
    found: dict[int, list[int]] = {number: [0, 0] for number in context.keyring.numbers}
    for sealed in sealed_tables():
        for rows in _parts(context, sealed, AT_ONCE):
            for row in rows:
                for _, value in sealed.values_of(row):
                    found.setdefault(value[0], [0, 0])[0] += 1
    for key in _objects_there(context):
        number = context.objects.key_number(key)
        if number is not None:
            found.setdefault(number, [0, 0])[1] += 1
    return {number: (values, files) for number, (values, files) in found.items()}


def _require_operator(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR or actor.account_id is not None:
        raise NotAllowed()


def _fingerprint(context: Context) -> str:
    return context.keyring.keyed_hash(b"fingerprint of the key")[:16]


def _mark(tx: Session) -> tuple[str, datetime] | None:
    row = tx.get(Setting, MARK)
    return (str(json.loads(row.value)["key"]), row.changed_at) if row else None


def _begin_anew(context: Context) -> int:
    """Once for each new key: forget the counters of tries, whose names no one can make anew, and say so."""
    with context.database.write() as tx:
        mark = _mark(tx)
        if mark is not None and mark[0] == _fingerprint(context):
            return 0
        gone = len(tx.execute(delete(Throttle).returning(Throttle.key_hash)).all())
        gone += len(tx.execute(delete(KnownPlace).returning(KnownPlace.key_hash)).all())
        tx.merge(Setting(key=MARK, value=json.dumps({"key": _fingerprint(context)}), changed_at=context.now()))
        return gone


def _drop_codes(context: Context) -> int:
    with context.database.write() as tx:
        mark = _mark(tx)
        if mark is None:
            return 0
        old = delete(OneTimeCode).where(OneTimeCode.created_at < mark[1]).returning(OneTimeCode.id)
        lost = delete(RecoveryCode).where(RecoveryCode.created_at < mark[1]).returning(RecoveryCode.id)
        gone = (tx.execute(each.execution_options(synchronize_session=False)).all() for each in (old, lost))
        return sum(len(rows) for rows in gone)


def _fleeting_left(tx: Session, context: Context) -> int:
    mark = _mark(tx)
    if mark is not None and mark[0] == _fingerprint(context):
        old = (select(each.id).where(each.created_at < mark[1]) for each in (OneTimeCode, RecoveryCode))
        return sum(len(tx.scalars(statement).all()) for statement in old)
    if len(context.keyring.numbers) == 1:
        return 0
    every = (
        select(Throttle.key_hash),
        select(KnownPlace.key_hash),
        select(OneTimeCode.id),
        select(RecoveryCode.id),
    )
    return sum(len(tx.execute(statement).all()) for statement in every)


def _parts(context: Context, sealed: SealedTable, at_once: int) -> Iterator[list[object]]:
    after: Sequence[object] | None = None
    while True:
        with context.database.read() as tx:
            rows = sealed.part(tx, after, at_once)
        if not rows:
            return
        yield rows
        after = sealed.key_of(rows[-1])


def _steps(context: Context, tell: Callable[[str, int], None], at_once: int) -> Iterator[int]:
    for sealed in sealed_tables():
        for rows in _parts(context, sealed, at_once):
            if all(context.keyring.is_newest(v, sealed.bound[n]) for row in rows for n, v in sealed.values_of(row)):
                continue
            with context.database.write() as tx:
                permit = reasons_may_change(tx) if sealed.table is Event.__table__ else nullcontext()
                with permit:
                    count = sum(sealed.reseal(tx, context.keyring, row) for row in rows)
            tell(sealed.table.name, count)
            yield count


def _hashes_of(context: Context, account: Account) -> dict[str, str]:
    """The keyed hashes of an account that are not those of the newest key. An anonymous one has none."""
    if account.anonymised_at is not None:
        return {}
    wanted = {"login_hash": login_hash(context.keyring, account.login)}
    if account.phone is not None:
        wanted["phone_hash"] = phone_hash(context.keyring, account.phone)
    return {name: value for name, value in wanted.items() if getattr(account, name) != value}


def _accounts(context: Context, tell: Callable[[str, int], None], at_once: int) -> int:
    total = last = 0
    while True:
        with context.database.write() as tx:
            page = select(Account).where(Account.id > last).order_by(Account.id).limit(at_once)
            accounts = list(tx.scalars(page.with_for_update()))
            changed = 0
            for account in accounts:
                if fresh := _hashes_of(context, account):
                    tx.execute(update(Account).where(Account.id == account.id).values(fresh))
                    changed += 1
        if not accounts:
            return total
        last, total = accounts[-1].id, total + changed
        if changed:
            tell("account hashes", changed)


def _handed_in(tx: Session, *, after: int = 0, limit: int | None = None) -> Sequence[Application]:
    """Locked where the database locks rows, so that a submission doesn't write the same tokens at the same time."""
    page = (
        select(Application)
        .join(Account, Account.id == Application.account_id)
        .where(Application.revision > 0, Application.id > after, Account.anonymised_at.is_(None))
        .order_by(Application.id)
        .limit(limit)
        .with_for_update(of=Application)
    )
    return tx.scalars(page).all()


def _stale(tx: Session, context: Context, application: Application) -> set[str] | None:
    """The tokens an application should have, None when it has these of the newest key and none of another.

    The phone's may be of an earlier phone; such a token of the newest key can't be told from one of an older key, so
    it is dropped and made anew with the phone of today.
    """
    account = tx.get_one(Account, application.account_id)
    wanted = search_index.tokens(
        context,
        name=account.name,
        number=account.login,
        phone=account.phone or "",
        receipt=application.receipt or "",
    )
    stored = set(tx.scalars(select(SearchToken.token).where(SearchToken.application_id == application.id)))
    return None if stored == wanted else wanted


def _searches(context: Context, tell: Callable[[str, int], None], at_once: int) -> int:
    total = last = 0
    while True:
        changed = 0
        with context.database.write() as tx:
            page = _handed_in(tx, after=last, limit=max(1, at_once // _SLOWER))
            for application in page:
                if (wanted := _stale(tx, context, application)) is not None:
                    search_index.replace(tx, application.id, wanted)
                    changed += 1
        if not page:
            return total
        last, total = page[-1].id, total + changed
        if changed:
            tell("search tokens", changed)


def _objects_there(context: Context) -> list[str]:
    return [file.key for file in context.objects.files() if file.whole]


def _objects(context: Context, tell: Callable[[str, int], None]) -> tuple[int, tuple[str, ...]]:
    count = 0
    broken: list[str] = []
    for key in _objects_there(context):
        try:
            if context.objects.reseal(key):
                count += 1
                tell("object", 1)
        except ObjectMissing:
            continue  # swept meanwhile
        except ObjectAltered:
            broken.append(key[:12])
    return count, tuple(broken)
