"""A small pool of drawn pictures that all applicants share; only the known ones carry a card of their own."""

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from PIL import Image

from core.demo import drawing
from core.demo.people import DemoPerson
from core.domain.photos import PhotoKind
from core.gateways.objects import Objects
from core.imaging.fitting import thumbnail

FACES = 3
"""Different faces of each sex in the pool."""
_ISSUED = date(2023, 6, 30)
_ADDRESS = "福建省福州市示例区示例路1号"
_PAPERS = {
    PhotoKind.DIPLOMA: ("中医学", "福建中医药大学"),
    PhotoKind.DEGREE: ("医学学士", "福建中医药大学"),
    PhotoKind.QUALIFICATION: ("中医", "示例卫生健康委员会"),
    PhotoKind.LICENCE: ("中医专业", "示例卫生健康委员会"),
    PhotoKind.SCORE_SHEET: ("医师资格考试", "示例考试中心"),
    PhotoKind.CONSENT: ("中医住院医师规范化培训", "示例县中医院"),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture and what a document row says of it."""

    kind: PhotoKind
    columns: dict[str, Any]

    def row(self, document_id: str, account_id: int, at: datetime) -> dict[str, Any]:
        """The document row of one applicant that points at it."""
        # One drawing stands for many people's own files: by the hash of what came they are no twins of each other.
        came = hashlib.sha256(document_id.encode()).hexdigest()
        own = {"id": document_id, "account_id": account_id, "created_at": at, "replaced_at": None}
        return own | self.columns | {"original_sha256": came}


class Pool:
    """Draws every picture once and keeps it; asking again gives the same one."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._made: dict[object, Picture] = {}

    def of(self, kind: PhotoKind, sex: str, pick: random.Random) -> Picture:
        """A picture of this kind for somebody of this sex."""
        woman = sex == "女"
        if kind is PhotoKind.PORTRAIT:
            return self._portrait(woman, pick.randrange(FACES))
        if kind is PhotoKind.ID_FRONT:
            card = ("林示例", sex, "汉", date(2000, 1, 1), _ADDRESS, "示例号码不可使用")
            return self._once((kind, woman), kind, lambda: drawing.draw_id_front(*card, seed=1 if woman else 0))
        if kind is PhotoKind.ID_BACK:
            return self._once(kind, kind, lambda: drawing.draw_id_back(0))
        title, issuer = _PAPERS[kind]
        paper = (kind, "林示例", title, issuer, "示例00000001", _ISSUED)
        return self._once(kind, kind, lambda: drawing.draw_certificate(*paper, seed=1, woman=True))

    def own(self, kind: PhotoKind, person: DemoPerson) -> Picture:
        """A known applicant's card with the own name and number, and the portrait with the card's face."""
        sex, birth = person.sex or "男", person.birth_date or _ISSUED
        face = int(person.number[-4:-1]) // 2 % FACES
        if kind is PhotoKind.PORTRAIT:
            return self._portrait(sex == "女", face)
        card = (person.name, sex, "汉", birth, _ADDRESS, person.number)
        return self._once((kind, person.number), kind, lambda: drawing.draw_id_front(*card, seed=face))

    def _portrait(self, woman: bool, face: int) -> Picture:
        kind = PhotoKind.PORTRAIT
        return self._once((kind, woman, face), kind, lambda: drawing.draw_portrait(face, woman=woman))

    def _once(self, key: object, kind: PhotoKind, draw: Callable[[], bytes]) -> Picture:
        if key not in self._made:
            self._made[key] = self._store(kind, draw())
        return self._made[key]

    def _store(self, kind: PhotoKind, data: bytes) -> Picture:
        with Image.open(io.BytesIO(data)) as opened:
            width, height = opened.size
            small = thumbnail(opened.convert("RGB"))
        columns: dict[str, Any] = {
            "kind": kind.value,
            "object_key": self._objects.put(data),
            "thumbnail_key": self._objects.put(small),
            "size": len(data),
            "width": width,
            "height": height,
            "findings": [],
        }
        return Picture(kind, columns)
