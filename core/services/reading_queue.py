"""Pictures are read one after the other behind the screen: nobody waits for the text before the cards are shown."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.domain.errors import DomainError
from core.domain.permissions import Actor
from core.services.context import Context
from core.services.readings import read_document

_log: Final = structlog.get_logger(__name__)
_worker = ThreadPoolExecutor(1, thread_name_prefix="reading")
_waiting: Final[set[str]] = set()
_lock: Final = Lock()


def ask(context: Context, actor: Actor, document_ids: Iterable[str]) -> None:
    """Have these pictures of the actor read; what waits already is not asked for twice. A restart forgets the queue."""
    for document_id in document_ids:
        with _lock:
            if document_id in _waiting:
                continue
            _waiting.add(document_id)
        _worker.submit(_read, context, actor, document_id)


def pending(document_ids: Iterable[str]) -> bool:
    """Whether any of them is still to be read."""
    with _lock:
        return not _waiting.isdisjoint(document_ids)


def _read(context: Context, actor: Actor, document_id: str) -> None:
    try:
        read_document(context, actor, document_id=document_id)
    except (DomainError, SQLAlchemyError) as error:
        # Replaced meanwhile, or the database is away: the next visit asks again.
        _log.warning("a picture was not read", document=document_id, error=type(error).__name__)
    finally:
        with _lock:
            _waiting.discard(document_id)
