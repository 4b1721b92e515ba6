"""`xinglin outbox`: sends what is due, shows what became of it without anybody's number."""

import json
from pathlib import Path

from core import runtime
from core.services import outbox
from core.settings import Settings
from tests.cli.test_cli import home, run

__all__ = ["home"]
PHONE = "13800000061"


def queue(purpose: str, to: str = PHONE) -> None:
    context = runtime.build(Settings())
    with context.database.write() as tx:
        outbox.queue(tx, context, purpose, purpose, {"to": to, "code": "123456"})
    context.database.dispose()


def test_send_and_list(home: Path) -> None:
    assert run("migrate").exit_code == 0
    assert "没有到期的消息" in run("outbox", "send").stdout
    assert "没有消息" in run("outbox", "list").stdout
    queue("reset")
    assert "等待发送" in run("outbox", "list").stdout
    assert "已发送 1 条" in run("outbox", "send").stdout
    assert json.loads((home / "outbox" / "sms.jsonl").read_text("utf-8"))["to"] == PHONE
    shown = run("outbox", "list", "--json").stdout
    assert [(row["purpose"], row["state"]) for row in json.loads(shown)] == [("reset", "sent")]
    assert PHONE not in shown
    assert run("outbox", "list", "--state", "failed").stdout.strip() == "没有消息。"


def test_again_is_for_failed_and_unclear_ones(home: Path) -> None:
    run("migrate")
    (home / "outbox").write_text("a file where the folder should be")
    queue("notice")
    run("outbox", "send")
    [row] = json.loads(run("outbox", "list", "--json").stdout)
    assert (row["state"], row["error"]) == ("waiting", "FILE")
    refused = run("outbox", "send", "--again", str(row["id"]))
    assert refused.exit_code == 1
    assert "没有找到" in refused.stderr
