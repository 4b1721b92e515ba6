"""Drawn documents of people who don't exist: cards, certificates and, from `faces`, portraits.

Every drawing carries 示例, uses no state emblem, and comes as JPEG bytes in the range of M19 that pass our own checks.
"""

import math
import random
import re
from datetime import date
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.demo.canvas import (
    Colour,
    Point,
    as_stored,
    font,
    guilloche,
    mark_as_sample,
    mix,
    ring,
    rosette,
    with_grain,
)
from core.demo.faces import WHITE, portrait_image
from core.demo.papers import PAPERS, Paper
from core.domain.photos import PhotoKind

CARD = (1_380, 870)
PAGE = (1_440, 1_020)
CARD_TINT: Colour = (232, 230, 238)
INK: Colour = (30, 32, 38)
LABEL: Colour = (42, 104, 150)
RED: Colour = (196, 30, 38)


def draw_portrait(seed: int, background: Colour = WHITE, *, woman: bool | None = None) -> bytes:
    """A head-and-shoulders portrait; one seed gives one face, `background` other than white is for tests."""
    return as_stored(portrait_image(seed, background, woman), 1_600)


def draw_id_front(name: str, sex: str, ethnic: str, birth: date, address: str, number: str, seed: int) -> bytes:
    """The side with the person; texts as they are to be read on it, `sex` 男 or 女."""
    card = _card_ground(front=True).copy()
    write = ImageDraw.Draw(card)
    _labelled(write, (90, 110), "姓名", name, 52)
    _labelled(write, (90, 205), "性别", sex, 46)
    _labelled(write, (350, 205), "民族", ethnic, 46)
    _labelled(write, (90, 300), "出生", str(birth.year), 46)
    for x, unit, value in ((322, "年", birth.month), (446, "月", birth.day)):
        write.text((x, 306), unit, font=font(36), fill=LABEL)
        write.text((x + 80, 300), str(value), font=font(46), fill=INK, anchor="ma")
    write.text((570, 306), "日", font=font(36), fill=LABEL)
    _labelled(write, (90, 395), "住址", address[:11], 46)
    for row, start in enumerate(range(11, min(len(address), 33), 11), start=1):
        write.text((205, 395 + row * 66), address[start : start + 11], font=font(46), fill=INK)
    write.text((90, 728), "公民身份号码", font=font(38), fill=LABEL)
    write.text((390, 718), " ".join(number), font=font(54), fill=INK)
    face = _cut_out(seed, sex == "女")
    card.paste(face, (900, 110), face)
    mark_as_sample(card, 84, 46)
    return as_stored(with_grain(card, 2.0), CARD[0])


def draw_id_back(seed: int) -> bytes:
    """The side with the issuing office; a plain star medallion stands where a real card has the emblem."""
    return _id_back(seed % 12)


@lru_cache(maxsize=12)
def _id_back(seed: int) -> bytes:
    pick = random.Random(f"back {seed}")  # noqa: S311 - a drawing, not a secret
    card = _card_ground(front=False).copy()
    write = ImageDraw.Draw(card)
    _medallion(card, 240, 235, 140)
    write.text((880, 165), "示例共和国", font=font(80, serif=True), fill=INK, anchor="mm")
    write.text((880, 295), "居 民 身 份 证 样 张", font=font(84, serif=True), fill=INK, anchor="mm")
    office = pick.choice(("示例市公安局鼓楼分局", "示例市公安局思明分局", "示例县公安局", "示例市公安局丰泽分局"))
    year = pick.randrange(2012, 2024)
    _labelled(write, (270, 610), "签发机关", office, 46)
    _labelled(write, (270, 720), "有效期限", f"{year}.03.12-{year + 20}.03.12", 46)
    mark_as_sample(card, 84, 46)
    return as_stored(with_grain(card, 2.0), CARD[0])


def draw_certificate(
    kind: PhotoKind,
    name: str,
    title: str,
    issuer: str,
    number: str,
    issued: date,
    seed: int,
    *,
    woman: bool | None = None,
) -> bytes:
    """Any paper but portraits and cards: `title` names the major, class, school or course that the paper is about.

    `seed` and `woman` choose the portrait on it as in `draw_portrait`. Raises KeyError for a kind that is not a paper.
    """
    paper = PAPERS[kind]
    page = _page_ground(kind).copy()
    write = ImageDraw.Draw(page)
    write.text((PAGE[0] // 2, 170), paper.heading, font=font(92, serif=True), fill=paper.heading_colour, anchor="mm")
    write.text((PAGE[0] // 2, 245), "示例文本 · 仅供系统演示", font=font(24, serif=True), fill=paper.frame, anchor="mm")
    left = 130
    if paper.portrait:
        face = portrait_image(seed, WHITE, woman).resize((240, 320))
        page.paste(face, (130, 330))
        write.rectangle((129, 329, 370, 650), outline=mix(paper.frame, WHITE, 0.3), width=2)
        left = 430
    _body(write, paper, left, paper.text(name, title, issuer, seed))
    if paper.scores:
        _scores(write, paper, random.Random(f"scores {seed}"))  # noqa: S311 - a drawing, not a secret
    write.text((130, 870), f"{paper.number_label}：{number}", font=font(32), fill=INK)
    write.text((1_060, 770), issuer, font=font(36, serif=True), fill=INK, anchor="mm")
    day = f"{issued.year}年{issued.month}月{issued.day}日"
    write.text((1_060, 892), day, font=font(34, serif=True), fill=INK, anchor="mm")
    stamp = _seal(issuer)
    page.paste(RED, (1_075 - stamp.width // 2, 748 - stamp.height // 2), stamp)
    mark_as_sample(page, 88, 40)
    return as_stored(with_grain(page, 2.0), PAGE[0])


def _labelled(write: ImageDraw.ImageDraw, at: tuple[int, int], label: str, value: str, size: int) -> None:
    x, y = at
    write.text((x, y + (size - 36) // 2), label, font=font(36), fill=LABEL)
    write.text((x + 36 * len(label) + 43, y), value, font=font(size), fill=INK)


def _body(write: ImageDraw.ImageDraw, paper: Paper, left: int, text: str) -> None:
    face = font(42, serif=True)
    for row, line in enumerate(_lines("　　" + text, face, PAGE[0] - 130 - left)):
        write.text((left, 335 + row * paper.leading), line, font=face, fill=INK)


def _lines(text: str, face: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """Broken to the room's width: no line begins with a closing mark, numbers stay whole."""
    lines, line = [], ""
    for word in re.findall(r"[0-9A-Za-z]+[年月日]?[，。：）]?|.[，。：；、）]*", text):
        if line and face.getlength(line + word) > room:
            lines.append(line)
            line = ""
        line += word
    return [*lines, line]


def _scores(write: ImageDraw.ImageDraw, paper: Paper, pick: random.Random) -> None:
    subjects = ("中医基础理论", "中医诊断学", "中药学", "方剂学", "中医内科学", "中医外科学", "中医妇科学", "针灸学")
    for index, subject in enumerate(subjects):
        x, y = 130 + index % 2 * 600, 440 + index // 2 * 66
        write.rectangle((x, y, x + 580, y + 60), outline=mix(paper.frame, WHITE, 0.25), width=2)
        write.text((x + 24, y + 8), subject, font=font(34), fill=INK)
        write.text((x + 552, y + 8), f"{pick.randrange(72, 97)} 分", font=font(34), fill=INK, anchor="ra")


@lru_cache(maxsize=32)
def _cut_out(seed: int, woman: bool) -> Image.Image:
    """The person without a background, as cards print it."""
    person = portrait_image(seed, CARD_TINT, woman)
    alpha = (np.asarray(person) != np.array(CARD_TINT, dtype=np.uint8)).any(axis=2)
    cut = person.convert("RGBA")
    cut.putalpha(Image.fromarray(alpha.astype(np.uint8) * 255))
    return cut.resize((390, 520))


@lru_cache(maxsize=2)
def _card_ground(*, front: bool) -> Image.Image:
    left, right = ((206, 232, 240), (244, 226, 232)) if front else ((214, 236, 226), (236, 232, 212))
    card = Image.new("RGB", CARD)
    draw = ImageDraw.Draw(card)
    for x in range(CARD[0]):
        draw.line([(x, 0), (x, CARD[1])], fill=mix(left, right, x / CARD[0]))
    guilloche(card, (158, 198, 216) if front else (168, 206, 178), 46, 26, 3.5)
    guilloche(card, (226, 190, 206) if front else (222, 208, 158), 30, 44, 2.0, 0.04)
    rosette(card, CARD[0] * 0.42, CARD[1] * 0.5, 300, (176, 196, 222) if front else (178, 206, 186))
    return card


@lru_cache(maxsize=8)
def _page_ground(kind: PhotoKind) -> Image.Image:
    paper = PAPERS[kind]
    page = Image.new("RGB", PAGE, paper.ground)
    guilloche(page, mix(paper.ground, paper.frame, 0.16), 54, 24, 4.0)
    rosette(page, PAGE[0] / 2, PAGE[1] / 2, 330, mix(paper.ground, paper.frame, 0.22))
    draw = ImageDraw.Draw(page)
    for inset, width, share in ((28, 10, 0.0), (46, 3, 0.2), (84, 2, 0.35)):
        box = (inset, inset, PAGE[0] - inset - 1, PAGE[1] - inset - 1)
        draw.rectangle(box, outline=mix(paper.frame, WHITE, share), width=width)
    _border(draw, paper.frame)
    return page


def _border(draw: ImageDraw.ImageDraw, colour: Colour) -> None:
    """A chain of small lozenges between the two frame lines."""
    across, down = PAGE
    places = [(x, y) for x in range(66, across - 40, 28) for y in (66, down - 66)]
    places += [(x, y) for y in range(66, down - 40, 28) for x in (66, across - 66)]
    for x, y in places:
        draw.polygon([(x - 11, y), (x, y - 11), (x + 11, y), (x, y + 11)], outline=mix(colour, WHITE, 0.2), width=2)
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)


def _star(cx: float, cy: float, radius: float) -> list[Point]:
    points = []
    for step in range(10):
        turn, far = -math.pi / 2 + step * math.pi / 5, radius if step % 2 == 0 else radius * 0.382
        points.append((cx + far * math.cos(turn), cy + far * math.sin(turn)))
    return points


def _medallion(image: Image.Image, cx: int, cy: int, radius: int) -> None:
    draw = ImageDraw.Draw(image)
    gold: Colour = (226, 178, 72)
    draw.polygon(ring(cx, cy, radius, radius), fill=RED)
    for share, width in ((1.0, 9), (0.86, 3)):
        far = radius * share
        draw.ellipse((cx - far, cy - far, cx + far, cy + far), outline=gold, width=width)
    for step in range(24):
        turn = step * math.pi / 12
        draw.polygon(
            ring(cx + 0.93 * radius * math.cos(turn), cy + 0.93 * radius * math.sin(turn), 4, 4, 10), fill=gold
        )
    draw.polygon(_star(cx, cy - 14, radius * 0.42), fill=gold)
    draw.text((cx, cy + radius * 0.58), "示例", font=font(38), fill=gold, anchor="mm")


@lru_cache(maxsize=64)
def _seal(issuer: str) -> Image.Image:
    """A round stamp with the issuer's name along the rim, as a mask."""
    side, middle = 300, 150
    seal = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(seal)
    draw.ellipse((8, 8, side - 8, side - 8), outline=200, width=8)
    draw.polygon(_star(middle, middle, 40), fill=200)
    draw.text((middle, 222), "示例专用章", font=font(26), fill=200, anchor="mm")
    text = issuer[:16]
    spread = math.radians(min(240, 22 * len(text)))
    for index, letter in enumerate(text):
        turn = -spread / 2 + spread * (index + 0.5) / len(text)
        glyph = Image.new("L", (44, 44), 0)
        ImageDraw.Draw(glyph).text((22, 22), letter, font=font(30), fill=200, anchor="mm")
        glyph = glyph.rotate(-math.degrees(turn), resample=Image.Resampling.BICUBIC)
        at = (round(middle + 112 * math.sin(turn)) - 22, round(middle - 112 * math.cos(turn)) - 22)
        seal.paste(glyph, at, glyph)
    return seal.rotate(-8, resample=Image.Resampling.BICUBIC).resize((256, 256))
