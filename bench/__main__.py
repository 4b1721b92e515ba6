"""`make bench`: every page at 1, 10 and 50 sessions against an empty page and against the same page from constants."""

import argparse
import asyncio
import json
import os
import pickle
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.driver import Visitor, open_many
from bench.guards import print_guards
from bench.logins import jar_for
from bench.photos import print_costs, print_uploads
from bench.record import count, record
from bench.servers import ROOT, Server, serving

PAGES = {
    "home": ("", None),
    "plan": ("plan", None),
    "help": ("help", None),
    "login": ("login", None),
    "register": ("register", None),
    "profile": ("profile", "ready"),
    "choice": ("choice", "ready"),
    "progress": ("progress", "submitted"),
    "queue": ("queue", "reviewer"),
    "board": ("board", "administrator"),
    "batches": ("batches", "administrator"),
    "plans": ("plans", "administrator"),
    "staff": ("staff", "administrator"),
    "log": ("log", "administrator"),
}
"""Page → its address and who opens it."""


@dataclass(frozen=True)
class Measure:
    """One page at one number of sessions: milliseconds."""

    sessions: int
    open_p50: float
    rerun_p50: float
    rerun_p95: float
    processor: float
    """Processor time for one rerun."""


def main() -> None:
    """Seed once, record, measure, print."""
    options = argparse.ArgumentParser(prog="bench")
    options.add_argument("--applicants", type=int, default=5000)
    options.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 50])
    options.add_argument("--reruns", type=int, default=6)
    options.add_argument("--pages", nargs="*", default=list(PAGES))
    options.add_argument("--uploads", type=int, default=20, help="photographs uploaded at once; 0 leaves them out")
    chosen = options.parse_args()
    if chosen.uploads:
        print_costs()
    asyncio.run(_bench(chosen))


async def _bench(options: argparse.Namespace) -> None:
    folder = ROOT / "data" / "local" / f"bench-{options.applicants}"
    environment = {"XINGLIN_DEMO": "1", "XINGLIN_DATA_DIR": str(folder), "XINGLIN_DATABASE_URL": ""}
    _seed(folder, options.applicants, environment)
    cookies = _log_in(environment)
    with tempfile.TemporaryDirectory() as recordings, serving("Home.py", environment=environment) as portal:
        if options.uploads:
            await print_uploads(portal, options.uploads)
        await _record(portal, options.pages, cookies, Path(recordings))
        with serving("bench/bare.py", recordings) as bare:
            print(
                f"start: portal {portal.started_in:.2f} s, bare {bare.started_in:.2f} s, ratio {portal.started_in / bare.started_in:.2f}"
            )
            results = await _measure_all(portal, bare, cookies, options)
        single = {r["page"]: r["real"]["processor"] for r in results if r["real"]["sessions"] == 1}
        if single:
            print_guards(cookies, single)
    artifacts = ROOT / "artifacts"
    artifacts.mkdir(exist_ok=True)
    (artifacts / "bench.json").write_text(json.dumps(results, indent=1), "utf-8")


def _seed(folder: Path, applicants: int, environment: dict[str, str]) -> None:
    if (folder / "seeded").exists():
        return
    print(f"seeding {applicants} applicants …", flush=True)
    command = [str(Path(sys.executable).with_name("xinglin")), "demo", "--applicants", str(applicants), "--seed", "7"]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL)
    (folder / "seeded").touch()


def _log_in(environment: dict[str, str]) -> dict[str | None, dict[str, str]]:
    """A session cookie for each demonstration account that the pages need."""
    os.environ |= environment
    from core.demo.accounts import DEMO_LOGINS

    jars: dict[str | None, dict[str, str]] = {None: {}}
    for wanted in {who for _, who in PAGES.values() if who}:
        jars[wanted] = jar_for(next(login.login for login in DEMO_LOGINS if login.key == wanted))
    return jars


async def _record(portal: Server, pages: list[str], cookies: dict[str | None, dict[str, str]], folder: Path) -> None:
    for name in pages:
        path, who = PAGES[name]
        async with Visitor(portal.url, path, dict(cookies[who])) as visitor:
            await visitor.open()
            tree, unknown = record(visitor.elements)
        if unknown:
            raise RuntimeError(f"{name} draws elements that the bare page cannot: {sorted(unknown)}")
        print(f"recorded {name}: {count(tree)} elements", flush=True)
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(tree))


async def _measure_all(
    portal: Server, bare: Server, cookies: dict[str | None, dict[str, str]], options: argparse.Namespace
) -> list[dict[str, Any]]:
    print(f"\n{'page':<10}{'n':>4} | {'open':>6}{'rerun':>7}{'p95':>7}{'cpu':>7} | cpu÷bare  cpu÷empty  rerun÷bare")
    results: list[dict[str, Any]] = []
    for sessions in options.sessions:
        empty = await _measure(bare, "", {}, sessions, options.reruns)
        for name in options.pages:
            path, who = PAGES[name]
            twin = await _measure(bare, name, {}, sessions, options.reruns)
            real = await _measure(portal, path, cookies[who], sessions, options.reruns)
            print(
                f"{name:<10}{sessions:>4} | {real.open_p50:>6.0f}{real.rerun_p50:>7.0f}{real.rerun_p95:>7.0f}{real.processor:>7.1f} | "
                f"{real.processor / twin.processor:>8.2f}{real.processor / empty.processor:>11.2f}{real.rerun_p50 / twin.rerun_p50:>13.2f}",
                flush=True,
            )
            results.append({"page": name, "real": asdict(real), "bare": asdict(twin), "empty": asdict(empty)})
    return results


async def _measure(server: Server, path: str, cookies: dict[str, str], sessions: int, reruns: int) -> Measure:
    visitors, opened = await open_many(server.url, path, cookies, sessions)
    for visitor in visitors[:3]:
        await visitor.rerun()
    before = server.processor_seconds()
    waits: list[float] = []

    async def drive(visitor: Visitor) -> None:
        for _ in range(rounds):
            waits.append(await visitor.rerun())

    rounds = max(reruns, 40 // sessions)
    await asyncio.gather(*(drive(visitor) for visitor in visitors))
    used = server.processor_seconds() - before
    for visitor in visitors:
        await visitor.__aexit__()
    waits.sort()
    p95 = waits[min(len(waits) - 1, round(0.95 * (len(waits) - 1)))]
    return Measure(sessions, median(opened) * 1e3, median(waits) * 1e3, p95 * 1e3, used / len(waits) * 1e3)


if __name__ == "__main__":
    main()
