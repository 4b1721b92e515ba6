"""The reader: the real engine on drawn papers, without a network; and everything that may go wrong with an engine."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.domain.lines import Line
from core.domain.photos import PhotoKind
from core.domain.reading import read
from core.gateways import ocr
from core.gateways.ocr import RapidReader, open_reader, read_upright
from tests.imaging.pictures import good, picture, saved

TODAY = date(2026, 8, 1)


@pytest.fixture(scope="module")
def engine() -> RapidReader:
    """The real engine; part of the test requirements, so that only an environment of one's own may lack it."""
    pytest.importorskip("rapidocr")
    return RapidReader(time_limit=120)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every way out is closed, and each try is kept. (urllib3 makes a socket at its import, and never connects it.)"""
    tried: list[str] = []

    def refuse(*args: Any, **_more: Any) -> Any:
        tried.append(repr(args[-1]))
        raise OSError("no network in this test")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


def turned(data: bytes, by: int) -> bytes:
    return saved(picture(data).rotate(by, expand=True))


def test_a_fresh_engine_reads_a_card_without_a_network(engine: RapidReader, offline: list[str]) -> None:
    lines = RapidReader(time_limit=120).read(good(PhotoKind.ID_FRONT))
    assert lines is not None
    found = read(PhotoKind.ID_FRONT, lines, today=TODAY)
    assert (found.seen, found.name, found.number) == (PhotoKind.ID_FRONT, "林晓杏", "350102199608150015")
    assert (found.sex, found.ethnic_group, found.birth_date) == ("女", "汉", date(1996, 8, 15))
    assert found.address == "示例省示例市杏林区示例街道杏林路88号3单元602室"
    assert offline == []


@pytest.mark.parametrize(
    "kind", [PhotoKind.ID_BACK, PhotoKind.DIPLOMA, PhotoKind.DEGREE, PhotoKind.QUALIFICATION, PhotoKind.LICENCE]
)
def test_papers_are_told_apart_and_read(engine: RapidReader, kind: PhotoKind) -> None:
    lines = engine.read(good(kind))
    assert lines is not None
    found = read(kind, lines, today=TODAY)
    assert found.seen is kind
    if kind is PhotoKind.ID_BACK:
        assert found.valid_from is not None
        assert found.valid_to is not None
        assert found.valid_to.year - found.valid_from.year == 20
    else:
        assert (found.name, found.number, found.issued) == ("林晓杏", "SL20260001", date(2024, 6, 30))


@pytest.mark.parametrize("by", [90, 180, 270])
def test_a_card_is_turned_upright_and_then_read(engine: RapidReader, by: int) -> None:
    found = read_upright(engine, turned(good(PhotoKind.ID_FRONT), by))
    assert found is not None
    assert found[0] == 360 - by
    assert read(PhotoKind.ID_FRONT, found[1], today=TODAY).name == "林晓杏"


def test_boxes_are_pixels_of_the_picture_even_when_it_was_made_smaller(engine: RapidReader) -> None:
    small = engine.read(good(PhotoKind.ID_FRONT))
    large = engine.read(saved(picture(good(PhotoKind.ID_FRONT)).resize((2_760, 1_740))))
    assert small is not None
    assert large is not None
    of_small, of_large = (next(x.box for x in lines if "公民" in x.text) for lines in (small, large))
    assert of_large == pytest.approx([2 * edge for edge in of_small], abs=40)


def test_a_picture_without_text_has_no_lines(engine: RapidReader) -> None:
    assert engine.read(saved(Image.new("RGB", (600, 400), "white"))) == ()


def test_the_portal_starts_without_the_engine() -> None:
    """Importing ONNX Runtime costs half a second and 70 MB, which nobody pays before the first picture."""
    code = (
        "import sys, core.runtime\nfrom core.gateways.ocr import open_reader\nopen_reader()\n"
        "print([m for m in ('rapidocr', 'onnxruntime', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_without_the_extra_there_is_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_OPENED", [])
    monkeypatch.setattr(ocr, "find_spec", lambda part: None if part == "cv2" else object())
    assert open_reader() is None


def test_a_process_has_one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_OPENED", [])
    monkeypatch.setattr(ocr, "find_spec", lambda part: object())
    assert open_reader() is open_reader() is not None


PAGE = saved(Image.new("RGB", (64, 48), "white"))


class FakeEngine:
    """Answers every picture with one line, after `pause` seconds, and counts how many it works on at once."""

    def __init__(self, pause: float = 0.0) -> None:
        self.pause, self.working, self.most, self.seen = pause, 0, 0, 0

    def __call__(self, pixels: Any, **_more: Any) -> Any:
        self.working += 1
        self.seen += 1
        self.most = max(self.most, self.working)
        time.sleep(self.pause)
        self.working -= 1
        height, width = pixels.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
        return SimpleNamespace(boxes=[corners], txts=["林晓杏的秘密"], scores=[0.9])


def test_pictures_are_read_one_after_the_other_in_one_thread() -> None:
    engine, made = FakeEngine(0.01), []

    def make() -> FakeEngine:
        made.append(threading.current_thread().name)
        return engine

    reader = RapidReader(make=make)
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(reader.read, [PAGE] * 16))
    assert answers == [(Line("林晓杏的秘密", 0.9, (0.0, 0.0, 64.0, 48.0)),)] * 16
    assert (engine.most, engine.seen, len(made)) == (1, 16, 1)
    assert made[0].startswith("ocr")


def test_who_waits_too_long_gets_nothing_and_holds_nobody_up() -> None:
    release = threading.Event()
    engine = FakeEngine()

    def stuck(pixels: Any, **more: Any) -> Any:
        release.wait(60)
        return engine(pixels, **more)

    reader = RapidReader(time_limit=0.05, make=lambda: stuck)
    assert [reader.read(PAGE) for _ in range(3)] == [None, None, None]
    release.set()
    patient = RapidReader(time_limit=60, make=lambda: engine)
    assert patient.read(PAGE)
    assert engine.seen <= 2, "those that gave up while waiting are never worked on"


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff broken", b"%PDF-1.7", PAGE[:200]])
def test_what_is_no_picture_is_not_read(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert RapidReader(make=FakeEngine).read(data) is None


def test_an_engine_that_fails_is_not_read_and_tells_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_pixels: Any, **_more: Any) -> Any:
        raise RuntimeError("林晓杏的秘密")

    assert RapidReader(make=lambda: broken).read(PAGE) is None
    assert RapidReader(make=lambda: 1 / 0).read(PAGE) is None
    said = capsys.readouterr()
    assert "ocr.not_read" in said.out + said.err
    assert "秘密" not in said.out + said.err


def test_an_engine_that_could_not_be_made_is_tried_again() -> None:
    tries = []

    def make() -> FakeEngine:
        tries.append(1)
        if len(tries) == 1:
            raise ImportError("a library is missing")
        return FakeEngine()

    reader = RapidReader(make=make)
    assert reader.read(PAGE) is None
    assert reader.read(PAGE)


def test_what_was_found_on_nothing_is_no_line() -> None:
    nothing = SimpleNamespace(boxes=None, txts=None, scores=None)
    assert RapidReader(make=lambda: lambda _pixels, **_more: nothing).read(PAGE) == ()


class Turning:
    """Reads well only at one turn; otherwise scraps, standing or lying."""

    name = "turning"

    def __init__(self, upright: int, *, fails: frozenset[int] = frozenset()) -> None:
        self.upright, self.fails, self.turns = upright, fails, list[int]()

    def read(self, image_bytes: bytes, *, turn: int = 0) -> tuple[Line, ...] | None:
        self.turns.append(turn)
        if turn in self.fails:
            return None
        if turn == self.upright:
            return tuple(Line("修完教学计划规定的全部课程", 0.99, (0, 50.0 * i, 500, 50.0 * i + 40)) for i in range(4))
        lying = (turn - self.upright) % 180 == 0
        box = (0.0, 0.0, 400.0, 40.0) if lying else (0.0, 0.0, 40.0, 400.0)
        return tuple(Line("35515", 0.7, box) for _ in range(4))


@pytest.mark.parametrize(("upright", "passes"), [(0, [0]), (180, [0, 180]), (90, [0, 90]), (270, [0, 90, 270])])
def test_finding_the_turn_costs_at_most_two_more_passes(upright: int, passes: list[int]) -> None:
    reader = Turning(upright)
    found = read_upright(reader, PAGE)
    assert found is not None
    assert (found[0], reader.turns) == (upright, passes)


def test_a_failed_first_pass_is_not_read_and_a_failed_second_leaves_the_first() -> None:
    assert read_upright(Turning(0, fails=frozenset({0})), PAGE) is None
    found = read_upright(Turning(180, fails=frozenset({180})), PAGE)
    assert found is not None
    assert found[0] == 0
