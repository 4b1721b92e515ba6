"""The one place that asks the machine for the time (I10)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_local = [SHANGHAI]


def local_zone() -> ZoneInfo:
    """The zone in which times are shown and typed, and a day begins; instants are compared without it."""
    return _local[0]


def use_zone(zone: ZoneInfo) -> None:
    """Make `zone` this process's local one (XINGLIN_TIMEZONE)."""
    _local[:] = [zone]


def zone_name() -> str:
    """How the local zone is called on the screen."""
    return "北京时间" if local_zone() == SHANGHAI else local_zone().key


class Clock(Protocol):
    """Whatever can say what time it is, timezone-aware, in UTC."""

    def now(self) -> datetime:
        """The current instant in UTC."""
        ...


class SystemClock:
    """The server's clock."""

    def now(self) -> datetime:
        """The current instant in UTC."""
        return datetime.now(UTC)


@dataclass
class SetClock:
    """A clock that stands where it is put: for tests and for making demonstration data."""

    at: datetime = field(default_factory=lambda: datetime(2026, 8, 1, 1, 0, tzinfo=UTC))

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.at

    def advance(self, **parts: float) -> None:
        """Move on by a timedelta's keyword arguments, for example `minutes=15`."""
        self.at += timedelta(**parts)
