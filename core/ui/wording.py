"""How times, numbers and shares read on the screen."""

from datetime import datetime, timedelta

from core.clock import local_zone
from core.domain.metrics import NONE, Quotient


def moment(at: datetime | None, *, seconds: bool = False) -> str:
    """2026年8月1日 17:00, in Asia/Shanghai; a dash for none."""
    if at is None:
        return "—"
    local = at.astimezone(local_zone())
    text = f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
    return f"{text}:{local:%S}" if seconds else text


def day(at: datetime) -> str:
    """2026年8月1日."""
    local = at.astimezone(local_zone())
    return f"{local.year}年{local.month}月{local.day}日"


def span(length: timedelta) -> str:
    """A length in its two largest units: 3天4小时, 5小时12分, 8分30秒, 12秒."""
    seconds = max(0, int(length.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "天"), (hours, "小时"), (minutes, "分"), (seconds, "秒")]
    first = next((i for i, (value, _) in enumerate(parts) if value), 3)
    return "".join(f"{value}{unit}" for value, unit in parts[first : first + 2] if value or unit == "秒") or "0秒"


def share(part: int, whole: int) -> str:
    """45%（9/20）; a dash when there is nothing to share (domain.md §7: q = 0)."""
    return NONE if whole == 0 else f"{Quotient(part, whole).percent}（{part}/{whole}）"


def ratio(part: int, whole: int) -> str:
    """1.5 : 1（30/20）, the 报录比 a/q."""
    return NONE if whole == 0 else f"{Quotient(part, whole).times}（{part}/{whole}）"
