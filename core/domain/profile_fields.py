"""The catalogue of the profile's fields: label, hint, when a field is asked for and when it is required (domain.md §5).

● fields are `required`; C fields carry the conditions under which they are asked for. A field whose condition does not
hold is not stored, so that a text typed beside 其他院校 exists exactly then (M15).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.domain.photos import PHOTO_LABELS, PhotoKind

EDUCATION = "education"
SECTION_LABELS = {"basic": "基本资料", "education": "学历信息", "practice": "执业医师信息", "documents": "证件照片"}
SEXES = ("男", "女")
YES_NO = {"yes": "是", "no": "否"}
STATUSES = {"STUDYING": "在读", "COMPLETED": "已毕业"}
OTHER = "OTHER"
"""M15: the code of 其他院校 and 其他专业."""
OTHER_NAMES = {"university": "其他院校", "major": "其他专业"}

Kind = Literal["text", "choice", "yes_no", "date", "division", "document"]
Style = Literal["plain", "name", "email", "postcode", "phone", "number", "score"]


@dataclass(frozen=True, slots=True)
class Word:
    """An entry of a dictionary; `leaf` is false for a division that has others below it."""

    name: str
    parent: str | None = None
    leaf: bool = True


@dataclass(frozen=True, slots=True)
class When:
    """Holds while another field of the same section (or row) has one of these values."""

    field: str
    values: frozenset[str]

    def holds(self, known: Mapping[str, Any]) -> bool:
        """Whether it does."""
        value = known.get(self.field)
        return isinstance(value, str) and value in self.values


def when(field: str, *values: str) -> When:
    """A condition in words: `when("qualified", "yes")`."""
    return When(field, frozenset(values))


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `dictionary` is the kind of its words, "own" for the few that live in this module."""

    name: str
    label: str
    kind: Kind = "text"
    required: bool = False
    hint: str = ""
    dictionary: str = ""
    conditions: tuple[When, ...] = ()
    style: Style = "plain"
    max_length: int = 100
    min_length: int = 0
    sensitive: bool = False
    photo: PhotoKind | None = None

    def relevant(self, known: Mapping[str, Any]) -> bool:
        """Whether the field is asked for at all."""
        return all(condition.holds(known) for condition in self.conditions)

    def needed(self, known: Mapping[str, Any]) -> bool:
        """Whether it must have a value."""
        return self.required and self.relevant(known)

    def please(self, suffix: str = "") -> str:
        """The sentence for an empty required field."""
        verb = {"text": "填写", "date": "填写", "document": "上传"}.get(self.kind, "选择")
        return f"请{verb}{self.label}{suffix}。"


def in_words(field: Field, value: str) -> str:
    """Codes that need no dictionary in Chinese; a date as 2026年8月1日; everything else as it is."""
    if field.kind == "yes_no":
        return YES_NO.get(value, value)
    if field.kind == "date" and len(value) == 10:
        year, month, day = value.split("-")
        return f"{year}年{int(month)}月{int(day)}日"
    if field.name == "status":
        return STATUSES.get(value, value)
    return OTHER_NAMES.get(field.dictionary, value) if value == OTHER else value


def _scan(name: str, kind: PhotoKind, hint: str, *conditions: When, required: bool = True) -> Field:
    return Field(name, PHOTO_LABELS[kind], "document", required, hint, conditions=conditions, photo=kind)


_COMPLETED = when("status", "COMPLETED")
_WITH_DEGREE = when("degree", "BACHELOR", "MASTER", "DOCTOR")
_DELEGATED = when("person_type", "DELEGATED")
_QUALIFIED = when("qualified", "yes")
_LICENSED = when("licensed", "yes")
_NOT_QUALIFIED = when("qualified", "no")

_BASIC = (
    Field("sex", "性别", "choice", True, dictionary="own"),
    Field("birth_date", "出生日期", "date", True),
    Field("ethnic_group", "民族", "choice", True, dictionary="ethnic_group"),
    Field("political_status", "政治面貌", "choice", dictionary="political"),
    Field("marital_status", "婚姻状况", "choice", dictionary="marital"),
    Field("home_division", "生源地", "division", True, "依次选择省、市、县（区）。", dictionary="division"),
    Field("email", "电子邮箱", required=True, hint="用于接收补充通知，如 name@example.com。", style="email"),
    Field(
        "address",
        "通讯地址",
        required=True,
        hint="写到门牌号，录取材料可能寄到这里。",
        max_length=200,
        min_length=5,
        sensitive=True,
    ),
    Field("postcode", "邮政编码", hint="6 位数字，可不填。", style="postcode"),
    Field("emergency_name", "紧急联系人姓名", required=True, style="name", sensitive=True),
    Field("emergency_relation", "与本人关系", "choice", True, dictionary="relation"),
    Field(
        "emergency_phone",
        "紧急联系人电话",
        required=True,
        hint="手机号或带区号的座机，如 0591-87654321。",
        style="phone",
        sensitive=True,
    ),
    Field("cet_level", "英语等级", "choice", hint="没有可选“无”。", dictionary="english"),
    Field(
        "cet_score",
        "英语成绩",
        hint="成绩单上的总分，可不填。",
        style="score",
        conditions=(when("cet_level", "CET4", "CET6", "TEM4", "TEM8", "OTHER"),),
    ),
    Field(
        "person_type",
        "人员类型",
        "choice",
        True,
        "社会人：没有工作单位；本单位人：报名基地的职工；外单位委派人：由其他单位送培；在读专硕：中医专业学位硕士在读。",
        dictionary="person_type",
    ),
    Field(
        "graduate_kind", "应届 / 往届", "choice", True, "今年毕业为应届，以前毕业为往届。", dictionary="graduate_status"
    ),
    Field("directed", "订单定向", "yes_no", hint="农村订单定向免费培养的医学生选“是”。"),
    Field(
        "unit",
        "委派单位",
        required=True,
        hint="与单位公章上的名称一致。",
        min_length=2,
        max_length=80,
        conditions=(_DELEGATED,),
    ),
    Field(
        "primary_care",
        "委派单位是否为基层医疗卫生机构",
        "yes_no",
        True,
        "乡镇卫生院、社区卫生服务中心等选“是”。",
        conditions=(_DELEGATED,),
    ),
)

_ROW = (
    Field("level", "学历", "choice", True, dictionary="education"),
    Field("degree", "学位", "choice", dictionary="degree", hint="没有学位可选“无学位”。"),
    Field("degree_type", "学位类型", "choice", dictionary="degree_type", conditions=(_WITH_DEGREE,)),
    Field("full_time", "是否全日制", "yes_no"),
    Field(
        "school",
        "毕业院校",
        "choice",
        True,
        "可输入汉字、拼音或拼音首字母查找；没有列出时选“其他院校”。",
        dictionary="university",
    ),
    Field(
        "school_other",
        "院校名称",
        required=True,
        hint="按毕业证书上的全称填写。",
        min_length=4,
        max_length=60,
        conditions=(when("school", OTHER),),
    ),
    Field(
        "major",
        "毕业专业",
        "choice",
        True,
        "可输入汉字、拼音或拼音首字母查找；没有列出时选“其他专业”。",
        dictionary="major",
    ),
    Field(
        "major_other",
        "专业名称",
        required=True,
        hint="按毕业证书上的名称填写。",
        min_length=2,
        max_length=60,
        conditions=(when("major", OTHER),),
    ),
    Field("start", "入学日期", "date", True),
    Field("end", "毕业日期", "date", True, "在读的填写预计毕业日期。"),
    Field("status", "在读 / 已毕业", "choice", True, dictionary="own"),
    Field(
        "diploma_number",
        "毕业证书编号",
        required=True,
        hint="毕业证书下方的编号，可在学信网核对。",
        style="number",
        max_length=40,
        min_length=5,
        sensitive=True,
        conditions=(_COMPLETED,),
    ),
    _scan("diploma", PhotoKind.DIPLOMA, "拍摄或扫描原件，四角完整，文字清晰。", _COMPLETED),
    Field(
        "degree_number",
        "学位证书编号",
        required=True,
        hint="学位证书下方的编号。",
        style="number",
        max_length=40,
        min_length=5,
        sensitive=True,
        conditions=(_COMPLETED, _WITH_DEGREE),
    ),
    _scan("degree_scan", PhotoKind.DEGREE, "拍摄或扫描原件，四角完整，文字清晰。", _COMPLETED, _WITH_DEGREE),
)

_PRACTICE = (
    Field("qualified", "是否取得医师资格证书", "yes_no", True, "没有证书请选“否”。"),
    Field(
        "qualification_number",
        "医师资格证书编码",
        required=True,
        hint="证书上的编码，可在国家卫生健康委网站核对。",
        style="number",
        max_length=40,
        min_length=10,
        sensitive=True,
        conditions=(_QUALIFIED,),
    ),
    Field("qualification_date", "取得日期", "date", True, "证书上的签发日期。", conditions=(_QUALIFIED,)),
    Field("category", "资格类别", "choice", True, dictionary="licence_category", conditions=(_QUALIFIED,)),
    _scan("qualification", PhotoKind.QUALIFICATION, "含照片页和编码页，文字清晰。", _QUALIFIED),
    Field("licensed", "是否取得医师执业证书", "yes_no", True, conditions=(_QUALIFIED,)),
    Field(
        "licence_number",
        "医师执业证书编码",
        required=True,
        hint="15 位数字。",
        style="number",
        max_length=40,
        min_length=10,
        sensitive=True,
        conditions=(_QUALIFIED, _LICENSED),
    ),
    Field(
        "licence_place",
        "执业地点",
        required=True,
        hint="证书上的主要执业机构或地点。",
        min_length=2,
        max_length=80,
        conditions=(_QUALIFIED, _LICENSED),
    ),
    Field("licence_scope", "执业范围", "choice", True, dictionary="licence_scope", conditions=(_QUALIFIED, _LICENSED)),
    _scan("licence", PhotoKind.LICENCE, "含照片页和编码页，文字清晰。", _QUALIFIED, _LICENSED),
    Field(
        "pending",
        "是否已通过考试、证书待发",
        "yes_no",
        hint="已通过医师资格考试但证书未到手的选“是”，并上传成绩单。",
        conditions=(_NOT_QUALIFIED,),
    ),
    _scan(
        "score_sheet",
        PhotoKind.SCORE_SHEET,
        "国家医学考试网下载的成绩单，打印后拍摄或直接截取清晰页面。",
        _NOT_QUALIFIED,
        when("pending", "yes"),
    ),
)

_DOCUMENTS = (
    _scan("portrait", PhotoKind.PORTRAIT, "近期免冠正面照，纯白背景。"),
    _scan("id_front", PhotoKind.ID_FRONT, "有照片的一面，四角完整。"),
    _scan("id_back", PhotoKind.ID_BACK, "有国徽的一面，四角完整。"),
    _scan("consent", PhotoKind.CONSENT, "委派单位盖章的同意证明。", _DELEGATED),
)

FIELDS: dict[str, dict[str, Field]] = {
    section: {item.name: item for item in items}
    for section, items in (("basic", _BASIC), (EDUCATION, _ROW), ("practice", _PRACTICE), ("documents", _DOCUMENTS))
}
"""Section → name → Field; `education` describes one row."""
