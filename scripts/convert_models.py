"""Turn the two TensorFlow Lite models into the archives that `core.imaging.networks` runs. Needed once, by hand.

    python -m venv convert-env && convert-env/bin/pip install tflite numpy
    convert-env/bin/python scripts/convert_models.py FILE.tflite core/imaging/models/NAME.npz

Where the .tflite files come from stands in core/imaging/models/README.md. An archive holds the weights in the half
precision of the source and `program`, the graph as JSON: one step an operation, tensors by number. Activations are
folded into the operation before them and channel padding into the addition after it.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tflite

KINDS = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}
ACTIVATIONS = {"RELU": "relu", "HARD_SWISH": "hard_swish", "LOGISTIC": "logistic"}
NUMBER_TYPES = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16}
SAME = tflite.Padding.SAME
TRANSPOSED = b"Convolution2DTransposeBias"

Step = dict[str, Any]


def require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise SystemExit(otherwise)


class Graph:
    """One subgraph, read operation by operation into steps."""

    def __init__(self, data: bytes) -> None:
        self.model = tflite.Model.GetRootAs(data, 0)
        self.graph = self.model.Subgraphs(0)
        self.weights: dict[str, np.ndarray] = {}
        self.same_as: dict[int, int] = {}
        self.steps: list[Step] = []

    def constant(self, tensor: int) -> np.ndarray | None:
        described = self.graph.Tensors(tensor)
        buffer = self.model.Buffers(described.Buffer())
        if buffer.DataLength() == 0:
            return None
        shape = described.ShapeAsNumpy()
        return buffer.DataAsNumpy().view(NUMBER_TYPES[described.Type()]).reshape(shape)

    def weight(self, tensor: int) -> str:
        source = self.same_as.get(tensor, tensor)
        name = f"w{source}"
        values = self.constant(source)
        require(values is not None, "a weight has no values")
        self.weights[name] = values
        return name

    def read(self) -> None:
        for index in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(index)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            kind = KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            inputs = [int(tensor) for tensor in operator.InputsAsNumpy()]
            output = int(operator.Outputs(0))
            if kind in {"DEQUANTIZE", "RESHAPE", "PAD"}:
                self.same_as[output] = self.same_as.get(inputs[0], inputs[0])
                continue
            step: Step = {"out": output, "in": [self.same_as.get(tensor, tensor) for tensor in inputs]}
            step |= self.described(kind, operator, code, inputs)
            self.steps.append(step)

    def described(self, kind: str, operator: Any, code: Any, inputs: list[int]) -> Step:
        if kind in ACTIVATIONS:
            return {"kind": "activation", "activation": ACTIVATIONS[kind]}
        if kind in {"ADD", "MUL"}:
            return {"kind": kind.lower()}
        if kind == "RESIZE_BILINEAR":
            options = self.options(operator, tflite.ResizeBilinearOptions)
            require(
                options.HalfPixelCenters() and not options.AlignCorners(),
                "the graph has an operation in an unknown form",
            )
            return {"kind": "double", "in": [self.same_as.get(inputs[0], inputs[0])]}
        if kind == "AVERAGE_POOL_2D":
            require(
                self.options(operator, tflite.Pool2DOptions).FilterHeight() == self.shape(inputs[0])[1],
                "the graph has an operation in an unknown form",
            )
            return {"kind": "average"}
        if kind == "MAX_POOL_2D":
            options = self.options(operator, tflite.Pool2DOptions)
            require(options.FilterHeight() == options.StrideH() == 2, "the graph has an operation in an unknown form")
            return {"kind": "halve"}
        parts = {"weight": self.weight(inputs[1]), "bias": self.weight(inputs[2]), "in": [inputs[0]]}
        if kind == "CONV_2D":
            options = self.options(operator, tflite.Conv2DOptions)
            require(
                options.Padding() == SAME or self.shape(inputs[1])[1:3] == [1, 1],
                "the graph has an operation in an unknown form",
            )
            return {"kind": "conv", "stride": options.StrideH(), **parts}
        if kind == "DEPTHWISE_CONV_2D":
            options = self.options(operator, tflite.DepthwiseConv2DOptions)
            require(
                options.Padding() == SAME and options.DepthMultiplier() == 1,
                "the graph has an operation in an unknown form",
            )
            return {"kind": "depthwise", "stride": options.StrideH(), **parts}
        require(code.CustomCode() == TRANSPOSED, f"{kind} is not known")
        return {"kind": "transposed", **parts}

    def options(self, operator: Any, kind: Any) -> Any:
        table, read = operator.BuiltinOptions(), kind()
        read.Init(table.Bytes, table.Pos)
        require(
            not hasattr(read, "FusedActivationFunction") or read.FusedActivationFunction() == 0,
            "the graph has an operation in an unknown form",
        )
        return read

    def shape(self, tensor: int) -> list[int]:
        return [int(side) for side in self.graph.Tensors(tensor).ShapeAsNumpy()]

    def folded(self) -> list[Step]:
        """Each activation joined to the step before it where nobody else reads that step."""
        readers = [tensor for step in self.steps for tensor in step["in"]]
        made = {step["out"]: step for step in self.steps}
        kept = []
        for step in self.steps:
            before = made.get(step["in"][0])
            if step["kind"] == "activation" and before and readers.count(before["out"]) == 1:
                require("activation" not in before, "the graph has an operation in an unknown form")
                before["activation"] = step["activation"]
                before["out"] = step["out"]
                made[step["out"]] = before
                continue
            kept.append(step)
        return kept


def main(source: Path, target: Path) -> None:
    data = source.read_bytes()
    graph = Graph(data)
    graph.read()
    outputs = [graph.same_as.get(int(tensor), int(tensor)) for tensor in graph.graph.OutputsAsNumpy()]
    program = {
        "source": source.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "input": int(graph.graph.Inputs(0)),
        "size": graph.shape(int(graph.graph.Inputs(0)))[1],
        "outputs": outputs,
        "steps": graph.folded(),
    }
    text = np.frombuffer(json.dumps(program, separators=(",", ":")).encode(), dtype=np.uint8)
    np.savez_compressed(target, program=text, **graph.weights)
    sys.stdout.write(f"{target}: {target.stat().st_size} bytes, {len(program['steps'])} steps, {program['sha256']}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
