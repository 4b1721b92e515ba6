"""`xinglin migrate`."""

from typing import Annotated

import typer

from core.cli.base import MISUSED, fail, opened


def run(
    owner_url: Annotated[
        str, typer.Option(help="以表的所有者身份升级时的数据库地址（PostgreSQL）", envvar="XINGLIN_OWNER_URL")
    ] = "",
    app_role: Annotated[str, typer.Option(help="门户自己的数据库角色；升级后只给它必要的权限（PostgreSQL）")] = "",
) -> None:
    """Bring the database to the newest schema, and a new live one its reference data; again it changes nothing."""
    if app_role and not owner_url:
        fail("--app-role 要和 --owner-url 一起使用：权限由表的所有者授予。", MISUSED)
    with opened(migrated=not owner_url) as context:
        from core.services.instance import prepare

        if owner_url:
            _as_owner(owner_url, app_role)
        prepare(context)
        typer.echo("数据库已是最新版本。")


def _as_owner(url: str, app_role: str) -> None:
    from core import runtime
    from core.db.engine import Database
    from core.db.migrate import migrate
    from core.db.rights import grant

    owner = Database(url, runtime.context().keyring)
    try:
        if owner.is_sqlite:
            fail("--owner-url 只用于 PostgreSQL；SQLite 的文件权限由操作系统管理。", MISUSED)
        migrate(owner)
        if app_role:
            with owner.write() as tx:
                grant(tx.connection(), app_role)
    except ValueError:
        fail("角色名和数据库名只能用小写字母、数字和下划线。", MISUSED)
    finally:
        owner.dispose()
