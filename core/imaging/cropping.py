"""Where to cut a portrait so that the head sits as on a Chinese identity photograph: arithmetic only.

A face here is the detector's box, brows to chin and as wide as high. On an identity photograph of 3:4 it fills about half
of the width, the eyes lie a little above the middle, and there is room above the hair.
"""

from typing import Final

from core.imaging.faces import Face

Box = tuple[int, int, int, int]

LEAST_WIDTH: Final = 295
"""Pixels across a one-inch photograph at 300 dpi; a narrower crop would be too small to store."""
FACE_PART: Final = 0.48
"""Part of the width that the face fills after the cut."""
EYES_PART: Final = 0.42
"""Part of the height above the eyes after the cut."""
WIDEST_FACE: Final = 0.62
"""Part of the width up to which a crop may be narrowed to keep a face near the border in the middle."""
FULLEST_FACE: Final = 0.75
"""Part of the width from which a face is too large to be placed at all; measured limits 18–75 %."""
HAIR: Final = 0.40
CHIN: Final = 0.08
"""Parts of the face's height that are kept above the box and below it: hair and chin are never cut off."""
_ASPECT_SLACK: Final = 0.03
_WELL_PLACED: Final = {"face": (0.38, 0.60), "eyes": (0.30, 0.48), "centre": (0.42, 0.58)}


def portrait_box(face: Face, size: tuple[int, int]) -> Box | None:
    """(left, top, right, bottom) of the 3:4 crop, inside the picture of `size` = (width, height) pixels.

    None when nothing is to be cut: the picture is 3:4 already and the head well placed, the crop would be narrower than
    295 pixels, the face would fill it, or it would cut off hair or chin that the picture has. Never reaches outside: no pixel is invented.
    """
    if is_well_placed(face, size):
        return None
    width, height = size
    middle = face.centre[0]
    ideal = face.width / FACE_PART
    centred = 2 * min(middle, width - middle)
    across = min(ideal, max(centred, face.width / WIDEST_FACE), width, height * 3 / 4)
    third = int(across / 3)
    across, down = 3 * third, 4 * third
    if across < LEAST_WIDTH or face.width > FULLEST_FACE * across:
        return None
    eyes = (face.eyes[0][1] + face.eyes[1][1]) / 2
    left = _within(round(middle - across / 2), width - across)
    top = _within(round(min(eyes - EYES_PART * down, face.top - HAIR * face.height)), height - down)
    box = (left, top, left + across, top + down)
    return box if _keeps_the_head(box, face, size) and box != (0, 0, width, height) else None


def is_well_placed(face: Face, size: tuple[int, int]) -> bool:
    """Whether the picture is 3:4 and the face in it neither small, large nor off its place."""
    width, height = size
    eyes = (face.eyes[0][1] + face.eyes[1][1]) / 2
    parts = {"face": face.width / width, "eyes": eyes / height, "centre": face.centre[0] / width}
    placed = all(low <= parts[name] <= high for name, (low, high) in _WELL_PLACED.items())
    return placed and abs(width / height * 4 / 3 - 1) <= _ASPECT_SLACK


def _within(start: int, room: int) -> int:
    return max(0, min(start, room))


def _keeps_the_head(box: Box, face: Face, size: tuple[int, int]) -> bool:
    """Nothing of the head is cut that lies inside the picture."""
    left, top, right, bottom = box
    return (
        left <= max(0, face.left)
        and right >= min(size[0], face.right)
        and top <= max(0, face.top - HAIR * face.height) + 1
        and bottom >= min(size[1], face.bottom + CHIN * face.height)
    )
