"""Hostile and odd files: each is refused with its code or opened as what it is, nothing else."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from core.domain.photos import REFUSALS, UPLOAD_MAX_BYTES, PhotoKind, PhotoRefused
from core.imaging.opening import WORKING_SIDE, count_scans, open_photo
from tests.imaging.pictures import good, picture, saved

CARD = good(PhotoKind.ID_FRONT)


def refusal(data: bytes) -> str:
    with pytest.raises(PhotoRefused) as caught:
        open_photo(data)
    assert caught.value.sentence.endswith("。")
    assert "{" not in caught.value.sentence
    return caught.value.code


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def film(format_name: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in (0, 80, 160)]
    return saved(frames[0], format_name, save_all=True, append_images=frames[1:], duration=50)


def with_scans(count: int, picture: Image.Image | None = None) -> bytes:
    small = saved(picture or Image.effect_noise((64, 64), 60).convert("RGB"), "JPEG", progressive=True)
    start = small.index(b"\xff\xda")
    scan = small[start : small.index(b"\xff", start + 20)]
    return small[:start] + scan * count + small[start:]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"\xff\xd8\xff" + b"\x00" * UPLOAD_MAX_BYTES, "FILE_TOO_LARGE"),
        (b"%PDF-1.7 etc", "FILE_KIND"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "FILE_KIND"),
        (b"\xc5\xd0\xd3\xc6" + b"\x00" * 40, "FILE_KIND"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "FILE_KIND"),
        (b"\xef\xbb\xbf\n <?xml version='1.0'?><svg/>", "FILE_KIND"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "FILE_KIND"),
        (b"PK\x03\x04aaaaaaaa", "FILE_KIND"),
        (b"MZ\x90\x00", "FILE_KIND"),
        (b"BM" + b"\x00" * 60, "FILE_KIND"),
        (b"II*\x00" + b"\x00" * 60, "FILE_KIND"),
        (b"hello", "FILE_KIND"),
        (b"\x00" * 5000, "FILE_KIND"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 40, "FILE_KIND"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 400, "FILE_DAMAGED"),
        (b"\x00\x00\x00\x18ftypavif" + b"\x00" * 400, "FILE_DAMAGED"),
        (b"\x00\x00\x00\x18ftypavis" + b"\x00" * 400, "FILE_ANIMATED"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 \x00\x00\x00\x00", "FILE_DAMAGED"),
        (b"\xff\xd8\xff", "FILE_DAMAGED"),
        (b"\xff\xd8\xff\xe0" + b"\xff" * 500, "FILE_DAMAGED"),
        (film("GIF"), "FILE_KIND"),
        (film("WEBP"), "FILE_ANIMATED"),
        (film("PNG"), "FILE_ANIMATED"),
        (png_header(12_000, 12_000), "FILE_PIXELS"),
        (png_header(65_000, 65_000), "FILE_PIXELS"),
        (png_header(20_001, 16), "FILE_PIXELS"),
        (png_header(8_000, 900), "FILE_SHAPE"),
        (png_header(400, 300), "FILE_DAMAGED"),
        (png_header(0, 300), "FILE_DAMAGED"),
        (saved(Image.new("RGB", (15, 15))), "FILE_TINY"),
        (saved(Image.new("RGB", (1, 1)), "PNG"), "FILE_TINY"),
        (with_scans(2_000), "FILE_SCANS"),
        (CARD[: len(CARD) // 2] + b"<script>alert(1)</script>", "FILE_DAMAGED"),
    ],
)
def test_hostile_files_are_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.7, 0.95])
def test_truncated_files_are_refused(format_name: str, share: float) -> None:
    whole = saved(picture(CARD).resize((690, 435)), format_name)
    assert refusal(whole[: max(14, int(len(whole) * share))]) in {"FILE_DAMAGED", "FILE_KIND"}


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_four_formats_open(format_name: str) -> None:
    opened = open_photo(saved(picture(CARD), format_name))
    assert (opened.format, opened.width, opened.height) == (format_name, *picture(CARD).size)
    assert opened.image.mode == "RGB"


def test_a_scan_count_follows_the_markers_and_ignores_what_is_appended() -> None:
    one = saved(picture(CARD))
    assert count_scans(one, 41) == 1
    assert count_scans(one + b"\xff\xda" * 500, 41) == 1
    assert 2 < count_scans(saved(picture(CARD), progressive=True), 41) <= 12
    assert open_photo(one + b"\xff\xda" * 500).format == "JPEG"


def turned_files() -> Iterator[tuple[int, bytes]]:
    upright = Image.new("RGB", (320, 200), (255, 255, 255))
    upright.paste((200, 0, 0), (0, 0, 160, 100))
    ways = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    for orientation, way in ways.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield orientation, saved(upright.transpose(way) if way is not None else upright, exif=exif)


@pytest.mark.parametrize(("orientation", "data"), list(turned_files()))
def test_every_exif_orientation_is_applied(orientation: int, data: bytes) -> None:
    opened = open_photo(data)
    assert (opened.width, opened.height) == opened.image.size == (320, 200)
    assert opened.turned == (orientation != 1)
    red, other = opened.image.getpixel((40, 40)), opened.image.getpixel((280, 160))
    assert red[0] > 150 > red[1]
    assert min(other) > 240


def test_alpha_lies_on_white() -> None:
    image = Image.new("RGBA", (200, 200), (10, 20, 30, 0))
    image.paste((200, 0, 0, 255), (0, 0, 100, 200))
    opened = open_photo(saved(image, "PNG")).image
    assert opened.getpixel((150, 100)) == (255, 255, 255)
    assert opened.getpixel((50, 100)) == (200, 0, 0)


@pytest.mark.parametrize("mode", ["P", "1", "L", "LA"])
def test_other_png_modes_become_rgb(mode: str) -> None:
    image = Image.new("L", (100, 100), 255).convert(mode)
    assert open_photo(saved(image, "PNG")).image.getpixel((50, 50)) == (255, 255, 255)


def test_a_transparent_palette_lies_on_white() -> None:
    image = Image.new("RGB", (100, 100), (9, 8, 7)).quantize(4)
    assert open_photo(saved(image, "PNG", transparency=0)).image.getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65_535, 256).astype(np.uint16), (64, 1))
    opened = open_photo(saved(Image.fromarray(ramp), "PNG")).image
    assert abs(opened.getpixel((128, 30))[0] - 128) <= 1


def test_cmyk_becomes_rgb() -> None:
    opened = open_photo(saved(Image.new("RGB", (100, 100), (220, 30, 30)).convert("CMYK"))).image
    red, green, blue = opened.getpixel((50, 50))
    assert red > 190
    assert max(green, blue) < 70


def test_a_colour_profile_is_applied_and_a_broken_one_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    image = Image.new("RGB", (64, 64), (120, 130, 140))
    for profile in (b"not a profile", lab, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        assert open_photo(saved(image, "PNG", icc_profile=profile)).image.mode == "RGB"
    assert open_photo(saved(image, "PNG", icc_profile=b"x")).image.getpixel((1, 1)) == (120, 130, 140)


def test_mpo_gives_its_first_frame() -> None:
    first, second = Image.new("RGB", (200, 150), (200, 0, 0)), Image.new("RGB", (200, 150), (0, 0, 200))
    opened = open_photo(saved(first, "MPO", save_all=True, append_images=[second]))
    assert opened.image.getpixel((10, 10))[0] > 150


def test_large_pictures_are_decoded_reduced_and_tell_their_own_size() -> None:
    large = Image.new("RGB", (8_000, 6_000), (250, 250, 240))
    for format_name in ("JPEG", "PNG"):
        opened = open_photo(saved(large, format_name))
        assert (opened.width, opened.height) == (8_000, 6_000)
        assert WORKING_SIDE <= max(opened.image.size) < 2 * WORKING_SIDE


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1", "I;16"])
def test_every_mode_is_reduced_without_seams(mode: str) -> None:
    shade = 40_000 if mode == "I;16" else 200
    if mode == "I;16":
        large = Image.fromarray(np.full((4_100, 6_003), shade, dtype=np.uint16))
    else:
        large = Image.new("L", (6_003, 4_100), shade).convert("RGB").convert(mode, dither=Image.Dither.NONE)
    opened = open_photo(saved(large, "PNG"))
    assert opened.image.size == (2_001, 1_367)
    assert all(low == high for low, high in opened.image.getextrema())


def test_a_progressive_jpeg_has_the_lower_limit() -> None:
    shape = Image.new("L", (8_000, 7_600), 200)
    assert refusal(saved(shape, progressive=True)) == "FILE_PIXELS"
    assert open_photo(saved(shape)).width == 8_000


def test_few_scans_over_very_many_pixels_are_refused_too() -> None:
    assert refusal(with_scans(20, Image.new("L", (7_000, 6_000), 200))) == "FILE_SCANS"


def test_no_metadata_leaves_the_opening() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Phone"
    opened = open_photo(saved(picture(CARD), exif=exif, comment=b"secret", dpi=(300, 300)))
    assert opened.image.info == {}
    assert len(opened.image.getexif()) == 0


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(0, 3_000),
    noise=st.binary(min_size=1, max_size=24),
    format_name=st.sampled_from(["JPEG", "PNG", "WEBP"]),
)
def test_fuzzed_headers_open_or_are_refused_but_never_fail(at: int, noise: bytes, format_name: str) -> None:
    whole = _small(format_name)
    at = at % len(whole)
    spoiled = whole[:at] + noise + whole[at + len(noise) :]
    try:
        assert open_photo(spoiled).image.mode == "RGB"
    except PhotoRefused as refused:
        assert refused.code in REFUSALS


def _small(format_name: str, kept: dict[str, bytes] = {}) -> bytes:  # noqa: B006 - one file a format
    if format_name not in kept:
        out = io.BytesIO()
        picture(CARD).resize((138, 87)).save(out, format_name)
        kept[format_name] = out.getvalue()
    return kept[format_name]
