"""`xinglin retention`: what is no longer needed of a person is taken out when a batch's period is over."""

from typing import Annotated

import typer

from core.cli.base import FAILED, fail, opened, operator

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `run` a subcommand while it is the only one."""


@app.command("run", help="对已结束并超过保存期限的批次作匿名处理，并核对结果。")
def run(dry_run: Annotated[bool, typer.Option("--dry-run", help="只统计，不处理")] = False) -> None:
    """Exit 0 when done and proven, 1 when a proof failed. Safe to repeat and to break off."""
    with opened() as context:
        from core.services import retention

        done = retention.run(context, operator(), dry_run=dry_run)
        months = context.settings.retention_months
    typer.echo(
        f"超过保存期限（结束后 {months} 个月）的批次 {len(done.batches)} 个：{'、'.join(done.batches) or '无'}。"
    )
    if dry_run:
        typer.echo(f"可作匿名处理的账号 {done.people} 个。")
        return
    typer.echo(f"已匿名账号 {done.people} 个，删除文件 {done.objects} 个。")
    same = "一致" if done.before == done.after else "不一致"
    typer.echo(
        f"统计数字处理前后{same}（{done.before[:12]} / {done.after[:12]}）；数据库中的明文个人信息 {done.in_clear} 处。"
    )
    if not done.proven:
        fail("核对没有通过，请保留现场并运行 xinglin verify。", FAILED)
