"""Role × use case × own or another's base and record: every public function of services and queries is called as everybody.

SQLite only: who may is decided above the database, and each of some 900 calls gets a fresh copy.
"""

import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import core.queries
import core.services
from core.db.models import LogEntry
from core.domain.errors import DomainError, NotAllowed, NotFound
from core.domain.permissions import Actor, Role
from core.services.context import Context
from core.services.use_case import DENIED, TOO_LATE
from tests.authorization.calls import NAME, NUMBER, Scene, arguments, defaults, make_scene, words
from tests.authorization.expected import EXPECTED, NOBODY_ASKED, ON_OFFICES, ROLES
from tests.conftest import build_context

OFFICES = (Role.ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR)
NO_APPLICANTS = (Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR)
CASES = [(name, role, own) for name in EXPECTED for role in ROLES for own in (True, False)]


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """`module.function` of everything public that begins with a context."""
    for package in (core.services, core.queries):
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            for name, function in vars(module).items():
                if name.startswith("_") or getattr(function, "__module__", "") != module.__name__:
                    continue
                if inspect.isfunction(function) and next(iter(inspect.signature(function).parameters), "") == "context":
                    yield f"{found.name}.{name}", function


FOUND = dict(public())


@pytest.fixture(scope="module")
def prepared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    """The scene in a closed database file."""
    folder = tmp_path_factory.mktemp("scene")
    shutil.copy(sqlite_template, folder / "scene.db")
    context = build_context(f"sqlite:///{folder / 'scene.db'}", folder)
    scene = make_scene(context)
    with context.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    context.database.dispose()
    return folder, scene


@pytest.fixture
def scene(prepared: tuple[Path, Scene], tmp_path: Path) -> Iterator[tuple[Context, Scene]]:
    """A fresh copy of the scene."""
    folder, made = prepared
    shutil.copy(folder / "scene.db", tmp_path / "scene.db")
    context = build_context(f"sqlite:///{tmp_path / 'scene.db'}", folder)
    yield context, made
    context.database.dispose()


def call(
    context: Context, scene: Scene, name: str, actor: Actor, target: Role = Role.REVIEWER
) -> tuple[str, list[str]]:
    """`allowed`, `nothing` (NotFound) or `refused`, and every word that came back."""
    function = FOUND[name]
    given = defaults(scene) | arguments(context, scene, name, target)
    wanted = list(inspect.signature(function).parameters)[2:]
    try:
        result = function(context, actor, **{key: value for key, value in given.items() if key in wanted})
    except NotAllowed as refused:
        if refused.code in TOO_LATE:
            return "allowed", []
        return "refused", words(refused.details)
    except NotFound:
        return "nothing", []
    except DomainError as other:
        return "allowed", words(other.details)
    return "allowed", words(result)


def sign(row: str, role: Role) -> str:
    return row.split()[ROLES.index(role)]


def test_every_use_case_is_in_the_table() -> None:
    asking = {name for name, function in FOUND.items() if "actor" in inspect.signature(function).parameters}
    asking -= set(NOBODY_ASKED)
    assert asking == set(EXPECTED), "say in tests/authorization/expected.py who may call a new use case"
    assert set(FOUND) == set(EXPECTED) | set(NOBODY_ASKED)
    assert not set(EXPECTED) & set(NOBODY_ASKED)


def test_every_use_case_logs_its_refusals() -> None:
    assert [name for name in EXPECTED if not hasattr(FOUND[name], "__wrapped__")] == []


@pytest.mark.asvs("V8.2.1", "function level: each role may call exactly the use cases the table names")
@pytest.mark.asvs("V8.2.2", "data level: another's record and another base's stay closed")
@pytest.mark.parametrize(("name", "role", "own"), CASES)
def test_the_table_holds(scene: tuple[Context, Scene], name: str, role: Role, own: bool) -> None:
    context, made = scene
    outcome, said = call(context, made, name, made.actor(role, own=own))
    expected = sign(EXPECTED[name], role)
    if expected == "-" or (expected == "o" and not own):
        assert outcome in ("refused", "nothing")
    elif expected == "p":
        assert outcome in ("allowed", "nothing")
    else:
        assert outcome == "allowed"
    if role in NO_APPLICANTS or (role is not Role.ADMINISTRATOR and not own):
        assert [text for text in said if any(mark in text for mark in (NAME, NUMBER, made.receipt))] == []


@pytest.mark.parametrize("name", sorted(ON_OFFICES))
@pytest.mark.parametrize("target", OFFICES)
@pytest.mark.parametrize("role", ROLES)
def test_offices_of_the_province_are_kept_by_the_system_administrator(
    scene: tuple[Context, Scene], name: str, target: Role, role: Role
) -> None:
    context, made = scene
    outcome, _ = call(context, made, name, made.actor(role, own=True), target)
    assert outcome == ("allowed" if sign(ON_OFFICES[name], role) == "*" else "refused")


def test_the_marks_would_be_seen(scene: tuple[Context, Scene]) -> None:
    """The control of the table's look for personal data: those who may do read it."""
    context, made = scene
    for name, role in (("queue.queue", Role.REVIEWER), ("desk.desk", Role.ADMINISTRATOR)):
        _, said = call(context, made, name, made.actor(role, own=True))
        assert any(NAME in text for text in said)
    _, said = call(context, made, "progress.my_applications", made.owner)
    assert any(made.receipt in text for text in said)


@pytest.mark.asvs("V16.3.2", "failed authorization attempts are logged")
def test_a_refusal_leaves_one_line_and_no_flood(scene: tuple[Context, Scene]) -> None:
    context, made = scene
    auditor, foreign = made.staff[Role.AUDITOR], made.actor(Role.REVIEWER, own=False)
    for _ in range(5):
        call(context, made, "desk.desk", auditor)
        call(context, made, "reviews.approve", foreign)
    assert denials(context) == [
        ("auditor", "desk.desk", {"why": "NOT_ALLOWED"}),
        ("reviewer", "reviews.approve", {"why": "OUT_OF_REACH"}),
    ]
    context.clock.advance(minutes=10, seconds=-1)  # type: ignore[attr-defined]
    call(context, made, "desk.desk", auditor)
    assert len(denials(context)) == 2
    context.clock.advance(seconds=1)  # type: ignore[attr-defined]
    call(context, made, "desk.desk", auditor)
    assert len(denials(context)) == 3


def test_somebody_who_tries_everything_writes_thirty_lines_an_hour(scene: tuple[Context, Scene]) -> None:
    context, made = scene
    for name in EXPECTED:
        call(context, made, name, made.staff[Role.AUDITOR])
    assert len(denials(context)) == 30


def denials(context: Context) -> list[tuple[str, str, dict[str, Any]]]:
    with context.database.read() as tx:
        lines = select(LogEntry.actor_role, LogEntry.subject_id, LogEntry.details).where(LogEntry.action == DENIED)
        return [tuple(row) for row in tx.execute(lines.order_by(LogEntry.id))]
