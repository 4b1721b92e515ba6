"""Files whose outside is in order and whose frames, metadata, scans or boxes lie."""

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageCms

from tests.imaging.hostile_parts import Named, boxes, carriers, jpeg_segments, png_chunk, with_segment


def animated() -> Iterator[Named]:
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


def metadata() -> Iterator[Named]:
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


def scans() -> Iterator[Named]:
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


def false_boxes() -> Iterator[Named]:
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
