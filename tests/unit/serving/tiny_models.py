"""Small ONNX programs with the signature of the real ones: a squashed, weighted sum in which an unknown input counts as zero."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from core.digest import digest_file
from training.specs import MODELS, OUTPUT
from training.tracking import DIGEST


def write_model(folder: Path, name: str = "trend", inputs: Sequence[str] | None = None, weight: float = 0.1) -> str:
    """Write `model.onnx` and `signature.json`; returns the program's SHA-256. Score = sigmoid(weight × Σ tanh(input))."""
    spec = MODELS[name]
    names = [each.name for each in spec.inputs] if inputs is None else list(inputs)
    nodes = [
        helper.make_node("IsNaN", ["x"], ["unknown"]),
        helper.make_node("Where", ["unknown", "zero", "x"], ["known"]),
        helper.make_node("Tanh", ["known"], ["squashed"]),
        helper.make_node("MatMul", ["squashed", "weights"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], [OUTPUT]),
    ]
    constants = [
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
        helper.make_tensor("weights", TensorProto.FLOAT, [len(names)], [weight] * len(names)),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", len(names)])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["rows"])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "model.onnx"))
    signature = {
        "model": name,
        "kind": "baseline",
        "feature_service": spec.feature_service,
        "inputs": names,
        "outputs": [OUTPUT],
        "metrics": {spec.primary_metric: 0.25},
        "baseline_metrics": {spec.primary_metric: 0.2},
        "dataset_digest": "0" * 64,
        "trained_as_of": "2026-06-08",
    }
    (folder / "signature.json").write_text(json.dumps(signature))
    return digest_file(folder / "model.onnx")


def register(mlflow_url: str, folder: Path, name: str, *, with_digests: bool = True) -> str:
    """Register written model files as their model's champion; returns the version's number."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=mlflow_url, registry_uri=mlflow_url)
    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name)
    tags = {f"{DIGEST}.{path.name}": digest_file(path) for path in folder.iterdir()} if with_digests else {}
    version = client.create_model_version(name, source=str(folder), tags=tags).version
    client.set_registered_model_alias(name, "champion", version)
    return str(version)
