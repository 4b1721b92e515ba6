"""Hostile files by rule: the same bytes on every run, nothing downloaded. `hostile_files()` names each one."""

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from core.domain.photos import PhotoKind
from tests.imaging.hostile_inside import animated, false_boxes, metadata, scans
from tests.imaging.hostile_parts import (
    Named,
    boxes,
    carriers,
    jpeg_segments,
    lied,
    png,
    png_chunk,
    png_chunks,
    riff_chunks,
    steady_noise,
    with_segment,
)
from tests.imaging.pictures import good


def hostile_files() -> Iterator[Named]:
    """Every file with a name that says what is wrong with it."""
    for family in (_cut, _fuzzed, _bombs, _polyglots, _disguised, animated, metadata, scans, _odd_shapes, false_boxes):
        yield from family()


def _cut() -> Iterator[Named]:
    """Truncated after, before and inside each part of a file."""
    files = carriers()
    for name in ("JPEG", "JPEG-progressive"):
        for index, (start, end) in enumerate(jpeg_segments(files[name])):
            yield f"{name} cut after segment {index}", files[name][:end]
            yield f"{name} cut inside segment {index}", files[name][: start + 3]
    for index, (start, end) in enumerate(png_chunks(files["PNG"])):
        for at in sorted({start + 4, start + 8, end - 4, end}):
            yield f"PNG cut in chunk {index} at {at}", files["PNG"][:at]
    for name in ("WEBP", "WEBP-lossless"):
        for index, (start, end) in enumerate(riff_chunks(files[name])):
            for at in (start, start + 8, (start + end) // 2, end - 1):
                yield f"{name} cut in chunk {index} at {at}", files[name][:at]
    for name in ("AVIF", "HEIF"):
        for index, (start, end) in enumerate(boxes(files[name])):
            for at in (start + 4, start + 8, (start + end) // 2, end - 1):
                yield f"{name} cut in box {index} at {at}", files[name][:at]


def _fuzzed() -> Iterator[Named]:
    """Bits flipped and numbers replaced by extreme ones, mostly where headers lie."""
    for name, whole in carriers().items():
        for seed in range(10):
            pick = random.Random(f"{name} {seed}")
            spoiled = bytearray(whole)
            for _ in range(1 + seed * 2):
                reach = min(len(spoiled), 400) if seed % 2 else len(spoiled)
                at = pick.randrange(12, reach)
                if seed % 3:
                    spoiled[at] ^= 1 << pick.randrange(8)
                else:
                    spoiled[at : at + 4] = pick.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"))
            yield f"{name} fuzzed {seed}", bytes(spoiled)
        yield f"{name} followed by itself", whole + whole
        yield f"{name} header over noise", whole[:64] + random.Random(name).randbytes(5_000)


def _bombs() -> Iterator[Named]:
    """Few bytes that claim or hold very many pixels."""
    zeros = zlib.compress(bytes(10_000_000), 9)
    for width, height in ((7_700, 7_700), (10_000, 10_000), (19_000, 3_000), (50_000, 50_000), (2**31 - 1, 2**31 - 1)):
        for depth, colour in ((1, 0), (8, 2), (16, 6)):
            yield f"PNG bomb {width}x{height} depth {depth}", png(width, height, depth, colour, zeros)
    whole = zlib.compress(b"\x00" * (7_000 * (1 + 7_000 * 3)), 9)
    yield "PNG of 49 megapixels that holds them all", png(7_000, 7_000, 8, 2, whole)
    wide = zlib.compress(b"\x00" * (4_000 * (1 + 4_000 * 8)), 9)
    yield "PNG of 16 megapixels, 16 bits with alpha", png(4_000, 4_000, 16, 6, wide)
    flood = zlib.compress(bytes(200_000_000), 9)
    yield "PNG whose pixels inflate to 200 MB too many", png(300, 300, 8, 2, flood)
    files = carriers()
    for name in ("JPEG", "JPEG-progressive"):
        for width, height in ((65_500, 65_500), (19_000, 6_000), (11_000, 11_000), (320, 65_500), (0, 240), (320, 0)):
            yield f"{name} that claims {width}x{height}", lied(files[name], width, height)
    for name in ("WEBP", "WEBP-lossless", "AVIF", "HEIF"):
        for width, height in ((16_383, 16_383), (7_000, 7_000), (1, 16_000), (0, 0)):
            yield f"{name} that claims {width}x{height}", lied(files[name], width, height)
    flat = io.BytesIO()
    Image.new("RGB", (7_700, 7_700), (250, 250, 250)).save(flat, "WEBP", lossless=True, method=0)
    yield "WEBP of 59 megapixels in few bytes", flat.getvalue()


def _polyglots() -> Iterator[Named]:
    files = carriers()
    script, archive = b"<script>alert(1)</script>", b"PK\x03\x04" + b"\x00" * 60 + b"PK\x05\x06" + b"\x00" * 18
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    for name, whole in files.items():
        yield f"{name} with a script behind", whole + script
        yield f"{name} with a ZIP behind", whole + archive
        yield f"{name} with a PDF behind", whole + pdf
    for what, inside in (("script", script), ("PDF", pdf), ("ZIP", archive), ("PHP", b"<?php system($_GET[0]); ?>")):
        yield f"JPEG with a {what} in its comment", with_segment(files["JPEG"], 0xFE, inside)
        chunks = files["PNG"][:33] + png_chunk(b"tEXt", b"Comment\x00" + inside) + files["PNG"][33:]
        yield f"PNG with a {what} in its text", chunks
    card = good(PhotoKind.ID_FRONT)
    for what, data in (
        ("a script behind", card + script),
        ("a ZIP behind", card + archive),
        ("PHP in its comment", with_segment(card, 0xFE, b"<?php system($_GET[0]); ?>")),
        ("a garbled profile", with_segment(card, 0xE2, b"ICC_PROFILE\x00\x01\x01" + b"x" * 3_000)),
        ("a second card behind", card + card),
    ):
        yield f"a good card with {what}", data
    yield "GIF before JPEG", b"GIF89a/*\xff\xd8\xff" + files["JPEG"]
    yield "JPEG marker before GIF", b"\xff\xd8\xff" + b"GIF89a" + bytes(200)
    yield "PDF before JPEG", pdf + files["JPEG"]
    yield "HTML before PNG", b"<html>" + script + files["PNG"]
    yield "ZIP before JPEG", archive + files["JPEG"]
    yield "JPEG start before PNG", b"\xff\xd8\xff\xe0" + files["PNG"]


def _disguised() -> Iterator[Named]:
    """What is no photograph, whatever its name says."""
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n(/etc/passwd) (r) file\n"
    yield "EPS", eps
    yield "EPS with a DOS header", b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIII", 30, len(eps), 0, 0, 0, 0) + eps
    yield "EPS behind JPEG's first bytes", b"\xff\xd8\xff" + eps
    yield "SVG", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><image href='file:///etc/passwd'/></svg>"
    lol = b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><svg>&b;</svg>"
    yield "SVG with entities", lol
    yield "PDF", b"%PDF-1.7\n" + bytes(300)
    yield "HTML", b"<!DOCTYPE html><img src=x onerror=alert(1)>"
    yield "ZIP", b"PK\x03\x04" + bytes(300)
    yield "gzip", b"\x1f\x8b\x08" + bytes(300)
    yield "EXE", b"MZ" + bytes(500)
    yield "ELF", b"\x7fELF" + bytes(500)
    yield "empty", b""
    yield "one byte", b"\xff"
    yield "zeros", bytes(100_000)
    yield "noise", random.Random(1).randbytes(100_000)
    yield "text", "身份证照片".encode() * 100
    picture = Image.new("RGB", (300, 200), (200, 30, 30))
    for name in ("TIFF", "GIF", "BMP", "ICO", "PPM", "TGA", "PCX", "SGI", "DDS", "JPEG2000", "EPS"):
        out = io.BytesIO()
        picture.save(out, name)
        yield f"{name} picture", out.getvalue()
    for brand in (b"isom", b"mp42", b"qt  ", b"hevc", b"avis", b"msf1", b"crx ", b"jp2 ", b"\x00\x00\x00\x00"):
        head = struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mif1"
        yield f"container with brand {brand!r}", head + bytes(600)


def _odd_shapes() -> Iterator[Named]:
    for width, height in ((1, 1), (1, 5_000), (5_000, 1), (16, 200), (15, 15), (20_001, 16), (16, 16), (8, 128)):
        for name in ("JPEG", "PNG", "WEBP", "AVIF"):
            if max(width, height) > 16_383 and name == "WEBP":
                continue
            out = io.BytesIO()
            Image.new("RGB", (width, height), (120, 120, 120)).save(out, name)
            yield f"{name} {width}x{height}", out.getvalue()
    noise = steady_noise((200, 160), 8)
    for mode in ("1", "L", "LA", "P", "RGBA"):
        out = io.BytesIO()
        noise.convert(mode).save(out, "PNG")
        yield f"PNG mode {mode}", out.getvalue()
    out = io.BytesIO()
    Image.frombytes("I;16", (100, 160), noise.tobytes()).save(out, "PNG")
    yield "PNG of 16 bits", out.getvalue()
    out = io.BytesIO()
    noise.convert("RGB").convert("CMYK").save(out, "JPEG")
    cmyk = out.getvalue()
    yield "CMYK", cmyk
    yield "CMYK without Adobe's marker", cmyk.replace(b"Adobe", b"Eboda")
    still = carriers()["PNG"]
    for depth, colour in ((3, 0), (16, 3), (8, 1), (8, 5), (32, 2), (0, 0), (255, 255)):
        yield f"PNG depth {depth} colour {colour}", png(100, 100, depth, colour, zlib.compress(bytes(100_000)))
    yield "PNG without palette", png(100, 100, 8, 3, zlib.compress(bytes(10_100)))
    yield "PNG without pixels", png(100, 100, 8, 2, b"")
    yield "PNG with wrong checksum", still[:29] + b"\x00\x00\x00\x00" + still[33:]
    yield "PNG with transparency of wrong length", still[:33] + png_chunk(b"tRNS", bytes(9)) + still[33:]
    yield "PNG with two headers", still[:33] + still[8:33] + still[33:]
