"""Looking for a person's values in what lies stored: the proof after an anonymisation.

Numbers, phones and mail addresses are compared as whole words of the raw bytes, on SQLite in the file itself with its
free pages and its log, on PostgreSQL in every column of every table. What is sealed isn't opened: a hit is clear text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import make_url, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import LargeBinary

from core.db.models import Account, Application, Base, Profile, Snapshot
from core.db.types import EncryptedJson, EncryptedText
from core.services.context import Context

_WORDS: Final = re.compile(rb"[0-9A-Za-z._%+@-]{8,64}")
_WORTH: Final = re.compile(r"[0-9]{8,20}[0-9Xx]?|[HMhm][0-9]{8,10}|[\w.+-]+@[\w.-]+")
_STEP: Final = 1 << 22
_OVERLAP: Final = 64


def values_of(tx: Session, account: Account) -> frozenset[bytes]:
    """The person's numbers, phones and mail addresses, from account, profile and every snapshot, in upper case."""
    texts = [account.login, account.phone or ""]
    profile = tx.get(Profile, account.id)
    contents = [profile.content] if profile else []
    snapshots = select(Snapshot.content).join(Application, Application.id == Snapshot.application_id)
    contents += tx.scalars(snapshots.where(Application.account_id == account.id)).all()
    texts += [text for content in contents for text in _texts(content)]
    return frozenset(text.upper().encode() for text in texts if _WORTH.fullmatch(text))


def found_in_clear(context: Context, values: frozenset[bytes]) -> frozenset[bytes]:
    """Those of the values that stand in clear in the database; never log or show them."""
    if not values:
        return frozenset()
    return frozenset(word for part in _raw(context) for word in _words(part) if word in values)


def _words(part: bytes) -> Iterator[bytes]:
    for word in _WORDS.findall(part.upper()):
        yield word
        # Neighbours in a record have no separator: 13900000000SOMEBODY.
        yield from re.findall(rb"[0-9]{8,20}X?|[HM][0-9]{8,10}", word)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _raw(context: Context) -> Iterator[bytes]:
    if context.database.is_sqlite:
        name = make_url(context.database.url).database
        for suffix in ("", "-wal"):
            if name and (path := Path(f"{name}{suffix}")).is_file():
                yield from _of_file(path)
        return
    with context.database.read() as tx:
        for table in Base.metadata.sorted_tables:
            sealed = (EncryptedText, EncryptedJson)
            columns = [type_coerce(c, LargeBinary) if isinstance(c.type, sealed) else c for c in table.columns]
            for row in tx.execute(select(*columns).execution_options(yield_per=1_000)):
                yield b" ".join(_as_bytes(row))


def _of_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        before = b""
        while part := file.read(_STEP):
            yield before + part
            before = part[-_OVERLAP:]


def _as_bytes(row: Iterable[Any]) -> Iterator[bytes]:
    for value in row:
        if isinstance(value, bytes | memoryview):
            yield bytes(value)
        elif value is not None:
            plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
            yield plain.encode()
