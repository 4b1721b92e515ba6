"""A batch's calendar: half-open intervals `[open, close)` and the phase that the clock makes of them (M21).

The phase is derived, never stored, so extending a window takes effect at once and everywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from core.domain.errors import OutsideWindow


class Phase(StrEnum):
    """Where the batch stands now."""

    HIDDEN = "hidden"
    ANNOUNCED = "announced"
    OPEN = "open"
    REVIEWING = "reviewing"
    ADMISSION = "admission"
    ADJUSTMENT = "adjustment"
    REPORTING = "reporting"
    ENDED = "ended"
    SUSPENDED = "suspended"


PHASE_LABELS = {
    Phase.HIDDEN: "未公布",
    Phase.ANNOUNCED: "即将开始",
    Phase.OPEN: "报名中",
    Phase.REVIEWING: "资格审核",
    Phase.ADMISSION: "录取",
    Phase.ADJUSTMENT: "调剂",
    Phase.REPORTING: "报到",
    Phase.ENDED: "已结束",
    Phase.SUSPENDED: "已暂停",
}


@dataclass(frozen=True, slots=True)
class Windows:
    """Every time of one batch, timezone-aware; shown in Asia/Shanghai, compared as instants (I10)."""

    publish_at: datetime
    open_at: datetime
    close_at: datetime
    correction_end: datetime
    review_end: datetime
    confirm_hours: int = 48
    adjust_open: datetime | None = None
    adjust_close: datetime | None = None
    report_from: datetime | None = None
    report_to: datetime | None = None
    suspended: bool = False

    def phase(self, now: datetime) -> Phase:
        """The phase at `now`; the first window that contains it wins."""
        if self.suspended:
            return Phase.SUSPENDED
        if now < self.publish_at:
            return Phase.HIDDEN
        if now < self.open_at:
            return Phase.ANNOUNCED
        if now < self.close_at:
            return Phase.OPEN
        if now < self.review_end:
            return Phase.REVIEWING
        if within(now, self.adjust_open, self.adjust_close):
            return Phase.ADJUSTMENT
        if within(now, self.report_from, self.report_to):
            return Phase.REPORTING
        if self.report_to is not None and now >= self.report_to:
            return Phase.ENDED
        return Phase.ADMISSION

    def correction_deadline(self) -> datetime:
        """Until when a returned application may be corrected (T5): max(close, correction_end)."""
        return max(self.close_at, self.correction_end)

    def require_open(self, now: datetime) -> None:
        """T1, T2, T6: open ≤ now < close and not suspended; raises OutsideWindow."""
        if self.suspended:
            raise OutsideWindow("SUSPENDED")
        if now < self.open_at:
            raise OutsideWindow("NOT_OPEN_YET", opens=self.open_at)
        self.require_not_closed(now)

    def require_not_closed(self, now: datetime) -> None:
        """T3, T4: now < close; raises OutsideWindow."""
        if self.suspended:
            raise OutsideWindow("SUSPENDED")
        if now >= self.close_at:
            raise OutsideWindow("CLOSED", closed=self.close_at)

    def require_correctable(self, now: datetime) -> None:
        """T5: now < max(close, correction_end); raises OutsideWindow."""
        if self.suspended:
            raise OutsideWindow("SUSPENDED")
        if now >= self.correction_deadline():
            raise OutsideWindow("CORRECTION_CLOSED", closed=self.correction_deadline())

    def confirm_by(self, offered_at: datetime) -> datetime:
        """T17: until when an offer made at `offered_at` may be confirmed."""
        return offered_at + timedelta(hours=self.confirm_hours)

    def faults(self) -> dict[str, str]:
        """Sentences for times that contradict each other, by field; empty when the calendar holds."""
        found: dict[str, str] = {}
        ordered = [
            ("publish_at", "公布时间", self.publish_at),
            ("open_at", "报名开始时间", self.open_at),
            ("close_at", "报名截止时间", self.close_at),
        ]
        for (_, before_label, before), (field, label, value) in pairwise(ordered):
            if value < before or (field == "close_at" and value == before):
                found[field] = f"{label}须晚于{before_label}。"
        if self.correction_end < self.close_at:
            found["correction_end"] = "补正截止时间不能早于报名截止时间。"
        if self.review_end < self.correction_end:
            found["review_end"] = "审核截止时间不能早于补正截止时间。"
        if not 1 <= self.confirm_hours <= 24 * 30:
            found["confirm_hours"] = "确认时限须在 1 至 720 小时之间。"
        found |= self._pair_faults()
        return found

    def _pair_faults(self) -> dict[str, str]:
        found: dict[str, str] = {}
        pairs = (
            ("adjust", "调剂", self.adjust_open, self.adjust_close),
            ("report", "报到", self.report_from, self.report_to),
        )
        for name, label, start, end in pairs:
            field = f"{name}_close" if name == "adjust" else f"{name}_to"
            if (start is None) != (end is None):
                found[field] = f"{label}的开始和结束时间须同时填写或同时留空。"
            elif start is not None and end is not None and end <= start:
                found[field] = f"{label}结束时间须晚于开始时间。"
        return found


def within(now: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether `now` lies in the half-open interval; an absent bound is an absent window."""
    return start is not None and end is not None and start <= now < end
