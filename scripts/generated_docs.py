"""Write what the code knows into the documentation, between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.

`python scripts/generated_docs.py` rewrites every part, `--check` only says whether all are current (exit 1 if not).
"""

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD  # noqa: E402
from core.domain.lifecycle import ACTION_LABELS, STATE_LABELS, TRANSITIONS, Transition  # noqa: E402
from core.domain.permissions import GRANTS, ROLE_LABELS, Permission, Role  # noqa: E402
from tests.authorization.expected import EXPECTED, NOBODY_ASKED, ON_OFFICES, ROLES  # noqa: E402


def transitions() -> str:
    """T1–T23, one line for each row of the code's table."""
    head = ["| | Action | From | To | Who | Guards | Reason | Notice |", "|---|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_transition(row) for row in TRANSITIONS)])


def _transition(row: Transition) -> str:
    sources = sorted((s for s in row.sources if s), key=list(STATE_LABELS).index)
    cells = [
        row.rule,
        f"{ACTION_LABELS[row.action]} `{row.action}`",
        "<br>".join(f"{STATE_LABELS[s]} {s}" for s in sources) or "—",
        f"{STATE_LABELS[row.target]} {row.target}",
        "<br>".join(label for role, label in ROLE_LABELS.items() if role in row.roles),
        ", ".join(guard.value for guard in row.guards) or "—",
        "yes" if row.needs_reason else "",
        "yes" if row.notice else "",
    ]
    return f"| {' | '.join(cells)} |"


def permissions() -> str:
    """Role by permission; ownership and base come on top."""
    roles = [role for role in Role if role is not Role.SYSTEM]
    head = ["| | " + " | ".join(ROLE_LABELS[role] for role in roles) + " |", "|---" * (len(roles) + 1) + "|"]
    lines = [
        f"| `{permission}` | " + " | ".join("✓" if permission in GRANTS[role] else "" for role in roles) + " |"
        for permission in Permission
    ]
    return "\n".join([*head, *lines])


_SIGNS = {"-": "", "*": "✓", "o": "own", "p": "own part"}


def use_cases() -> str:
    """Use case by role, as tests/authorization calls it."""
    head = ["| | " + " | ".join(ROLE_LABELS[role] for role in ROLES) + " |", "|---" * (len(ROLES) + 1) + "|"]
    rows = [(name, signs) for name, signs in EXPECTED.items()]
    rows += [(f"{name} (an account of 管理员, 审计员 or 系统管理员)", signs) for name, signs in ON_OFFICES.items()]
    lines = [f"| {name} | " + " | ".join(_SIGNS[sign] for sign in signs.split()) + " |" for name, signs in sorted(rows)]
    return "\n".join([*head, *lines])


def nobody_asked() -> str:
    """The functions that ask nobody, and why."""
    return "\n".join(["| | Why |", "|---|---|", *(f"| {name} | {why} |" for name, why in NOBODY_ASKED.items())])


def logins() -> str:
    """The demonstration's accounts."""
    head = [f"All passwords are `{DEMO_PASSWORD}`.", "", "| 证件号 / 账号 | Who |", "|---|---|"]
    return "\n".join([*head, *(f"| `{login.login}` | {login.title} |" for login in DEMO_LOGINS)])


def requirements() -> str:
    """ASVS requirement → the tests that show it, read from `pytest.mark.asvs(id, words)`."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            for number, words in _marks(node):
                name = f"{path.relative_to(ROOT)}::{getattr(node, 'name', '')}".removesuffix("::")
                found.setdefault(number, []).append((words, name))
    head = ["| Requirement | What is shown | Test |", "|---|---|---|"]
    lines = [
        f"| {number} | {words} | `{name}` |"
        for number in sorted(found, key=_numbers)
        for words, name in sorted(found[number], key=lambda each: each[1])
    ]
    return "\n".join([*head, *lines])


def _marks(node: ast.AST) -> list[tuple[str, str]]:
    """The marks of one test or, by `pytestmark`, of a module."""
    calls: list[ast.expr] = []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        calls = node.decorator_list
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
        calls = node.value.elts if isinstance(node.value, ast.List) else [node.value]
    return [
        tuple(ast.literal_eval(argument) for argument in call.args)  # type: ignore[misc]
        for call in calls
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.asvs")
    ]


def _numbers(requirement: str) -> tuple[object, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in re.split(r"\D+", requirement) if part), requirement


PARTS: dict[str, tuple[Path, Callable[[], str]]] = {
    "transitions": (ROOT / "docs" / "architecture.md", transitions),
    "permissions": (ROOT / "docs" / "architecture.md", permissions),
    "requirements": (ROOT / "docs" / "security.md", requirements),
    "use_cases": (ROOT / "docs" / "use_cases.md", use_cases),
    "nobody_asked": (ROOT / "docs" / "use_cases.md", nobody_asked),
    "logins": (ROOT / "README.md", logins),
}


def inserted(text: str, name: str, part: str) -> str:
    """`text` with the part between its markers replaced; raises ValueError when the markers are missing."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"The document needs the lines {begin} and {end}.")
    return f"{before}{begin}\n\n{part}\n\n{end}{after}"


def main() -> int:
    """Rewrite or check the documents."""
    stale = 0
    for name, (document, make) in PARTS.items():
        text = document.read_text("utf-8")
        current = inserted(text, name, make())
        stale += text != current
        if "--check" not in sys.argv:
            document.write_text(current, "utf-8")
    return int("--check" in sys.argv and stale > 0)


if __name__ == "__main__":
    raise SystemExit(main())
