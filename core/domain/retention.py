"""How long a person's data are kept after a batch, and from when the period runs."""

from calendar import monthrange
from datetime import datetime, timedelta

from core.domain.windows import Windows

IN_USE = timedelta(days=90)
"""Who logged in within this time is preparing something: the account is not taken from under the hands."""


def ends_at(windows: Windows) -> datetime:
    """The last instant of a batch's calendar: review, adjustment or report, whichever is the latest."""
    return max(filter(None, (windows.review_end, windows.adjust_close, windows.report_to)))


def keep_until(windows: Windows, months: int) -> datetime:
    """From here on (inclusive) the data of a batch may be made anonymous."""
    return plus_months(ends_at(windows), months)


def plus_months(at: datetime, months: int) -> datetime:
    """The same day and time so many months later, or the month's last day where it has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
