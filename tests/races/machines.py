"""Running one thing at the same time: threads in this process, and real processes over the same database.

The functions below the line are started in fresh interpreters, so they take plain values only.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from core.domain.errors import DomainError
from core.services.context import Context

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120


def at_once(steps: Sequence[Callable[[], object]], *, threads: int = 16) -> Counter[str]:
    """Start all `steps` together, `threads` at a time; how often each ended: ok or the code of its refusal."""
    barrier = Barrier(min(threads, len(steps)))

    def run(number: int, step: Callable[[], object]) -> str:
        if number < barrier.parties:
            barrier.wait(SECONDS)
        try:
            step()
        except DomainError as refusal:
            return refusal.code
        return "ok"

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(run, number, step) for number, step in enumerate(steps)]
        return Counter(future.result(SECONDS) for future in futures)


def in_processes(context: Context, job: str, arguments: Sequence[Sequence[int]]) -> Counter[str]:
    """Run `job` of `tests.races.jobs` once per argument list, each in its own process, all released together."""
    folder = context.settings.data_dir
    command = [sys.executable, "-m", "tests.races.jobs", context.database.url, str(folder), job]
    running = [
        subprocess.Popen(
            [*command, *map(str, values)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for values in arguments
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [process.communicate(timeout=SECONDS)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return Counter(outcome for line in lines for outcome in line.split())
