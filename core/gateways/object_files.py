"""Whole files or none on a local disk: how an object is written, synced and locked against a clean-up.

A file is written beside its place, synced, and renamed into it; then the folder is synced and the folder above it, so
that after a power cut a name that was promised is there with all its bytes. What a crash can leave is a `.part` file.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PAUSE_SECONDS: Final = 0.02


def make_folder(folder: Path) -> None:
    """The folder and those above it, each known to its parent on the disk; only their owner may enter."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def write_whole(path: Path, data: bytes) -> None:
    """All of `data` at `path`, or an OSError and nothing there. An existing file is replaced in one step."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _write_synced(partial, data)
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def sync_names(path: Path) -> None:
    """The name of the file in its folder, and the folder's in the one above, outlast a power cut from here on."""
    sync_folder(path.parent)
    sync_folder(path.parent.parent)


def sync_folder(folder: Path) -> None:
    """Write a folder's entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def shared(folder: Path) -> Iterator[None]:
    """No clean-up of this folder begins inside the block; waits until one that is at work has ended.

    The kernel lets go of the lock when the process dies, however it dies.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(folder: Path, patience: float) -> Iterator[bool]:
    """Whether the folder could be had alone within `patience` seconds; it is then locked inside the block."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _taken(descriptor, time.monotonic() + patience)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE_SECONDS)


def _write_synced(partial: Path, data: bytes) -> None:
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
