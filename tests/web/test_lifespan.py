"""The start: refused with words over the wrong database; bugs and chores leave no personal data in the log."""

import asyncio
import json
from pathlib import Path

import pytest

from core import runtime
from core.domain.errors import Refused
from core.domain.permissions import Role
from core.logs import configure_logs
from core.services.context import Context
from core.web import lifespan as package_lifespan
from core.web.errors import on_error
from core.web.lifespan import NotMigrated
from tests.conftest import build_context
from tests.factories import make_account


def start() -> None:
    async def run() -> None:
        async with package_lifespan(None):
            pass

    asyncio.run(run())


def test_it_starts_over_a_migrated_database(sqlite_context: Context) -> None:
    runtime.install(sqlite_context)
    start()


def test_without_migrations_it_says_what_to_run(tmp_path: Path) -> None:
    empty = build_context(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path)
    runtime.install(empty)
    with pytest.raises(NotMigrated, match="xinglin migrate"):
        start()
    empty.database.dispose()


def test_the_demonstration_does_not_start_over_other_data(sqlite_context: Context) -> None:
    make_account(sqlite_context, Role.ADMINISTRATOR)
    runtime.install(sqlite_context)
    with pytest.raises(Refused, match="INSTANCE_NOT_DEMO"):
        start()


def test_a_bug_is_logged_by_reference_and_place_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    try:
        raise ValueError("350102199608150015 陈示例")
    except ValueError as error:
        assert on_error(error) is True
    # Without a page run Streamlit writes its own warnings between.
    line = next(each for each in capsys.readouterr().err.splitlines() if each.startswith("{"))
    entry = json.loads(line)
    assert (entry["event"], entry["causes"]) == ("page_failed", ["ValueError"])
    assert len(entry["reference"]) == 8
    assert entry["places"][-1].startswith("test_lifespan.py:")
    assert "350102199608150015" not in line
    assert "陈示例" not in line
