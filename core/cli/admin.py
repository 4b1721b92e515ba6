"""`xinglin admin`: the first people of an instance, and the way back in for whoever lost everything."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.base import MISUSED, fail, opened, operator

if TYPE_CHECKING:
    from core.services.context import Context
    from core.services.password_links import Link

app = typer.Typer(no_args_is_help=True)
LOCAL = "http://localhost:8501"
OFFICES = ("administrator", "auditor", "system_administrator")


@app.command("create", help="建立管理员账号，并显示由本人设置密码的一次性链接。")
def create(
    login: Annotated[str, typer.Option(prompt="登录名", help="4 至 32 位，以字母开头")],
    name: Annotated[str, typer.Option(prompt="姓名", help="姓名")],
    role: Annotated[str, typer.Option(help="administrator | auditor | system_administrator")] = "administrator",
) -> None:
    """The person sets the password in the browser, so it stands in no command line and nobody else knows it."""
    if role not in OFFICES:
        fail(f"没有这种身份：{role}；可用 {'、'.join(OFFICES)}。", MISUSED)
    with opened() as context:
        from core.domain.permissions import ROLE_LABELS, Role
        from core.services import instance, staff

        instance.prepare(context)
        link = staff.create(context, operator(of_accounts=True), role=Role(role), login=login, name=name)
        typer.echo(f"已建立{ROLE_LABELS[Role(role)]}账号 {link.login}。")
        _show(context, link)


@app.command("link", help="为工作人员显示设置密码的新链接；原来的密码和登录失效。")
def new_link(login: Annotated[str, typer.Argument(help="登录名")]) -> None:
    """For the only administrator who forgot the password."""
    with opened() as context:
        from core.services import staff

        link = staff.new_link(context, operator(of_accounts=True), **_found(context, login))
        _show(context, link)


@app.command("reset-factor", help="重置两步验证（工作人员或住院医师），核实本人身份后使用。")
def reset_factor(login: Annotated[str, typer.Argument(help="登录名或证件号")]) -> None:
    """For the only administrator, or an applicant, who lost authenticator and recovery codes."""
    with opened() as context:
        from core.services import staff

        staff.reset_second_factor(context, operator(of_accounts=True), **_found(context, login))
        typer.echo("两步验证已重置，该账号的所有登录已退出。")


def _found(context: "Context", login: str) -> dict[str, int]:
    from core.domain.errors import NotFound
    from core.services.logins import account_by_login

    with context.database.read() as tx:
        account = account_by_login(tx, context, login)
    if account is None:
        raise NotFound()
    return {"account_id": account.id, "seen_version": account.version}


def _show(context: "Context", link: "Link") -> None:
    from core.clock import local_zone

    until = link.expires_at.astimezone(local_zone())
    typer.echo(f"设置密码的链接（只显示这一次，只能用一次，{until:%Y-%m-%d %H:%M} 前有效）：")
    typer.echo((context.settings.public_url or LOCAL).rstrip("/") + link.path)
