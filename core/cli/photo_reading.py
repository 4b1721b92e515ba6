"""What `xinglin photo read` answers: a reading as plain values."""

from dataclasses import fields
from datetime import date
from typing import Any

from core.clock import SystemClock, local_zone
from core.domain.photos import PHOTO_LABELS, PhotoKind, PhotoRefused
from core.domain.reading import read
from core.gateways.ocr import Reader, read_upright
from core.imaging.fitting import encode
from core.imaging.opening import open_photo

_LABELS = {
    "name": "姓名",
    "sex": "性别",
    "ethnic_group": "民族",
    "birth_date": "出生日期",
    "address": "住址",
    "number": "证件号或证书编号",
    "office": "签发机关",
    "valid_from": "有效期自",
    "valid_to": "有效期至",
    "school": "院校",
    "major": "专业",
    "category": "类别",
    "start": "入学",
    "end": "毕业",
    "issued": "签发日期",
}


def read_file(reader: Reader, data: bytes, kind: PhotoKind) -> dict[str, Any] | None:
    """Kind, turn in degrees counter-clockwise and everything read, dates in ISO and 长期 as "forever"; None when not read."""
    try:
        upright = encode(open_photo(data).image, 95)
    except PhotoRefused:
        return None
    found = read_upright(reader, upright)
    if found is None:
        return None
    turn, lines = found
    reading = read(kind, lines, today=SystemClock().now().astimezone(local_zone()).date())
    values = {each.name: _plain(getattr(reading, each.name)) for each in fields(reading) if each.name in _LABELS}
    known = {name: value for name, value in values.items() if value is not None}
    return {"kind": reading.seen.value if reading.seen else None, "turn": turn, "lines": len(lines), "values": known}


def as_words(answer: dict[str, Any]) -> str:
    """The same for people."""
    kind = answer["kind"]
    head = PHOTO_LABELS[PhotoKind(kind)] if kind else "没有认出是哪种证件"
    return "\n".join([head, *(f"  {_LABELS[name]}：{value}" for name, value in answer["values"].items())])


def _plain(value: Any) -> str | None:
    if value == date.max:
        return "forever"
    return value.isoformat() if isinstance(value, date) else value
