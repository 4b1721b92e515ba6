"""Pictures whose verdict is known, for docs/photos.md: drawn by rule, and made from real photographs that scikit-image ships.

A case says which fault it has; a good one has none. Every case is made from its own seed, so the set is the same on
every machine. The one real portrait is the astronaut Eileen Collins (NASA, public domain); the real walls, objects and
the photocopied page are scikit-image's own samples.
"""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from core.demo.desk import Scene, photographed
from core.demo.drawing import draw_certificate, draw_id_back, draw_id_front
from core.demo.faces import portrait_image
from core.domain.photos import FaultCode, PhotoKind
from core.imaging.people import person_mask

WHITE = (255, 255, 255)
BACKDROPS = ((67, 142, 219), (200, 30, 40), (128, 128, 128), (236, 226, 204), (245, 245, 245), (40, 60, 50))
SAMPLES = ("brick", "gravel", "grass", "coffee", "rocket", "chelsea", "hubble_deep_field", "motorcycle_left", "retina")
Colour = tuple[int, int, int]
Make = Callable[[random.Random], Image.Image]


@dataclass(frozen=True)
class Case:
    """One picture: `fault` is what is wrong with it, None for a good one; `origin` is drawn or real."""

    name: str
    kind: PhotoKind
    origin: str
    fault: FaultCode | None
    make: Callable[[], Image.Image]

    def data(self) -> bytes:
        """The file as it would be uploaded: a JPEG of a quality between 78 and 95."""
        out = io.BytesIO()
        self.make().save(out, "JPEG", quality=78 + sum(self.name.encode()) % 18)
        return out.getvalue()


def cases(share: int = 1) -> Iterator[Case]:
    """Every `share`-th case of each sort."""
    for sort in (*_portraits(), *_pages()):
        for index in range(0, sort.number, share):
            yield _case(sort, f"{sort.name} {index}")


@dataclass(frozen=True)
class _Sort:
    name: str
    kind: PhotoKind
    origin: str
    fault: FaultCode | None
    number: int
    make: Make


def _case(sort: _Sort, name: str) -> Case:
    return Case(name, sort.kind, sort.origin, sort.fault, lambda: sort.make(random.Random(name)))


def _portraits() -> Iterator[_Sort]:
    kind = PhotoKind.PORTRAIT
    yield _Sort("good drawn portrait", kind, "drawn", None, 120, lambda pick: _worn(_drawn(pick), pick))
    yield _Sort("good real portrait", kind, "real", None, 60, lambda pick: _worn(_real(pick), pick))
    yield from (
        _Sort(f"{fault} drawn portrait", kind, "drawn", fault, 24, make) for fault, make in _spoiled_portraits(_drawn)
    )
    yield from (
        _Sort(f"{fault} real portrait", kind, "real", fault, 16, make) for fault, make in _spoiled_portraits(_real)
    )
    yield _Sort("wall as portrait", kind, "real", FaultCode.FACE_NONE, 27, _somewhere)
    yield _Sort("paper as portrait", kind, "drawn", FaultCode.FACE_NONE, 9, _back)
    yield _Sort("busy wall behind", kind, "real", FaultCode.PHOTO_BG, 16, _before_a_busy_wall)


def _spoiled_portraits(person: Callable[[random.Random, Colour], Image.Image]) -> Iterator[tuple[FaultCode, Make]]:
    def white(pick: random.Random) -> Image.Image:
        return person(pick, WHITE)

    yield FaultCode.PHOTO_BG, lambda pick: person(pick, pick.choice(BACKDROPS))
    yield FaultCode.FACE_CUT, lambda pick: _cut(white(pick), pick)
    yield FaultCode.FACE_MANY, lambda pick: _beside(white(pick), white(pick))
    yield FaultCode.FACE_SMALL, lambda pick: _to_width(white(pick), pick.randrange(120, 190))
    yield FaultCode.FACE_PLACE, lambda pick: _aside(white(pick), pick)
    yield FaultCode.BLUR, lambda pick: _soft_face(white(pick), pick)
    yield FaultCode.DARK, lambda pick: _gained(white(pick), pick.uniform(0.08, 0.2))
    yield FaultCode.BRIGHT, lambda pick: _gained(white(pick), pick.uniform(3.0, 4.5))


def _pages() -> Iterator[_Sort]:
    for kind, paper in ((PhotoKind.ID_FRONT, _front), (PhotoKind.ID_BACK, _back), (PhotoKind.DIPLOMA, _diploma)):
        yield from _pages_of(kind, paper)
    front, back = PhotoKind.ID_FRONT, PhotoKind.ID_BACK
    yield _Sort("back as front", front, "drawn", FaultCode.ID_SIDE, 12, lambda pick: _on_desk(_back(pick), pick))
    yield _Sort("front as back", back, "drawn", FaultCode.ID_SIDE, 12, lambda pick: _on_desk(_front(pick), pick))
    yield _Sort("real photocopy", PhotoKind.DIPLOMA, "real", FaultCode.COPY, 8, _real_copy)


def _pages_of(kind: PhotoKind, paper: Make) -> Iterator[_Sort]:
    bad: tuple[tuple[FaultCode, int, Make], ...] = (
        (FaultCode.BLUR, 16, lambda pick: _soft_page(_scanned(paper(pick), pick), pick)),
        (FaultCode.COPY, 16, lambda pick: _copied(paper(pick), pick)),
        (FaultCode.DARK, 8, lambda pick: _gained(_on_desk(paper(pick), pick), pick.uniform(0.06, 0.2))),
        (FaultCode.BRIGHT, 8, lambda pick: _burnt(paper(pick), pick)),
        (FaultCode.FADED, 8, lambda pick: _faded(paper(pick), pick)),
        (FaultCode.SMALL, 8, lambda pick: _to_width(paper(pick), pick.randrange(300, 860))),
        (FaultCode.FILL, 8, lambda pick: _on_desk(paper(pick), pick, fill=pick.uniform(0.5, 0.75))),
        (FaultCode.GLARE, 8, lambda pick: _on_desk(paper(pick), pick, glare=pick.uniform(0.16, 0.3))),
    )
    yield _Sort(f"good scan {kind}", kind, "drawn", None, 40, lambda pick: _scanned(paper(pick), pick))
    yield _Sort(f"good photo {kind}", kind, "drawn", None, 40, lambda pick: _on_desk(paper(pick), pick))
    yield from (_Sort(f"{fault} {kind}", kind, "drawn", fault, number, make) for fault, number, make in bad)


def _drawn(pick: random.Random, behind: Colour = WHITE) -> Image.Image:
    return portrait_image(pick.randrange(400), behind, pick.random() < 0.5)


def _real(pick: random.Random, behind: Colour | Image.Image = WHITE) -> Image.Image:
    """The astronaut, head and shoulders, before another backdrop; mirrored, lit and cut by chance."""
    person, mask = _astronaut()
    ground = behind if isinstance(behind, Image.Image) else Image.new("RGB", person.size, behind)
    image = Image.composite(person, ground.resize(person.size), mask)
    if pick.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = ImageEnhance.Color(image).enhance(pick.uniform(0.8, 1.2))
    left, top = pick.randrange(0, 20), pick.randrange(0, 10)
    return image.crop((left, top, left + 300, top + 400)).resize((900, 1_200), Image.Resampling.LANCZOS)


@lru_cache(maxsize=1)
def _astronaut() -> tuple[Image.Image, Image.Image]:
    person = _sample("astronaut").crop((66, 0, 386, 410))
    mask = person_mask(person)
    return person, Image.fromarray((np.clip(mask * 1.2 - 0.1, 0, 1) * 255).astype(np.uint8)).resize(person.size)


@lru_cache(maxsize=16)
def _sample(name: str) -> Image.Image:
    import skimage.data

    folder = Path(skimage.data.__file__).parent
    path = next(each for ending in ("png", "jpg") if (each := folder / f"{name}.{ending}").exists())
    with Image.open(path) as opened:
        return opened.convert("RGB")


def _worn(image: Image.Image, pick: random.Random) -> Image.Image:
    """What a good picture goes through: another size, a little less light on the person, noise."""
    width = pick.randrange(480, 1_000)
    image = _to_width(image, width)
    pixels = np.asarray(image, dtype=np.float32)
    person = pixels.min(axis=2, keepdims=True) < 250
    pixels = np.where(person, pixels * pick.uniform(0.85, 1.0), pixels)
    noise = np.random.default_rng(pick.randrange(2**32)).normal(0, pick.uniform(0, 3), pixels.shape)
    return Image.fromarray(np.clip(pixels + np.where(person, noise, 0), 0, 255).astype(np.uint8))


def _to_width(image: Image.Image, width: int) -> Image.Image:
    return image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)


def _cut(image: Image.Image, pick: random.Random) -> Image.Image:
    """Through the face from the side, or below the brows from the top."""
    width, height = image.size
    if pick.random() < 0.5:
        part = image.crop((round(width * pick.uniform(0.42, 0.5)), 0, width, height))
    else:
        part = image.crop((0, round(height * pick.uniform(0.40, 0.46)), width, height))
    return _to_width(part, 700)


def _beside(one: Image.Image, other: Image.Image) -> Image.Image:
    pair = Image.new("RGB", (one.width * 2, one.height), WHITE)
    pair.paste(one, (0, 0))
    pair.paste(other, (one.width, 0))
    return pair


def _aside(image: Image.Image, pick: random.Random) -> Image.Image:
    """A small head at the side of a wide white picture."""
    wide = Image.new("RGB", (image.width * 3, round(image.height * 1.2)), WHITE)
    wide.paste(image, (pick.randrange(0, image.width // 4), wide.height - image.height))
    return wide


def _soft_face(image: Image.Image, pick: random.Random) -> Image.Image:
    """Out of focus or shaken by 1.2 to 4 % of the face's width, which is about half of the picture's."""
    face = image.width / 2
    if pick.random() < 0.6:
        return image.filter(ImageFilter.GaussianBlur(face * pick.uniform(0.012, 0.03)))
    return _shaken(image, round(face * pick.uniform(0.05, 0.08)))


def _soft_page(image: Image.Image, pick: random.Random) -> Image.Image:
    """Out of focus or shaken so far that a 10-point letter at 1,000 pixels can't be read surely."""
    unit = max(image.size) / 1_000
    if pick.random() < 0.6:
        return image.filter(ImageFilter.GaussianBlur(unit * pick.uniform(1.8, 4.0)))
    return _shaken(image, round(unit * pick.uniform(9, 16)))


def _shaken(image: Image.Image, length: int) -> Image.Image:
    pixels = np.asarray(image, dtype=np.float32)
    moved = sum(np.roll(pixels, step, axis=1) for step in range(length)) / length
    return Image.fromarray(np.asarray(moved).astype(np.uint8))


def _gained(image: Image.Image, factor: float) -> Image.Image:
    return image.point(lambda value: min(255, round(value * factor)))


def _somewhere(pick: random.Random) -> Image.Image:
    image = _sample(pick.choice(SAMPLES))
    side = pick.randrange(180, min(image.size) + 1)
    left, top = pick.randrange(image.width - side + 1), pick.randrange(image.height - side + 1)
    return image.crop((left, top, left + side * 3 // 4, top + side)).resize((900, 1_200), Image.Resampling.LANCZOS)


def _before_a_busy_wall(pick: random.Random) -> Image.Image:
    wall = _sample(pick.choice(("brick", "gravel", "coffee", "rocket", "motorcycle_left")))
    return _real(pick, wall)


def _front(pick: random.Random) -> Image.Image:
    names = ("林晓杏", "陈示例", "欧阳示例", "黄示", "郑样张")
    number = f"0000001996{pick.randrange(1, 13):02}{pick.randrange(1, 29):02}{pick.randrange(1000, 9999)}"
    address = pick.choice(("示例省示例市杏林区示例街道杏林路88号3单元602室", "示例省示例市示例路1号"))
    born = date(1996, 8, 15)
    return _opened(draw_id_front(pick.choice(names), "女", "汉", born, address, number, pick.randrange(400)))


def _back(pick: random.Random) -> Image.Image:
    return _opened(draw_id_back(pick.randrange(12)))


def _diploma(pick: random.Random) -> Image.Image:
    kind = pick.choice((PhotoKind.DIPLOMA, PhotoKind.DEGREE, PhotoKind.QUALIFICATION, PhotoKind.LICENCE))
    number = f"SL{pick.randrange(10**8):08}"
    return _opened(
        draw_certificate(kind, "林晓杏", "中医学", "示例中医药大学", number, date(2024, 6, 30), pick.randrange(400))
    )


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def _scanned(paper: Image.Image, pick: random.Random) -> Image.Image:
    """A flat-bed scan or an app's: another size, a shade lighter or darker."""
    return _gained(_to_width(paper, pick.randrange(1_000, 1_900)), pick.uniform(0.85, 1.05))


def _on_desk(paper: Image.Image, pick: random.Random, *, fill: float | None = None, glare: float = 0.0) -> Image.Image:
    scene = Scene(
        desk=pick.choice(((112, 84, 62), (60, 66, 74), (148, 140, 128), (38, 54, 44))),
        texture=pick.uniform(0.02, 0.12),
        turn=pick.uniform(-6, 6),
        lean=(pick.uniform(-10, 10), pick.uniform(-10, 10)),
        fill=fill if fill is not None else pick.uniform(0.92, 0.97),
        shadow=pick.uniform(0, 0.3),
        light=pick.uniform(0, 0.2),
        glare=glare,
        glare_at=(pick.uniform(0.3, 0.7), pick.uniform(0.3, 0.7)),
        noise=pick.uniform(1, 4),
        brightness=pick.uniform(0.8, 0.95),
        seed=pick.randrange(2**31),
    )
    return photographed(paper, scene, (2_000, 1_500)).image


def _copied(paper: Image.Image, pick: random.Random) -> Image.Image:
    grey = paper.convert("L").convert("RGB")
    how = pick.randrange(3)
    if how == 0:
        return _scanned(grey, pick)
    if how == 1:
        return _on_desk(grey, pick)
    tint = np.array([1.0, pick.uniform(0.86, 0.95), pick.uniform(0.7, 0.85)], dtype=np.float32)
    return Image.fromarray((np.asarray(grey, dtype=np.float32) * tint).astype(np.uint8))


def _real_copy(pick: random.Random) -> Image.Image:
    """scikit-image's photographed page, a real grey print, enlarged as a phone would take it."""
    page = _sample("page")
    width = pick.randrange(300, page.width)
    left = pick.randrange(page.width - width + 1)
    return page.crop((left, 0, left + width, page.height)).resize(
        (width * 4, page.height * 4), Image.Resampling.LANCZOS
    )


def _burnt(paper: Image.Image, pick: random.Random) -> Image.Image:
    shift = pick.randrange(150, 185)
    return _scanned(paper, pick).point(lambda value: min(255, value + shift))


def _faded(paper: Image.Image, pick: random.Random) -> Image.Image:
    low = pick.randrange(150, 205)
    return _scanned(paper, pick).point(lambda value: low + value * 38 // 255)
