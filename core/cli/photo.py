"""`xinglin photo`: the photo checks of the portal, on files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.base import FAILED, MISUSED, fail, print_json

if TYPE_CHECKING:
    from core.domain.photos import PhotoKind, Verdict

app = typer.Typer(no_args_is_help=True)
NOT_INSTALLED = 3
EXITS = {"accept": 0, "reject": 1, "fixable": 2}
WORDS = {"accept": "合格", "fixable": "可自动处理后使用", "reject": "不合格"}
Kind = Annotated[str, typer.Option(help="portrait | id_front | id_back | certificate")]


@app.command("check", help="检查照片。合格为 0，可修复为 2，不合格为 1。")
def check(
    file: Path, kind: Kind = "portrait", as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False
) -> None:
    """Exit 0 accept, 2 fixable, 1 reject; a file that is no photograph is a reject with its reason."""
    chosen, data = _photo_kind(kind), _read(file)
    from core.imaging.pipeline import check as judge

    verdict = judge(data, chosen)
    if as_json:
        print_json(_as_json(verdict))
    else:
        typer.echo(WORDS[verdict.verdict])
        for fault in verdict.faults:
            typer.echo(f"  {'✗' if fault.severity == 'hard' else '!'} {fault.sentence}")
    if code := EXITS[verdict.verdict]:
        raise typer.Exit(code)


@app.command("fix", help="把照片转正、裁剪并压缩到要求的大小，另存为新文件。")
def fix(file: Path, out: Annotated[Path, typer.Option(help="保存到")], kind: Kind = "portrait") -> None:
    """Write what the portal would store; nothing is written when the photograph is refused."""
    chosen, data = _photo_kind(kind), _read(file)
    from core.domain.photos import STEP_WORDS, PhotoRefused
    from core.imaging.pipeline import process

    try:
        made = process(data, chosen)
    except PhotoRefused as refused:
        fail(refused.sentence)
    if made.best is None:
        fail("照片不合格，没有保存：" + "；".join(fault.sentence for fault in made.verdict.faults))
    try:
        out.write_bytes(made.best.data)
    except OSError as error:
        fail(f"无法写入 {out}：{error.strerror}，没有保存。")
    done = "，".join(STEP_WORDS[step] for step in made.best.steps)
    size = f"{len(made.best.data)} 字节，{made.best.width}×{made.best.height}"
    typer.echo(f"已保存 {out}：{size}{'；' + done if done else ''}。")


@app.command("read", help="读出身份证或证书上的文字（需要可选的文字识别组件）。")
def read(
    file: Path, kind: Kind = "id_front", as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False
) -> None:
    """Exit 0 read, 1 not readable, 3 when the extra is not installed. Numbers are shown in full: it is the operator's file."""
    chosen, data = _photo_kind(kind), _read(file)
    from core.cli.photo_reading import as_words, read_file
    from core.gateways.ocr import HOW_TO_INSTALL, open_reader

    reader = open_reader()
    if reader is None:
        fail(HOW_TO_INSTALL, NOT_INSTALLED)
    answer = read_file(reader, data, chosen)
    if answer is None:
        fail("没有读出文字：图片打不开，或识别没有完成。请换一张清晰的照片再试。")
    if as_json:
        print_json(answer)
    else:
        typer.echo(as_words(answer))


def _photo_kind(word: str) -> "PhotoKind":
    from core.domain.photos import PhotoKind

    try:
        return PhotoKind.DIPLOMA if word == "certificate" else PhotoKind(word)
    except ValueError:
        fail(f"没有这种照片：{word}；可用 portrait、id_front、id_back、certificate。", MISUSED)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"无法读取 {file}：{error.strerror}。", FAILED)


def _as_json(verdict: "Verdict") -> dict[str, object]:
    keys = ("code", "severity", "measured", "threshold", "sentence")
    faults = [{key: getattr(fault, key) for key in keys} for fault in verdict.faults]
    answer = {"verdict": verdict.verdict, "faults": faults, "size": verdict.size}
    return answer | {"format": verdict.format, "width": verdict.width, "height": verdict.height}
