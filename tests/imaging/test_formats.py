"""What phones, cameras and scanners really write: each opens upright, in its colours, and without its metadata."""

import io
import zlib

import numpy as np
import pi_heif
import pytest
from PIL import Image

from core.domain.photos import FaultCode, PhotoKind
from core.imaging.opening import open_photo
from core.imaging.pipeline import check, process
from tests.imaging.hostile_parts import heic, png
from tests.imaging.pictures import good, picture, saved

RED, GREEN, BLUE = (200, 30, 40), (40, 150, 70), (40, 60, 190)
WAYS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quarters() -> Image.Image:
    image = Image.new("RGB", (640, 480), (236, 232, 222))
    for colour, at in ((RED, (0, 0)), (GREEN, (320, 0)), (BLUE, (0, 240))):
        image.paste(colour, (*at, at[0] + 320, at[1] + 240))
    return image


def stands_upright(image: Image.Image) -> bool:
    width, height = image.size
    seen = [image.getpixel(at) for at in ((80, 60), (width - 80, 60), (80, height - 60))]
    return bool(np.abs(np.array(seen) - np.array([RED, GREEN, BLUE])).max() < 25)


@pytest.mark.parametrize("name", ["drawn.heic", "drawn_turned.heic", "drawn_10bit.heic"])
def test_a_phones_heic_is_turned_once_and_keeps_its_colours(name: str) -> None:
    opened = open_photo(heic(name))
    assert (opened.format, opened.width, opened.height, opened.image.mode) == ("HEIF", 640, 480, "RGB")
    assert stands_upright(opened.image)
    assert opened.image.info == {}


def test_the_turned_heic_says_so_twice() -> None:
    data = heic("drawn_turned.heic")
    assert b"irot" in data
    assert b"Drawn Phone" in data
    assert b"Drawn Phone" not in process(data, PhotoKind.ID_BACK).before


def test_of_several_pictures_in_one_heic_the_main_one_counts() -> None:
    assert stands_upright(open_photo(heic("drawn_several.heic")).image)


@pytest.mark.parametrize("orientation", list(WAYS))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_orientation_of_every_format(format_name: str, orientation: int) -> None:
    way = WAYS[orientation]
    lying = quarters() if way is None else quarters().transpose(way)
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_photo(saved(lying, format_name, exif=exif))
    assert (opened.width, opened.height) == (640, 480)
    assert stands_upright(opened.image)


@pytest.mark.parametrize("how", ["progressive", "MPO", "CMYK", "RGBA", "P", "16 bit grey"])
def test_an_id_card_in_an_odd_encoding_is_accepted(how: str) -> None:
    card = picture(good(PhotoKind.ID_FRONT))
    if how == "progressive":
        data = saved(card, progressive=True)
    elif how == "MPO":
        data = saved(card, "MPO", save_all=True, append_images=[card.rotate(180)])
    elif how == "CMYK":
        data = saved(card.convert("CMYK"), quality=95)
        assert b"Adobe" in data
    elif how == "RGBA":
        clear = card.convert("RGBA")
        clear.putalpha(Image.new("L", card.size, 255))
        data = saved(clear, "PNG")
    elif how == "P":
        data = saved(card.quantize(256), "PNG")
    else:
        deep = np.asarray(card.convert("L"), dtype=np.uint16) * 257
        verdict = check(saved(Image.fromarray(deep), "PNG"), PhotoKind.CONSENT)
        assert [fault.code for fault in verdict.faults if fault.severity == "hard"] == []
        return
    verdict = check(data, PhotoKind.ID_FRONT)
    assert verdict.verdict in {"accept", "fixable"}
    assert {fault.code for fault in verdict.faults} <= {FaultCode.FORMAT, FaultCode.PHOTO_SIZE}


def test_a_deep_colour_png_keeps_its_brightness() -> None:
    row = b"\x00" + b"\xb4\x00\x3c\x00\x78\x00" * 100
    opened = open_photo(png(100, 80, 16, 2, zlib.compress(row * 80))).image
    assert opened.getpixel((50, 40)) == (180, 60, 120)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_a_scan_without_colour_opens_and_is_told_to_be_a_copy(mode: str) -> None:
    scan = picture(good(PhotoKind.DIPLOMA)).convert(mode)
    verdict = check(saved(scan, "PNG"), PhotoKind.DIPLOMA)
    assert FaultCode.COPY in {fault.code for fault in verdict.faults}


def test_an_inverted_cmyk_jpeg_is_not_a_negative() -> None:
    card = picture(good(PhotoKind.ID_FRONT))
    opened = open_photo(saved(card.convert("CMYK"), quality=95)).image
    apart = np.abs(np.asarray(opened, np.int16) - np.asarray(card, np.int16)).mean()
    assert apart < 12


def test_position_in_a_heic_never_reaches_what_is_made_of_it() -> None:
    data = heic("drawn.heic")
    assert pi_heif.open_heif(io.BytesIO(data)).info["exif"]
    done = process(data, PhotoKind.ID_BACK)
    assert b"Exif" not in done.before
