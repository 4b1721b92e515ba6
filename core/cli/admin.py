"""`xinglin admin create`: the first people of an instance, since a fresh one has no account at all."""

from typing import Annotated

import typer

from core.cli.base import MISUSED, fail, opened, operator

app = typer.Typer(no_args_is_help=True)
OFFICES = ("administrator", "auditor", "system_administrator")


@app.callback()
def _group() -> None:
    """Keeps `create` a subcommand while it is the only one."""


@app.command("create", help="建立管理员账号，并显示一次性初始密码。")
def create(
    login: Annotated[str, typer.Option(prompt="登录名", help="4 至 32 位，以字母开头")],
    name: Annotated[str, typer.Option(prompt="姓名", help="姓名")],
    role: Annotated[str, typer.Option(help="administrator | auditor | system_administrator")] = "administrator",
) -> None:
    """The password is made here and shown once, so it never stands in a command line or its history."""
    if role not in OFFICES:
        fail(f"没有这种身份：{role}；可用 {'、'.join(OFFICES)}。", MISUSED)
    with opened() as context:
        from core.domain.permissions import ROLE_LABELS, Role
        from core.services import instance, staff

        instance.prepare(context)
        secret = staff.create(context, operator(of_accounts=True), role=Role(role), login=login, name=name)
        typer.echo(f"已建立{ROLE_LABELS[Role(role)]}账号 {secret.login}。")
        typer.echo(f"初始密码（只显示这一次，首次登录须修改）：{secret.password}")
