"""Reading text from photographs: an optional engine behind a small protocol, in one worker thread of the process.

The extra `.[ocr]` brings rapidocr with its models inside the wheel. Their paths are named one by one, so the engine never
looks for a download. Nothing of a text enters the log. Without the extra `open_reader` gives None.
"""

import io
import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

from core.domain.lines import Line, lies_on_its_side, looks_upright, sure_signs
from core.logs import logger

LONGEST_SIDE: Final = 1_600
"""Pixels; a larger picture is made smaller first, which costs no name or number and bounds the memory."""
TIME_LIMIT: Final = 30.0
"""Seconds for one picture, the wait for those before it included; then it counts as not read."""
HOW_TO_INSTALL: Final = "没有安装文字识别组件；请在项目目录运行 make ocr（或 pip install '.[ocr]'）后再试。"
_PARTS: Final = ("rapidocr", "onnxruntime", "cv2")
_THREADS: Final = 2


class Reader(Protocol):
    """Whatever turns a photograph into lines of text."""

    @property
    def name(self) -> str:
        """Engine and version, kept beside what it read."""
        ...

    def read(self, image_bytes: bytes, *, turn: int = 0) -> tuple[Line, ...] | None:
        """The lines of the picture turned by 0, 90, 180 or 270 degrees counter-clockwise; None when it was not read.

        Never raises: a damaged picture, a broken engine and a lapsed time limit are all "not read".
        """
        ...


class RapidReader:
    """PP-OCR on ONNX Runtime. The engine is made at the first picture, and one thread does all the work of the process."""

    def __init__(self, time_limit: float = TIME_LIMIT, make: Callable[[], Any] | None = None) -> None:
        self._time_limit = time_limit
        self._make = make or _make_engine
        self._engine: Any = None
        self._worker: ThreadPoolExecutor | None = None
        self._lock = Lock()

    @property
    def name(self) -> str:
        """See Reader.name."""
        try:
            return f"rapidocr {version('rapidocr')}"
        except PackageNotFoundError:
            return "rapidocr"

    def read(self, image_bytes: bytes, *, turn: int = 0) -> tuple[Line, ...] | None:
        """See Reader.read."""
        job: Future[tuple[Line, ...]] = self._pool().submit(self._work, image_bytes, turn)
        try:
            return job.result(timeout=self._time_limit)
        except Exception as error:
            # A job that still waits is dropped; a running one ends by itself and its result is forgotten.
            job.cancel()
            logger().warning("ocr.not_read", error=type(error).__name__)
            return None

    def _pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ocr")
            return self._worker

    def _work(self, image_bytes: bytes, turn: int) -> tuple[Line, ...]:
        if self._engine is None:
            self._engine = self._make()
        pixels, scale = _pixels(image_bytes, turn)
        return _lines(self._engine(pixels, use_cls=False), scale)


def open_reader() -> Reader | None:
    """The process's reader, None when the extra is not installed; imports nothing of it yet."""
    with _OPENED_LOCK:
        if not _OPENED and all(find_spec(part) is not None for part in _PARTS):
            _OPENED.append(RapidReader())
        return _OPENED[0] if _OPENED else None


_OPENED: list[RapidReader] = []
_OPENED_LOCK: Final = Lock()


def read_upright(reader: Reader, image_bytes: bytes) -> tuple[int, tuple[Line, ...]] | None:
    """The turn (degrees counter-clockwise) that puts the page upright, and its lines then; None when it was not read.

    One pass for an upright page. Otherwise at most two more: the other way up, or both sides of one that lies on its side.
    """
    lines = reader.read(image_bytes)
    if lines is None:
        return None
    best, score = (0, lines), sure_signs(lines)
    if looks_upright(lines) and not lies_on_its_side(lines):
        return best
    for turn in (90, 270) if lies_on_its_side(lines) else (180,):
        turned = reader.read(image_bytes, turn=turn)
        if turned is not None and sure_signs(turned) > score:
            best, score = (turn, turned), sure_signs(turned)
            if looks_upright(turned):
                break
    return best


def _make_engine() -> Any:
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.max_side_len": LONGEST_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": min(_THREADS, os.cpu_count() or 1),
            "Det.model_path": str(_only(models, "*_det_*.onnx")),
            "Rec.model_path": str(_only(models, "*_rec_*.onnx")),
        }
    )


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise FileNotFoundError(f"expected one {pattern} inside the wheel")
    return found[0]


def _pixels(image_bytes: bytes, turn: int) -> tuple[Any, float]:
    """BGR pixels as the engine wants them, at most LONGEST_SIDE long, and their scale to the picture."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(image_bytes), formats=("JPEG", "PNG")) as opened:
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image = opened.convert("RGB")
        whole = max(opened.size)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    image = image.rotate(turn, expand=True)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), max(image.size) / whole


def _lines(found: Any, scale: float) -> tuple[Line, ...]:
    if found.boxes is None or found.txts is None or found.scores is None:
        return ()
    lines = []
    for corners, text, confidence in zip(found.boxes, found.txts, found.scores, strict=True):
        left, top = (float(v) / scale for v in corners.min(axis=0))
        right, bottom = (float(v) / scale for v in corners.max(axis=0))
        lines.append(Line(str(text), float(confidence), (left, top, right, bottom)))
    return tuple(lines)
