"""`xinglin health`: can this instance serve?"""

from typing import Annotated

import typer

from core.cli.base import FAILED, opened, print_json

LABELS = {"database": "数据库可连接", "migrations": "数据库版本最新", "objects": "文件存储可写"}


def run(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """Exit 0 when everything answers, 1 otherwise; changes nothing that stays."""
    with opened(migrated=False) as context:
        from core.services.health import check

        found = check(context)
    if as_json:
        print_json({"healthy": all(found.values()), **found})
    else:
        for name, well in found.items():
            typer.echo(f"{'✓' if well else '✗'} {LABELS[name]}")
    if not all(found.values()):
        raise typer.Exit(FAILED)
