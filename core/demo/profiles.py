"""Complete profiles that keep every rule of domain.md §5, for people and pictures of the demonstration."""

import random
from datetime import date
from typing import Any

from core.demo.people import DemoPerson
from core.domain.photos import PhotoKind
from core.domain.profile import slots

Content = dict[str, Any]
KINDS = ("SOCIAL", "UNIT", "DELEGATED", "MASTER")
_KIND_WEIGHTS = (62, 12, 16, 10)
_SCHOOLS = ("10393", "10393", "10392", "10315", "10268", "10026", "10541", "10572", "10228", "10335")
_MAJORS = ("100501K", "100501K", "100501K", "100502K", "100601K")
_HOMES = ("350102", "350203", "350503", "350602", "350302", "350404", "350802", "350902", "350702")
_POLITICAL = ("01", "03", "03", "13", "13")


def make_content(
    person: DemoPerson,
    pick: random.Random,
    *,
    on: date,
    college: bool = False,
    plain: bool = False,
    general: bool = False,
) -> Content:
    """A profile complete but for its pictures, true on the day `on`.

    `college` holds no more than 大专, `plain` is 社会人, `general` wants 全科 and so may come from primary care (R1).
    """
    kind = "SOCIAL" if plain else pick.choices(KINDS, _KIND_WEIGHTS)[0]
    if college and kind == "MASTER":
        kind = "SOCIAL"
    born = person.birth_date or date(pick.randrange(1994, 2003), pick.randrange(1, 13), pick.randrange(1, 29))
    last = on.year if (on.month, on.day) >= (7, 1) else on.year - 1
    studied = 3 if college else 5
    ended = min(last, max(born.year + 18 + studied, last - pick.randrange(4)))
    if kind == "MASTER":
        ended = max(last - 2, min(ended, last - 1))
    fresh = ended == last and kind != "MASTER"
    return {
        "basic": _basic(person, pick, born, kind, general=general) | {"graduate_kind": "FRESH" if fresh else "PAST"},
        "education": _education(pick, ended, studied, college=college, master=kind == "MASTER"),
        "practice": _practice(pick, ended, last),
        "documents": {},
    }


def hang_pictures(content: Content, document_ids: dict[str, str]) -> None:
    """Put each document id at its path (`documents.portrait`, `education.e1.diploma`, `practice.licence`)."""
    for path, document_id in document_ids.items():
        section, *rest = path.split(".")
        if section == "education":
            row = next(row for row in content["education"] if row["id"] == rest[0])
            row[rest[1]] = document_id
        else:
            content[section][rest[0]] = document_id


def wanted_pictures(content: Content) -> list[tuple[str, PhotoKind]]:
    """Path and kind of every picture that this profile asks for."""
    return [(slot.path, slot.kind) for slot in slots(content)]


def _basic(person: DemoPerson, pick: random.Random, born: date, kind: str, *, general: bool) -> dict[str, Any]:
    found = {
        "sex": person.sex or pick.choice("男女"),
        "birth_date": born.isoformat(),
        "ethnic_group": pick.choice(("01",) * 12 + ("03", "16")),
        "political_status": pick.choice(_POLITICAL),
        "marital_status": pick.choice(("SINGLE", "SINGLE", "SINGLE", "MARRIED")),
        "home_division": pick.choice(_HOMES),
        "email": f"shili{person.phone[-6:]}@example.com",
        "address": f"福建省示例市示例区示例路{pick.randrange(1, 400)}号（示例数据）",
        "postcode": "350000",
        "emergency_name": f"{person.name[0]}示例",
        "emergency_relation": pick.choice(("FATHER", "MOTHER")),
        "emergency_phone": person.phone,
        "cet_level": pick.choice(("CET4", "CET6", "NONE")),
        "person_type": kind,
        "directed": "no",
    }
    if found["cet_level"] != "NONE":
        found["cet_score"] = str(pick.randrange(425, 640))
    if kind == "DELEGATED":
        found |= {"unit": "示例县中医院", "primary_care": "yes" if general else "no"}
    return found


def _education(pick: random.Random, ended: int, studied: int, *, college: bool, master: bool) -> list[dict[str, Any]]:
    first: dict[str, Any] = {
        "id": "e1",
        "level": "COLLEGE" if college else "BACHELOR",
        "degree": "NONE" if college else "BACHELOR",
        "full_time": "yes",
        "school": pick.choice(_SCHOOLS),
        "major": pick.choice(_MAJORS),
        "start": f"{ended - studied}-09-01",
        "end": f"{ended}-06-30",
        "status": "COMPLETED",
        "diploma_number": f"99999{ended}05{pick.randrange(10**6):06d}",
    }
    if not college:
        first |= {"degree_type": "ACADEMIC", "degree_number": f"99999{ended}4{pick.randrange(10**6):06d}"}
    if not master:
        return [first]
    second = {
        "id": "e2",
        "level": "MASTER",
        "degree": "MASTER",
        "degree_type": "PROFESSIONAL",
        "full_time": "yes",
        "school": first["school"],
        "major": "100501K",
        "start": f"{ended}-09-01",
        "end": f"{ended + 3}-06-30",
        "status": "STUDYING",
    }
    return [first, second]


def _practice(pick: random.Random, ended: int, last: int) -> dict[str, Any]:
    if last <= ended or pick.random() < 0.1:
        return {"qualified": "no", "pending": "yes" if pick.random() < 0.3 else "no"}
    year = min(last, ended + 1)
    found = {
        "qualified": "yes",
        "qualification_number": f"9999{year}{pick.randrange(10**10):010d}",
        "qualification_date": f"{year}-06-15",
        "category": "TCM",
        "licensed": pick.choice(("yes", "no")),
    }
    if found["licensed"] == "yes":
        found |= {
            "licence_number": f"999{pick.randrange(10**12):012d}",
            "licence_place": "示例县中医院",
            "licence_scope": "TCM",
        }
    return found
