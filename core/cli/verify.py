"""`xinglin verify`: 对账 over the whole database (I9)."""

from typing import Annotated

import typer

from core.cli.base import FAILED, opened, print_json
from core.cli.tidy import readable


def run(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """Exit 0 and 一致, or 1 with every difference; reads only, and names records by id, never by person."""
    with opened(migrated=False) as context:
        from core.services.verify import verify
        from core.services.verify_files import young_orphans

        differences, young = verify(context), young_orphans(context)
    unclaimed = young.objects + young.partials
    if as_json:
        rows = [
            {"invariant": d.invariant, "subject": d.subject, "expected": d.expected, "found": d.found}
            for d in differences
        ]
        told = {"unclaimed": {"files": unclaimed, "bytes": young.size}} if unclaimed else {}
        print_json({"consistent": not differences, "differences": rows} | told)
    elif not differences:
        typer.echo("一致")
    else:
        for each in differences:
            typer.echo(f"{each.invariant} {each.subject}：应为 {each.expected}，实为 {each.found}")
        typer.echo(f"不一致：共 {len(differences)} 处。")
    if unclaimed and not as_json:
        typer.echo(
            f"另有 {unclaimed} 个文件暂无记录（{readable(young.size)}，均未满 24 小时，可能正在上传），不算差异。"
        )
    if differences:
        raise typer.Exit(FAILED)
