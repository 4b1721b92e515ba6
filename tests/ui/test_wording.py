"""How times read on the screen, in the zone that the operator chose."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core.clock import SHANGHAI, use_zone, zone_name
from core.ui.wording import day, moment, ratio, share

AT = datetime(2026, 8, 1, 17, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    use_zone(SHANGHAI)


def test_times_read_in_shanghai_by_default() -> None:
    assert moment(AT) == "2026年8月2日 01:30"
    assert day(AT) == "2026年8月2日"
    assert zone_name() == "北京时间"


def test_another_zone_moves_the_time_the_day_and_its_name() -> None:
    use_zone(ZoneInfo("Asia/Urumqi"))
    assert moment(AT, seconds=True) == "2026年8月1日 23:30:00"
    assert day(AT) == "2026年8月1日"
    assert zone_name() == "Asia/Urumqi"


def test_no_time_is_a_dash() -> None:
    assert moment(None) == "—"


def test_a_share_is_full_only_when_nothing_is_missing() -> None:
    assert share(999, 1000) == "99%（999/1000）"
    assert share(1, 1000) == "1%（1/1000）"
    assert share(1000, 1000) == "100%（1000/1000）"
    assert share(0, 0) == "—"


def test_a_ratio_without_seats_is_a_dash() -> None:
    assert ratio(30, 20) == "1.5 : 1（30/20）"
    assert ratio(30, 0) == "—"
