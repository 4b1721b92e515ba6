"""`xinglin audit`: is the operations log as it was written?"""

from typing import Annotated

import typer

from core.cli.base import FAILED, MISUSED, fail, opened, print_json

app = typer.Typer(no_args_is_help=True)
WORDS = {
    "changed": "内容被改动",
    "removed": "被删除",
    "inserted": "不是系统写入的",
    "moved": "顺序被调换或前一条被替换",
    "earlier": "启用连锁之前的记录被改动",
    "cut": "末尾被截去",
    "head": "日志末端的记录不对",
    "anchor": "与以前保存的锚点不符，数据库可能被换回旧的",
    "event": "志愿的经过缺少这一步",
}


@app.command("verify", help="核对操作日志：逐条检查有没有被改动、删除、插入或调换。完整为 0，否则为 1。")
def verify(
    kept: Annotated[str, typer.Option("--anchor", help="以前保存的锚点（编号:散列值）")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """Exit 0 and the anchor to keep, or 1 with every fault; reads only."""
    from core.services.audit import Anchor, verify_log

    try:
        wanted = Anchor.parse(kept) if kept else None
    except ValueError:
        fail("锚点的格式是「编号:散列值」，请从以前的输出里完整复制。", MISUSED)
    with opened(migrated=False) as context:
        state = verify_log(context, kept=wanted)
    if as_json:
        faults = [{"kind": each.kind, "subject": each.subject} for each in state.faults]
        print_json({"whole": not faults, "lines": state.lines, "faults": faults, "anchor": _text(state.anchor)})
    else:
        for each in state.faults:
            typer.echo(f"{each.subject}：{WORDS[each.kind]}")
        typer.echo(f"不完整：共 {len(state.faults)} 处。" if state.faults else f"完整：共 {state.lines} 条。")
        typer.echo(f"锚点：{_text(state.anchor) or '没有'}")
    if state.faults:
        raise typer.Exit(FAILED)


@app.command("anchor", help="显示日志现在的锚点，供另外保存。")
def show_anchor() -> None:
    """The end of the log, unchecked; for a timer that mails it or writes it elsewhere."""
    with opened(migrated=False) as context:
        from core.services.audit import anchor

        typer.echo(_text(anchor(context)) or "没有")


def _text(anchor: object | None) -> str:
    return str(anchor) if anchor else ""
