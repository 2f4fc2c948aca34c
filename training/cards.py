"""The card of a version: what it answers, what it was learnt from, how good it is beside the rules, and what it is not for.

Made from the version's record (`judging.record` and what `tasks.pipeline` adds): a card says nothing that was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from training.evaluation import calibration_bins, figure_with_axes, png
from training.tasks.task import Task

Array = np.ndarray[Any, Any]

_MOST_INPUTS = 20

LIMITS: Mapping[str, tuple[str, ...]] = {
    "trend48": (
        "Charts only: videos that never charted are in no row, so every figure is of videos that did.",
        "Category and age alone already tell much; the gain over that rule is what the model adds.",
    ),
    "topic48": (
        "A topic is a word or a word pair of chart titles; what is talked about elsewhere is not seen.",
        "The number of channels is small: a jump from four to seven counts as rising.",
    ),
    "early7": (
        "Charts only: a video that failed to chart within thirty hours is in no row.",
        "The first reading is one moment; a video promoted later in its week is not foreseen.",
    ),
    "i30": ("Daily views of one site of years ago; absolute levels do not carry over to other sites or times.",),
    "ctr_pairs": (
        "Headline tests of one news site, 2013 to 2015; whether the order carries over to YouTube titles is not proven.",
        "A score orders headlines of one test. It is no click-through rate, and scores of different tests are not comparable.",
        "Nothing here supports a claim about thumbnails.",
    ),
    "ctr_title": ("Few channels: the interval is wide. A score orders videos of one channel and is no click-through rate.",),
    "quality": (
        "Title and duration cannot tell a good video from a bad one: most answers lie near 50, as they should.",
        "It does not decide on a draft. Measured facts do; this likelihood stands beside them.",
    ),
}
"""What a reader must know before using an answer, by task."""


def card(record: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    metric, costs = record["metric"], record.get("costs")
    lines = [
        f"# {record['task']}, {record['kind']}, as of {record['trained_as_of']}",
        "",
        record["question"],
        "",
        "## How good it is",
        f"On {record['rows']:,} rows of the test part, which it had not seen. Intervals are of 95 %, whole clusters redrawn.",
        "Accuracy alone is no figure to go by: read the base rate and the rules beside it.",
        "",
        f"| {metric}{', lower is better' if record['lower_is_better'] else ''} | value | 95 % interval | better than this by |",
        "|---|---|---|---|",
        f"| **this version** | **{_number(record['value'])}** | {_interval(record)} | |",
    ]
    lines += [
        f"| {rule} | {_number(found['value'])} | {_interval(found)} | {_number(found['difference']['point'], '+')}"
        f" {_interval(found['difference'], '+')} |"
        for rule, found in record["baselines"].items()
    ]
    if (difference := record.get("against_champion")) is not None:
        lines += [f"| the version in use before | | | {_number(difference['point'], '+')} {_interval(difference, '+')} |"]
    if record["base_rates"]:
        lines += ["", "Base rates: " + ", ".join(f"{name} {value:.3f}" for name, value in record["base_rates"].items()) + "."]
    rules = list(record["baselines"])
    lines += ["", "| metric | this version | 95 % interval | " + " | ".join(rules) + " |", "|---" * (3 + len(rules)) + "|"]
    for name, figure in record["metrics"].items():
        others = (_number(record["baselines"][rule]["metrics"].get(name)) for rule in rules)
        lines.append(f"| {name} | {_number(figure['value'])} | {_interval(figure)} | " + " | ".join(others) + " |")
    if record["slices"]:
        lines += ["", "## Where", f"| slice | rows | {metric} | 95 % interval | {rules[0]} |", "|---|---|---|---|---|"]
        lines += [
            f"| {part['name']}: {part['group']} | {part['rows']:,} | {_number(part['value'])} | {_interval(part)}"
            f" | {_number(part['baseline'])} |"
            for part in record["slices"]
        ]
    if record["importance"]:
        lines += ["", "## What it goes by", "| input | share |", "|---|---|"]
        lines += [f"| {name} | {share:.1%} |" for name, share in list(record["importance"].items())[:_MOST_INPUTS]]
    lines += ["", "## What it was learnt from", "| part | rows | from | to |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {part['rows']:,} | {(part['first_at'] or '')[:10]} | {(part['last_at'] or '')[:10]} |"
        for name, part in record["parts"].items()
    ]
    lines += [
        "",
        "The program in use has learnt from all of these rows; what is measured here is its twin, without the test part.",
    ]
    if costs is not None:
        lines += [
            "",
            "## What it takes",
            f"{costs['batch_ms']:.2f} ms per row in a batch, {costs['single_ms']:.0f} ms for one row alone, "
            f"{costs['megabytes']:.1f} MB on disk.",
        ]
    lines += ["", "## What it is not for", *(f"- {limit}" for limit in LIMITS.get(record["task"], ()))]
    lines += ["- Rows unlike those it was learnt from: other sites, other years, other kinds of channel."]
    lines += ["", f"Dataset `{record['dataset_digest']}`, code `{record['code_digest']}`, seed {record['seed']}.", ""]
    return "\n".join(lines)


def pictures(record: Mapping[str, Any], calibration: Mapping[str, tuple[Array, Array]]) -> dict[str, bytes]:
    """PNG pictures: the primary metric beside the rules' with intervals, calibration of every chance, and importance."""
    found = {"baselines": _baselines_plot(record)}
    if calibration:
        found["calibration"] = _calibration_plot(calibration)
    if record["importance"]:
        found["importance"] = _importance_plot(record["importance"])
    return found


def calibration_pairs(task: Task, examples: pl.DataFrame, predictions: pl.DataFrame) -> dict[str, tuple[Array, Array]]:
    """Outcome and predicted chance of every output `p_<name>` that has a label of 0 and 1 named alike, and of a `score` in
    percent where the task has one such label."""
    labels = [name for name in examples.columns if name.startswith("label_") and _is_outcome(examples[name])]
    pairs = {}
    for output in task.output:
        label = f"label_{output.removeprefix('p_')}" if output.startswith("p_") else labels[0] if len(labels) == 1 else ""
        if label not in labels or not (output.startswith("p_") or output == "score"):
            continue
        share = 100.0 if output == "score" else 1.0
        both = pl.DataFrame({"label": examples[label].cast(pl.Float64), "chance": predictions[output] / share}).drop_nulls()
        if both.height and both["chance"].is_between(0, 1).all():
            pairs[output] = (both["label"].to_numpy(), both["chance"].to_numpy())
    return pairs


def _is_outcome(label: pl.Series) -> bool:
    values = label.drop_nulls()
    return (label.dtype == pl.Boolean or label.dtype.is_numeric()) and bool(values.cast(pl.Float64).is_in([0.0, 1.0]).all())


def _baselines_plot(record: Mapping[str, Any]) -> bytes:
    named = {"this version": record, **record["baselines"]}
    values = [found["value"] for found in named.values()]
    ends = [[abs(found["value"] - found[end]) for found in named.values()] for end in ("low", "high")]
    figure, axes = figure_with_axes(f"{record['metric']}{' (lower is better)' if record['lower_is_better'] else ''}", "")
    colours = ["tab:blue"] + ["tab:gray"] * len(record["baselines"])
    axes.barh(list(named)[::-1], values[::-1], xerr=[side[::-1] for side in ends], color=colours[::-1], capsize=3)
    return png(figure)


def _calibration_plot(pairs: Mapping[str, tuple[Array, Array]]) -> bytes:
    figure, axes = figure_with_axes("Predicted", "Observed")
    top = 0.0
    for name, (label, chance) in pairs.items():
        bins = calibration_bins(label, chance)
        top = max([top, *(max(mean, observed) for mean, observed, _ in bins)])
        axes.plot([mean for mean, _, _ in bins], [observed for _, observed, _ in bins], marker="o", label=name)
    axes.plot((0, top), (0, top), color="grey", linestyle=":", label="perfect")
    axes.legend()
    return png(figure)


def _importance_plot(importance: Mapping[str, float]) -> bytes:
    shown = list(importance.items())[:_MOST_INPUTS][::-1]
    figure, axes = figure_with_axes("Share in the answer", "")
    axes.barh([name for name, _ in shown], [share for _, share in shown])
    axes.tick_params(axis="y", labelsize=6)
    return png(figure)


def _number(value: float | None, sign: str = "") -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:{sign}.4g}"


def _interval(figure: Mapping[str, float | None], sign: str = "") -> str:
    ends = (figure["low"], figure["high"])
    return "" if any(end is None or not np.isfinite(end) for end in ends) else f"[{', '.join(_number(e, sign) for e in ends)}]"
