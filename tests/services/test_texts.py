"""What 帮助 says: texts, sites, the QR picture."""

import base64
import io

import pytest
from PIL import Image, PngImagePlugin

from core.domain.errors import InvalidInput, NotAllowed, StaleVersion
from core.domain.permissions import Actor, Role
from core.queries.texts import DEFAULT_SITES, LookupSite, help_texts
from core.services import texts
from core.services.context import Context
from tests.factories import make_account


@pytest.fixture
def admin(context: Context) -> Actor:
    return make_account(context, Role.ADMINISTRATOR)


def change(context: Context, actor: Actor, **changes: object) -> int:
    given: dict[str, object] = {
        "seen_version": 0,
        "support_text": "技术支持群，只解答系统问题",
        "policy_hotline": "0591-00000000",
        "lookup_sites": list(DEFAULT_SITES),
    }
    return texts.change_texts(context, actor, **(given | changes))  # type: ignore[arg-type]


def picture(*, text: str = "") -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("secret", text)
    stream = io.BytesIO()
    Image.effect_noise((900, 900), 40).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def test_the_defaults_name_the_three_sites(context: Context) -> None:
    found = help_texts(context)
    assert [site.url for site in found.lookup_sites] == [
        "https://www.nhc.gov.cn",
        "https://www.nmec.org.cn",
        "https://www.neea.edu.cn",
    ]
    assert (found.version, found.qr, found.qr_version) == (0, "", 0)


def test_texts_change_with_their_version(context: Context, admin: Actor) -> None:
    assert change(context, admin) == 1
    assert change(context, admin, seen_version=1, lookup_sites=[]) == 2
    found = help_texts(context)
    assert (found.support_text, found.lookup_sites, found.version) == ("技术支持群，只解答系统问题", (), 2)
    for stale in (0, 1):
        with pytest.raises(StaleVersion):
            change(context, admin, seen_version=stale, support_text="后到的说明文字")
    assert help_texts(context) == found


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"support_text": ""}, "support_text"),
        ({"support_text": "长" * 601}, "support_text"),
        ({"policy_hotline": "=1+1"}, "policy_hotline"),
        ({"policy_hotline": "0" * 121}, "policy_hotline"),
        ({"lookup_sites": [LookupSite("某站", "javascript:alert(1)")]}, "lookup_sites"),
        ({"lookup_sites": [LookupSite("某站", 'https://a.cn/"onload=x')]}, "lookup_sites"),
        ({"lookup_sites": [LookupSite("某站", "https://a.cn/ x")]}, "lookup_sites"),
        ({"lookup_sites": [LookupSite("", "https://a.cn")]}, "lookup_sites"),
        ({"lookup_sites": [LookupSite("某站", "https://a.cn")] * 9}, "lookup_sites"),
    ],
)
def test_bad_texts_change_nothing(context: Context, admin: Actor, changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        change(context, admin, **changes)
    assert list(refused.value.fields) == [field]
    assert help_texts(context).version == 0


def test_the_picture_is_drawn_anew(context: Context, admin: Actor) -> None:
    assert texts.change_qr(context, admin, seen_version=0, data=picture(text="whoever took it")) == 1
    stored = base64.b64decode(help_texts(context).qr)
    assert stored.startswith(b"\xff\xd8\xff")
    assert b"whoever" not in stored
    assert max(Image.open(io.BytesIO(stored)).size) == texts.QR_SIDE
    with pytest.raises(StaleVersion):
        texts.change_qr(context, admin, seen_version=0, data=None)
    texts.change_qr(context, admin, seen_version=1, data=None)
    assert help_texts(context).qr == ""


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"<svg onload=x>", picture()[:500]])
def test_what_is_no_picture_is_refused(context: Context, admin: Actor, data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        texts.change_qr(context, admin, seen_version=0, data=data)
    assert list(refused.value.fields) == ["qr"]
    assert help_texts(context).qr_version == 0


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.BASE_LEAD])
def test_only_administrators_change_help(context: Context, role: Role) -> None:
    other = make_account(context, role)
    with pytest.raises(NotAllowed):
        change(context, other)
    with pytest.raises(NotAllowed):
        texts.change_qr(context, other, seen_version=0, data=None)
