"""Why an application is returned or refused, and what the reviewer ticks before approving (domain.md §6)."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.text import check_text

SHORTEST_NOTE, LONGEST_NOTE = 5, 300
"""T11, T12: a note has five characters or more."""


class ReturnReason(StrEnum):
    """A fault that the applicant can mend (T11)."""

    PHOTO_BG = "PHOTO_BG"
    PHOTO_SIZE = "PHOTO_SIZE"
    BLUR = "BLUR"
    COPY = "COPY"
    ID_MISMATCH = "ID_MISMATCH"
    ID_SIDE = "ID_SIDE"
    EDU_MISSING = "EDU_MISSING"
    EDU_SCHOOL = "EDU_SCHOOL"
    CERT_NO = "CERT_NO"
    LIC_MISSING = "LIC_MISSING"
    CONSENT_MISSING = "CONSENT_MISSING"
    TYPE_WRONG = "TYPE_WRONG"
    CHOICE_WRONG = "CHOICE_WRONG"
    OTHER = "OTHER"


RETURN_LABELS = {
    ReturnReason.PHOTO_BG: "底色非纯白",
    ReturnReason.PHOTO_SIZE: "大小不符",
    ReturnReason.BLUR: "不清晰",
    ReturnReason.COPY: "疑似复印件",
    ReturnReason.ID_MISMATCH: "姓名或证件号不符",
    ReturnReason.ID_SIDE: "缺正反面",
    ReturnReason.EDU_MISSING: "缺已毕业学历",
    ReturnReason.EDU_SCHOOL: "院校或专业不符",
    ReturnReason.CERT_NO: "证书编号不符",
    ReturnReason.LIC_MISSING: "执业信息不全",
    ReturnReason.CONSENT_MISSING: "缺单位同意",
    ReturnReason.TYPE_WRONG: "人员类型错误",
    ReturnReason.CHOICE_WRONG: "志愿填报错误",
    ReturnReason.OTHER: "其他",
}


class RefusalReason(StrEnum):
    """A fault that can't be mended in this batch (T12)."""

    MAJOR = "MAJOR"
    DEGREE = "DEGREE"
    FRAUD = "FRAUD"
    DUPLICATE = "DUPLICATE"
    NOT_ADDRESSED = "NOT_ADDRESSED"
    OTHER = "OTHER"


REFUSAL_LABELS = {
    RefusalReason.MAJOR: "专业不符",
    RefusalReason.DEGREE: "学历不符",
    RefusalReason.FRAUD: "弄虚作假",
    RefusalReason.DUPLICATE: "重复报名",
    RefusalReason.NOT_ADDRESSED: "不符合招收对象",
    RefusalReason.OTHER: "其他",
}


@dataclass(frozen=True, slots=True)
class ReturnItem:
    """One thing to correct: where (a path of `core.domain.profile`, such as `documents.portrait`, or `choice`), why, and a note in words."""

    field: str
    reason: ReturnReason
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an application is refused for good."""

    reason: RefusalReason
    note: str


CHECKLIST = {
    "identity": "姓名、证件号与身份证照片一致",
    "portrait": "证件照为本人、白底、清晰",
    "education": "学历信息与毕业证书一致（学信网核验）",
    "practice": "执业医师信息与证书一致（卫健委、国家医学考试网核验）",
    "person_type": "人员类型与证明材料一致",
    "choice": "所报专业符合招收条件",
}
"""What a reviewer ticks before 通过 (T9), each with where it was verified (M18)."""


def note_fault(note: str, *, label: str = "说明", shortest: int = SHORTEST_NOTE) -> str | None:
    """The sentence for a note that the applicant could not use: too short, too long, signs that are no text."""
    return check_text(
        note,
        label=label,
        required=shortest > 0,
        min_length=shortest,
        max_length=LONGEST_NOTE,
        allow_newlines=True,
        plain=True,
    )
