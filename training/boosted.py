"""Boosted trees as a challenger beside the network: the same matrix in, the same file out.

The trees start from the model's simple rule, as the network does, and learn what it does not know. Codes of categories are read
as numbers: a few splits part them. The exported program compares float32 numbers with float32 thresholds that are rounded down,
which decides each split as LightGBM does in float64, so that only the sum of the leaves is rounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import torch
from torch import nn

from core.errors import Damaged, NotReady
from training.boosting import Forest, Rows, fit_forest
from training.dataset import Dataset, Part
from training.export import INPUT, torch_program
from training.networks.baselines import fit_baseline
from training.specs import ModelSpec, Task

if TYPE_CHECKING:
    from onnx import ModelProto

LOGIT = "log_odds"
OPSETS = {"": 18, "ai.onnx.ml": 3}
_RATE_EPS = 1e-4
_CATEGORICAL, _DEFAULT_LEFT = 1, 2
"""Bits of LightGBM's `decision_type`; the next two hold how unknown values are treated."""
_MISSING_IS_NAN = 2
_FAR = 1e30

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Boosted:
    """A model's rule and the trees that correct it."""

    rule: nn.Module
    forest: Forest

    @property
    def importance(self) -> Mapping[str, float]:
        """Share of each input in what the splits gained, largest first."""
        return self.forest.gains

    def logit(self, raw: Array) -> Array:
        """Logits of raw rows (rows, inputs), float64 (rows,)."""
        return _rule_logit(self.rule, raw) + self.forest.predict(_frame(raw, self.forest.inputs), raw=True)

    def program(self) -> ModelProto:
        """The ONNX program from raw rows to the logit."""
        rule = torch_program(self.rule, len(self.forest.inputs), (LOGIT,))
        return joined([(rule, 1.0), (trees_program(self.forest), 1.0)])


def fit_boosted(
    dataset: Dataset,
    spec: ModelSpec,
    seed: int,
    params: Mapping[str, Any] | None = None,
    threads: int = 2,
    report: Callable[[str], None] = lambda _: None,
) -> Boosted:
    """Fit trees on the training part; the validation part decides when to stop. Equal arguments give equal trees.

    A chance is fitted by its log loss, a rate by the squared error of logits. `params` are LightGBM's, over what suits the number
    of rows. Raises NotReady when a part is empty, or all rows of one are of one class.
    """
    train, valid = dataset.part("train", spec), dataset.part("valid", spec)
    for name, part in (("train", train), ("valid", valid)):
        if not len(part) or (spec.task is Task.CHANCE and len(np.unique(part.target)) < 2):
            positives = "" if spec.task is Task.RATE else f", {int(part.target.sum())} positives"
            raise NotReady(
                f"There is nothing to boost {spec.name} on: {len(part)} rows in {name}{positives}.",
                "The rule in use stays; run more days.",
            )
    rule = fit_baseline(spec, train.raw, train.target).eval()
    chosen = {
        "objective": "binary" if spec.task is Task.CHANCE else "regression",
        "num_leaves": int(np.clip(len(train) // 50, 4, 31)),
        "min_data_in_leaf": int(np.clip(len(train) // 20, 3, 40)),
        **(params or {}),
    }
    rounds = int(chosen.pop("rounds", 600))
    learnt, held = _rows(train, spec, rule), _rows(valid, spec, rule)
    forest = fit_forest(learnt, chosen, rounds=rounds, valid=held, seeds=(seed,), threads=threads, report=report)
    return Boosted(rule, forest)


def trees_program(forest: Forest) -> ModelProto:
    """A forest's score before its link, the mean over its seeds, as a program from INPUT (rows, inputs) to LOGIT (rows,)."""
    from onnx import TensorProto, helper

    nodes = _Nodes()
    for tree in (tree for text in forest.texts for tree in _trees(text)):
        nodes.add(tree, 1.0 / len(forest.texts))
    rows, inputs = "rows", len(forest.inputs)
    ensemble = helper.make_node("TreeEnsembleRegressor", [INPUT], ["sum"], domain="ai.onnx.ml", **nodes.attributes())
    flat = helper.make_node("Reshape", ["sum", "shape"], [LOGIT])
    graph = helper.make_graph(
        [ensemble, flat],
        "trees",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [rows, inputs])],
        [helper.make_tensor_value_info(LOGIT, TensorProto.FLOAT, [rows])],
        [helper.make_tensor("shape", TensorProto.INT64, [1], [-1])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(*pair) for pair in OPSETS.items()], ir_version=10)


def joined(programs: list[tuple[ModelProto, float]]) -> ModelProto:
    """One program whose logit is the weighted sum of the programs' logits."""
    from onnx import TensorProto, compose, helper

    nodes: list[Any] = []
    values: list[Any] = []
    weighted = []
    width = programs[0][0].graph.input[0].type.tensor_type.shape.dim[1].dim_value
    for number, (program, weight) in enumerate(programs):
        part = compose.add_prefix(program, f"p{number}.", rename_inputs=False)
        if len(part.graph.input) != 1 or part.graph.input[0].name != INPUT or len(part.graph.output) != 1 or part.functions:
            raise Damaged("A program to be joined is not one from features to a logit.", "Report it.")
        nodes += part.graph.node
        values += part.graph.initializer
        values.append(helper.make_tensor(f"p{number}.weight", TensorProto.FLOAT, [], [weight]))
        nodes.append(helper.make_node("Mul", [part.graph.output[0].name, f"p{number}.weight"], [f"p{number}.weighted"]))
        weighted.append(f"p{number}.weighted")
    nodes.append(helper.make_node("Sum", weighted, [LOGIT]))
    graph = helper.make_graph(
        nodes,
        "joined",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["rows", width])],
        [helper.make_tensor_value_info(LOGIT, TensorProto.FLOAT, ["rows"])],
        values,
    )
    opsets = dict(OPSETS)
    for program, _ in programs:
        for entry in program.opset_import:
            opsets[entry.domain] = max(opsets.get(entry.domain, 0), entry.version)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(*pair) for pair in opsets.items()], ir_version=10)


_NODE = (
    *("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes"),
    *("nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true"),
)
_TARGET = ("target_treeids", "target_nodeids", "target_ids", "target_weights")


class _Nodes:
    """The attributes of a TreeEnsembleRegressor, tree after tree."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name in (*_NODE, *_TARGET)}
        self._trees = 0

    def add(self, tree: Mapping[str, list[float]], weight: float) -> None:
        """Add a tree as LightGBM lists it: inner nodes by number, leaves as −1 − number."""
        inner = len(tree.get("split_feature", ()))
        for node in range(inner):
            decision = int(tree["decision_type"][node])
            if decision & _CATEGORICAL:
                raise Damaged("A tree splits by categories, which the exporter does not write.", "Fit it on numbers.")
            threshold = _float32_below(tree["threshold"][node])
            if threshold >= _FAR:  # known or not; the trees are asked with infinities cut off there
                threshold = np.inf
            left, right = (
                int(child) if child >= 0 else inner - 1 - int(child)
                for child in (tree["left_child"][node], tree["right_child"][node])
            )
            # Without unknown values in training, LightGBM takes NaN for 0.
            is_nan_left = bool(decision & _DEFAULT_LEFT) if (decision >> 2) & 3 == _MISSING_IS_NAN else threshold >= 0
            self._node(node, "BRANCH_LEQ", int(tree["split_feature"][node]), threshold, left, right, int(is_nan_left))
        for leaf, value in enumerate(tree["leaf_value"]):
            self._node(inner + leaf, "LEAF", 0, 0.0, 0, 0, 0)
            for name, entry in zip(_TARGET, (self._trees, inner + leaf, 0, value * weight), strict=True):
                self._columns[name].append(entry)
        self._trees += 1

    def attributes(self) -> dict[str, Any]:
        return {**self._columns, "n_targets": 1, "aggregate_function": "SUM", "post_transform": "NONE"}

    def _node(self, number: int, mode: str, column: int, value: float, true: int, false: int, missing: int) -> None:
        entries = (self._trees, number, column, value, mode, true, false, missing)
        for name, entry in zip(_NODE, entries, strict=True):
            self._columns[name].append(entry)


def _trees(text: str) -> Iterator[dict[str, list[float]]]:
    """The trees of a model as LightGBM writes it."""
    for block in text.partition("\nend of trees")[0].split("\nTree=")[1:]:
        lines = (line.partition("=") for line in block.splitlines()[1:])
        wanted = ("split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value")
        yield {name: [float(word) for word in values.split()] for name, _, values in lines if name in wanted}


def _float32_below(value: float) -> float:
    """The largest float32 that is not above a number: x ≤ it decides as x ≤ the number does, for every float32 x."""
    near = np.float32(np.clip(value, np.finfo(np.float32).min, np.finfo(np.float32).max))
    with np.errstate(over="ignore"):  # below the least one there is −∞
        return float(near if float(near) <= value else np.nextafter(near, np.float32(-np.inf)))


def _rows(part: Part, spec: ModelSpec, rule: nn.Module) -> Rows:
    clipped = np.clip(part.target, _RATE_EPS, 1 - _RATE_EPS)
    return Rows(
        inputs=_frame(part.raw, [column.name for column in spec.inputs]),
        target=part.target if spec.task is Task.CHANCE else np.log(clipped) - np.log1p(-clipped),
        weight=part.cluster_weights(),
        start=_rule_logit(rule, part.raw),
    )


def _rule_logit(rule: nn.Module, raw: Array) -> Array:
    with torch.inference_mode():
        return np.asarray(rule(torch.from_numpy(np.asarray(raw, dtype=np.float32))).numpy(), dtype=np.float64)


def _frame(raw: Array, names: Any) -> pl.DataFrame:
    return pl.from_numpy(np.asarray(raw, dtype=np.float32), schema=list(names))
