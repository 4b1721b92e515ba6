"""The documentation keeps up with the code: settings, commands, decisions, and a sentence for every refusal."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.errors import DomainError
from core.domain.lifecycle import ACTION_LABELS, STATE_LABELS, Action, Guard, State
from core.domain.permissions import GRANTS, ROLE_LABELS, Permission, Role
from core.settings import ROOT, Settings
from core.ui.look import badge_html
from core.ui.messages import SENTENCES

OPERATORS = (ROOT / "docs" / "operators.md").read_text("utf-8")
REFUSALS = {
    "DomainError",
    "NotAllowed",
    "NotFound",
    "Conflict",
    "StaleVersion",
    "LeaseHeld",
    "LeaseLost",
    "OutsideWindow",
    "NoSeat",
    "Refused",
    "TooManyTries",
}
FOR_OPERATORS_ONLY = {"INSTANCE_NOT_DEMO", "INSTANCE_IS_DEMO", "DEMO_ALREADY_THERE", "TIDY_TOO_MUCH"}
"""Raised before a screen exists; `core.cli.base` has their words."""


def codes_raised() -> Iterator[tuple[str, str]]:
    """Every literal code with which a refusal is made anywhere in core, and where."""
    for path in sorted((ROOT / "core").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(code)), *_]) if name in REFUSALS:
                    yield code, f"{path.relative_to(ROOT)}:{node.lineno}"


def subclasses(of: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_stands_in_the_operators_guide(name: str) -> None:
    assert f"`XINGLIN_{name.upper()}`" in OPERATORS


def test_every_command_stands_in_the_operators_guide() -> None:
    from core.cli import app

    commands = [command.name for command in app.registered_commands] + [group.name for group in app.registered_groups]
    assert [name for name in commands if f"`xinglin {name}" not in OPERATORS] == []


def test_every_code_that_is_raised_has_its_sentence() -> None:
    found = dict(codes_raised())
    assert len(found) > 20
    silent = {code: where for code, where in found.items() if code not in SENTENCES and code not in FOR_OPERATORS_ONLY}
    assert silent == {}


def test_every_kind_of_refusal_has_its_sentence() -> None:
    abstract = {"REFUSED", "OUTSIDE_WINDOW", "INVALID_INPUT", "DOMAIN"}
    kinds = {each.code for each in subclasses(DomainError) if each.__module__ == "core.domain.errors"}
    assert kinds - abstract - set(SENTENCES) == set()


def test_sentences_are_chinese_and_end() -> None:
    for code, words in SENTENCES.items():
        text = words({}) if callable(words) else words
        assert re.search(r"[一-鿿]", text), code
        assert text.endswith("。"), code
        assert "出错了" not in text, code


def test_every_word_of_the_life_cycle_is_labelled() -> None:
    assert set(STATE_LABELS) == set(State)
    assert set(ACTION_LABELS) == set(Action)
    assert set(ROLE_LABELS) == set(Role)
    assert set(GRANTS) == set(Role)
    assert {permission for granted in GRANTS.values() for permission in granted} == set(Permission)
    assert all(STATE_LABELS[state] in badge_html(state) for state in State)
    assert all(guard.value in (ROOT / "docs" / "architecture.md").read_text("utf-8") for guard in Guard)


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    assert [path.name for path in folder.glob("[0-9]*.md") if path.name not in index] == []


@pytest.mark.parametrize("document", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text("utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []
