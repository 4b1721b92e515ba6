"""Pictures the imaging tests share: good ones drawn once, and ways to spoil them."""

import io
from collections.abc import Callable
from datetime import date
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from core.demo.drawing import draw_certificate, draw_id_back, draw_id_front, draw_portrait
from core.domain.photos import PhotoKind

PAPERS = [kind for kind in PhotoKind if kind not in {PhotoKind.PORTRAIT, PhotoKind.ID_FRONT, PhotoKind.ID_BACK}]


@lru_cache(maxsize=32)
def good(kind: PhotoKind, seed: int = 1) -> bytes:
    if kind is PhotoKind.PORTRAIT:
        return draw_portrait(seed)
    if kind is PhotoKind.ID_FRONT:
        address = "示例省示例市杏林区示例街道杏林路88号3单元602室"
        return draw_id_front("林晓杏", "女", "汉", date(1996, 8, 15), address, "350102199608150015", seed)
    if kind is PhotoKind.ID_BACK:
        return draw_id_back(seed)
    return draw_certificate(kind, "林晓杏", "中医学", "示例中医药大学", "SL20260001", date(2024, 6, 30), seed)


def picture(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def saved(image: Image.Image, format_name: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    if format_name == "JPEG":
        options = {"quality": 92, **options}
    image.save(out, format_name, **options)
    return out.getvalue()


def spoiled(kind: PhotoKind, how: Callable[[Image.Image], Image.Image]) -> bytes:
    return saved(how(picture(good(kind))))


def blurred(radius: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.filter(ImageFilter.GaussianBlur(radius))


def shaken(length: int) -> Callable[[Image.Image], Image.Image]:
    def shake(image: Image.Image) -> Image.Image:
        pixels = np.asarray(image, dtype=np.float32)
        moved = sum(np.roll(pixels, step, axis=1) for step in range(length)) / length
        return Image.fromarray(moved.astype(np.uint8))

    return shake


def levels(low: int, high: int) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.point(lambda value: low + value * (high - low) // 255)


def brightened(by: int) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.point(lambda value: min(255, value + by))


def copied(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


def copied_under_warm_light(image: Image.Image) -> Image.Image:
    tint = np.array([1.0, 0.9, 0.74], dtype=np.float32)
    return Image.fromarray((np.asarray(copied(image), dtype=np.float32) * tint).astype(np.uint8))


def at_width(width: int) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
