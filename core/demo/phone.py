"""Making a phone's photograph out of a drawing, for tests and for trying the upload by hand."""

import io
import math

import numpy as np
from PIL import Image

_ORIENTATION_FOR = {0: 1, 90: 6, 180: 3, 270: 8}


def phone_photo(
    image_bytes: bytes, rotate: int = 90, megapixels: float = 12.0, noise: float = 3.0, seed: int = 0
) -> bytes:
    """A JPEG as a phone leaves it: the document on a desk, side light, sensor noise, GPS and orientation in EXIF.

    The pixels lie `rotate` degrees (0, 90, 180, 270) counter-clockwise and EXIF says how to turn them upright;
    `noise` is the standard deviation in grey values. Raises KeyError for another turn.
    """
    orientation = _ORIENTATION_FOR[rotate % 360]
    with Image.open(io.BytesIO(image_bytes)) as source:
        paper = source.convert("RGB")
    long_side = round(math.sqrt(megapixels * 1e6 * 4 / 3))
    size = (long_side, round(long_side * 3 / 4))
    if paper.height > paper.width:
        size = (size[1], size[0])
    scale = min(size[0] / paper.width, size[1] / paper.height) * 0.94
    paper = paper.resize((round(paper.width * scale), round(paper.height * scale)), Image.Resampling.BICUBIC)
    photo = _lit(_laid_on_desk(paper, size), noise, seed)
    photo = photo.rotate(rotate, expand=True)
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=95, exif=_exif(orientation), comment=b"made for a test")
    return out.getvalue()


def _laid_on_desk(paper: Image.Image, size: tuple[int, int]) -> Image.Image:
    desk = Image.new("RGB", size, (112, 84, 62))
    slanted = paper.convert("RGBA").rotate(1.2, Image.Resampling.BILINEAR, expand=True)
    at = ((size[0] - slanted.width) // 2, (size[1] - slanted.height) // 2)
    desk.paste(slanted, at, slanted)
    return desk


def _lit(photo: Image.Image, noise: float, seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    tile = random.normal(0, noise, (509, 511, 3)).astype(np.int16)
    height, width = photo.height, photo.width
    grain = np.tile(tile, (height // 509 + 1, width // 511 + 1, 1))[:height, :width]
    light = np.linspace(1.0, 0.86, width, dtype=np.float32)[None, :, None]
    pixels = np.asarray(photo, dtype=np.float32) * light + grain
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Drawn Phone"
    position = exif.get_ifd(0x8825)
    position[1], position[2] = "N", (26.0, 4.0, 30.0)
    position[3], position[4] = "E", (119.0, 17.0, 48.0)
    return exif
