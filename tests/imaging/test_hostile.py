"""More than 200 hostile files: each is answered, soon, in little memory, and nothing else comes out."""

import multiprocessing

import pytest

from core.domain.photos import PhotoKind
from core.imaging.opening import open_photo
from tests.imaging.hostile import hostile_files
from tests.imaging.hostile_child import KINDS, STATUS, judge_all
from tests.imaging.hostile_parts import carriers

MOST_MEGABYTES = 300
MOST_SECONDS = 2.0
"""Of the processor's time, which a busy machine doesn't stretch."""
HANGS_AFTER = 60


def test_there_are_enough_and_all_differ() -> None:
    files = dict(hostile_files())
    assert len(files) >= 200
    assert len(files) == sum(1 for _ in hostile_files())
    assert len(set(files.values())) > 0.95 * len(files)


def test_what_they_are_made_of_is_healthy() -> None:
    for name, data in carriers().items():
        assert open_photo(data).image.width >= 320, name


@pytest.mark.skipif(not STATUS.exists(), reason="the peak of memory is read from /proc")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_every_one_is_answered_soon_and_in_little_memory(kind: PhotoKind) -> None:
    results = _judged(kind)
    answers = {"accept", "fixable", "reject"}
    assert {name: answer for name, answer, _, _ in results if answer not in answers} == {}
    if kind is not PhotoKind.PORTRAIT:
        assert sum(answer != "reject" for _, answer, _, _ in results) >= 5, "nothing went all the way"
    assert {name: seconds for name, _, seconds, _ in results if seconds > MOST_SECONDS} == {}
    assert {name: megabytes for name, _, _, megabytes in results if megabytes > MOST_MEGABYTES} == {}


def _judged(kind: PhotoKind) -> list[tuple[str, str, float, float]]:
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=judge_all, args=(sending, kind), daemon=True)
    child.start()
    sending.close()
    results: list[tuple[str, str, float, float]] = []
    try:
        while True:
            assert receiving.poll(HANGS_AFTER), f"no answer for the file after {results[-1:]}"
            result = receiving.recv()
            if result is None:
                return results
            results.append(result)
    except EOFError:
        pytest.fail(f"the process died over the file after {results[-1:]}")
    finally:
        child.kill()
        child.join()
