"""`xinglin migrate`."""

import typer

from core.cli.base import opened


def run() -> None:
    """Bring the database to the newest schema, and a new live one its reference data; again it changes nothing."""
    with opened() as context:
        from core.services.instance import prepare

        prepare(context)
        typer.echo("数据库已是最新版本。")
