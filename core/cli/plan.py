"""`xinglin plan`: the recruitment plan from and to a file, with the same rules as 计划管理."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.cli.base import FAILED, MISUSED, fail, opened, operator

if TYPE_CHECKING:
    from core.services.context import Context
    from core.services.plans import PlanPreview

app = typer.Typer(no_args_is_help=True)
BatchOption = Annotated[int | None, typer.Option("--batch", help="批次编号；不填则为当前批次", show_default=False)]


@app.command("import", help="从 Excel（.xlsx）或 CSV 文件导入招录计划；有一行不对就全部不导入。")
def import_(
    file: Path,
    batch: BatchOption = None,
    check_only: Annotated[bool, typer.Option("--check", help="只核对，不导入")] = False,
) -> None:
    """Exit 0 when it was taken in (or could be), 1 with every row at fault."""
    data = _read(file)
    with opened() as context:
        from core.services import plans

        batch_id = _batch_id(context, batch)
        preview = plans.preview_import(context, operator(), batch_id=batch_id, data=data)
        _show(preview)
        if preview.faults:
            fail(f"有 {len(preview.faults)} 处不对，全部没有导入；请改好后再试。")
        if check_only:
            typer.echo("核对通过，没有导入。")
            return
        done = plans.apply_import(context, operator(), batch_id=batch_id, data=data, seen_digest=preview.digest)
        typer.echo(f"已导入：{done} 项有变化，共 {len(preview.rows)} 行。")


@app.command("export", help="导出招录计划；文件名以 .csv 或 .xlsx 结尾。")
def export(out: Path, batch: BatchOption = None) -> None:
    """Write a file that `import` reads."""
    kind: Literal["xlsx", "csv"] = "csv" if out.suffix.lower() == ".csv" else "xlsx"
    if out.suffix.lower() not in (".csv", ".xlsx"):
        fail("文件名须以 .csv 或 .xlsx 结尾，没有导出。", MISUSED)
    with opened() as context:
        from core.services import plans

        out.write_bytes(plans.export(context, operator(), batch_id=_batch_id(context, batch), kind=kind))
        typer.echo(f"已导出到 {out}。")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"无法读取 {file}：{error.strerror}。", FAILED)


def _batch_id(context: "Context", given: int | None) -> int:
    from core.queries.batches import current_batch

    if given is not None:
        return given
    current = current_batch(context, context.now())
    if current is None:
        fail("还没有公布的批次；请先在“批次管理”中建立，或用 --batch 指定。")
    return current.id


def _show(preview: "PlanPreview") -> None:
    for row in preview.changed:
        before = preview.before[row.base_code, row.specialty_code]
        offered = "招收" if row.offered else "不招收"
        typer.echo(
            f"  {before.base_name} · {before.specialty_name}：{before.capacity or 0} → {row.capacity}（{offered}）"
        )
    for fault in preview.faults:
        typer.echo(f"  第 {fault.line} 行 {fault.column}：{fault.sentence}", err=True)
