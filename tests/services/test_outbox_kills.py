"""`kill -9` at every moment between a use case and its message: what is sent how often, by purpose.

The table of core/services/outbox.py, shown: codes at least once, decisions at most once, and nothing lost unseen.
"""

import json
import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest

from core.clock import SetClock
from core.domain.identity import make_number
from core.domain.permissions import Actor, Role
from core.services import outbox, outbox_sending
from core.services.context import Context
from core.settings import ROOT
from tests.services.outbox_parts import PHONE

OPERATOR = Actor(None, Role.ADMINISTRATOR)
NUMBER = make_number("350199", date(1995, 5, 6), 41)


def killed(context: Context, where: str, purpose: str = "reset") -> None:
    command = [sys.executable, "-m", "tests.services.outbox_parts", context.database.url]
    child = subprocess.run(
        [*command, str(context.settings.data_dir), where, purpose],
        cwd=ROOT,
        input=f"{NUMBER}\n",
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL


def sent(context: Context) -> list[str]:
    path = context.settings.data_dir / "outbox" / "sms.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line)["code"] for line in lines]


def states(context: Context) -> list[str]:
    return [row.state for row in outbox.list_rows(context, OPERATOR)]


@pytest.mark.parametrize(
    ("where", "purpose", "times", "state"),
    [
        ("before commit", "reset", 0, []),
        ("before commit", "notice", 0, []),
        ("after commit", "reset", 1, ["sent"]),
        ("after commit", "notice", 1, ["sent"]),
        ("after claim", "reset", 1, ["sent"]),
        ("after claim", "notice", 0, ["unclear"]),
        ("after answer", "reset", 2, ["sent"]),
        ("after answer", "notice", 1, ["unclear"]),
    ],
)
def test_killed(context: Context, clock: SetClock, where: str, purpose: str, times: int, state: list[str]) -> None:
    killed(context, where, purpose)
    outbox_sending.send_due(context)
    clock.at += outbox_sending.LEASE - timedelta(seconds=1)
    outbox_sending.send_due(context)
    before = len(sent(context))
    assert before == (times if where in ("before commit", "after commit") else int(where == "after answer"))
    clock.advance(seconds=1)
    for _ in range(3):
        outbox_sending.send_due(context)
    assert len(sent(context)) == times
    assert states(context) == state
    assert set(sent(context)) <= {"123456"}


def test_an_unclear_notice_goes_again_when_a_person_says_so(context: Context, clock: SetClock) -> None:
    killed(context, "after claim", "notice")
    clock.at += outbox_sending.LEASE
    outbox_sending.send_due(context)
    [row] = outbox.list_rows(context, OPERATOR, states=("unclear",))
    outbox.send_again(context, OPERATOR, message_id=row.id)
    assert outbox_sending.send_due(context) == {"sent": 1}
    assert len(sent(context)) == 1


def test_a_request_killed_after_its_commit_still_sends_its_code(context: Context) -> None:
    killed(context, "in a request")
    assert sent(context) == []
    assert outbox_sending.send_due(context) == {"sent": 1}
    path = context.settings.data_dir / "outbox" / "sms.jsonl"
    assert json.loads(path.read_text("utf-8"))["to"] == PHONE
