"""Hostile files by rule: the same bytes on every run, nothing downloaded. `hostile_files()` names each one."""

import io
import random
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache

from PIL import Image, ImageCms

from tests.imaging.hostile_parts import (
    boxes,
    heic,
    jpeg_segments,
    lied,
    png,
    png_chunk,
    png_chunks,
    riff_chunks,
    with_segment,
)

Named = tuple[str, bytes]


def hostile_files() -> Iterator[Named]:
    """Every file with a name that says what is wrong with it."""
    for family in (_cut, _fuzzed, _bombs, _polyglots, _disguised, _animated, _metadata, _scans, _odd_shapes, _boxes):
        yield from family()


@lru_cache(maxsize=1)
def carriers() -> dict[str, bytes]:
    """One healthy small picture a format, of drawn noise so that every part of the file matters."""
    shades = Image.linear_gradient("L").resize((320, 240))
    noise = Image.effect_noise((320, 240), 60)
    picture = Image.merge("RGB", (shades, _steady(noise.size, 5), shades.rotate(180)))
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


def _steady(size: tuple[int, int], seed: int) -> Image.Image:
    return Image.frombytes("L", size, random.Random(seed).randbytes(size[0] * size[1]))


def _cut() -> Iterator[Named]:
    """Truncated after, before and inside each part of a file."""
    files = carriers()
    for name in ("JPEG", "JPEG-progressive"):
        for index, (start, end) in enumerate(jpeg_segments(files[name])):
            yield f"{name} cut after segment {index}", files[name][:end]
            yield f"{name} cut inside segment {index}", files[name][: start + 3]
    for index, (start, end) in enumerate(png_chunks(files["PNG"])):
        for at in (start + 4, start + 8, end - 4, end):
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


def _animated() -> Iterator[Named]:
    frames = [Image.new("RGB", (64, 64), (shade, 90, 20)) for shade in range(0, 250, 5)]
    for name, extension in (("GIF", "GIF"), ("PNG", "APNG"), ("WEBP", "animated WebP"), ("AVIF", "AVIF sequence")):
        out = io.BytesIO()
        frames[0].save(out, name, save_all=True, append_images=frames[1:], duration=40)
        yield extension, out.getvalue()
    still = carriers()["PNG"]
    for frames_said in (0, 1, 2, 2**31):
        control = png_chunk(b"acTL", struct.pack(">II", frames_said, 0))
        yield f"PNG that claims {frames_said} frames", still[:33] + control + still[33:]
    out = io.BytesIO()
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:3])
    mpo = out.getvalue()
    yield "MPO", mpo
    yield "MPO cut after its first frame", mpo[: mpo.index(b"\xff\xd9") + 2]
    at = mpo.index(b"MPF\x00")
    for number in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"):
        for shift in (8, 20, 40, 56, 72):
            yield f"MPO with {number.hex()} at {shift}", mpo[: at + shift] + number + mpo[at + shift + 4 :]


def _metadata() -> Iterator[Named]:
    """Huge, garbled, recursive EXIF, ICC and XMP."""
    jpeg, still = carriers()["JPEG"], carriers()["PNG"]
    for order, pack in ((b"II*\x00", "<"), (b"MM\x00*", ">")):
        loop = order + struct.pack(f"{pack}IHHHIII", 8, 1, 0x8769, 4, 1, 8, 8)
        yield f"EXIF that points at itself {pack}", with_segment(jpeg, 0xE1, b"Exif\x00\x00" + loop)
        far = order + struct.pack(f"{pack}IHHHIII", 8, 60_000, 0x0112, 3, 2**31, 2**31, 0)
        yield f"EXIF with 60,000 entries missing {pack}", with_segment(jpeg, 0xE1, b"Exif\x00\x00" + far)
        many = b"".join(struct.pack(f"{pack}HHII", 0x0112, 3, 1, turn % 9 << 16) for turn in range(5_000))
        full = order + struct.pack(f"{pack}IH", 8, 5_000) + many
        yield f"EXIF with 5,000 orientations {pack}", with_segment(jpeg, 0xE1, b"Exif\x00\x00" + full)
        for turn in (0, 9, 255, 65_535):
            odd = order + struct.pack(f"{pack}IHHHIHHI", 8, 1, 0x0112, 3, 1, turn, 0, 0)
            yield f"EXIF orientation {turn} {pack}", with_segment(jpeg, 0xE1, b"Exif\x00\x00" + odd)
        text = order + struct.pack(f"{pack}IHHHIII", 8, 1, 0x0112, 2, 4, 0x41424344, 0)
        yield f"EXIF orientation as text {pack}", with_segment(jpeg, 0xE1, b"Exif\x00\x00" + text)
    nested = jpeg
    for _ in range(6):
        nested = with_segment(jpeg, 0xE1, b"Exif\x00\x00" + nested[:60_000])
    yield "thumbnails within thumbnails", nested
    yield "200 EXIF segments", with_segment(jpeg, 0xE1, b"Exif\x00\x00" + bytes(60_000), times=200)
    deep = b"http://ns.adobe.com/xap/1.0/\x00" + b"<x:a>" * 12_000
    yield "deep XMP", with_segment(jpeg, 0xE1, deep)
    yield "60 deep XMP segments", with_segment(jpeg, 0xE1, deep, times=60)
    packed = zlib.compress(b"<rdf:li>" * 4_000_000, 9)
    yield "PNG text that inflates to 32 MB", still[:33] + png_chunk(b"zTXt", b"XML\x00\x00" + packed) + still[33:]
    yield (
        "PNG XMP that inflates",
        still[:33] + png_chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + packed) + still[33:],
    )
    profile = zlib.compress(bytes(60_000_000), 9)
    yield "PNG profile that inflates to 60 MB", still[:33] + png_chunk(b"iCCP", b"x\x00\x00" + profile) + still[33:]
    many_chunks = png_chunk(b"tEXt", b"k\x00v") * 50_000
    yield "PNG with 50,000 texts", still[:33] + many_chunks + still[33:]
    real = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for what, body in (
        ("garbage", random.Random(3).randbytes(3_000)),
        ("cut", real[:200]),
        ("huge tag count", real[:128] + b"\xff\xff\xff\xff" + real[132:]),
        ("wrong space", real[:16] + b"CMYK" + real[20:]),
        ("flipped", bytes(byte ^ (0x55 if at % 97 == 0 else 0) for at, byte in enumerate(real))),
        ("one byte", b"x"),
        ("empty", b""),
    ):
        segment = b"ICC_PROFILE\x00\x01\x01" + body
        yield f"JPEG profile {what}", with_segment(jpeg, 0xE2, segment)
        packed = zlib.compress(body)
        yield f"PNG profile {what}", still[:33] + png_chunk(b"iCCP", b"x\x00\x00" + packed) + still[33:]
    yield "300 profile parts", with_segment(jpeg, 0xE2, b"ICC_PROFILE\x00\x01\xff" + bytes(50_000), times=300)


def _scans() -> Iterator[Named]:
    """Progressive files whose scans each pass over the whole picture."""
    for side, count in ((64, 3_000), (64, 41), (2_000, 39), (4_000, 30), (7_000, 12)):
        out = io.BytesIO()
        Image.linear_gradient("L").resize((side, side)).save(out, "JPEG", progressive=True, quality=30)
        small = out.getvalue()
        segments = jpeg_segments(small)
        scan = next(part for part in segments if small[part[0] + 1] == 0xDA)
        body = small[scan[0] : scan[1]]
        yield f"{count} scans over {side} pixels", small[: scan[0]] + body * count + small[scan[0] :]
    jpeg = carriers()["JPEG"]
    yield "a million fill bytes", jpeg[:2] + b"\xff" * 1_000_000 + jpeg[2:]
    yield "100,000 empty segments", with_segment(jpeg, 0xFE, b"", times=100_000)
    yield "restart markers without end", jpeg[:-2] + b"\xff\xd0\xff\xd1" * 200_000
    yield "segment of length zero", jpeg[:2] + b"\xff\xfe\x00\x00" + jpeg[2:]
    yield "two frames", jpeg[:-2] + jpeg[2:]


def _odd_shapes() -> Iterator[Named]:
    for width, height in ((1, 1), (1, 5_000), (5_000, 1), (16, 200), (15, 15), (20_001, 16), (16, 16), (8, 128)):
        for name in ("JPEG", "PNG", "WEBP", "AVIF"):
            if max(width, height) > 16_383 and name == "WEBP":
                continue
            out = io.BytesIO()
            Image.new("RGB", (width, height), (120, 120, 120)).save(out, name)
            yield f"{name} {width}x{height}", out.getvalue()
    noise = _steady((200, 160), 8)
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


def _boxes() -> Iterator[Named]:
    """Containers whose boxes lie about their length or kind."""
    for name in ("HEIF", "AVIF"):
        whole = carriers()[name]
        for index, (start, _) in enumerate(boxes(whole)):
            for said in (0, 1, 7, 2**31, 2**32 - 1):
                yield (
                    f"{name} box {index} of length {said}",
                    whole[:start] + struct.pack(">I", said) + whole[start + 4 :],
                )
        start, end = boxes(whole)[1]
        inner = bytearray(whole)
        for shift in range(start + 12, min(end - 8, start + 260), 31):
            inner[shift : shift + 4] = b"\xff\xff\xff\xff"
            yield f"{name} metadata spoiled to {shift}", bytes(inner)
        nested = b""
        for _ in range(3_000):
            nested = struct.pack(">I", len(nested) + 8) + b"meta" + nested
        yield f"{name} with 3,000 nested boxes", whole[: boxes(whole)[0][1]] + nested
