"""`xinglin admin create`: the first administrator of an instance, since a fresh one has no account at all."""

from typing import Annotated

import typer

from core.cli.base import opened, operator

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `create` a subcommand while it is the only one."""


@app.command("create", help="建立管理员账号，并显示一次性初始密码。")
def create(
    login: Annotated[str, typer.Option(prompt="登录名", help="4 至 32 位，以字母开头")],
    name: Annotated[str, typer.Option(prompt="姓名", help="姓名")],
) -> None:
    """The password is made here and shown once, so it never stands in a command line or its history."""
    with opened() as context:
        from core.domain.permissions import Role
        from core.services import instance, staff

        instance.prepare(context)
        secret = staff.create(context, operator(), role=Role.ADMINISTRATOR, login=login, name=name)
        typer.echo(f"已建立管理员账号 {secret.login}。")
        typer.echo(f"初始密码（只显示这一次，首次登录须修改）：{secret.password}")
