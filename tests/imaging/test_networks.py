"""The networks answer as the interpreter they were made for does."""

import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from core.imaging.networks import NetworkName, network
from tests.imaging.network_input import SAMPLE_EVERY, waves

ANSWERS = json.loads((Path(__file__).parent / "network_answers.json").read_text(encoding="utf-8"))
"""What ai-edge-litert 2.3 answers to `waves` with the original .tflite files."""
BOTH: list[NetworkName] = ["face", "person"]


def scaled(name: NetworkName) -> np.ndarray:
    picture = waves(network(name).size)
    return picture * 2 - 1 if name == "face" else picture


@pytest.mark.parametrize("name", BOTH)
def test_the_answer_is_litert_s(name: NetworkName) -> None:
    outputs = network(name)(scaled(name))
    assert len(outputs) == len(ANSWERS[name])
    for output, expected in zip(outputs, ANSWERS[name], strict=True):
        np.testing.assert_allclose(output.reshape(-1)[::SAMPLE_EVERY], expected, atol=1e-3)


@pytest.mark.parametrize("name", BOTH)
def test_threads_share_a_network_and_its_input_stays_as_it_was(name: NetworkName) -> None:
    pictures = [np.roll(scaled(name), step * 20, axis=1) for step in range(4)]
    before = [picture.copy() for picture in pictures]
    alone = [network(name)(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(network(name), pictures))
    for one, other in zip(alone, together, strict=True):
        for expected, found in zip(one, other, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-4)
    assert all(np.array_equal(one, other) for one, other in zip(before, pictures, strict=True))


@pytest.mark.parametrize("shape", [(64, 64, 3), (192, 192), (192, 256, 3)])
def test_a_picture_of_another_size_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="the network takes 192"):
        network("face")(np.zeros(shape, dtype=np.float32))


def test_the_models_lie_in_the_package_and_are_small() -> None:
    folder = files("core.imaging") / "models"
    sizes = [len((folder / f"{name}.npz").read_bytes()) for name in BOTH]
    assert sum(sizes) < 1_500_000
