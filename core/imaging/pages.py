"""Cards and certificates: cut out of the desk around them, judged on the page itself (M19)."""

from collections.abc import Callable

from PIL import Image

from core.domain.page_rules import PageMeasures, judge_page
from core.domain.photo_limits import CARDS
from core.domain.photos import Check, PhotoKind, Step
from core.imaging.faces import find_faces
from core.imaging.glare import glare_share
from core.imaging.measures import acuity, coloured_share, crete, grey_at, light
from core.imaging.page_finding import find_page
from core.imaging.sides import looks_like
from core.imaging.sorting import SURE
from core.imaging.straightening import MARGIN, straightened
from core.imaging.versions import Judge, Versions, make_version

LONGEST = 2_000
PAGE_SIDE = 1_000


def page_versions(
    kind: PhotoKind, image: Image.Image, size: tuple[int, int], steps: tuple[Step, ...], *, may_turn: bool = True
) -> Versions:
    """Everything about a card or paper; `size` is the file's own, `steps` what was done to it so far.

    A card that lies on its side or head is turned by its look, once; other papers come as EXIF turns them.
    """
    page = find_page(image)
    cut = straightened(image, page) if page else image
    flat = _inner(cut) if page else image
    scale = size[0] / image.width
    looks = _side(flat) if kind in CARDS else None
    if looks is None and may_turn and kind in CARDS and (turn := _turn_of(flat)):
        upright = image.rotate(-turn, expand=True)
        turned_size = (size[1], size[0]) if turn in {90, 270} else size
        return page_versions(kind, upright, turned_size, (Step.TURNED,), may_turn=False)
    own_size = (round(flat.width * scale), round(flat.height * scale))
    checks = judge_page(kind, measure(flat, own_size, fill=page.fill if page else 1.0, looks=looks))
    if any(check.state == "hard" for check in checks):
        return Versions(size, checks)
    if page is None:
        return Versions(size, checks, make_version(image, LONGEST, steps, _judge(kind, looks)))
    fill = page.fill
    best = make_version(cut, LONGEST, (*steps, Step.STRAIGHTENED), _judge(kind, looks, _inner))
    whole = make_version(
        image, LONGEST, steps, _judge(kind, looks, lambda stored: straightened(stored, page, margin=0.0), fill)
    )
    if best is None or not best.acceptable:
        return Versions(size, checks, whole)
    return Versions(size, checks, best, whole if whole and whole.acceptable else None)


def measure(
    image: Image.Image, size: tuple[int, int], *, fill: float = 1.0, looks: PhotoKind | None = None
) -> PageMeasures:
    """The values behind a page's checks, on the page alone; `size` is its size in pixels of the file."""
    grey = grey_at(image, PAGE_SIDE)
    lit = light(grey)
    return PageMeasures(
        width=size[0],
        height=size[1],
        dark_end=lit.dark_end,
        bright_end=lit.bright_end,
        clipped=lit.clipped,
        contrast=lit.contrast,
        acuity=acuity(grey),
        crete=crete(grey),
        coloured=coloured_share(image),
        fill=fill,
        glare=glare_share(image),
        looks_like=looks,
    )


def _side(image: Image.Image) -> PhotoKind | None:
    """Which side of a card it looks like, where the look can tell."""
    scores = looks_like(image, [face.shares_of(image.size) for face in find_faces(image)])
    best = max(scores, key=lambda each: scores[each])
    return best if scores[best] >= SURE else None


def _turn_of(flat: Image.Image) -> int:
    """Degrees clockwise that put a card upright whose side was not known as it lies; 0 when no direction is known.

    A card lies on its long side, so that only two directions come into question.
    """
    turns = (180,) if flat.width > flat.height else (90, 270)
    return next((turn for turn in turns if _side(flat.rotate(-turn, expand=True))), 0)


def _inner(cut: Image.Image) -> Image.Image:
    """Without the strip of desk that was kept around the page: it would lend a grey copy its colour."""
    strip = MARGIN / (1 + 2 * MARGIN)
    across, down = round(cut.width * strip), round(cut.height * strip)
    return cut.crop((across, down, cut.width - across, cut.height - down))


def _judge(
    kind: PhotoKind,
    looks: PhotoKind | None,
    part: Callable[[Image.Image], Image.Image] | None = None,
    fill: float = 1.0,
) -> Judge:
    """Judges `part` of what would be stored; which side of a card it shows does not change by storing it."""

    def judge(stored: Image.Image) -> tuple[Check, ...]:
        flat = part(stored) if part else stored
        return judge_page(kind, measure(flat, flat.size, fill=fill, looks=looks))

    return judge
