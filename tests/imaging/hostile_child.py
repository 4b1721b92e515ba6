"""Runs in a process of its own: judges hostile files one by one and reports what each cost."""

import re
import time
from multiprocessing.connection import Connection
from pathlib import Path

from core.domain.photos import PhotoKind, PhotoRefused, Verdict
from core.imaging.pipeline import check
from tests.imaging.hostile import hostile_files
from tests.imaging.hostile_parts import carriers

KINDS = (PhotoKind.PORTRAIT, PhotoKind.ID_FRONT)
STATUS = Path("/proc/self/status")


def judge_all(pipe: Connection, kind: PhotoKind) -> None:
    """Sends (name, answer, CPU seconds, megabytes above the start) for each file, and None at the end."""
    for healthy in carriers().values():
        check(healthy, kind)
    start = _megabytes("VmRSS")
    for name, data in hostile_files():
        _forget_the_peak()
        began = time.process_time()
        answer = _answer(data, kind)
        pipe.send((name, answer, time.process_time() - began, _megabytes("VmHWM") - start))
    pipe.send(None)


def _answer(data: bytes, kind: PhotoKind) -> str:
    try:
        verdict = check(data, kind)
    except PhotoRefused as refused:
        return refused.code
    except BaseException as error:
        return f"raised {error!r}"
    return verdict.verdict if isinstance(verdict, Verdict) else f"returned {verdict!r}"


def _forget_the_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        # Without it the peak is that of all files so far, which can only be stricter.
        return


def _megabytes(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) / 1024 if found else 0.0
