"""Fingerprint and likeness: one picture stays one through what phones and messengers do to it, people stay apart."""

import io
from collections.abc import Callable
from datetime import date
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from core.demo.drawing import draw_certificate, draw_id_front, draw_portrait
from core.domain.photos import TWIN_LIMITS, PhotoKind
from core.imaging.fingerprint import bands, distance, fingerprint
from core.imaging.fitting import thumbnail
from core.imaging.likeness import unlikeness

SIGNED = st.integers(-(2**63), 2**63 - 1)
SEEDS = range(10)


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


@cache
def portrait(seed: int) -> Image.Image:
    return opened(draw_portrait(seed))


@cache
def card(seed: int) -> Image.Image:
    number = f"35999919{80 + seed}0{1 + seed % 9}15{100 + 37 * seed:03}X"
    woman = "男女"[seed % 2]
    name = "陈林黄张吴李郑王刘苏"[seed % 10] + "示例"
    return opened(draw_id_front(name, woman, "汉", date(1980 + seed, 1, 15), "福建省示例路1号", number, seed))


def cut(image: Image.Image, percent: float) -> Image.Image:
    across, down = round(image.width * percent / 100), round(image.height * percent / 100)
    return image.crop((across, down, image.width - across, image.height - down))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return opened(out.getvalue())


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "re-encoded": lambda image: jpeg(image, 40),
    "a third": lambda image: scaled(image, 0.33),
    "larger": lambda image: jpeg(scaled(image, 1.5), 70),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.05),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.9),
    "contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.1),
    "soft": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "cut by 1 %": lambda image: cut(image, 1),
    "cut by 2 %": lambda image: cut(image, 2),
}


def small(image: Image.Image) -> Image.Image:
    return opened(thumbnail(image))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("draw", [portrait, card])
def test_one_picture_stays_one(change: str, draw: Callable[[int], Image.Image]) -> None:
    for seed in (1, 4):
        image = draw(seed)
        changed = CHANGES[change](image)
        one, other = fingerprint(image), fingerprint(changed)
        assert distance(one, other) <= TWIN_LIMITS.bits
        assert set(enumerate(bands(one))) & set(enumerate(bands(other))), "no index would find it"
        for a, b in ((image, changed), (changed, image)):
            assert unlikeness(small(a), small(b)) <= TWIN_LIMITS.unlikeness


@pytest.mark.parametrize("draw", [portrait, card])
def test_people_stay_apart_where_their_fingerprints_do_not(draw: Callable[[int], Image.Image]) -> None:
    pictures = [small(draw(seed)) for seed in SEEDS]
    values = [fingerprint(draw(seed)) for seed in SEEDS]
    near = [(i, j) for i, j in combinations(SEEDS, 2) if distance(values[i], values[j]) <= TWIN_LIMITS.bits]
    assert near, "the drawings are alike in their lowest waves"
    assert min(unlikeness(pictures[i], pictures[j]) for i, j in near) > TWIN_LIMITS.unlikeness


def test_a_card_a_portrait_and_a_diploma_are_three_pictures() -> None:
    diploma = opened(
        draw_certificate(PhotoKind.DIPLOMA, "陈示例", "中医学", "示例大学", "示例00000001", date(2023, 6, 30), 1)
    )
    assert unlikeness(small(diploma), small(portrait(1))) > 4 * TWIN_LIMITS.unlikeness
    assert unlikeness(small(card(1)), small(portrait(1))) > 4 * TWIN_LIMITS.unlikeness


def test_turned_by_one_degree_the_closer_look_still_says_one() -> None:
    turned = portrait(2).rotate(1, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    assert unlikeness(small(portrait(2)), small(turned)) <= TWIN_LIMITS.unlikeness


@pytest.mark.parametrize("size", [(1, 1), (16, 128), (33, 1), (400, 300)])
@pytest.mark.parametrize("colour", [0, 128, 255])
def test_plain_and_tiny_pictures_have_a_fingerprint_too(size: tuple[int, int], colour: int) -> None:
    image = Image.new("RGB", size, (colour,) * 3)
    assert -(2**63) <= fingerprint(image) < 2**63
    assert unlikeness(image, image) == 0
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 60, 3), dtype=np.uint8))
    assert np.isfinite(unlikeness(image, noise)) and np.isfinite(unlikeness(noise, image))


def test_the_same_bytes_give_the_same_fingerprint() -> None:
    assert fingerprint(portrait(3)) == fingerprint(portrait(3).copy())
    assert len({fingerprint(card(seed)) for seed in SEEDS}) > 5


@given(SIGNED)
def test_four_bands_are_the_whole_fingerprint(value: int) -> None:
    parts = bands(value)
    assert all(0 <= part < 2**16 for part in parts)
    assert int.from_bytes(b"".join(part.to_bytes(2, "big") for part in parts), "big", signed=True) == value


@given(SIGNED, st.sets(st.integers(0, 63), max_size=8))
def test_distance_counts_flipped_bits_and_three_leave_a_band(value: int, flipped: set[int]) -> None:
    plain = value % 2**64
    for bit in flipped:
        plain ^= 1 << bit
    other = plain - 2**64 if plain >= 2**63 else plain
    assert distance(value, other) == distance(other, value) == len(flipped)
    if len(flipped) <= 3:
        assert any(a == b for a, b in zip(bands(value), bands(other), strict=True))
