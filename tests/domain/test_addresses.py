"""Which addresses are one place."""

import pytest

from core.domain.addresses import place_of


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("local", "local"),
        ("x" * 200, "x" * 64),
        ("", ""),
    ],
)
def test_a_place(raw: str, place: str) -> None:
    assert place_of(raw) == place
