"""A fixed picture by formula, for which LiteRT's answers are kept in network_answers.json."""

import numpy as np
from numpy.typing import NDArray

SAMPLE_EVERY = 251
"""Of each flattened output every so many values are kept, beginning with the first."""


def waves(size: int) -> NDArray[np.float32]:
    """(size, size, 3) in 0…1: three crossing waves with a bright round in the middle, none alike in two channels."""
    down, across = np.mgrid[0:size, 0:size] / size
    channels = [
        0.5
        + 0.3 * np.sin(9 * across + phase) * np.cos(7 * down - phase)
        + 0.2 * np.exp(-((across - 0.5) ** 2 + (down - 0.45) ** 2) * (20 + 9 * phase))
        for phase in (0.0, 1.1, 2.3)
    ]
    return np.stack(channels, axis=2).astype(np.float32)
