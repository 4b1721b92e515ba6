"""`xinglin id check`: is this document number possible? Answers without opening anything else."""

from typing import Annotated

import typer

from core.cli.base import FAILED, MISUSED, fail, print_json

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `check` a subcommand while it is the only one."""


@app.command("check", help="检查证件号。有效时退出码为 0，无效为 1。")
def check(
    number: Annotated[str, typer.Argument(help="证件号", show_default=False)],
    kind: Annotated[str, typer.Option(help="resident | residence | hk-macao | taiwan")] = "resident",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """Exit 0 valid, 1 invalid, 2 unknown kind; `reason` is a stable code, null when valid (domain.md §4)."""
    from core.clock import SystemClock, local_zone
    from core.domain.identity import DocumentKind, check_number

    try:
        chosen = DocumentKind(kind)
    except ValueError:
        fail(f"没有这种证件类型：{kind}；可用 {'、'.join(each.value for each in DocumentKind)}。", MISUSED)
    verdict = check_number(chosen, number, today=SystemClock().now().astimezone(local_zone()).date())
    if as_json:
        answer = {"valid": verdict.valid, "kind": chosen.value}
        print_json(answer | {"normalized": verdict.normalized, "reason": verdict.reason})
    else:
        typer.echo(f"有效：{chosen.label}" if verdict.valid else f"无效：{verdict.sentence}")
    if not verdict.valid:
        raise typer.Exit(FAILED)
