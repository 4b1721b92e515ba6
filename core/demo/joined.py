"""The services' own functions inside one transaction: thousands of truthful histories with a single commit."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from core.db import log_chain
from core.db.engine import Database


class OneTransaction(Database):
    """A database whose reads and writes all happen in one transaction that somebody else commits."""

    def __init__(self, outer: Database, session: Session) -> None:
        self.url = outer.url
        self.engine = outer.engine
        self._session = session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The shared session behind a savepoint; what was loaded is forgotten at the end, as after a commit."""
        with log_chain.lines_of(self._session), self._session.begin_nested():
            yield self._session
        self._session.expunge_all()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """The shared session."""
        yield self._session
        self._session.expunge_all()
