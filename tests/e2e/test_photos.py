"""The document coach in Chromium: whatever a phone leaves becomes a document, or is explained at once (M19)."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from core.demo.accounts import DEMO_LOGINS, DEMO_PASSWORD
from core.demo.drawing import draw_id_back, draw_id_front, draw_portrait
from core.demo.phone import phone_photo
from core.domain.photos import PhotoKind
from tests.e2e.conftest import Person
from tests.imaging.pictures import copied, good, picture, saved

SHE = next(each for each in DEMO_LOGINS if each.fate == "fresh")
HEIC = Path(__file__).parents[1] / "imaging" / "fixtures" / "card_back.heic"
BLUE = (67, 142, 219)
WORKING = 60_000
Visit = Callable[..., Person]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What people have on their phones."""
    folder = tmp_path_factory.mktemp("phone")
    card = draw_id_front(SHE.name, "女", "汉", date(2001, 3, 12), "福建省福州市示例路1号", SHE.login, 11)
    pictures = {
        "sideways.jpg": phone_photo(card, rotate=90, megapixels=20, noise=9.0, seed=5),
        "copy.jpg": saved(copied(picture(good(PhotoKind.ID_BACK)))),
        "blue.jpg": draw_portrait(11, BLUE),
        "white.jpg": draw_portrait(11),
        "back.jpg": draw_id_back(3),
        "front.jpg": card,
        "note.jpg": b"%PDF-1.7 not a picture",
    }
    for name, data in pictures.items():
        (folder / name).write_bytes(data)
    assert (folder / "sideways.jpg").stat().st_size > 9_000_000
    return {name: folder / name for name in pictures}


def card_of(she: Person, name: str) -> Locator:
    blocks = she.page.get_by_test_id("stVerticalBlock")
    return blocks.filter(has=she.page.get_by_role("heading", name=name, exact=True)).last


def gives(she: Person, card: str, path: Path) -> Locator:
    """Upload into a card and wait until it was worked on."""
    holder = card_of(she, card)
    holder.locator('input[type="file"]').set_input_files(path)
    she.page.wait_for_timeout(300)
    expect(she.page.get_by_text("正在检查和保存照片")).to_have_count(0, timeout=WORKING)
    she.settles()
    return holder


def test_phone_photographs_become_documents(visit: Visit, files: dict[str, Path]) -> None:
    she = visit()
    she.logs_in(SHE.login, DEMO_PASSWORD)
    she.goes_to("profile?section=documents")
    she.shoots("coach-0-empty")

    a_sideways_photograph_is_turned_and_cut(she, files["sideways.jpg"])
    a_grey_copy_is_refused_in_words(she, files["copy.jpg"])
    a_blue_background_is_hers_to_choose(she, files["blue.jpg"])
    an_heic_file_is_taken(she)
    several_files_are_sorted(she, files)


def a_sideways_photograph_is_turned_and_cut(she: Person, path: Path) -> None:
    card = gives(she, "身份证人像面", path)
    expect(card.get_by_text("✓ 已上传")).to_be_visible()
    expect(card.get_by_text("已转正，已裁去桌面并摆正")).to_be_visible()
    image = she.page.get_by_alt_text("身份证人像面", exact=True)
    sides = image.evaluate("i => [i.naturalWidth, i.naturalHeight]")
    assert abs(sides[0] / sides[1] - 85.6 / 54) < 0.1
    card.get_by_text("对照裁去桌面前后").click()
    expect(card.get_by_text("裁去桌面前", exact=True)).to_be_visible()
    she.shoots("coach-1-sideways")


def a_grey_copy_is_refused_in_words(she: Person, path: Path) -> None:
    card = gives(she, "身份证国徽面", path)
    expect(card.get_by_text("这次上传的图片没有保存")).to_be_visible()
    expect(card.get_by_text("疑似复印件")).to_be_visible()
    expect(card.get_by_text("○ 待上传")).to_be_visible()
    she.shoots("coach-2-copy")


def a_blue_background_is_hers_to_choose(she: Person, path: Path) -> None:
    card = gives(she, "证件照", path)
    expect(card.get_by_text("○ 等您选择")).to_be_visible()
    expect(card.get_by_text("换成白底后", exact=True)).to_be_visible()
    she.shoots("coach-3-blue")
    card.get_by_role("button", name="采用白底照片").click()
    she.settles()
    expect(card.get_by_text("✓ 已上传")).to_be_visible()
    expect(card.get_by_text("背景已换成纯白")).to_be_visible()
    she.shoots("coach-4-white")


def an_heic_file_is_taken(she: Person) -> None:
    card = gives(she, "身份证国徽面", HEIC)
    expect(card.get_by_text("✓ 已上传")).to_be_visible()


def several_files_are_sorted(she: Person, files: dict[str, Path]) -> None:
    she.page.get_by_text("一次上传多张照片").click()
    box = she.page.get_by_test_id("stExpander").filter(has_text="一次上传多张照片")
    box.locator('input[type="file"]').set_input_files(
        [files["white.jpg"], files["front.jpg"], files["back.jpg"], files["note.jpg"]]
    )
    expect(box.get_by_text("已保存为证件照。")).to_be_visible(timeout=WORKING)
    expect(box.get_by_text("已保存为身份证人像面。")).to_be_visible(timeout=WORKING)
    expect(box.get_by_text("已保存为身份证国徽面。")).to_be_visible(timeout=WORKING)
    expect(box.get_by_text("这是 PDF 文档")).to_be_visible()
    she.settles()
    she.shoots("coach-5-several")
