"""The hash chain of the operations log: every line carries the hash of the one before and its own.

A line's hash is an HMAC over the hash before it and the line's content, with a key that lies sealed in `log_head`:
whoever has the database alone can't make another one. The head keeps the last number and hash under a seal of its own,
so that a cut tail is missed. Lines wait in the session and are written last in their transaction, numbered without
gaps, while the head's row is locked (docs/decisions/014-log-chain.md).
"""

import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from core.db.models import LogEntry, LogHead

_WAITING = "xinglin.log_lines"
_HEAD = cast("Table", LogHead.__table__)
_LINE = cast("Table", LogEntry.__table__)
_LOCK = select(_HEAD.c.key, _HEAD.c.earlier_id, _HEAD.c.last_id, _HEAD.c.hash).with_for_update()
_INSERT = insert(_LINE)
_MOVE = update(_HEAD).values(last_id=bindparam("new_id"), hash=bindparam("new_hash"), seal=bindparam("new_seal"))


class HeadMissing(RuntimeError):
    """The row that ends the chain is gone, so nothing more may be written; `xinglin audit verify` says what is left."""


@contextmanager
def lines_of(session: Session) -> Iterator[None]:
    """Write the lines that were added inside the block at its end; none of them when it raises."""
    waiting: list[dict[str, Any]] = session.info.setdefault(_WAITING, [])
    try:
        yield
        if waiting:
            _append(session, waiting)
    finally:
        waiting.clear()


def add(session: Session, line: Mapping[str, Any]) -> None:
    """Let a line (the columns of LogEntry without id and hashes) wait for the end of the transaction."""
    session.info.setdefault(_WAITING, []).append(dict(line))


def begin(session: Session) -> None:
    """Make the head of a new database's chain; lines of an older one are sealed together into its first hash."""
    if session.execute(select(_HEAD.c.id)).first() is not None:
        return
    if session.execute(select(_LINE.c.id).where(_LINE.c.hash != "").limit(1)).first() is not None:
        return
    key = secrets.token_hex(32)
    earlier = session.execute(select(func.max(_LINE.c.id))).scalar_one() or 0
    first = first_hash(key, digest_of_earlier(session, earlier))
    values = {"id": 1, "key": key, "earlier_id": earlier, "last_id": earlier, "hash": first}
    session.execute(insert(_HEAD), {**values, "seal": seal_of(key, earlier, earlier, first)})


def hash_of(key: str, previous: str, line: Mapping[str, Any]) -> str:
    """The hash of a line after `previous`."""
    return _mac(key, f"line\n{previous}\n{_canonical(line)}")


def first_hash(key: str, earlier: str) -> str:
    """What stands for the line before the first one: the digest of everything that was there before the chain."""
    return _mac(key, f"earlier\n{earlier}")


def seal_of(key: str, earlier_id: int, last_id: int, last_hash: str) -> str:
    """The head's own seal."""
    return _mac(key, f"head\n{earlier_id}\n{last_id}\n{last_hash}")


def digest_of_earlier(session: Session, last_id: int) -> str:
    """One digest over all lines up to `last_id`, which were written before there was a chain."""
    rows = session.execute(select(_LINE).where(_LINE.c.id <= last_id).order_by(_LINE.c.id)).yield_per(5_000)
    rolling = ""
    for row in rows:
        rolling = hmac.digest(b"earlier", f"{rolling}\n{_canonical(row._asdict())}".encode(), "sha256").hex()
    return rolling


def _append(session: Session, lines: list[dict[str, Any]]) -> None:
    # Whatever the database still has to refuse, it refuses before the lock.
    session.flush()
    head = session.execute(_LOCK).one_or_none()
    if head is None:
        raise HeadMissing("log_head")
    number, last = head.last_id, head.hash
    for line in lines:
        number += 1
        line |= {"id": number, "prev_hash": last}
        last = line["hash"] = hash_of(head.key, last, line)
    session.execute(_INSERT, lines)
    seal = seal_of(head.key, head.earlier_id, number, last)
    session.execute(_MOVE, {"new_id": number, "new_hash": last, "new_seal": seal})


def _canonical(line: Mapping[str, Any]) -> str:
    at: datetime = line["at"]
    content = [
        line["id"],
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        *(line[name] for name in ("actor_id", "actor_role", "action", "subject", "subject_id", "base_id", "details")),
    ]
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _mac(key: str, text: str) -> str:
    return hmac.digest(bytes.fromhex(key), text.encode(), "sha256").hex()
