"""Bring a database to the newest schema; several processes may start at once, one of them does the work."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from core.db import log_chain
from core.db.engine import Database
from core.db.models import Base

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 714_203


def migrate(database: Database) -> None:
    """Run every migration that is missing, under a lock."""
    from alembic import command

    with database.write() as tx:
        connection = tx.connection()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        command.upgrade(_config(connection), "head")
        log_chain.begin(tx)


def newest() -> str:
    """The revision of the newest migration: the number that its file begins with."""
    return max(path.name[:4] for path in (SCRIPTS / "versions").glob("[0-9]*_*.py"))


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest migration. Asked at every start, so it does without Alembic's import."""
    with database.read() as tx:
        connection = tx.connection()
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() == newest()


def drift(database: Database) -> list[object]:
    """Differences between the models and the migrated database; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.read() as tx:
        context = MigrationContext.configure(tx.connection(), opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
