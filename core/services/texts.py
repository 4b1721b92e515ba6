"""Changing what 帮助 says: support group, its QR picture, the policy hotline, the lookup sites (M18, M28)."""

import base64
import io
import json
import re
from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from core.db.models import Setting
from core.domain.errors import InvalidInput, StaleVersion
from core.domain.permissions import Actor, Permission
from core.domain.photos import PhotoRefused
from core.domain.text import check_text, clean_text
from core.queries.texts import QR_KEY, TEXTS_KEY, LookupSite
from core.services.context import Context
from core.services.journal import record
from core.services.use_case import use_case

LONGEST_SUPPORT, LONGEST_HOTLINE = 600, 120
MOST_SITES = 8
QR_SIDE = 480
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?:[/?#][^\s<>\"']*)?")


@use_case
def change_texts(
    context: Context,
    actor: Actor,
    *,
    seen_version: int,
    support_text: str,
    policy_hotline: str,
    lookup_sites: Sequence[LookupSite],
) -> int:
    """Change the texts; the new version. Raises NotAllowed, InvalidInput (by field) and StaleVersion."""
    actor.require(Permission.MANAGE_SETTINGS)
    faults = {
        "support_text": check_text(
            support_text, label="技术支持说明", required=True, max_length=LONGEST_SUPPORT, allow_newlines=True
        ),
        "policy_hotline": check_text(
            policy_hotline, label="政策咨询电话", required=False, max_length=LONGEST_HOTLINE, plain=True
        ),
        "lookup_sites": _sites_fault(lookup_sites),
    }
    if found := {field: sentence for field, sentence in faults.items() if sentence}:
        raise InvalidInput(found)
    value = {
        "support_text": clean_text(support_text),
        "policy_hotline": clean_text(policy_hotline),
        "lookup_sites": [[clean_text(site.name), clean_text(site.url)] for site in lookup_sites],
    }
    return _store(context, actor, TEXTS_KEY, json.dumps(value, ensure_ascii=False), seen_version)


@use_case
def change_qr(context: Context, actor: Actor, *, seen_version: int, data: bytes | None) -> int:
    """Put another picture of the support group's QR code, or take it away with None; the new version.

    The file is opened like an applicant's photograph and drawn anew, so nothing but its pixels is published.
    Raises NotAllowed, InvalidInput (`qr`) and StaleVersion.
    """
    actor.require(Permission.MANAGE_SETTINGS)
    value = "" if data is None else _redrawn(data)
    return _store(context, actor, QR_KEY, value, seen_version)


def check_site(site: LookupSite) -> str | None:
    """The sentence for a site that can't be listed, or None; only http and https addresses are links."""
    if problem := check_text(site.name, label="网站名称", required=True, max_length=60, plain=True):
        return problem
    if not _ADDRESS.fullmatch(clean_text(site.url)) or len(site.url) > 200:
        return f"「{clean_text(site.name)}」的网址须以 https:// 或 http:// 开头，例如 https://www.nhc.gov.cn。"
    return None


def _sites_fault(sites: Sequence[LookupSite]) -> str | None:
    if len(sites) > MOST_SITES:
        return f"查询网站最多 {MOST_SITES} 个。"
    return next((problem for site in sites if (problem := check_site(site))), None)


def _redrawn(data: bytes) -> str:
    from core.imaging.opening import open_photo

    try:
        image = open_photo(data).image
    except PhotoRefused as refused:
        raise InvalidInput({"qr": refused.sentence}) from refused
    image.thumbnail((QR_SIDE, QR_SIDE))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=92)
    return base64.b64encode(stream.getvalue()).decode()


def _store(context: Context, actor: Actor, key: str, value: str, seen_version: int) -> int:
    try:
        with context.database.write() as tx:
            values = {"value": value, "changed_at": context.now(), "version": seen_version + 1}
            if seen_version == 0 and tx.scalar(select(Setting.key).where(Setting.key == key)) is None:
                tx.execute(insert(Setting).values(key=key, **values))
            else:
                statement = update(Setting).where(Setting.key == key, Setting.version == seen_version).values(**values)
                saved = tx.execute(statement.execution_options(synchronize_session=False))
                if saved.rowcount != 1:  # type: ignore[attr-defined]
                    raise StaleVersion()
            record(tx, context, actor, "setting.change", "setting", key, version=seen_version + 1)
            return seen_version + 1
    except IntegrityError as error:
        raise StaleVersion() from error
