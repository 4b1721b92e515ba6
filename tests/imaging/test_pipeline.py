"""From a file to what is stored."""

import hashlib
import io

import pytest
from PIL import Image

from core.demo.drawing import draw_portrait
from core.demo.phone import phone_photo
from core.domain.photos import STORED_MAX_BYTES, STORED_MIN_BYTES, FaultCode, PhotoKind, PhotoRefused, Step
from core.imaging.pipeline import Processed, check, process
from core.imaging.versions import Version
from tests.imaging.pictures import at_width, copied, good, picture, saved, spoiled


def made_of(done: Processed) -> Version:
    assert done.best is not None
    return done.best


@pytest.mark.parametrize("kind", list(PhotoKind))
def test_a_drawing_is_accepted_as_it_is(kind: PhotoKind) -> None:
    data = good(kind)
    done = process(data, kind)
    assert done.verdict.verdict == "accept"
    assert done.verdict.faults == made_of(done).warnings == ()
    assert (done.verdict.size, done.verdict.format) == (len(data), "JPEG")
    assert done.original_sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("kind", "turn"), [(PhotoKind.ID_FRONT, 90), (PhotoKind.DIPLOMA, 270), (PhotoKind.LICENCE, 180)]
)
def test_a_sideways_phone_photo_is_turned_and_shrunk(kind: PhotoKind, turn: int) -> None:
    data = phone_photo(good(kind), rotate=turn, megapixels=12, seed=turn)
    done = process(data, kind)
    assert done.verdict.verdict == "fixable"
    assert {fault.code for fault in done.verdict.faults} - {FaultCode.FILL} == {FaultCode.PHOTO_SIZE, FaultCode.TURNED}
    assert done.verdict.width * done.verdict.height > 11_900_000
    best = made_of(done)
    assert STORED_MIN_BYTES <= len(best.data) <= STORED_MAX_BYTES
    assert picture(best.data).size == (best.width, best.height)
    assert best.width > best.height
    assert best.warnings == ()
    assert best.steps == (Step.TURNED, Step.STRAIGHTENED)
    assert done.other is not None
    assert done.other.steps == (Step.TURNED,)
    assert max(picture(done.before).size) == 480


def test_the_stored_picture_is_upright() -> None:
    done = process(phone_photo(good(PhotoKind.ID_BACK), rotate=90, megapixels=9), PhotoKind.ID_BACK)
    small = picture(made_of(done).data).resize((100, 75))
    red, green, _ = small.getpixel((18, 28))
    assert red > 120 > green


def test_position_and_camera_never_survive() -> None:
    data = phone_photo(good(PhotoKind.ID_FRONT), megapixels=9)
    with Image.open(io.BytesIO(data)) as came:
        assert came.getexif().get_ifd(0x8825)
    done = process(data, PhotoKind.ID_FRONT)
    best = made_of(done)
    for made in (best.data, best.thumbnail, done.before):
        with Image.open(io.BytesIO(made)) as image:
            assert len(image.getexif()) == 0
            assert not set(image.info) & {"exif", "icc_profile", "comment", "xmp", "photoshop"}
        assert b"Exif" not in made
        assert b"Drawn Phone" not in made


def test_what_hides_behind_the_picture_does_not_survive() -> None:
    hidden = b"<script>alert(1)</script>PK\x03\x04"
    done = process(good(PhotoKind.DIPLOMA) + hidden, PhotoKind.DIPLOMA)
    assert hidden not in made_of(done).data


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (spoiled(PhotoKind.ID_FRONT, copied), PhotoKind.ID_FRONT, FaultCode.COPY),
        (spoiled(PhotoKind.DIPLOMA, at_width(600)), PhotoKind.DIPLOMA, FaultCode.SMALL),
    ],
)
def test_a_hard_fault_stores_nothing(data: bytes, kind: PhotoKind, code: FaultCode) -> None:
    done = process(data, kind)
    assert done.verdict.verdict == "reject"
    assert code in {fault.code for fault in done.verdict.faults if fault.severity == "hard"}
    assert done.best is done.other is None
    assert picture(done.before).size


def test_too_little_content_is_refused_with_advice_not_padded() -> None:
    page = Image.new("RGB", (920, 640), (250, 248, 240))
    for box in ((20, 20, 22, 620), (20, 20, 900, 22), (100, 100, 200, 180)):
        page.paste((180, 20, 30), box)
    done = process(saved(page, "PNG"), PhotoKind.DIPLOMA)
    assert done.best is None
    assert done.verdict.verdict == "reject"
    (size,) = [fault for fault in done.verdict.faults if fault.code == FaultCode.PHOTO_SIZE]
    assert size.severity == "hard"
    assert "重新拍摄" in size.sentence


def test_a_blue_background_is_offered_in_white_and_waits_for_a_yes() -> None:
    done = process(draw_portrait(1, (67, 142, 219)), PhotoKind.PORTRAIT)
    assert done.verdict.verdict == "fixable"
    assert done.needs_choice
    best = made_of(done)
    assert Step.WHITENED in best.steps
    again = process(best.data, PhotoKind.PORTRAIT)
    assert again.verdict.verdict == "accept"
    assert not again.needs_choice


def test_a_portrait_on_its_side_without_exif_is_turned_by_its_face() -> None:
    lying = saved(picture(good(PhotoKind.PORTRAIT)).transpose(Image.Transpose.ROTATE_90))
    done = process(lying, PhotoKind.PORTRAIT)
    assert Step.TURNED in made_of(done).steps
    assert (done.verdict.width, done.verdict.height) == (780, 1040)
    assert made_of(done).height > made_of(done).width


@pytest.mark.parametrize("kind", [PhotoKind.ID_FRONT, PhotoKind.ID_BACK])
@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_card_without_exif_is_turned_by_its_look(kind: PhotoKind, turn: Image.Transpose) -> None:
    done = process(saved(picture(good(kind)).transpose(turn)), kind)
    best = made_of(done)
    assert Step.TURNED in best.steps
    assert best.width > best.height
    assert (done.verdict.width, done.verdict.height) == (1_380, 870)
    assert FaultCode.ID_SIDE not in {fault.code for fault in done.verdict.faults}


def test_a_head_off_the_middle_is_cut_to_three_by_four() -> None:
    wide = Image.new("RGB", (1600, 1100), (255, 255, 255))
    wide.paste(picture(good(PhotoKind.PORTRAIT)), (100, 60))
    done = process(saved(wide), PhotoKind.PORTRAIT)
    best = made_of(done)
    assert Step.CROPPED in best.steps
    assert best.width * 4 == best.height * 3
    assert done.other is not None


def test_soft_faults_travel_with_the_stored_picture() -> None:
    done = process(spoiled(PhotoKind.CONSENT, copied), PhotoKind.CONSENT)
    assert [fault.code for fault in made_of(done).warnings] == [FaultCode.COPY]


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
def test_other_formats_become_jpeg(format_name: str) -> None:
    done = process(saved(picture(good(PhotoKind.ID_FRONT)), format_name), PhotoKind.ID_FRONT)
    assert FaultCode.FORMAT in {fault.code for fault in done.verdict.faults}
    assert made_of(done).data.startswith(b"\xff\xd8\xff")


def test_a_file_that_cannot_be_opened_raises_or_is_reported() -> None:
    with pytest.raises(PhotoRefused):
        process(b"%PDF-1.7", PhotoKind.DIPLOMA)
    verdict = check(b"%PDF-1.7", PhotoKind.DIPLOMA)
    assert (verdict.verdict, verdict.faults[0].code, verdict.size) == ("reject", "FILE_KIND", 8)
    assert "PDF" in verdict.faults[0].sentence


def test_judging_what_was_stored_again_gives_accept() -> None:
    done = process(phone_photo(good(PhotoKind.DEGREE), megapixels=9), PhotoKind.DEGREE)
    assert check(made_of(done).data, PhotoKind.DEGREE).verdict == "accept"
