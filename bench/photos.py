"""What a photograph costs: beside a plain Pillow decode-resize-encode, and to everybody else while many are uploaded."""

import asyncio
import io
import time
from collections.abc import Callable
from datetime import date
from statistics import median
from typing import Any

import httpx
from PIL import Image, ImageOps

from bench.driver import Visitor
from bench.logins import jars_without_application
from bench.servers import Server
from core.demo.drawing import draw_certificate, draw_id_front, draw_portrait
from core.demo.phone import phone_photo
from core.domain.photos import PhotoKind
from core.imaging.pipeline import process

ROUNDS = 5
LONGEST = 2_000
UPLOADER = "上传照片"
REPLACER = "更换照片"


def phone_pictures() -> dict[PhotoKind, bytes]:
    """12 megapixels of each sort, sideways, as a phone leaves them."""
    card = draw_id_front("陈示例", "女", "汉", date(1996, 8, 15), "示例省示例市示例路1号", "000000199608150000", 1)
    paper = draw_certificate(
        PhotoKind.DIPLOMA, "陈示例", "中医学", "示例中医药大学", "SL20200001", date(2020, 6, 20), 1
    )
    return {
        PhotoKind.PORTRAIT: _enlarged(draw_portrait(1), 12.0),
        PhotoKind.ID_FRONT: phone_photo(card, rotate=90, megapixels=12),
        PhotoKind.DIPLOMA: phone_photo(paper, rotate=90, megapixels=12),
    }


def plain(data: bytes) -> bytes:
    """The floor: decode, turn, resize, encode once."""
    with Image.open(io.BytesIO(data)) as opened:
        image = ImageOps.exif_transpose(opened.convert("RGB"))
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def print_costs() -> None:
    """A table: milliseconds of processor for one photograph, and the ratio."""
    print(f"{'photograph':<12}{'MB':>6}{'plain ms':>10}{'coach ms':>10}{'ratio':>7}")
    for kind, data in phone_pictures().items():
        process(data, kind)
        floor, ours = _cost(lambda d=data: plain(d)), _cost(lambda d=data, k=kind: process(d, k))  # type: ignore[misc]
        print(f"{kind.value:<12}{len(data) / 1e6:>6.1f}{floor:>10.0f}{ours:>10.0f}{ours / floor:>7.2f}", flush=True)


async def print_uploads(portal: Server, count: int) -> None:
    """How long the portal's heartbeat and another visitor's page take before and while `count` files are worked on."""
    data = phone_pictures()[PhotoKind.ID_FRONT]
    visitors = [Visitor(portal.url, "profile?section=documents", jar) for jar in jars_without_application(count)]
    await asyncio.gather(*(visitor.open() for visitor in visitors))
    async with Visitor(portal.url, "help") as reader:
        await reader.open()
        quiet = await _watch(portal, reader, asyncio.create_task(asyncio.sleep(5)))
        memory = portal.memory()
        work = asyncio.gather(*(visitor.upload(_label(visitor), "photo.jpg", data) for visitor in visitors))
        busy = await _watch(portal, reader, work)
        waits = sorted(await work)
    for visitor in visitors:
        await visitor.__aexit__()
    print(
        f"{count} uploads at once: first after {waits[0]:.1f} s, last after {waits[-1]:.1f} s, "
        f"{(portal.memory() - memory) / 1e6:+.0f} MB afterwards"
    )
    for name, index in (("heartbeat", 0), ("help page", 1)):
        print(f"  {name}: p50/p95 {_shown(quiet[index])} ms alone, {_shown(busy[index])} ms meanwhile", flush=True)


async def _watch(portal: Server, reader: Visitor, until: "asyncio.Future[Any]") -> tuple[list[float], list[float]]:
    beats: list[float] = []
    pages: list[float] = []
    async with httpx.AsyncClient(timeout=60) as client:
        while not until.done():
            start = time.perf_counter()
            await client.get(portal.url + "/_stcore/health")
            beats.append((time.perf_counter() - start) * 1e3)
            pages.append(await reader.rerun() * 1e3)
            await asyncio.sleep(0.05)
    return beats, pages


def _label(visitor: Visitor) -> str:
    labels = {m.delta.new_element.file_uploader.label for m in visitor.elements}
    return UPLOADER if UPLOADER in labels else REPLACER


def _shown(values: list[float]) -> str:
    ordered = sorted(values)
    return f"{median(ordered):.0f}/{ordered[int(0.95 * (len(ordered) - 1))]:.0f}"


def _cost(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1e3)
    return median(times)


def _enlarged(data: bytes, megapixels: float) -> bytes:
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    out = io.BytesIO()
    image.resize((round(image.width * factor), round(image.height * factor))).save(out, "JPEG", quality=95)
    return out.getvalue()
