"""The demonstration's batches, laid around the day of seeding so that a newcomer always finds one open."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.clock import local_zone
from core.db.models import Batch

MARK = "（示例数据）"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Last year's batch has ended; the supplementary one awaits its confirmations; one is open; one is announced."""

    ended: Batch
    admitting: Batch
    open: Batch
    announced: Batch


def make_calendar(now: datetime) -> Calendar:
    """Unsaved batches around `now`. The open one began five days ago and closes in nine (days in Asia/Shanghai)."""
    today = now.astimezone(local_zone()).date()

    def day(offset: int, hour: int = 9) -> datetime:
        return datetime.combine(today + timedelta(days=offset), time(hour), local_zone())

    def year(offset: int) -> int:
        return (today + timedelta(days=offset)).year

    def batch(year_: int, name: str, opens: int, closes: int, *, assistant: bool, confirm_hours: int = 48) -> Batch:
        return Batch(
            year=year_,
            name=f"{year_}年中医住院医师规范化培训{name}{MARK}",
            publish_at=day(opens - 10),
            open_at=day(opens),
            close_at=day(closes, 17),
            correction_end=day(closes + 3, 17),
            review_end=day(closes + 10, 17),
            confirm_hours=confirm_hours,
            adjust_open=day(closes + 20),
            adjust_close=day(closes + 23, 17),
            report_from=day(closes + 40),
            report_to=day(closes + 47, 17),
            assistant_offered=assistant,
            created_at=day(opens - 20),
        )

    return Calendar(
        ended=batch(year(-365), "招收", -365, -351, assistant=False),
        admitting=batch(year(-38), "补录", -38, -24, assistant=True, confirm_hours=24 * 30),
        open=batch(year(0), "招收", -5, 9, assistant=True),
        announced=batch(year(40), "第二批招收", 40, 54, assistant=True),
    )
