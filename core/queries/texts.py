"""The texts and the picture of 帮助 that an administrator may change (M18, M28), with what stands there until then."""

import json
from dataclasses import dataclass

from sqlalchemy import select

from core.db.models import Setting, TrainingBase
from core.services.context import Context

TEXTS_KEY, QR_KEY = "help.texts", "help.qr"


@dataclass(frozen=True, slots=True)
class LookupSite:
    """A public site where a certificate can be checked (M18)."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class HelpTexts:
    """`qr` is a picture as base64 of a JPEG, empty for none. Versions are 0 as long as the default stands."""

    support_text: str
    policy_hotline: str
    lookup_sites: tuple[LookupSite, ...]
    version: int
    qr: str
    qr_version: int


@dataclass(frozen=True, slots=True)
class BaseContact:
    """Whom to ask at a base about its policy."""

    id: int
    name: str
    city: str
    address: str
    contact_name: str
    contact_phone: str
    policy_contact: str


DEFAULT_SITES = (
    LookupSite("国家卫生健康委员会（医师执业注册信息）", "https://www.nhc.gov.cn"),
    LookupSite("国家医学考试网（医师资格考试成绩）", "https://www.nmec.org.cn"),
    LookupSite("中国教育考试网（英语等级等考试成绩）", "https://www.neea.edu.cn"),
)
DEFAULT_SUPPORT = "技术支持群只解答系统使用问题，例如收不到验证码、图片传不上。群二维码由管理员在「基础数据」中上传。"


def help_texts(context: Context) -> HelpTexts:
    """What 帮助 shows."""
    with context.database.read() as tx:
        found = {s.key: s for s in tx.scalars(select(Setting).where(Setting.key.in_((TEXTS_KEY, QR_KEY))))}
    texts, qr = found.get(TEXTS_KEY), found.get(QR_KEY)
    said = json.loads(texts.value) if texts else {}
    sites = tuple(LookupSite(name, url) for name, url in said.get("lookup_sites", ())) if said else DEFAULT_SITES
    return HelpTexts(
        support_text=said.get("support_text", DEFAULT_SUPPORT),
        policy_hotline=said.get("policy_hotline", ""),
        lookup_sites=sites,
        version=texts.version if texts else 0,
        qr=qr.value if qr else "",
        qr_version=qr.version if qr else 0,
    )


def base_contacts(context: Context) -> tuple[BaseContact, ...]:
    """The active bases with their contacts."""
    with context.database.read() as tx:
        bases = tx.scalars(select(TrainingBase).where(TrainingBase.active).order_by(TrainingBase.code))
        return tuple(
            BaseContact(b.id, b.name, b.city, b.address, b.contact_name, b.contact_phone, b.policy_contact)
            for b in bases
        )
