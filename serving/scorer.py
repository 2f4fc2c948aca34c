"""Runs one exported model: numeric features by name in, scores out. Pure: no server, no store, no clock.

A model is a folder with `model.onnx` and `signature.json`. The program itself holds whatever scaling and encoding it was trained
with, so a caller gives raw numbers and leaves out what it does not know."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.digest import digest_bytes
from core.errors import Damaged, InvalidInput

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PROGRAM = "model.onnx"
SIGNATURE = "signature.json"
FILES = (PROGRAM, SIGNATURE)


@dataclass(frozen=True)
class Signature:
    """What a model is, takes and gives; written by training beside the program."""

    model: str
    kind: str
    feature_service: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    metrics: Mapping[str, float | None]
    baseline_metrics: Mapping[str, float | None]
    dataset_digest: str
    trained_as_of: str

    @classmethod
    def read(cls, path: Path) -> Signature:
        """Read a signature file, leaving out fields it does not know. Raises Damaged when it is not one."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                model=str(content["model"]),
                kind=str(content["kind"]),
                feature_service=str(content["feature_service"]),
                inputs=tuple(map(str, content["inputs"])),
                outputs=tuple(map(str, content["outputs"])),
                metrics=_figures(content["metrics"]),
                baseline_metrics=_figures(content["baseline_metrics"]),
                dataset_digest=str(content["dataset_digest"]),
                trained_as_of=str(content["trained_as_of"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"{path} is not a model signature ({error!r}).", "Train the model anew.") from error


def _figures(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    figures = {name: None if value is None else float(value) for name, value in metrics.items()}
    return {name: value if value is not None and math.isfinite(value) else None for name, value in figures.items()}


class Scorer:
    """One model, loaded. Safe to call from several threads."""

    def __init__(self, signature: Signature, version: str, session: InferenceSession) -> None:
        self.signature = signature
        self.version = version
        self._session = session
        self._input = session.get_inputs()[0].name
        self._outputs = list(signature.outputs)

    @classmethod
    def load(cls, folder: Path, version: str, sha256: str | None = None) -> Scorer:
        """Load a model's folder under a version name. Raises Damaged when the program does not have the given SHA-256, is no
        program, or does not fit its signature."""
        import onnxruntime

        program = folder / PROGRAM
        signature = Signature.read(folder / SIGNATURE)
        try:
            content = program.read_bytes()
        except OSError as error:
            raise Damaged(f"{program} cannot be read.", "Train the model anew.") from error
        if sha256 is not None and digest_bytes(content) != sha256:
            raise Damaged(f"{program} has changed since it was packed.", "Remove it and start the server again.")
        options = onnxruntime.SessionOptions()
        # A request is a few hundred small rows: more threads only take turns, and their spinning costs the neighbours a core.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            # From the bytes that were checked; a program loaded so can also name no other file of the machine.
            session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's errors share no base class
            raise Damaged(f"{program} is not an ONNX program that can be run.", "Train the model anew.") from error
        _check(session, signature, program)
        return cls(signature, version, session)

    def score(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
        """Score rows of features.

        Args:
            rows: numbers by feature name; a missing or None value is unknown (NaN to the program). Other names are ignored.

        Returns:
            For each row, in order, each of the signature's outputs by name.

        Raises:
            InvalidInput: a feature is not a number.
            Damaged: the program gave something that is not a finite number.
        """
        if not rows:
            return []
        values = self._session.run(self._outputs, {self._input: self.matrix(rows)})
        columns = [np.asarray(value, dtype=np.float64).reshape(len(rows)) for value in values]
        if not all(np.isfinite(column).all() for column in columns):
            raise Damaged(
                f"Model {self.signature.model} {self.version} gave a score that is not a number.",
                "Go back to an earlier version.",
            )
        return [dict(zip(self._outputs, map(float, row), strict=True)) for row in zip(*columns, strict=True)]

    def matrix(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Lay rows out as the program wants them: float32 of shape (rows, inputs), unknown values NaN."""
        try:
            values = [[math.nan if row.get(name) is None else float(row[name]) for name in self.signature.inputs] for row in rows]
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"A feature of model {self.signature.model} is not a number: {error}.") from error
        return np.asarray(values, dtype=np.float32)


def _check(session: InferenceSession, signature: Signature, program: Path) -> None:
    inputs = session.get_inputs()
    missing = set(signature.outputs) - {output.name for output in session.get_outputs()}
    width = inputs[0].shape[-1] if len(inputs) == 1 and len(inputs[0].shape) == 2 else None
    fits = width == len(signature.inputs) and not missing and signature.outputs and inputs[0].type == "tensor(float)"
    if not fits:
        raise Damaged(f"{program} does not take the inputs or give the outputs of its signature.", "Train the model anew.")
