"""`xinglin outbox`: messages on their way, sent by hand or from a timer, and what became of them."""

from typing import Annotated

import typer

from core.cli.base import opened, operator, print_json

app = typer.Typer(no_args_is_help=True)

WORDS = {
    "waiting": "等待发送",
    "sending": "正在发送",
    "sent": "已发送",
    "failed": "发送失败",
    "expired": "过期未发",
    "unclear": "不确定是否送达",
    "lease_lost": "已由其他进程接手",
}


@app.command("send", help="发送到期的短信和邮件，执行一次；门户运行时会自动发送。")
def send(
    again: Annotated[list[int] | None, typer.Option("--again", metavar="ID", help="重新发送失败或不确定的一条")] = None,
) -> None:
    """Send what is due; safe beside the portal and beside itself."""
    with opened() as context:
        from core.services.outbox import send_again
        from core.services.outbox_sending import send_due

        for message_id in again or []:
            send_again(context, operator(), message_id=message_id)
        counts = send_due(context)
    typer.echo("、".join(f"{WORDS[state]} {count} 条" for state, count in counts.items()) or "没有到期的消息。")


@app.command("list", help="列出消息的状态，不含号码和内容。")
def show(
    state: Annotated[list[str] | None, typer.Option("--state", help="只列这些状态，如 failed、unclear")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """The newest 200; exits 0 whatever they say."""
    with opened() as context:
        from core.services.outbox import list_rows

        rows = list_rows(context, operator(), states=tuple(state or ()))
    if as_json:
        names = ("id", "channel", "purpose", "state", "attempts", "error", "provider_id")
        times = ("created_at", "due_at")
        print_json([{n: getattr(r, n) for n in names} | {t: getattr(r, t).isoformat() for t in times} for r in rows])
        return
    for row in rows:
        error = f" {row.error}" if row.error else ""
        typer.echo(
            f"{row.id} {row.channel} {row.purpose} {WORDS[row.state]} 第 {row.attempts} 次{error} "
            f"{row.created_at.isoformat(timespec='seconds')}"
        )
    if not rows:
        typer.echo("没有消息。")
