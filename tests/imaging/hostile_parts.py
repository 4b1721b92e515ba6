"""Reading and writing the parts of image files, so that a test can spoil exactly one."""

import io
import random
import struct
import zlib
from functools import lru_cache
from pathlib import Path

from PIL import Image

FIXTURES = Path(__file__).parent / "fixtures"
Span = tuple[int, int]
Named = tuple[str, bytes]


@lru_cache(maxsize=1)
def carriers() -> dict[str, bytes]:
    """One healthy small picture a format, of drawn noise so that every part of the file matters."""
    shades = Image.linear_gradient("L").resize((320, 240))
    picture = Image.merge("RGB", (shades, steady_noise((320, 240), 5), shades.rotate(180)))
    made = {}
    for name, options in (
        ("JPEG", {"quality": 80}),
        ("PNG", {}),
        ("WEBP", {"quality": 80}),
        ("AVIF", {"quality": 60}),
    ):
        out = io.BytesIO()
        picture.save(out, name, **options)
        made[name] = out.getvalue()
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80, progressive=True)
    made["JPEG-progressive"] = out.getvalue()
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=True)
    made["WEBP-lossless"] = out.getvalue()
    made["HEIF"] = heic()
    return made


def steady_noise(size: tuple[int, int], seed: int) -> Image.Image:
    return Image.frombytes("L", size, random.Random(seed).randbytes(size[0] * size[1]))


def heic(name: str = "drawn.heic") -> bytes:
    """A drawn picture as phones store it; nothing we ship can write the format, so it lies in the fixtures."""
    return (FIXTURES / name).read_bytes()


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, depth: int, colour: int, packed: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def png_chunks(data: bytes) -> list[Span]:
    spans, at = [], 8
    while at + 8 <= len(data):
        end = at + 12 + int(struct.unpack_from(">I", data, at)[0])
        spans.append((at, end))
        at = end
    return spans


def jpeg_segments(data: bytes) -> list[Span]:
    """Each marker with its body; a scan with the entropy-coded bytes that follow it."""
    spans, at = [], 2
    while at + 4 <= len(data) and data[at + 1] != 0xD9:
        end = at + 2 + int(struct.unpack_from(">H", data, at + 2)[0])
        if data[at + 1] == 0xDA:
            while not (data[end] == 0xFF and data[end + 1] not in {0, *range(0xD0, 0xD8)}):
                end += 1
        spans.append((at, end))
        at = end
    return spans


def with_segment(data: bytes, marker: int, body: bytes, times: int = 1) -> bytes:
    body = body[:65_500]
    return data[:2] + (struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body) * times + data[2:]


def riff_chunks(data: bytes) -> list[Span]:
    spans, at = [], 12
    while at + 8 <= len(data):
        length = int(struct.unpack_from("<I", data, at + 4)[0])
        end = at + 8 + length + length % 2
        spans.append((at, min(end, len(data))))
        at = end
    return spans


def boxes(data: bytes) -> list[Span]:
    spans, at = [], 0
    while at + 8 <= len(data):
        end = at + max(8, int(struct.unpack_from(">I", data, at)[0]))
        spans.append((at, min(end, len(data))))
        at = end
    return spans


def lied(data: bytes, width: int, height: int) -> bytes:
    """The same file with other sides in its header; the format is seen by the first bytes."""
    if data.startswith(b"\xff\xd8"):
        start = next(span[0] for span in jpeg_segments(data) if data[span[0] + 1] in {0xC0, 0xC2})
        return data[: start + 5] + struct.pack(">HH", height, width) + data[start + 9 :]
    if data[12:16] == b"VP8 ":
        return data[:26] + struct.pack("<HH", width, height) + data[30:]
    if data[12:16] == b"VP8L":
        bits = (max(0, width - 1) & 0x3FFF) | (max(0, height - 1) & 0x3FFF) << 14
        return data[:21] + struct.pack("<I", bits) + data[25:]
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]
