"""Model files: `model.onnx`, the whole way from raw inputs to score, and `signature.json`, which says what it takes and gives.

No pickle: a model file is data, and loading one can run no code."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import nn

from core.errors import Damaged
from training.dataset import Dataset
from training.networks.tabular import Program
from training.specs import OUTPUT, ModelSpec

if TYPE_CHECKING:
    from onnx import ModelProto

MODEL_FILE, SIGNATURE_FILE = "model.onnx", "signature.json"
INPUT = "features"
TOLERANCE = 1e-4
"""Largest allowed difference between the exported program and the network it came from."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Signature:
    """What a model file takes and gives, and how it was made."""

    model: str
    kind: str
    """baseline, network, boosted or ensemble."""
    feature_service: str
    inputs: list[str]
    """Columns of the one input matrix, float32 (rows, inputs), NaN where unknown."""
    outputs: list[str]
    unseen_inputs: list[str]
    """Inputs without a value in the training part: they do not move the score."""
    metrics: dict[str, float]
    baseline_metrics: dict[str, float]
    dataset_digest: str
    trained_as_of: str


class Exportable(Protocol):
    """A fitted model that is no torch module: boosted trees, or several models together."""

    def logit(self, raw: Array) -> Array:
        """Logits of raw rows (rows, inputs), float64 (rows,)."""
        ...

    def program(self) -> ModelProto:
        """An ONNX program from INPUT to one output, the logit (rows,)."""
        ...


def export(
    model: nn.Module | Exportable,
    spec: ModelSpec,
    signature: Signature,
    folder: Path,
    check: Array,
    extras: Sequence[str] = (),
) -> float:
    """Write the model files of a model (logits out) to `folder` and compare them with it on rows of `check`.

    `extras` are further outputs of a network, as its `outputs` names them: heads that have been taught.
    Returns the largest difference of a score. Raises Damaged when it passes TOLERANCE or a score is not finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    inputs = len(spec.inputs)
    if isinstance(model, nn.Module):
        (folder / MODEL_FILE).write_bytes(torch_program(Program(model, extras), inputs, (OUTPUT, *extras)).SerializeToString())
    else:
        (folder / MODEL_FILE).write_bytes(scored(model.program()).SerializeToString())
    (folder / SIGNATURE_FILE).write_text(json.dumps(asdict(signature), indent=2, sort_keys=True), encoding="utf-8")
    rows = np.concatenate([check, _awkward_rows(inputs)]).astype(np.float32)
    difference = float(np.max(np.abs(score_rows(model, rows) - (got := run_program(folder, rows)))))
    if not (np.isfinite(got).all() and difference <= TOLERANCE):
        raise Damaged(
            f"The exported program in {folder} differs from its model by {difference}.",
            "Keep the version in use and report it.",
        )
    return difference


def torch_program(module: nn.Module, inputs: int, outputs: Sequence[str]) -> ModelProto:
    """A module over one raw matrix as an ONNX program with these outputs, (rows,) each."""
    with _quiet():
        exported = torch.onnx.export(
            module.eval(),
            (torch.zeros(2, inputs),),
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_shapes=({0: torch.export.Dim("rows")},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    if exported is None:
        raise Damaged("The exporter gave no program.", "Keep the version in use and report it.")
    return exported.model_proto


def scored(program: ModelProto) -> ModelProto:
    """A program of one logit with a sigmoid behind it: the score."""
    from onnx import TensorProto, helper

    (logit,) = (output.name for output in program.graph.output)
    program.graph.node.append(helper.make_node("Sigmoid", [logit], [OUTPUT]))
    del program.graph.output[:]
    program.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["rows"]))
    return program


def run_program(folder: Path, raw: Array) -> Array:
    """Score raw rows (rows, inputs) with exported model files; returns float64 (rows,). Raises Damaged for unusable files."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"])
        (score,) = session.run([OUTPUT], {INPUT: raw.astype(np.float32)})
    except Exception as error:
        raise Damaged(f"{folder / MODEL_FILE} is not a usable model: {error}.", "Train the model again.") from error
    return np.asarray(score, dtype=np.float64).reshape(len(raw))


def score_parts(model: nn.Module | Exportable, dataset: Dataset, spec: ModelSpec, part: str) -> Array:
    """Scores of a model on one part of a dataset, float64 (rows,)."""
    return score_rows(model, dataset.part(part, spec).raw)


def score_rows(model: nn.Module | Exportable, raw: Array) -> Array:
    """Scores of a model for raw rows (rows, inputs), float64 (rows,)."""
    if not isinstance(model, nn.Module):
        return 1 / (1 + np.exp(-np.clip(model.logit(raw), -60, 60)))
    with torch.inference_mode():
        return np.asarray(Program(model).eval()(torch.from_numpy(raw)).numpy(), dtype=np.float64)


def read_signature(folder: Path) -> Mapping[str, Any]:
    """The signature beside a model file. Raises Damaged when there is none."""
    try:
        return dict(json.loads((folder / SIGNATURE_FILE).read_bytes()))
    except (OSError, ValueError) as error:
        raise Damaged(f"{folder / SIGNATURE_FILE} is not a model signature.", "Train the model again.") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells of each graph rewrite; none of it is for the user."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _awkward_rows(inputs: int) -> Array:
    """Rows that a careless graph gets wrong: nothing known, zeros, negative and absurd values."""
    return np.stack([np.full(inputs, value, dtype=np.float32) for value in (np.nan, 0.0, -1.0, 1e9, np.inf)])
