"""`xinglin verify`: 对账 over the whole database (I9)."""

from typing import Annotated

import typer

from core.cli.base import FAILED, opened, print_json


def run(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """Exit 0 and 一致, or 1 with every difference; reads only, and names records by id, never by person."""
    with opened(migrated=False) as context:
        from core.services.verify import verify

        differences = verify(context)
    if as_json:
        rows = [
            {"invariant": d.invariant, "subject": d.subject, "expected": d.expected, "found": d.found}
            for d in differences
        ]
        print_json({"consistent": not differences, "differences": rows})
    elif not differences:
        typer.echo("一致")
    else:
        for each in differences:
            typer.echo(f"{each.invariant} {each.subject}：应为 {each.expected}，实为 {each.found}")
        typer.echo(f"不一致：共 {len(differences)} 处。")
    if differences:
        raise typer.Exit(FAILED)
