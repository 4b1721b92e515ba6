"""`xinglin tidy`: what no row names is removed from the store of files."""

from typing import Annotated

import typer

from core.cli.base import opened, operator


def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只统计，不删除")] = False,
    older_than: Annotated[
        float, typer.Option("--older-than", min=0, max=87_600, metavar="HOURS", help="只清理这么多小时以前的文件")
    ] = 24,
    offers_older_than: Annotated[
        float,
        typer.Option("--offers-older-than", min=0, max=3_650, metavar="DAYS", help="只清理这么多天以前的未采用建议"),
    ] = 7,
    force: Annotated[bool, typer.Option("--force", help="多数文件没有记录时也清理")] = False,
) -> None:
    """Remove orphaned objects, unfinished writes and offers never taken; safe while the portal runs."""
    from datetime import timedelta

    with opened() as context:
        from core.services.tidy import tidy

        done = tidy(
            context,
            operator(),
            older_than=timedelta(hours=older_than),
            offers_older_than=timedelta(days=offers_older_than),
            dry_run=dry_run,
            force=force,
        )
    files, verb = done.files, "可清理" if dry_run else "已清理"
    typer.echo(
        f"{verb}：没有记录的文件 {files.objects} 个、未写完的残留 {files.partials} 个，共 {readable(files.size)}；"
        f"未采用的建议图片 {done.offers} 份。"
    )
    if files.busy:
        typer.echo(f"有 {files.busy} 个文件夹正在接收上传，没有检查，请稍后再执行一次。")


def readable(size: int) -> str:
    """Bytes in words: whole bytes, KB or MB."""
    if size < 1024:
        return f"{size} 字节"
    return f"{size / 1024:.1f} KB" if size < 1024**2 else f"{size / 1024**2:.1f} MB"
