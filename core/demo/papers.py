"""What each drawn certificate says and how it is coloured."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.demo.canvas import Colour
from core.domain.photos import PhotoKind


@dataclass(frozen=True, slots=True)
class Paper:
    """`text` takes name, title, issuer and seed and gives the running text."""

    heading: str
    number_label: str
    ground: Colour
    frame: Colour
    heading_colour: Colour
    text: Callable[[str, str, str, int], str]
    portrait: bool = True
    scores: bool = False
    leading: int = 76


def _diploma(name: str, title: str, issuer: str, seed: int) -> str:
    end = 2014 + random.Random(f"end {seed}").randrange(10)  # noqa: S311 - a drawing, not a secret
    return (
        f"学生{name}，于{end - 5}年9月至{end}年6月在本校{title}专业五年制本科学习，"
        f"修完教学计划规定的全部课程，成绩合格，准予毕业。本证书由{issuer}制作，仅供系统演示。"
    )


def _degree(name: str, title: str, _issuer: str, _seed: int) -> str:
    return (
        f"{name}在本校{title}专业完成了本科学习计划，业已毕业。经审核符合学位授予的规定，"
        "授予医学学士学位。本证书仅供系统演示，不具有任何效力。"
    )


def _qualification(name: str, title: str, _issuer: str, _seed: int) -> str:
    return f"{name}经医师资格考试合格，具备执业医师资格。类别：{title}。本证书仅供系统演示，不具有任何效力。"


def _licence(name: str, title: str, issuer: str, _seed: int) -> str:
    return (
        f"{name}经审核准予注册，执业地点为示例省，执业范围为{title}专业，"
        f"主要执业机构由{issuer}登记。本证书仅供系统演示，不具有任何效力。"
    )


def _scores(name: str, title: str, _issuer: str, _seed: int) -> str:
    return f"考生{name}参加{title}，各科成绩如下："


def _consent(name: str, title: str, issuer: str, _seed: int) -> str:
    return (
        f"兹同意我单位职工{name}参加{title}。培训期间保留其人事、工资关系，培训结束后回原单位工作。"
        f"我单位将按规定为其提供保障，并配合培训基地做好管理。特此证明。（{issuer}，仅供系统演示）"
    )


_CRIMSON: Final[Colour] = (150, 40, 44)
_GREEN: Final[Colour] = (31, 92, 74)
_BLUE: Final[Colour] = (40, 78, 130)
_BROWN: Final[Colour] = (140, 94, 40)

PAPERS: Final = MappingProxyType(
    {
        PhotoKind.DIPLOMA: Paper("毕 业 证 书", "证书编号", (252, 243, 228), _CRIMSON, _CRIMSON, _diploma),
        PhotoKind.DEGREE: Paper("学 位 证 书", "证书编号", (245, 240, 222), _BROWN, _CRIMSON, _degree),
        PhotoKind.QUALIFICATION: Paper(
            "医 师 资 格 证 书", "证书编码", (232, 244, 236), _GREEN, _GREEN, _qualification
        ),
        PhotoKind.LICENCE: Paper("医 师 执 业 证 书", "证书编码", (230, 239, 248), _BLUE, _BLUE, _licence),
        PhotoKind.SCORE_SHEET: Paper(
            "成 绩 单",
            "准考证号",
            (246, 244, 250),
            _BLUE,
            (40, 40, 56),
            _scores,
            portrait=False,
            scores=True,
        ),
        PhotoKind.CONSENT: Paper(
            "单 位 同 意 证 明",
            "文号",
            (252, 250, 242),
            _BROWN,
            (40, 40, 46),
            _consent,
            portrait=False,
            leading=84,
        ),
    }
)
