"""`xinglin keys`: which keys are in use, and bringing everything under a new secret."""

from typing import Annotated

import typer

from core.cli.base import FAILED, fail, opened, operator

app = typer.Typer(no_args_is_help=True)


@app.command("list", help="列出密钥编号，以及各密钥加密的内容数量。")
def list_() -> None:
    """Numbers and counts only; no key is ever shown."""
    with opened() as context:
        from core.services.key_rotation import counted

        numbers = context.keyring.numbers
        for number, (values, files) in counted(context).items():
            word = "当前" if number == numbers[0] else ("旧" if number in numbers else "未知，设置中没有这个密钥")
            typer.echo(f"密钥 {number:02x}（{word}）：数据 {values} 个，文件 {files} 个")


@app.command("rotate", help="用当前密钥重新加密全部内容；可随时中断后再执行。")
def rotate(
    check: Annotated[bool, typer.Option("--check", help="只核对是否还有旧密钥的内容")] = False,
    at_once: Annotated[int, typer.Option("--at-once", min=1, max=5000, help="每一步处理的行数")] = 200,
) -> None:
    """Exit 0 when nothing is left under an older key, 1 otherwise."""
    with opened() as context:
        from core.services import key_rotation

        if not check:
            done = key_rotation.rotate(context, operator(), at_once=at_once)
            typer.echo(
                f"已重新加密数据 {done.values} 个、文件 {done.objects} 个，重算账号摘要 {done.hashes} 个、"
                f"检索词 {done.searches} 份，清除旧计数和验证码 {done.fleeting} 条。"
            )
            if done.broken:
                typer.echo(f"无法打开的文件 {len(done.broken)} 个：{'、'.join(done.broken[:10])}（见 xinglin verify）")
        left = key_rotation.check(context, operator())
    if left.total:
        fail(
            f"还有旧密钥的内容：数据 {left.values} 个、文件 {left.objects} 个、账号摘要 {left.hashes} 个、"
            f"检索词 {left.searches} 份、计数和验证码 {left.fleeting} 条。请再执行一次 xinglin keys rotate。",
            FAILED,
        )
    typer.echo("全部内容都由当前密钥加密，旧密钥可以从设置中移除。")
