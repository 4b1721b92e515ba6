"""The database, SQLite or PostgreSQL, behind two verbs: `read()` and `write()`.

On SQLite a write takes the lock at its start (BEGIN IMMEDIATE): a deferred one ends in "database is locked" when two
meet (measured, docs/architecture.md). On PostgreSQL READ COMMITTED with compare-and-swap statements does the same work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from core.db.log_chain import lines_of
from core.db.types import Cipher, install_cipher

_WRITES = "xinglin_writes"
BUSY_MILLISECONDS = 15_000


class Database:
    """One engine with its two kinds of transaction; sessions are never held across reruns."""

    def __init__(self, url: str, cipher: Cipher) -> None:
        install_cipher(cipher)
        self.url = url
        self.engine = _open_engine(url)
        self._writing = self.engine.execution_options(**{_WRITES: True})

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the single-file database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One write transaction: committed when the block ends, rolled back when it raises. Its log lines come last."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin(), lines_of(session):
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One read transaction with a consistent view; nothing written in it is kept."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _open_engine(url: str) -> Engine:
    if make_url(url).get_backend_name() == "sqlite":
        return _open_sqlite(url)
    return _open_postgres(url)


def _open_sqlite(url: str) -> Engine:
    if name := make_url(url).database:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, connect_args={"check_same_thread": False}, pool_size=16, max_overflow=16, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-64000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _open_postgres(url: str) -> Engine:
    driver = make_url(url).set(drivername="postgresql+psycopg")
    limits = "-c lock_timeout=15s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
    return create_engine(
        driver,
        pool_size=5,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={"options": limits},
        hide_parameters=True,
    )
