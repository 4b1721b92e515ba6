"""Opening a stranger's file safely, in a fixed order: each step protects the one after it.

Bytes → kind by the first bytes → scan markers → header limits → one frame → decoded (reduced) → upright → sRGB.
Nothing of the file but its pixels leaves this module.
"""

import io
import re
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageCms

from core.domain.photos import UPLOAD_MAX_BYTES, PhotoRefused

MAX_SCANS: Final = 40
"""2,000 progressive scans in 330 KB cost over a minute; cameras write one, editors about ten."""
MAX_SCANNED_PIXELS: Final = 600_000_000
"""Scans times pixels: every scan passes over the whole picture, so that 40 of them at 60 million take half a minute."""
MAX_SIDE: Final = 20_000
MAX_PIXELS: Final = 52_000_000
"""What cameras call 50 megapixels. Measured at the limit: PNG with alpha 275 MB, HEIC 330 MB."""
MAX_PIXELS_OF: Final = {"JPEG": 130_000_000, "WEBP": 17_000_000, "AVIF": 40_000_000}
"""A JPEG is decoded reduced and therefore may be larger, unless it is progressive and held whole by the decoder. WebP
is decoded by Pillow at 16 bytes a pixel (59 megapixels in 200 KB took 900 MB), AVIF at 7 (280 MB at the limit)."""
MIN_SIDE: Final = 16
MAX_RATIO: Final = 8
WORKING_SIDE: Final = 2_000
"""Decoded pictures keep at least this longest side, and less than twice of it, if they came with it."""

_FORMATS: Final = {
    "JPEG": ("JPEG", "MPO"),
    "PNG": ("PNG",),
    "WEBP": ("WEBP",),
    "HEIF": ("HEIF",),
    "AVIF": ("AVIF",),
}
_OTHERS: Final = (
    (b"%PDF", " PDF 文档"),
    (b"GIF8", " GIF 图片"),
    (b"BM", " BMP 图片"),
    (b"II*\x00", " TIFF 图片"),
    (b"MM\x00*", " TIFF 图片"),
    (b"%!PS", " PostScript 文档"),
    (b"\xc5\xd0\xd3\xc6", " PostScript 文档"),
    (b"PK\x03\x04", "压缩包或 Office 文档"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"\xd0\xcf\x11\xe0", " Office 文档"),
    (b"MZ", "程序文件"),
    (b"\x7fELF", "程序文件"),
)
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_SEQUENCE_BRANDS: Final = frozenset({b"hevc", b"hevx", b"msf1", b"avis"})
_ENTROPY_END: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_TURNS: Final = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_ORIENTATION_TAG: Final = 0x0112


@dataclass(frozen=True, slots=True)
class Opened:
    """An upright RGB picture without metadata; `width` and `height` are the file's own, upright."""

    image: Image.Image
    format: str
    width: int
    height: int
    turned: bool


def open_photo(data: bytes) -> Opened:
    """Decode one photograph of an untrusted origin.

    Raises PhotoRefused with the code and the Chinese sentence of the first step that refuses.
    """
    if not data:
        raise PhotoRefused("FILE_EMPTY")
    if len(data) > UPLOAD_MAX_BYTES:
        raise PhotoRefused("FILE_TOO_LARGE", size=len(data))
    kind = sniff(data)
    scans = count_scans(data, MAX_SCANS + 1) if kind == "JPEG" else 1
    if scans > MAX_SCANS:
        raise PhotoRefused("FILE_SCANS")
    source = _open_header(data, kind)
    width, height = source.size
    _check_frame(source, kind)
    if scans * width * height > MAX_SCANNED_PIXELS:
        raise PhotoRefused("FILE_SCANS")
    turn = _decode(source, kind)
    upright = _as_srgb(source)
    for step in _TURNS.get(turn, ()):
        upright = upright.transpose(step)
    if turn in {5, 6, 7, 8}:
        width, height = height, width
    upright.info = {}
    return Opened(upright, kind, width, height, turned=turn in _TURNS)


def sniff(data: bytes) -> str:
    """The kind by the first bytes, never by name: a key of the formats we open; raises PhotoRefused for others."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _sniff_box(data)
    for magic, found in _OTHERS:
        if data.startswith(magic):
            raise PhotoRefused("FILE_KIND", found=found)
    raise PhotoRefused("FILE_KIND", found=_sniff_text(data))


def _sniff_box(data: bytes) -> str:
    brand = data[8:12]
    if brand == b"avif":
        return "AVIF"
    if brand in _HEIF_BRANDS:
        return "AVIF" if brand == b"mif1" and b"avif" in data[16:64] else "HEIF"
    if brand in _SEQUENCE_BRANDS:
        raise PhotoRefused("FILE_ANIMATED")
    raise PhotoRefused("FILE_KIND", found="视频")


def _sniff_text(data: bytes) -> str:
    head = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in head:
        return " SVG 矢量图"
    if head.startswith((b"<!doctype html", b"<html", b"<script", b"<head", b"<body")):
        return "网页文件"
    if head.startswith(b"<?xml"):
        return " XML 文件"
    return "无法识别的文件"


def count_scans(data: bytes, enough: int) -> int:
    """Scans of the first picture in a JPEG, counted no further than `enough`.

    Markers are walked, not searched: the film that some phones append holds FF DA by chance.
    """
    scans, at, end = 0, 2, len(data)
    while at + 4 <= end and scans < enough:
        if data[at] != 0xFF or data[at + 1] in {0x00, 0xFF}:
            at += 1
            continue
        marker = data[at + 1]
        if marker == 0xD9:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        at += 2 + max(2, struct.unpack_from(">H", data, at + 2)[0])
        if marker == 0xDA:
            scans += 1
            entropy_end = _ENTROPY_END.search(data, min(at, end))
            at = entropy_end.start() if entropy_end else end
    return scans


def _open_header(data: bytes, kind: str) -> Image.Image:
    if kind == "HEIF":
        import pi_heif  # type: ignore[import-untyped]

        pi_heif.register_heif_opener()
    try:
        source = Image.open(io.BytesIO(data), formats=_FORMATS[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused("FILE_PIXELS") from error
    except Exception as error:
        # Decoders raise nearly anything over hostile bytes; all of it means the same to the applicant.
        raise PhotoRefused("FILE_DAMAGED") from error
    return source


def _check_frame(source: Image.Image, kind: str) -> None:
    width, height = source.size
    pixels = MAX_PIXELS if source.info.get("progressive") else MAX_PIXELS_OF.get(kind, MAX_PIXELS)
    if max(width, height) > MAX_SIDE or width * height > pixels:
        raise PhotoRefused("FILE_PIXELS", width=width, height=height)
    if min(width, height) < MIN_SIDE:
        raise PhotoRefused("FILE_TINY", width=width, height=height)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PhotoRefused("FILE_SHAPE", width=width, height=height)
    if kind not in {"JPEG", "HEIF"} and getattr(source, "is_animated", False):
        raise PhotoRefused("FILE_ANIMATED")


def _decode(source: Image.Image, kind: str) -> int:
    """Decode in place, reduced where the format can, and return the EXIF orientation (1 when there is none)."""
    try:
        if kind == "JPEG":
            source.draft(None, _draft_size(source.size))
        source.load()
    except Exception as error:
        raise PhotoRefused("FILE_DAMAGED") from error
    try:
        return int(source.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        # A camera's broken metadata is no reason to refuse its picture.
        return 1


def _as_srgb(source: Image.Image) -> Image.Image:
    try:
        return _to_srgb(_shrink(source))
    except Exception as error:
        # Pixels that loaded may still not fit their header: a palette picture without a palette, for one.
        raise PhotoRefused("FILE_DAMAGED") from error


def _draft_size(size: tuple[int, int]) -> tuple[int, int]:
    longest = max(size)
    width, height = (max(1, side * WORKING_SIDE // longest) for side in size)
    return width, height


def _shrink(image: Image.Image) -> Image.Image:
    """Bring a large picture down before any other conversion, in strips, which keeps the memory low."""
    factor = max(image.size) // WORKING_SIDE
    if factor < 2:
        return _plain(image)
    width, height = image.size
    rows = factor * 64
    strips = [
        _plain(image.crop((0, top, width, min(height, top + rows)))).reduce(factor) for top in range(0, height, rows)
    ]
    reduced = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    top = 0
    for strip in strips:
        reduced.paste(strip, (0, top))
        top += strip.height
    reduced.info["icc_profile"] = image.info.get("icc_profile")
    return reduced


def _plain(image: Image.Image) -> Image.Image:
    """Palettes, bits, 16 bits and single transparent colours become 8-bit channels."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        # Pillow clips 16 bits at 255 instead of scaling them.
        image = Image.fromarray((np.asarray(image).clip(0, 65_535) >> 8).astype(np.uint8))
    elif image.mode in {"P", "PA", "1"} or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.info["icc_profile"] = profile
    return image


def _to_srgb(image: Image.Image) -> Image.Image:
    alpha = image.getchannel("A") if "A" in image.getbands() else None
    profile = image.info.get("icc_profile")
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    flat = _by_profile(image, profile) if profile else image.convert("RGB")
    if alpha is None:
        return flat
    white = Image.new("RGB", flat.size, (255, 255, 255))
    white.paste(flat, mask=alpha)
    return white


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower() and image.mode == "RGB":
            return image.convert("RGB")
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except Exception:
        # A profile that doesn't fit its picture is ignored, as viewers do.
        converted = None
    return converted if converted is not None else image.convert("RGB")
