"""Write the table of transitions from `core.domain.lifecycle` between the markers in docs/architecture.md.

`python scripts/transition_table.py` rewrites the part, `--check` only says whether it is current (exit 1 if not).
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.domain.lifecycle import ACTION_LABELS, STATE_LABELS, TRANSITIONS, Transition  # noqa: E402
from core.domain.permissions import ROLE_LABELS  # noqa: E402

DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- transitions:begin -->"
END = "<!-- transitions:end -->"


def table() -> str:
    """The whole table as Markdown, one line for each row of the code's table."""
    head = ["| | Action | From | To | Who | Guards | Reason | Notice |", "|---|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_line(row) for row in TRANSITIONS)])


def inserted(text: str) -> str:
    """`text` with the part between the markers replaced; raises ValueError when the markers are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} needs the lines {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _line(row: Transition) -> str:
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


def main() -> int:
    """Rewrite or check the document."""
    text = DOCUMENT.read_text("utf-8")
    current = inserted(text)
    if "--check" in sys.argv:
        return int(text != current)
    DOCUMENT.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
