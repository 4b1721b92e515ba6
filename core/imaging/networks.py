"""The two small networks the portrait needs, run by numpy alone: no inference library, no download.

`models/*.npz` hold the weights and a program: one step an operation, tensors by number (scripts/convert_models.py).
Tensors are (height, width, channels) in float32, one picture at a time. Equal to LiteRT's answer to 1e-4.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Tensor = NDArray[np.float32]
NetworkName = Literal["face", "person"]
_ZERO: Final = np.float32(0)


@dataclass(frozen=True, slots=True)
class _Step:
    """`weight` and `bias` are empty where the operation has none; `spent` are the tensors nobody reads afterwards."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    stride: int
    activation: str
    weight: Tensor
    bias: Tensor
    spent: tuple[int, ...]


class Network:
    """A network whose weights are in memory. It keeps nothing between calls: threads may share it."""

    def __init__(self, program: Mapping[str, Any], weights: Mapping[str, NDArray[np.float16]]) -> None:
        self.size: Final[int] = program["size"]
        self._input: Final[int] = program["input"]
        self._outputs: Final[Sequence[int]] = program["outputs"]
        self._steps: Final = _prepared(program, weights)

    def __call__(self, picture: Tensor) -> tuple[Tensor, ...]:
        """The outputs for one picture of (size, size, 3), scaled as the network was trained.

        Raises ValueError for another shape.
        """
        if picture.shape != (self.size, self.size, 3):
            raise ValueError(f"the network takes {self.size} × {self.size} pixels of 3 channels, not {picture.shape}")
        known: dict[int, Tensor] = {self._input: picture.astype(np.float32, copy=False)}
        for step in self._steps:
            known[step.output] = _activated(_result(step, known), step.activation)
            for tensor in step.spent:
                del known[tensor]
        return tuple(known[output] for output in self._outputs)


@lru_cache(maxsize=2)
def network(name: NetworkName) -> Network:
    """`face`: 192 × 192 in -1…1 to (regressors, scores); `person`: 256 × 256 in 0…1 to (mask,). Loaded at first use."""
    # Small matrices gain nothing from more threads, which would wait for each other and take the sessions' processor.
    threadpool_limits(limits=1, user_api="blas")
    source = files("core.imaging") / "models" / f"{name}.npz"
    with source.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
        program = json.loads(archive["program"].tobytes())
        return Network(program, {key: archive[key] for key in archive.files if key != "program"})


def _prepared(program: Mapping[str, Any], weights: Mapping[str, NDArray[np.float16]]) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    needed = set(program["outputs"])
    none = np.empty(0, dtype=np.float32)
    for told in reversed(program["steps"]):
        inputs = tuple(told["in"])
        weight = weights[told["weight"]].astype(np.float32) if "weight" in told else none
        steps.append(
            _Step(
                kind=told["kind"],
                inputs=inputs,
                output=told["out"],
                stride=told.get("stride", 1),
                activation=told.get("activation", ""),
                weight=_as_matrix(weight) if told["kind"] == "conv" else weight,
                bias=weights[told["bias"]].astype(np.float32) if "bias" in told else none,
                spent=tuple(set(inputs) - needed),
            )
        )
        needed.update(inputs)
    return tuple(reversed(steps))


def _as_matrix(weight: Tensor) -> Tensor:
    """(out, k, k, in) as (k · k · in, out), the order in which `_windows` lays out the pixels."""
    return np.ascontiguousarray(weight.reshape(weight.shape[0], -1).T)


def _result(step: _Step, known: Mapping[int, Tensor]) -> Tensor:
    first = known[step.inputs[0]]
    match step.kind:
        case "conv":
            return _convolved(first, step.weight, step.stride) + step.bias
        case "depthwise":
            return _depthwise(first, step.weight[0], step.bias, step.stride)
        case "add":
            return _added(first, known[step.inputs[1]])
        case "mul":
            return first * known[step.inputs[1]]
        case "double":
            return _doubled(_doubled(first, 0), 1)
        case "halve":
            rows = np.maximum(first[::2], first[1::2])
            halved: Tensor = np.maximum(rows[:, ::2], rows[:, 1::2])
            return halved
        case "average":
            mean: Tensor = first.mean(axis=(0, 1), keepdims=True)
            return mean
        case "transposed":
            return _transposed(first, step.weight[0]) + step.bias
        case "activation":
            return first.copy()
    raise ValueError(f"unknown operation {step.kind}")


def _activated(tensor: Tensor, activation: str) -> Tensor:
    """In place: every tensor that comes here is a fresh one."""
    match activation:
        case "relu":
            np.maximum(tensor, _ZERO, out=tensor)
        case "hard_swish":
            tensor *= np.clip(tensor + np.float32(3), _ZERO, np.float32(6)) * np.float32(1 / 6)
        case "logistic":
            np.reciprocal(np.exp(-np.clip(tensor, -80, 80)) + np.float32(1), out=tensor)
    return tensor


def _convolved(tensor: Tensor, matrix: Tensor, stride: int) -> Tensor:
    height, width, channels = tensor.shape
    kernel = round((matrix.shape[0] / channels) ** 0.5)
    pixels = tensor if kernel == 1 else _windows(tensor, kernel, stride)
    flat = pixels.reshape(-1, matrix.shape[0]) @ matrix
    return flat.reshape(height // stride, width // stride, -1)


def _windows(tensor: Tensor, kernel: int, stride: int) -> Tensor:
    padded = _padded(tensor, kernel, stride)
    seen = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(0, 1))
    return np.ascontiguousarray(seen[::stride, ::stride].transpose(0, 1, 3, 4, 2))


def _padded(tensor: Tensor, kernel: int, stride: int) -> Tensor:
    """Zeros so that the output has `side / stride` rows; of an odd number the larger part lies behind, as in TensorFlow."""
    total = kernel - stride
    before = total // 2
    height, width, channels = tensor.shape
    padded = np.zeros((height + total, width + total, channels), dtype=np.float32)
    padded[before : before + height, before : before + width] = tensor
    return padded


def _depthwise(tensor: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
    """Shifted sums. A row of pixels is one long vector, which numpy multiplies faster than many short ones."""
    kernel = weight.shape[0]
    height, width, channels = tensor.shape
    rows, row = height // stride, width // stride * channels
    padded = _padded(tensor, kernel, stride)
    total = np.tile(bias, (rows, width // stride))
    product = np.empty_like(total)
    for across in range(kernel):
        shifted = padded[:, across : across + width : stride]
        lines = shifted.reshape(padded.shape[0], row) if stride == 1 else np.ascontiguousarray(shifted).reshape(-1, row)
        for down in range(kernel):
            part = lines[down : down + height : stride]
            np.multiply(part, np.tile(weight[down, across], width // stride), out=product)
            total += product
    return total.reshape(rows, width // stride, channels)


def _added(first: Tensor, second: Tensor) -> Tensor:
    """The sum; the tensor with fewer channels is added to the first of the other's, as if padded with zeros."""
    wide, narrow = (first, second) if first.shape[2] >= second.shape[2] else (second, first)
    if wide.shape == narrow.shape:
        return wide + narrow
    total = wide.copy()
    total[..., : narrow.shape[2]] += narrow
    return total


def _doubled(tensor: Tensor, axis: int) -> Tensor:
    """Bilinear enlargement by two along one axis, pixel centres at halves, the border repeated."""
    lines = np.moveaxis(tensor, axis, 0)
    larger = np.empty((lines.shape[0] * 2, *lines.shape[1:]), dtype=np.float32)
    near = lines * np.float32(0.75)
    far = lines * np.float32(0.25)
    np.add(near[1:], far[:-1], out=larger[2::2])
    np.add(near[:-1], far[1:], out=larger[1:-1:2])
    larger[0], larger[-1] = lines[0], lines[-1]
    return np.moveaxis(larger, 0, axis)


def _transposed(tensor: Tensor, weight: Tensor) -> Tensor:
    """A 2 × 2 transposed convolution by stride 2 to one channel: each pixel becomes four."""
    height, width, channels = tensor.shape
    four = tensor.reshape(-1, channels) @ weight.reshape(4, channels).T
    return four.reshape(height, width, 2, 2).transpose(0, 2, 1, 3).reshape(height * 2, width * 2, 1)
