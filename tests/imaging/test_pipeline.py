"""From a file to what is stored."""

import hashlib
import io

import pytest
from PIL import Image

from core.demo.drawing import draw_portrait
from core.demo.phone import phone_photo
from core.domain.photos import STORED_MAX_BYTES, STORED_MIN_BYTES, FaultCode, PhotoKind, PhotoRefused
from core.imaging.pipeline import check, process
from tests.imaging.pictures import at_width, copied, good, picture, saved, spoiled


@pytest.mark.parametrize("kind", list(PhotoKind))
def test_a_drawing_is_accepted_as_it_is(kind: PhotoKind) -> None:
    data = good(kind)
    done = process(data, kind)
    assert done.verdict.verdict == "accept"
    assert done.verdict.faults == done.warnings == ()
    assert (done.verdict.size, done.verdict.format) == (len(data), "JPEG")
    assert done.original_sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("kind", "turn"), [(PhotoKind.ID_FRONT, 90), (PhotoKind.DIPLOMA, 270), (PhotoKind.LICENCE, 180)]
)
def test_a_sideways_phone_photo_is_turned_and_shrunk(kind: PhotoKind, turn: int) -> None:
    data = phone_photo(good(kind), rotate=turn, megapixels=12, seed=turn)
    done = process(data, kind)
    assert done.verdict.verdict == "fixable"
    assert {fault.code for fault in done.verdict.faults} == {FaultCode.PHOTO_SIZE, FaultCode.TURNED}
    assert done.verdict.width * done.verdict.height > 11_900_000
    assert done.stored is not None
    assert STORED_MIN_BYTES <= len(done.stored) <= STORED_MAX_BYTES
    assert picture(done.stored).size == (done.width, done.height)
    assert done.width > done.height
    assert done.warnings == ()


def test_the_stored_picture_is_upright() -> None:
    done = process(phone_photo(good(PhotoKind.ID_BACK), rotate=90, megapixels=9), PhotoKind.ID_BACK)
    assert done.stored is not None
    small = picture(done.stored).resize((100, 75))
    red, green, _ = small.getpixel((18, 28))
    assert red > 120 > green


def test_position_and_camera_never_survive() -> None:
    data = phone_photo(good(PhotoKind.ID_FRONT), megapixels=9)
    with Image.open(io.BytesIO(data)) as came:
        assert came.getexif().get_ifd(0x8825)
    done = process(data, PhotoKind.ID_FRONT)
    assert done.stored is not None
    for made in (done.stored, done.thumbnail):
        with Image.open(io.BytesIO(made)) as image:
            assert len(image.getexif()) == 0
            assert not set(image.info) & {"exif", "icc_profile", "comment", "xmp", "photoshop"}
        assert b"Exif" not in made
        assert b"Drawn Phone" not in made


def test_what_hides_behind_the_picture_does_not_survive() -> None:
    hidden = b"<script>alert(1)</script>PK\x03\x04"
    done = process(good(PhotoKind.DIPLOMA) + hidden, PhotoKind.DIPLOMA)
    assert done.stored is not None
    assert hidden not in done.stored


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [
        (spoiled(PhotoKind.ID_FRONT, copied), PhotoKind.ID_FRONT, FaultCode.COPY),
        (draw_portrait(1, (67, 142, 219)), PhotoKind.PORTRAIT, FaultCode.PHOTO_BG),
        (spoiled(PhotoKind.DIPLOMA, at_width(600)), PhotoKind.DIPLOMA, FaultCode.SMALL),
    ],
)
def test_a_hard_fault_stores_nothing(data: bytes, kind: PhotoKind, code: FaultCode) -> None:
    done = process(data, kind)
    assert done.verdict.verdict == "reject"
    assert code in {fault.code for fault in done.verdict.faults if fault.severity == "hard"}
    assert done.stored is None
    assert done.warnings == ()
    assert picture(done.thumbnail).size


def test_too_little_content_is_refused_with_advice_not_padded() -> None:
    flat = Image.new("RGB", (300, 400), (255, 255, 255))
    flat.paste((210, 160, 130), (100, 100, 200, 240))
    flat.paste((40, 40, 80), (50, 260, 250, 400))
    done = process(saved(flat), PhotoKind.PORTRAIT)
    assert done.stored is None
    size = next(fault for fault in done.verdict.faults if fault.code == FaultCode.PHOTO_SIZE)
    assert size.severity == "hard"
    assert "重新拍摄" in size.sentence


def test_soft_faults_travel_with_the_stored_picture() -> None:
    done = process(spoiled(PhotoKind.CONSENT, copied), PhotoKind.CONSENT)
    assert done.stored is not None
    assert [fault.code for fault in done.warnings] == [FaultCode.COPY]


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
def test_other_formats_become_jpeg(format_name: str) -> None:
    done = process(saved(picture(good(PhotoKind.ID_FRONT)), format_name), PhotoKind.ID_FRONT)
    assert FaultCode.FORMAT in {fault.code for fault in done.verdict.faults}
    assert done.stored is not None
    assert done.stored.startswith(b"\xff\xd8\xff")


def test_a_file_that_cannot_be_opened_raises_or_is_reported() -> None:
    with pytest.raises(PhotoRefused):
        process(b"%PDF-1.7", PhotoKind.DIPLOMA)
    verdict = check(b"%PDF-1.7", PhotoKind.DIPLOMA)
    assert (verdict.verdict, verdict.faults[0].code, verdict.size) == ("reject", "FILE_KIND", 8)
    assert "PDF" in verdict.faults[0].sentence


def test_judging_what_was_stored_again_gives_accept() -> None:
    done = process(phone_photo(good(PhotoKind.DEGREE), megapixels=9), PhotoKind.DEGREE)
    assert done.stored is not None
    assert check(done.stored, PhotoKind.DEGREE).verdict == "accept"
