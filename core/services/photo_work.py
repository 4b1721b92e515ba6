"""Photographs are worked on a few at a time: memory stays bounded, and the other sessions keep a processor."""

import os
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Final, TypeVar

from core.domain.errors import Refused

LONGEST_WAIT: Final = 120.0
"""Seconds in the queue before the person is asked to try again; a picture takes about one."""

_T = TypeVar("_T")
_places = BoundedSemaphore(max(1, (os.cpu_count() or 2) - 1))


def in_turn(work: Callable[[], _T], *, wait: float = LONGEST_WAIT) -> _T:
    """Do `work` when a place is free; raises Refused("PHOTO_BUSY") after `wait` seconds, nothing done."""
    if not _places.acquire(timeout=wait):
        raise Refused("PHOTO_BUSY")
    try:
        return work()
    finally:
        _places.release()
