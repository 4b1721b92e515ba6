"""Whether this instance can serve: the database answers, its schema is the newest, files can be kept."""

import secrets

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.db.migrate import is_current
from core.gateways.objects import ObjectAltered, ObjectMissing
from core.services.context import Context


def check(context: Context) -> dict[str, bool]:
    """`database`, `migrations` and `objects`, each with whether it is well. Never raises for an outage."""
    database = _reachable(context)
    return {"database": database, "migrations": database and _current(context), "objects": _writable(context)}


def _reachable(context: Context) -> bool:
    try:
        with context.database.read() as tx:
            return tx.execute(text("SELECT 1")).scalar() == 1
    except (SQLAlchemyError, OSError):
        return False


def _current(context: Context) -> bool:
    try:
        return is_current(context.database)
    except SQLAlchemyError:
        return False


def _writable(context: Context) -> bool:
    probe = secrets.token_bytes(32)
    try:
        key = context.objects.put(probe)
        try:
            return context.objects.get(key) == probe
        finally:
            context.objects.delete(key)
    except (OSError, ObjectMissing, ObjectAltered):
        return False
