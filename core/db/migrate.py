"""Bring a database to the newest schema; several processes may start at once, one of them does the work."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from core.db.engine import Database
from core.db.models import Base

SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 714_203


def migrate(database: Database) -> None:
    """Run every migration that is missing, under a lock."""
    with database.write() as tx:
        connection = tx.connection()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        command.upgrade(_config(connection), "head")


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest migration."""
    with database.read() as tx:
        found = MigrationContext.configure(tx.connection()).get_current_revision()
    return found == ScriptDirectory(str(SCRIPTS)).get_current_head()


def drift(database: Database) -> list[object]:
    """Differences between the models and the migrated database; empty when they agree."""
    with database.read() as tx:
        context = MigrationContext.configure(tx.connection(), opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
